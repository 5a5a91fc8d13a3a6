//! A SKU as the kernel hosts it: its stock, the tentative holds on it, the gates of its flash items. Each command is decided by the pure
//! machines, committed, and applied, in that order; a refusal or a full journal leaves nothing behind.
//! Rules are in `sku`, `quota` and `holds`, waiting for the disk in `kernel::replies`, coming and going in `kernel::host`.

use std::sync::Arc;

use smallvec::SmallVec;

use super::commands::{AdjustStock, Adjusted, CarveQuota, CloseOrder, Closed, HoldPieces, PlaceOrder, Placed, ReleaseQuota};
use super::facts::StockFact;
use super::gate::Gate;
use super::holds::{Asked, Holds, Owner, Woken};
use super::quota::{Buy, FlashQuota, Purchase, Receipt};
use super::sku::{Adjusting, Stock};
use crate::coordinator::Input;
use crate::engine::Engine;
use crate::ids::{FlashItemId, SkuId};
use crate::journal::Sequence;
use crate::kernel::{Aggregate, Committed, Handle, Settled, Transaction};
use crate::order_no::{OrderNo, Partition};
use crate::orders::{FlashRef, Lane, Order, OrderClosed, OrderCommand, OrderFact, OrderPlaced, Return, Status};
use crate::refusal::{Answer, Refusal, Unavailable};
use crate::registry::Registry;

/// One SKU in memory.
#[derive(Debug)]
pub struct Sku {
    stock: Stock,
    holds: Holds,
    gates: Vec<(FlashItemId, Arc<Gate>)>,
}

/// What others do to a SKU.
#[derive(Debug, Clone)]
pub enum SkuEffect {
    /// A record that was committed elsewhere moves its pieces: an order over several SKUs, or a payment.
    Committed(Arc<Committed>),
    /// The pieces held for this coordinator were ordered by this record.
    Confirmed(Owner, Arc<Committed>),
    /// The coordinator has given up.
    Released(Owner),
}

impl Sku {
    /// Loaded, or folded at start; nothing is held.
    pub fn new(stock: Stock) -> Self {
        Self { stock, holds: Holds::default(), gates: Vec::new() }
    }

    /// The SKU's pieces, counted.
    pub const fn stock(&self) -> &Stock {
        &self.stock
    }

    /// Tentative holds on them.
    pub const fn holds(&self) -> &Holds {
        &self.holds
    }

    /// Shows a flash item's counts to whoever has not sent a message yet.
    fn publish(&self, item: FlashItemId) {
        if let Some(quota) = self.stock.quota(item)
            && let Some((_, gate)) = self.gates.iter().find(|(of, _)| *of == item)
        {
            gate.publish(quota.remaining(), quota.ends_at());
        }
    }

    fn is_withdrawn(&self, item: FlashItemId) -> bool {
        self.gates.iter().any(|(of, gate)| *of == item && gate.is_withdrawn())
    }

    fn commit(&mut self, fact: StockFact, shared: &Engine, transaction: &mut Transaction<'_>) -> Result<Sequence, Unavailable> {
        let (stock, holds) = (&mut self.stock, &mut self.holds);
        let mut woken = SmallVec::new();
        let committed = transaction.commit(fact, |committed| woken = holds.apply(stock, committed))?;
        assert_eq!(self.stock.version(), committed.sequence, "S3: {:?} did not take its own record", self.stock.sku());
        wake(woken, shared);
        Ok(committed.sequence)
    }
}

fn wake(woken: SmallVec<[Woken; 2]>, shared: &Engine) {
    for woken in woken {
        match woken {
            Woken::Granted(owner) => shared.notify(owner, Input::Granted),
            Woken::SoldOut(owner) => shared.notify(owner, Input::Refused(Refusal::SoldOut)),
        }
    }
}

/// The first answer to a request whose order can still be paid, also while somebody is about to: it waits for the order's last record.
fn placed_by(shared: &Engine, buy: &Buy) -> Option<Result<Settled<Placed>, Refusal>> {
    let orders = shared.orders.shard(buy.user);
    let order = orders.placed_by(buy.user, buy.key).filter(|order| order.status == Status::PendingPayment)?;
    if order.body != buy.body {
        return Some(Err(Refusal::IdempotencyMismatch));
    }
    shared.meters.repeated.increment(1);
    let receipt = order.receipt();
    Some(Ok(Settled::on(receipt.sequence, Placed { receipt, repeat: true })))
}

impl Drop for Sku {
    fn drop(&mut self) {
        self.gates.iter().for_each(|(_, gate)| gate.close());
    }
}

impl Aggregate for Sku {
    type Key = SkuId;
    type Shared = Engine;
    type Effect = SkuEffect;

    const NAME: &'static str = "stock";
    const ABSENT: Refusal = Refusal::UnknownItem;

    fn apply(&mut self, committed: &Committed) {
        self.stock.apply(committed.sequence, committed.record.header.at, &committed.record.fact);
    }

    fn loaded_through(&mut self, checkpoint: Sequence) {
        self.stock.folded_through(checkpoint);
    }

    fn activated(&mut self, shared: &Engine) {
        debug_assert!(self.gates.is_empty(), "{:?} is activated a second time", self.stock.sku());
        for quota in self.stock.quotas().iter().filter(|quota| !quota.released()) {
            let total = quota.remaining().saturating_add(quota.held()).saturating_add(quota.sold());
            let gate = shared.gate(quota.item(), self.stock.sku(), total);
            quota.buyers().for_each(|user| gate.note_buyer(user));
            gate.publish(quota.remaining(), quota.ends_at());
            self.gates.push((quota.item(), gate));
        }
    }

    fn effect(&mut self, effect: SkuEffect, shared: &Engine) {
        let woken = match effect {
            SkuEffect::Committed(committed) => self.holds.apply(&mut self.stock, &committed),
            SkuEffect::Confirmed(owner, committed) => self.holds.confirm(&mut self.stock, owner, &committed),
            SkuEffect::Released(owner) => self.holds.release(&self.stock, owner),
        };
        wake(woken, shared);
        let items: SmallVec<[FlashItemId; 1]> = self.gates.iter().map(|(item, _)| *item).collect();
        items.into_iter().for_each(|item| self.publish(item));
    }

    fn last_record(&self) -> Sequence {
        self.stock.version()
    }

    fn is_settled(&self) -> bool {
        self.holds.is_empty() && self.stock.quotas().iter().all(FlashQuota::released)
    }

    fn is_relied_on(&self) -> bool {
        !self.holds.is_empty()
    }

    fn broken(&self) -> Option<&'static str> {
        self.stock.broken().or_else(|| self.holds.broken(&self.stock))
    }
}

impl Handle<PlaceOrder> for Sku {
    type Reply = Placed;

    fn handle(&mut self, PlaceOrder(buy): PlaceOrder, shared: &Engine, transaction: &mut Transaction<'_>) -> Answer<Settled<Placed>> {
        let now = transaction.now();
        let (line, payable) = match self.stock.decide_buy(&buy, now) {
            Ok(Purchase::Repeat(receipt)) => {
                shared.meters.repeated.increment(1);
                return Ok(Ok(Settled::on(receipt.sequence, Placed { receipt, repeat: true })));
            }
            Ok(Purchase::Fresh(line, payable)) => (line, payable),
            // The item has forgotten its buyers: an order that can still be paid is in memory and knows its request.
            Err(Refusal::Ended | Refusal::UnknownItem) if let Some(earlier) = placed_by(shared, &buy) => return Ok(earlier),
            Err(refusal) => return Ok(Err(refusal)),
        };
        if self.is_withdrawn(buy.item) {
            return Ok(Err(Refusal::OffSale));
        }
        // Only here: a repeat has its answer already, whatever waits to be stored.
        if let Some(lagging) = shared.admission.refusal() {
            return Err(lagging);
        }
        let mut orders = shared.orders.shard(buy.user);
        if let Err(refusal) = orders.admit(buy.user, shared.rules.unpaid_max_per_user) {
            return Ok(Err(refusal));
        }
        let order = shared.ids.take(transaction)?;
        let no = OrderNo::in_partition(Partition::ONLY, order, now, (shared.order_nonce)());
        let expires_at = now.plus_millis(shared.rules.flash_pay_window_millis);
        let placed = OrderPlaced {
            order,
            no,
            user: buy.user,
            lines: smallvec::smallvec![line],
            payable,
            expires_at,
            key: buy.key,
            body: buy.body,
            address: buy.address,
        };
        let stock = &mut self.stock;
        let committed = transaction.commit(OrderFact::Placed(placed), |committed| {
            stock.apply(committed.sequence, now, &committed.record.fact);
            orders.apply(committed.sequence, now, &committed.record.fact);
        })?;
        let receipt = Receipt { order, no, payable, placed_at: now, expires_at, sequence: committed.sequence };
        debug_assert_eq!(self.stock.version(), committed.sequence, "S3: {:?} did not take its own record", self.stock.sku());
        debug_assert_eq!(orders.order(buy.user, order).map(Order::receipt), Some(receipt), "the order is not what is answered");
        debug_assert!(orders.admit(buy.user, shared.rules.unpaid_max_per_user.saturating_add(1)).is_ok(), "U1: {:?}", buy.user);
        debug_assert_eq!(self.stock.decide_buy(&buy, now), Ok(Purchase::Repeat(receipt)), "Q3: a repeat would get another answer");
        drop(orders);
        if let Some((_, gate)) = self.gates.iter().find(|(of, _)| *of == buy.item) {
            gate.note_buyer(buy.user);
        }
        self.publish(buy.item);
        shared.meters.placed.increment(1);
        Ok(Ok(Settled::on(committed.sequence, Placed { receipt, repeat: false })))
    }
}

impl Handle<CloseOrder> for Sku {
    type Reply = Closed;

    fn handle(&mut self, command: CloseOrder, shared: &Engine, transaction: &mut Transaction<'_>) -> Answer<Settled<Closed>> {
        let CloseOrder { user, order, reason } = command;
        let now = transaction.now();
        let mut orders = shared.orders.shard(user);
        let Some(found) = orders.order(user, order) else { return Ok(Err(Refusal::UnknownOrder)) };
        if let Err(refusal) = found.decide(OrderCommand::Close(reason), now) {
            return Ok(Err(refusal));
        }
        // Any other order has pieces of other SKUs too: it is closed by itself (`OrdersHandle::close`).
        if found.basket.is_some() {
            return Ok(Err(Refusal::WrongStatus));
        }
        debug_assert!(found.lines.iter().all(|line| line.sku == self.stock.sku()), "another SKU was asked to close {order:?}");
        let flash = found.lines.iter().find_map(|line| line.flash);
        let returns: SmallVec<[Return; 1]> = found.lines.iter().map(|line| self.stock.returns(*line)).collect();
        // After the sale there is no limit to give back, and whose was given back is forgotten with the first item that is released.
        let is_on_sale = |flash: &FlashRef| self.stock.quota(flash.item).is_some_and(|quota| !quota.released() && now < quota.ends_at());
        let limit_returned = flash.filter(is_on_sale).is_some_and(|flash| orders.gives_limit_back(user, flash.activity));
        let closed = OrderClosed { order, user, version: found.version + 1, reason, returns, limit_returned };
        let (stock, holds) = (&mut self.stock, &mut self.holds);
        let mut woken = SmallVec::new();
        let committed = transaction.commit(OrderFact::Closed(closed), |committed| {
            woken = holds.apply(stock, committed);
            orders.apply(committed.sequence, now, &committed.record.fact);
        })?;
        let after = orders.order(user, order).cloned();
        assert!(after.as_ref().is_some_and(|order| order.sequence == committed.sequence), "X1: {order:?} did not take its closing");
        let returned = flash.filter(|_| limit_returned);
        debug_assert!(returned.is_none_or(|flash| !orders.gives_limit_back(user, flash.activity)), "U2: {user:?} could get it back again");
        drop(orders);
        wake(woken, shared);
        if let Some(flash) = flash {
            self.publish(flash.item);
        }
        shared.meters.closed.increment(1);
        // It was found above under the same lock, and closing does not remove it.
        Ok(after.map(|order| Settled::on(order.sequence, Closed { order })).ok_or(Refusal::UnknownOrder))
    }
}

impl Handle<CarveQuota> for Sku {
    type Reply = ();

    fn handle(&mut self, CarveQuota(plan): CarveQuota, shared: &Engine, transaction: &mut Transaction<'_>) -> Answer<Settled<()>> {
        let carved = match self.holds.decide_carve(&self.stock, &plan, transaction.now()) {
            Ok(Some(carved)) => carved,
            Ok(None) => return Ok(Ok(Settled::on(self.stock.version(), ()))),
            Err(refusal) => return Ok(Err(refusal)),
        };
        let sequence = self.commit(StockFact::QuotaCarved(carved), shared, transaction)?;
        assert_eq!(self.stock.quota(plan.item).map(FlashQuota::remaining), Some(plan.quota), "Q1: {:?} as carved", plan.item);
        debug_assert!(self.gates.iter().all(|(of, _)| *of != plan.item), "{:?} has two gates", plan.item);
        self.gates.push((plan.item, shared.gate(plan.item, self.stock.sku(), plan.quota)));
        self.publish(plan.item);
        Ok(Ok(Settled::on(sequence, ())))
    }
}

impl Handle<ReleaseQuota> for Sku {
    type Reply = ();

    fn handle(&mut self, ReleaseQuota(item): ReleaseQuota, shared: &Engine, transaction: &mut Transaction<'_>) -> Answer<Settled<()>> {
        let released = match self.stock.decide_release(item, transaction.now()) {
            Ok(Some(released)) => released,
            Ok(None) => return Ok(Ok(Settled::on(self.stock.version(), ()))),
            Err(refusal) => return Ok(Err(refusal)),
        };
        let activity = released.activity;
        let sequence = self.commit(StockFact::QuotaReleased(released), shared, transaction)?;
        let is_over = self.stock.quota(item).is_some_and(|quota| quota.released() && quota.remaining() == 0);
        assert!(is_over, "Q1: {item:?} still offers pieces after its release");
        self.publish(item);
        shared.orders.forget_activity(activity);
        Ok(Ok(Settled::on(sequence, ())))
    }
}

impl Handle<AdjustStock> for Sku {
    type Reply = Adjusted;

    fn handle(
        &mut self,
        AdjustStock(adjustment): AdjustStock,
        shared: &Engine,
        transaction: &mut Transaction<'_>,
    ) -> Answer<Settled<Adjusted>> {
        let (available, version) = (self.stock.available(), self.stock.version());
        let adjusted = match self.holds.decide_adjust(&self.stock, &adjustment) {
            Ok(Adjusting::Fresh(adjusted)) => adjusted,
            Ok(Adjusting::Unchanged) => return Ok(Ok(Settled::on(version, Adjusted::Unchanged { available, sequence: version }))),
            Ok(Adjusting::Repeat) => return Ok(Ok(Settled::on(version, Adjusted::Repeat { sequence: version }))),
            Err(refusal) => return Ok(Err(refusal)),
        };
        let delta = adjusted.delta;
        let sequence = self.commit(StockFact::Adjusted(adjusted), shared, transaction)?;
        let available = delta.applied_to(available).unwrap_or_default();
        assert_eq!(self.stock.available(), available, "S2: {:?} after {delta:?}", self.stock.sku());
        Ok(Ok(Settled::on(sequence, Adjusted::Fresh { delta: delta.get(), available, sequence })))
    }
}

impl Handle<HoldPieces> for Sku {
    type Reply = Asked;

    fn handle(&mut self, command: HoldPieces, shared: &Engine, _: &mut Transaction<'_>) -> Answer<Settled<Asked>> {
        // A coordinator that gave up has sent its release, and a release overtakes a request that waits for the SKU to be loaded: nobody
        // would release this hold any more.
        if !shared.is_coordinating(command.owner) {
            return Err(Unavailable::Busy);
        }
        // A hold is in memory only and relies on no record: the order's own record is what its owner is answered by.
        Ok(Ok(Settled::on(Sequence::ZERO, self.holds.hold(&self.stock, command.owner, command.quantity))))
    }
}

impl Lane for Registry<Sku> {
    fn send(&self, sku: SkuId, effect: SkuEffect) {
        self.effect(sku, effect);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantity::Quantity;

    #[test]
    fn a_sku_of_which_more_is_held_than_there_is_is_broken() {
        let of = |pieces| Stock::new(SkuId::new(1).unwrap(), pieces, 0, 0, Sequence::ZERO, None, SmallVec::new());
        let mut sku = Sku::new(of(2));
        assert_eq!(sku.holds.hold(&sku.stock, Owner(1), Quantity::new(2).unwrap()), Asked::Granted);
        assert_eq!(sku.broken(), None);
        sku.stock = of(1);
        assert_eq!(sku.broken(), Some("H1: more is held than there is"));
    }
}
