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
/// 1 while there is a connection.
pub static CONNECTED: GaugeFamily = GaugeFamily::new("mallcore_broker_connected", "1 while the publisher has a connection to the broker.");
/// Who publishes: `projection` the journal's records, `outbox` cold writes.
pub const PUBLISHER: &str = "publisher";
