//! Names of what is measured of the broker.

use metrics::{Unit, describe_counter, describe_gauge};

/// Messages that the broker has confirmed.
pub const PUBLISHED: &str = "mallcore_broker_published_messages_total";
/// Of them, those that came back because nobody has bound a queue for their kind.
pub const RETURNED: &str = "mallcore_broker_returned_messages_total";
/// Connections that broke or could not be made.
pub const FAILURES: &str = "mallcore_broker_failures_total";
/// 1 while there is a connection.
pub const CONNECTED: &str = "mallcore_broker_connected";
/// Who publishes: `projection` the journal's records, `outbox` cold writes.
pub const PUBLISHER: &str = "publisher";

/// Tells the recorder what they mean; once, after it is installed.
pub fn describe() {
    describe_counter!(PUBLISHED, Unit::Count, "Messages that the broker has confirmed.");
    describe_counter!(RETURNED, Unit::Count, "Confirmed messages that came back because no queue is bound for their kind.");
    describe_counter!(FAILURES, Unit::Count, "Connections to the broker that broke or could not be made.");
    describe_gauge!(CONNECTED, Unit::Count, "1 while the publisher has a connection to the broker.");
}
