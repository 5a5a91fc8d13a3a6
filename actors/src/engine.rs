//! What all SKUs share: journal and clock, order book, ids, rules, gates, coordinators that wait. Made once at start from what survived.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use dashmap::{DashMap, DashSet};
use tokio::sync::mpsc::UnboundedSender;

use crate::coordinator::Input;
use crate::idempotency::KeyHash;
use crate::ids::{FlashItemId, SkuId, UserId};
use crate::journal::Journal;
use crate::kernel::Recorder;
use crate::lag::Admission;
use crate::metrics::Meters;
use crate::orders::{OrderBook, OrderIds};
use crate::stock::{Gate, Owner};
use crate::time::Clock;

/// Stands for the cart among the requests that are being carried out; no key hashes to it.
const CART: KeyHash = KeyHash::from_bytes([0; 16]);

/// Limits and windows of the shop.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// Open unpaid orders that a user may have.
    pub unpaid_max_per_user: u32,
    /// Milliseconds in which a flash order has to be paid.
    pub flash_pay_window_millis: u64,
    /// Milliseconds in which any other order has to be paid.
    pub pay_window_millis: u64,
    /// Milliseconds that a basket may wait for its pieces, all together.
    pub holding_max_millis: u64,
    /// Milliseconds after which an order that is on its way completes by itself.
    pub auto_complete_after_millis: u64,
}

/// What all SKUs share.
pub struct Engine {
    /// Journal and clock.
    pub recorder: Arc<Recorder>,
    /// The orders in memory.
    pub orders: OrderBook,
    /// Where order ids come from.
    pub ids: OrderIds,
    /// Limits and windows.
    pub rules: Rules,
    /// Where the random part of order numbers comes from; the simulator's is seeded.
    pub order_nonce: fn() -> u64,
    /// Whether fresh purchases are let in while something follows the journal from too far behind.
    pub admission: Admission,
    /// What is measured.
    pub meters: Meters,
    gates: DashMap<FlashItemId, Arc<Gate>>,
    waiting: DashMap<Owner, UnboundedSender<Input>>,
    /// Requests for baskets that are being carried out.
    in_flight: DashSet<(UserId, KeyHash)>,
    owners: AtomicU64,
}

impl Engine {
    /// From what survived: the order book as recovered, and the first order id that no block contains.
    pub fn new(journal: Arc<dyn Journal>, clock: Arc<dyn Clock>, orders: OrderBook, next_order_id: u64, rules: Rules) -> Self {
        Self {
            recorder: Arc::new(Recorder::new(journal, clock)),
            orders,
            ids: OrderIds::starting_at(next_order_id),
            rules,
            order_nonce: rand::random,
            admission: Admission::default(),
            meters: Meters::default(),
            gates: DashMap::new(),
            waiting: DashMap::new(),
            in_flight: DashSet::new(),
            owners: AtomicU64::new(0),
        }
    }

    /// The journal that every record goes to.
    pub fn journal(&self) -> &Arc<dyn Journal> {
        self.recorder.journal()
    }

    /// The clock that records are dated by.
    pub fn clock(&self) -> &dyn Clock {
        self.recorder.clock()
    }

    /// The gate of a flash item; made at the first call.
    pub fn gate(&self, item: FlashItemId, sku: SkuId, quota: u32) -> Arc<Gate> {
        Arc::clone(&self.gates.entry(item).or_insert_with(|| Arc::new(Gate::new(sku, quota))))
    }

    /// Drops the gates of items that are no longer on offer.
    pub fn retain_gates(&self, on_offer: impl Fn(FlashItemId) -> bool) {
        self.gates.retain(|item, _| on_offer(*item));
    }

    /// A coordinator that there has not been in the life of this process.
    pub fn new_owner(&self) -> Owner {
        Owner(self.owners.fetch_add(1, Ordering::Relaxed))
    }

    /// Coordinators that have registered and are not done.
    pub fn coordinators(&self) -> usize {
        self.waiting.len()
    }

    /// Requests for baskets that are being carried out.
    pub fn baskets_on_their_way(&self) -> usize {
        self.in_flight.len()
    }

    /// Claims the user's cart for one order until the claim is dropped; none while another order is being placed from it.
    pub fn claim_cart(self: &Arc<Self>, user: UserId) -> Option<Claim> {
        self.claim(user, CART)
    }

    /// Claims a request for a basket until the claim is dropped; none if it is being carried out already.
    pub fn claim(self: &Arc<Self>, user: UserId, key: KeyHash) -> Option<Claim> {
        self.in_flight.insert((user, key)).then(|| Claim { engine: Arc::clone(self), user, key })
    }

    /// From now on this coordinator may hold pieces, and hears how its waiting ended.
    pub fn register(&self, owner: Owner, inputs: UnboundedSender<Input>) {
        let earlier = self.waiting.insert(owner, inputs);
        assert!(earlier.is_none(), "{owner:?} is registered twice: one of the two would never hear how its waiting ended");
    }

    /// The coordinator is done. Called before it releases what it holds: a request for a hold that comes later is refused then, so that none
    /// is left over.
    pub fn unregister(&self, owner: Owner) {
        self.waiting.remove(&owner);
    }

    /// Whether this coordinator is registered and not done yet.
    pub(crate) fn is_coordinating(&self, owner: Owner) -> bool {
        self.waiting.contains_key(&owner)
    }

    /// Notifies a coordinator how its waiting ended. One that is done has released its hold already.
    pub(crate) fn notify(&self, owner: Owner, input: Input) {
        if let Some(inputs) = self.waiting.get(&owner) {
            // A receiver that is gone belongs to a coordinator that is about to release.
            let _ = inputs.send(input);
        }
    }
}

/// A request for a basket that is being carried out, until this is dropped.
pub struct Claim {
    engine: Arc<Engine>,
    user: UserId,
    key: KeyHash,
}

impl std::fmt::Debug for Claim {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Claim").field("user", &self.user).finish_non_exhaustive()
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let claimed = self.engine.in_flight.remove(&(self.user, self.key));
        debug_assert!(claimed.is_some(), "the claim of {:?} was gone before it ended", self.user);
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("rules", &self.rules).finish_non_exhaustive()
    }
}
