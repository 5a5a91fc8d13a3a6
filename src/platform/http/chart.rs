//! Purchases counted for the embedded page's chart, since the start of the process. Prometheus has its own, in the actors.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;
use utoipa::ToSchema;

use super::wording;

/// Counters; each is exact, together they are only roughly of one moment.
#[derive(Debug, Default)]
pub struct Chart {
    orders: AtomicU64,
    /// One a problem code.
    refusals: Codes,
}

#[derive(Debug)]
struct Codes([AtomicU64; wording::COUNT]);

impl Default for Codes {
    fn default() -> Self {
        Self([const { AtomicU64::new(0) }; wording::COUNT])
    }
}

/// The counters at a moment.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChartView {
    /// Orders placed in the interval.
    pub orders: u64,
    /// Purchases refused in the interval.
    pub refusals: u64,
    /// The same by code; codes that never occurred are left out.
    #[schema(value_type = std::collections::BTreeMap<String, u64>)]
    pub refusals_by_code: std::collections::BTreeMap<&'static str, u64>,
}

impl Chart {
    /// Counts an order.
    pub fn placed(&self) {
        self.orders.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a refusal.
    pub fn refused(&self, code: &'static str) {
        // Every code has a place there (`wording::of`).
        if let Some(place) = wording::place(code) {
            self.refusals.0[place].fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Reads the counters.
    pub fn view(&self) -> ChartView {
        let counts = wording::codes().zip(&self.refusals.0).map(|(code, count)| (code, count.load(Ordering::Relaxed)));
        let refusals_by_code: std::collections::BTreeMap<_, _> = counts.filter(|(_, count)| *count > 0).collect();
        ChartView { orders: self.orders.load(Ordering::Relaxed), refusals: refusals_by_code.values().sum(), refusals_by_code }
    }
}
