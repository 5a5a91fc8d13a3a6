//! Names of what is measured of shipping.

use mallcore_actors::metrics::{CounterFamily, GaugeFamily};

/// Orders of whose parcels WeChat is still to be told.
pub static UPLOADS_WAITING: GaugeFamily =
    GaugeFamily::new("mallcore_shipping_uploads_waiting_orders", "Orders of whose parcels WeChat is still to be told.");
/// How long the oldest of them waits.
pub static UPLOADS_OLDEST_AGE: GaugeFamily = GaugeFamily::new(
    "mallcore_shipping_uploads_oldest_age_seconds",
    "How long the oldest order waits of whose parcels WeChat is to be told.",
);
/// Orders of whose parcels WeChat does not want to hear.
pub static UPLOADS_FAILED: GaugeFamily = GaugeFamily::new(
    "mallcore_shipping_uploads_failed_orders",
    "Orders whose parcels WeChat refuses, so that their money stays frozen: see `mallcore shipping uploads list`.",
);
/// Attempts to tell WeChat of parcels.
pub static UPLOADS_TOTAL: CounterFamily =
    CounterFamily::new("mallcore_shipping_uploads_total", "Attempts to tell WeChat of parcels, by how they ended.");
/// Subscribe messages that were to be sent.
pub static MESSAGES_TOTAL: CounterFamily =
    CounterFamily::new("mallcore_subscribe_messages_total", "Subscribe messages of WeChat, by event and how they ended.");
/// Label: how an attempt ended.
pub const OUTCOME: &str = "outcome";
/// Label: `paid`, `shipped`, `completed` or `refunded`.
pub const EVENT: &str = "event";
