//! Names of what is measured of the broker.

use metrics::{Unit, describe_counter, describe_gauge};

/// Messages that the broker has confirmed.
pub const PUBLISHED: &str = "mallcore_broker_published_messages_total";
/// Of them, those that came back because nobody has bound a queue for their kind.
pub const RETURNED: &str = "mallcore_broker_returned_messages_total";
/// Connections that broke or could not be made.
pub const FAILURES: &str = "mallcore_broker_failures_total";
/// Messages that a queue has refused, each time that they were sent.
pub const NACKED: &str = "mallcore_broker_nacked_messages_total";
/// 1 while the exchange, which was deleted and declared anew, has brought no message to a queue.
pub const BINDINGS_LOST: &str = "mallcore_broker_bindings_lost";
/// 1 while the broker reads nothing because of an alarm.
pub const BLOCKED: &str = "mallcore_broker_blocked";
/// 1 while there is a connection.
pub const CONNECTED: &str = "mallcore_broker_connected";
/// Who publishes: `rabbitmq` the journal's records, `outbox` cold writes.
pub const PUBLISHER: &str = "publisher";

/// Tells the recorder what they mean; once, after it is installed.
pub fn describe() {
    describe_counter!(PUBLISHED, Unit::Count, "Messages that the broker has confirmed.");
    describe_counter!(RETURNED, Unit::Count, "Confirmed messages that came back because no queue is bound for their kind.");
    describe_counter!(FAILURES, Unit::Count, "Connections to the broker that broke or could not be made.");
    describe_counter!(NACKED, Unit::Count, "Messages that a full queue has refused, each time that they were sent.");
    describe_gauge!(
        BINDINGS_LOST,
        Unit::Count,
        "1 from when the exchange was found deleted and declared anew, without its bindings, until a message reaches a queue again."
    );
    describe_gauge!(BLOCKED, Unit::Count, "1 while the broker takes nothing from the publisher because of an alarm of memory or disk.");
    describe_gauge!(CONNECTED, Unit::Count, "1 while the publisher has a connection to the broker.");
}
