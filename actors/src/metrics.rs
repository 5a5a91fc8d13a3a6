//! Names and handles of what the hot core measures. Handles are made once: recording is an atomic addition.

use metrics::{Counter, counter, describe_counter, describe_gauge, describe_histogram};

use crate::refusal::{Refusal, Unavailable};

/// Messages sent to actors and not yet taken up.
pub const MAILBOX_MESSAGES: &str = "mallcore_mailbox_messages";
/// Time an actor takes for a message.
pub const ACTOR_HANDLING: &str = "mallcore_actor_handling_duration_seconds";
/// Orders placed.
pub const ORDERS_PLACED: &str = "mallcore_orders_placed_total";
/// Orders closed unpaid.
pub const ORDERS_CLOSED: &str = "mallcore_orders_closed_total";
/// Requests answered from an earlier one.
pub const ORDERS_REPEATED: &str = "mallcore_orders_repeated_total";
/// Purchases refused.
pub const ORDERS_REFUSED: &str = "mallcore_orders_refused_total";
/// Stock actors in memory.
pub const ACTORS_RESIDENT: &str = "mallcore_actors_resident";

/// The hot core's meters.
pub struct Meters {
    pub(crate) placed: Counter,
    pub(crate) closed: Counter,
    pub(crate) repeated: Counter,
    refused: Vec<(&'static str, Counter)>,
}

/// Every value of the label `reason`.
const REASONS: [&str; 14] = [
    "sold_out",
    "purchase_limit",
    "not_started",
    "ended",
    "too_many_unpaid",
    "idempotency_mismatch",
    "unknown_item",
    "off_sale",
    "busy",
    "journal_full",
    "lag_shed",
    "lag_full",
    "warming",
    "outcome_unknown",
];

impl Default for Meters {
    fn default() -> Self {
        describe_gauge!(MAILBOX_MESSAGES, "Messages sent to actors and not yet taken up");
        describe_histogram!(ACTOR_HANDLING, metrics::Unit::Seconds, "Time an actor takes for a message");
        describe_counter!(ORDERS_PLACED, "Orders placed");
        describe_counter!(ORDERS_CLOSED, "Orders closed unpaid");
        describe_counter!(ORDERS_REPEATED, "Requests answered from an earlier one");
        describe_counter!(ORDERS_REFUSED, "Purchases refused, by reason");
        describe_gauge!(ACTORS_RESIDENT, "Actors in memory");
        Self {
            placed: counter!(ORDERS_PLACED),
            closed: counter!(ORDERS_CLOSED),
            repeated: counter!(ORDERS_REPEATED),
            refused: REASONS.iter().map(|reason| (*reason, counter!(ORDERS_REFUSED, "reason" => *reason))).collect(),
        }
    }
}

impl Meters {
    /// Counts a refusal by the rules.
    pub fn refused(&self, refusal: Refusal) {
        self.count(refusal.code());
    }

    /// Counts a refusal by the weather.
    pub fn unavailable(&self, weather: Unavailable) {
        self.count(weather.code());
    }

    fn count(&self, code: &'static str) {
        if let Some((_, counter)) = self.refused.iter().find(|(reason, _)| *reason == code) {
            counter.increment(1);
        }
    }
}
