//! What all actors share: journal, clock, order book, ids, rules, gates. Made once at start from what survived, passed as one `Arc`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use dashmap::DashMap;

use crate::ids::{FlashItemId, SkuId};
use crate::journal::{EnqueueError, Journal, Sequence};
use crate::lag::Admission;
use crate::metrics::Meters;
use crate::order_ids::OrderIds;
use crate::orders::OrderBook;
use crate::record::{Event, Record};
use crate::refusal::Unavailable;
use crate::stock::Gate;
use crate::time::{Clock, Timestamp};

/// Limits and windows of the shop.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// Open unpaid orders that a user may have.
    pub unpaid_max_per_user: u32,
    /// Milliseconds in which a flash order has to be paid.
    pub flash_pay_window_millis: u64,
}

/// What all actors share.
pub struct Engine {
    /// Where records go.
    pub journal: Arc<dyn Journal>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// The orders in memory.
    pub orders: OrderBook,
    /// Where order ids come from.
    pub ids: OrderIds,
    /// Limits and windows.
    pub rules: Rules,
    /// Whether fresh purchases are let in while something follows the journal from too far behind.
    pub admission: Admission,
    /// What is measured.
    pub meters: Meters,
    gates: DashMap<FlashItemId, Arc<Gate>>,
    /// When the journal last refused a record for want of space; milliseconds, 0 for never.
    full_at: AtomicU64,
}

/// A journal that refused a record this recently is taken to be full.
const FULL_FOR_MILLIS: u64 = 5_000;

impl Engine {
    /// From what survived: the order book as recovered, and the first order id that no block contains.
    pub fn new(journal: Arc<dyn Journal>, clock: Arc<dyn Clock>, orders: OrderBook, next_order_id: u64, rules: Rules) -> Self {
        Self {
            journal,
            clock,
            orders,
            ids: OrderIds::starting_at(next_order_id),
            rules,
            admission: Admission::default(),
            meters: Meters::default(),
            gates: DashMap::new(),
            full_at: AtomicU64::new(0),
        }
    }

    /// The gate of a flash item; made at the first call.
    pub fn gate(&self, item: FlashItemId, sku: SkuId, quota: u32) -> Arc<Gate> {
        Arc::clone(&self.gates.entry(item).or_insert_with(|| Arc::new(Gate::new(sku, quota))))
    }

    /// Drops the gates of items that are no longer on offer.
    pub fn retain_gates(&self, on_offer: impl Fn(FlashItemId) -> bool) {
        self.gates.retain(|item, _| on_offer(*item));
    }

    /// Whether the journal has just refused a record for want of space.
    pub fn is_journal_full(&self) -> bool {
        let full_at = self.full_at.load(Ordering::Relaxed);
        full_at > 0 && self.clock.now().millis() < full_at + FULL_FOR_MILLIS
    }

    /// Encodes into `scratch` and queues.
    pub(crate) fn enqueue(&self, scratch: &mut Vec<u8>, at: Timestamp, event: Event) -> Result<(Sequence, Event), Unavailable> {
        scratch.clear();
        let record = Record { at, event };
        record.encode_into(scratch);
        let sequence = self.journal.enqueue(scratch).inspect_err(|error| {
            if matches!(error, EnqueueError::Full { .. }) {
                self.full_at.store(at.millis(), Ordering::Relaxed);
            }
        })?;
        Ok((sequence, record.event))
    }
}

impl From<EnqueueError> for Unavailable {
    fn from(error: EnqueueError) -> Self {
        match error {
            EnqueueError::Full { .. } => Self::JournalFull,
            // The process is about to end; nothing was queued, but the caller cannot tell from an earlier attempt.
            EnqueueError::Stopped => Self::OutcomeUnknown,
        }
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("rules", &self.rules).finish_non_exhaustive()
    }
}
