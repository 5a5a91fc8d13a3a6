//! Names of what is measured of the broker.

use mallcore_actors::metrics::{CounterFamily, GaugeFamily};

/// Messages that the broker has confirmed.
pub static PUBLISHED: CounterFamily =
    CounterFamily::new("mallcore_broker_published_messages_total", "Messages that the broker has confirmed.");
/// Of them, those that came back because nobody has bound a queue for their kind.
pub static RETURNED: CounterFamily = CounterFamily::new(
    "mallcore_broker_returned_messages_total",
    "Confirmed messages that came back because no queue is bound for their kind.",
);
/// Connections that broke or could not be made.
pub static FAILURES: CounterFamily =
    CounterFamily::new("mallcore_broker_failures_total", "Connections to the broker that broke or could not be made.");
/// Messages that a queue has refused, each time that they were sent.
pub static NACKED: CounterFamily =
    CounterFamily::new("mallcore_broker_nacked_messages_total", "Messages that a full queue has refused, each time that they were sent.");
/// Messages that wait for a full queue to accept them.
pub static SET_ASIDE: GaugeFamily = GaugeFamily::new(
    "mallcore_broker_set_aside_messages",
    "Messages that a full queue has refused and that are sent again until it accepts them; newer ones are published meanwhile.",
);
/// 1 while the exchange, which was deleted and declared anew, has brought no message to a queue.
pub static BINDINGS_LOST: GaugeFamily = GaugeFamily::new(
    "mallcore_broker_bindings_lost",
    "1 from when the exchange was found deleted and declared anew, without its bindings, until a message reaches a queue again.",
);
/// 1 while the broker reads nothing because of an alarm.
pub static BLOCKED: GaugeFamily = GaugeFamily::new(
    "mallcore_broker_blocked",
    "1 while the broker takes nothing from the publisher because of an alarm of memory or disk.",
);
/// 1 while there is a connection.
pub static CONNECTED: GaugeFamily = GaugeFamily::new("mallcore_broker_connected", "1 while the publisher has a connection to the broker.");
/// Who publishes: `rabbitmq` the journal's records, `outbox` cold writes.
pub const PUBLISHER: &str = "publisher";
