//! Names and handles of what the hot core measures. Handles are made once: recording is an atomic addition.

use metrics::Counter;

use crate::refusal::{Refusal, Unavailable};

mod family;

pub use family::{CounterFamily, GaugeFamily, HistogramFamily};

/// Messages sent to actors and not yet taken up.
pub static MAILBOX_MESSAGES: GaugeFamily = GaugeFamily::new("mallcore_mailbox_messages", "Messages sent to actors and not yet taken up.");
/// Time an actor takes for a message.
pub static ACTOR_HANDLING: HistogramFamily =
    HistogramFamily::new("mallcore_actor_handling_duration_seconds", "Time an actor takes for a message.");
/// Orders placed since the process started.
pub static ORDERS_PLACED: CounterFamily = CounterFamily::new("mallcore_orders_placed_total", "Orders placed.");
/// Orders closed unpaid.
pub static ORDERS_CLOSED: CounterFamily = CounterFamily::new("mallcore_orders_closed_total", "Orders closed unpaid.");
/// Requests answered from an earlier one.
pub static ORDERS_REPEATED: CounterFamily = CounterFamily::new("mallcore_orders_repeated_total", "Requests answered from an earlier one.");
/// Purchases refused since the process started, by reason.
pub static ORDERS_REFUSED: CounterFamily = CounterFamily::new("mallcore_orders_refused_total", "Purchases refused, by reason.");
/// Aggregates in memory, by kind.
pub static ACTORS_RESIDENT: GaugeFamily = GaugeFamily::new("mallcore_actors_resident", "Aggregates in memory, by kind.");

/// The hot core's meters.
pub struct Meters {
    pub(crate) placed: Counter,
    pub(crate) closed: Counter,
    pub(crate) repeated: Counter,
    /// One a code, in the order of `Refusal::CODES`.
    refused: Vec<Counter>,
    /// One a code, in the order of `Unavailable::CODES`.
    unavailable: Vec<Counter>,
}

impl Default for Meters {
    fn default() -> Self {
        Self {
            placed: ORDERS_PLACED.get(),
            closed: ORDERS_CLOSED.get(),
            repeated: ORDERS_REPEATED.get(),
            refused: by_reason(Refusal::CODES),
            unavailable: by_reason(Unavailable::CODES),
        }
    }
}

fn by_reason(codes: &[&'static str]) -> Vec<Counter> {
    codes.iter().map(|code| ORDERS_REFUSED.with(&[("reason", *code)])).collect()
}

impl Meters {
    /// Counts a purchase that the rules refuse.
    pub fn refused(&self, refusal: Refusal) {
        self.refused[refusal.place()].increment(1);
    }

    /// Counts a purchase that could not be decided.
    pub fn unavailable(&self, cause: Unavailable) {
        self.unavailable[cause.place()].increment(1);
    }
}
