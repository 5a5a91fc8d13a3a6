//! What happened to the purchases of one run: a count for each outcome and the times of buys and refusals.
//! - T1 every purchase that was begun ends in exactly one outcome.
//!
//! Not here: lines for people (`report.rs`).

use std::time::Duration;

use hdrhistogram::CreationError;
use hdrhistogram::Histogram;

/// The longest time that is told apart; longer ones count as this.
const LATENCY_MICROS_MAX: u64 = 120_000_000;
const SIGNIFICANT_DIGITS: u8 = 3;

macro_rules! outcomes {
    ($($(#[doc = $doc:literal])+ $name:ident => $text:literal,)+) => {
        /// How one purchase ended.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Outcome { $($(#[doc = $doc])+ $name,)+ }

        impl Outcome {
            /// Every outcome, in the order of reports.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The name in reports; for refusals the `code` of the problem document.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }
        }
    };
}

outcomes! {
    /// 201: a new order.
    Bought => "bought",
    /// 200 to a purchase that was sent again because its first answer never came.
    Replayed => "replayed",
    /// 200 with the same order number to a key that was repeated on purpose.
    Repeated => "repeated",
    /// A repeated key was answered with another order, or another status than 200. An error.
    RepeatMismatch => "repeat_mismatch",
    /// 409 and the like, by code.
    SoldOut => "sold_out",
    /// The user has all that the activity lets one have.
    PurchaseLimit => "purchase_limit",
    /// Before the start.
    NotStarted => "not_started",
    /// After the end.
    Ended => "ended",
    /// The user has too many unpaid orders.
    TooManyUnpaid => "too_many_unpaid",
    /// The key belongs to another body.
    IdempotencyMismatch => "idempotency_mismatch",
    /// Answered 429 by a rate limit.
    RateLimited => "rate_limited",
    /// A mailbox was full.
    Busy => "busy",
    /// What it needs is still being read, or the database that has it is away.
    Warming => "warming",
    /// A projection is too far behind.
    LagShed => "lag_shed",
    /// A projection's budget is spent.
    LagFull => "lag_full",
    /// The journal's budget is spent.
    JournalFull => "journal_full",
    /// The server does not know; only counted without `--reconnect`.
    OutcomeUnknown => "outcome_unknown",
    /// Any other answer from 400 to 499.
    OtherRefusal => "other_refusal",
    /// Another 5xx, or an answer that is not understood. An error.
    ServerError => "server_error",
    /// We closed the connection on purpose before the answer was whole.
    HungUp => "hung_up",
    /// The connection broke and the purchase was not sent again. An error.
    ConnectionLost => "connection_lost",
    /// No answer when the run ended. An error.
    Unanswered => "unanswered",
}

impl Outcome {
    /// The outcome of an answer other than 200 and 201.
    pub fn of_refusal(status: u16, code: Option<&str>) -> Self {
        match (status, code) {
            (429, _) => Self::RateLimited,
            (_, Some("sold_out")) => Self::SoldOut,
            (_, Some("purchase_limit")) => Self::PurchaseLimit,
            (_, Some("not_started")) => Self::NotStarted,
            (_, Some("ended")) => Self::Ended,
            (_, Some("too_many_unpaid")) => Self::TooManyUnpaid,
            (_, Some("idempotency_mismatch")) => Self::IdempotencyMismatch,
            (_, Some("busy")) => Self::Busy,
            (_, Some("warming")) => Self::Warming,
            (_, Some("lag_shed")) => Self::LagShed,
            (_, Some("lag_full")) => Self::LagFull,
            (_, Some("journal_full")) => Self::JournalFull,
            (_, Some("outcome_unknown")) => Self::OutcomeUnknown,
            (400..=499, _) => Self::OtherRefusal,
            _ => Self::ServerError,
        }
    }

    /// Whether a new durable order stands behind it.
    pub const fn is_buy(self) -> bool {
        matches!(self, Self::Bought | Self::Replayed)
    }

    /// Whether the server answered as it should, yes or no.
    pub const fn is_answer(self) -> bool {
        !matches!(self, Self::HungUp) && !self.is_error()
    }

    /// Whether it must not happen in a run without faults.
    pub const fn is_error(self) -> bool {
        matches!(self, Self::RepeatMismatch | Self::ServerError | Self::ConnectionLost | Self::Unanswered)
    }
}

/// Counts and times of one thread, or of a whole run after `add`.
pub struct Measurements {
    counts: [u64; Outcome::ALL.len()],
    /// Microseconds from the intended send to the answer, of new orders.
    pub buys: Histogram<u64>,
    /// The same, of every other answer.
    pub others: Histogram<u64>,
    /// Connections that could not be opened or broke; a purchase may have met several.
    pub connection_failures: u64,
    /// 503 answers that were met with another try.
    retried: [u64; Outcome::ALL.len()],
}

impl Measurements {
    /// Measurements of nothing yet.
    pub fn new() -> Result<Self, CreationError> {
        Ok(Self {
            counts: [0; Outcome::ALL.len()],
            buys: Histogram::new_with_bounds(1, LATENCY_MICROS_MAX, SIGNIFICANT_DIGITS)?,
            others: Histogram::new_with_bounds(1, LATENCY_MICROS_MAX, SIGNIFICANT_DIGITS)?,
            connection_failures: 0,
            retried: [0; Outcome::ALL.len()],
        })
    }

    /// One purchase ended, `latency` after it was meant to be sent.
    pub fn record(&mut self, outcome: Outcome, latency: Duration) {
        self.counts[outcome as usize] += 1;
        let micros = latency.as_micros() as u64;
        if outcome.is_buy() {
            self.buys.saturating_record(micros);
        } else if outcome.is_answer() {
            self.others.saturating_record(micros);
        }
    }

    /// Purchases that had no end when the run was over.
    pub fn record_unanswered(&mut self, purchases: u64) {
        self.counts[Outcome::Unanswered as usize] += purchases;
    }

    /// Takes another thread's counts and times in.
    pub fn add(&mut self, other: &Self) {
        for (mine, theirs) in self.counts.iter_mut().zip(other.counts) {
            *mine += theirs;
        }
        // Both histograms have the same bounds, so adding cannot fail.
        let _ = self.buys.add(&other.buys);
        let _ = self.others.add(&other.others);
        self.connection_failures += other.connection_failures;
        for (mine, theirs) in self.retried.iter_mut().zip(other.retried) {
            *mine += theirs;
        }
    }

    /// An answer that did not end its purchase, which was sent again.
    pub fn record_retried(&mut self, outcome: Outcome) {
        self.retried[outcome as usize] += 1;
    }

    /// How many answers like this did not end their purchase.
    pub fn retried(&self, outcome: Outcome) -> u64 {
        self.retried[outcome as usize]
    }

    /// How many purchases ended like this.
    pub fn count(&self, outcome: Outcome) -> u64 {
        self.counts[outcome as usize]
    }

    /// How many purchases ended so that `holds`.
    pub fn count_where(&self, holds: impl Fn(Outcome) -> bool) -> u64 {
        Outcome::ALL.iter().filter(|outcome| holds(**outcome)).map(|outcome| self.count(*outcome)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_of_the_route_has_its_own_outcome() {
        for outcome in Outcome::ALL {
            let status = if outcome.name() == "rate_limited" { 429 } else { 409 };
            let told = Outcome::of_refusal(status, Some(outcome.name()));
            let is_code =
                !outcome.is_buy() && !outcome.is_error() && !matches!(outcome, Outcome::Repeated | Outcome::OtherRefusal | Outcome::HungUp);
            assert_eq!(told, if is_code { *outcome } else { Outcome::OtherRefusal }, "{outcome:?}");
        }
        assert_eq!(Outcome::of_refusal(500, None), Outcome::ServerError);
    }

    #[test]
    fn buys_and_refusals_are_timed_apart() {
        let mut measurements = Measurements::new().unwrap();
        measurements.record(Outcome::Bought, Duration::from_millis(2));
        measurements.record(Outcome::SoldOut, Duration::from_millis(1));
        measurements.record(Outcome::HungUp, Duration::from_millis(9));
        let mut sum = Measurements::new().unwrap();
        sum.add(&measurements);
        sum.add(&measurements);
        assert_eq!((sum.buys.len(), sum.others.len(), sum.count(Outcome::HungUp)), (2, 2, 2));
        assert_eq!(sum.count_where(Outcome::is_answer), 4);
    }
}
