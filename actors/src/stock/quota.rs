//! One flash item: its quota, its hours, and who has bought how much of it.
//! - Q1 `remaining + held + sold` is the quota less what was refunded, until the rest is released at the end.
//! - Q2 No user has more pieces than the limit, counting paid and unpaid ones and the closed ones whose limit was not given back.
//! - Q3 A key buys once: the same request again gets the first answer, also after the item is sold out.
//! - Q4 An order of this item has pieces of its SKU at its price, and of no other.
//!
//! Not here: how many unpaid orders a user may have (`orders`), the SKU's other pieces (`sku`).

use serde::{Deserialize, Serialize};

use super::buyers::{Buyers, Granted};
use super::facts::QuotaCarved;
use crate::idempotency::{BodyFingerprint, KeyHash};
use crate::ids::{ActivityId, AddressId, FlashItemId, OrderId, SkuId, UserId};
use crate::journal::Sequence;
use crate::money::Money;
use crate::order_no::OrderNo;
use crate::orders::{FlashRef, Line, OrderPlaced, Return};
use crate::quantity::Quantity;
use crate::refusal::Refusal;
use crate::time::Timestamp;

/// A shopper asks for pieces of a flash item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Buy {
    /// Of which item.
    pub item: FlashItemId,
    /// The shopper who buys.
    pub user: UserId,
    /// Pieces of the SKU.
    pub quantity: Quantity,
    /// Hash of the request's idempotency key.
    pub key: KeyHash,
    /// Fingerprint of the request's body: the same key with another one is refused.
    pub body: BodyFingerprint,
    /// Where to send it.
    pub address: Option<AddressId>,
}

/// What a placed order is answered with, now and to every repeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The order that this is about.
    pub order: OrderId,
    /// The number that people know the order by.
    pub no: OrderNo,
    /// What has to be paid.
    pub payable: Money,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// Until when it has to be paid.
    pub expires_at: Timestamp,
    /// Its record: the receipt may be shown once this is durable.
    pub sequence: Sequence,
}

/// What deciding on a command leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purchase {
    /// The request is a repeat.
    Repeat(Receipt),
    /// These pieces, at this price, may be ordered.
    Fresh(Line, Money),
}

/// One flash item.
#[derive(Debug, Clone)]
pub struct FlashQuota {
    sku: SkuId,
    item: FlashItemId,
    activity: ActivityId,
    unit_price: Money,
    limit_per_user: u32,
    starts_at: Timestamp,
    ends_at: Timestamp,
    remaining: u32,
    held: u32,
    sold: u32,
    released: bool,
    buyers: Buyers,
}

impl FlashQuota {
    /// The quota as it was carved: nothing sold yet.
    pub fn carved(event: &QuotaCarved) -> Self {
        Self {
            sku: event.sku,
            item: event.item,
            activity: event.activity,
            unit_price: event.unit_price,
            limit_per_user: event.limit_per_user,
            starts_at: event.starts_at,
            ends_at: event.ends_at,
            remaining: event.quota,
            held: 0,
            sold: 0,
            released: false,
            buyers: Buyers::default(),
        }
    }

    /// As the database has it; buyers follow with [`Self::restore_order`].
    pub fn restored(event: &QuotaCarved, remaining: u32, held: u32, sold: u32, released: bool) -> Self {
        Self { remaining, held, sold, released, ..Self::carved(event) }
    }

    /// Takes in an order of this item that the database has. `counts`: its pieces count towards the limit.
    pub fn restore_order(&mut self, user: UserId, key: KeyHash, body: BodyFingerprint, receipt: Receipt, quantity: Quantity, counts: bool) {
        self.buyers.note(Granted { user, key, body, receipt }, if counts { quantity.get() } else { 0 });
    }

    /// The event that would carve what this quota still has: with [`Self::restored`], what a snapshot keeps of it beside its buyers.
    pub fn as_carved(&self) -> QuotaCarved {
        QuotaCarved {
            sku: self.sku,
            item: self.item,
            activity: self.activity,
            quota: self.remaining.saturating_add(self.held).saturating_add(self.sold),
            limit_per_user: self.limit_per_user,
            unit_price: self.unit_price,
            starts_at: self.starts_at,
            ends_at: self.ends_at,
        }
    }

    /// Each buyer with the pieces that count towards the limit, in no order; with [`Self::granted`] the rest of a snapshot.
    pub fn counting(&self) -> impl Iterator<Item = (UserId, u32)> {
        self.buyers.counting()
    }

    /// Each request that was granted, in the order in which they were.
    pub fn granted(&self) -> impl Iterator<Item = &Granted> {
        self.buyers.all_granted()
    }

    /// Takes in what [`Self::counting`] gave out.
    pub fn restore_counting(&mut self, user: UserId, pieces: u32) {
        self.buyers.set_counting(user, pieces);
    }

    /// Takes in what [`Self::granted`] gave out.
    pub fn restore_granted(&mut self, granted: Granted) {
        self.buyers.note(granted, 0);
    }

    /// Room for so many buyers, so that restoring them moves none.
    pub fn reserve_buyers(&mut self, buyers: usize) {
        self.buyers.reserve(buyers);
    }

    /// Says what would happen and changes nothing.
    pub fn decide(&self, command: &Buy, now: Timestamp) -> Result<Purchase, Refusal> {
        if let Some(granted) = self.buyers.granted(command.user, command.key) {
            return if granted.body == command.body { Ok(Purchase::Repeat(granted.receipt)) } else { Err(Refusal::IdempotencyMismatch) };
        }
        if now < self.starts_at {
            return Err(Refusal::NotStarted { starts_at: self.starts_at });
        }
        if now >= self.ends_at || self.released {
            return Err(Refusal::Ended);
        }
        if self.buyers.pieces(command.user).saturating_add(command.quantity.get()) > self.limit_per_user {
            return Err(Refusal::PurchaseLimit { limit: self.limit_per_user });
        }
        if self.remaining < command.quantity.get() {
            return Err(Refusal::SoldOut);
        }
        // Carving refuses a price at which the limit's sum is no amount, so this only refuses what can never be paid.
        let payable = self.unit_price.checked_mul(command.quantity).ok_or(Refusal::PurchaseLimit { limit: self.limit_per_user })?;
        let flash = Some(FlashRef { item: self.item, activity: self.activity });
        Ok(Purchase::Fresh(Line { sku: self.sku, flash, quantity: command.quantity, unit_price: self.unit_price }, payable))
    }

    pub(super) fn apply_placed(&mut self, sequence: Sequence, at: Timestamp, line: &Line, event: &OrderPlaced) {
        let pieces = line.quantity.get();
        debug_assert_eq!((line.sku, line.unit_price), (self.sku, self.unit_price), "Q4: {:?} at {sequence}", self.item);
        self.remaining -= pieces;
        self.held += pieces;
        if self.released {
            return;
        }
        let receipt =
            Receipt { order: event.order, no: event.no, payable: event.payable, placed_at: at, expires_at: event.expires_at, sequence };
        self.buyers.note(Granted { user: event.user, key: event.key, body: event.body, receipt }, pieces);
        debug_assert!(self.buyers.pieces(event.user) <= self.limit_per_user, "Q2: {:?} of {:?} at {sequence}", event.user, self.item);
    }

    pub(super) fn apply_paid(&mut self, line: &Line) {
        self.held -= line.quantity.get();
        self.sold += line.quantity.get();
    }

    /// Sold pieces are refunded; where they go is the SKU's affair. They still count towards their buyer's limit.
    pub(super) fn apply_refunded(&mut self, pieces: u32) {
        self.sold -= pieces;
    }

    /// The pieces leave the held ones; where they go to is the SKU's affair unless it is this quota.
    pub(super) fn apply_closed(&mut self, user: UserId, back: &Return, limit_returned: bool) {
        let pieces = back.line.quantity.get();
        self.held -= pieces;
        if back.to_quota {
            assert!(!self.released, "Q1: pieces come back to {:?}, whose rest was released", self.item);
            self.remaining += pieces;
        }
        if limit_returned {
            debug_assert!(self.released || self.buyers.pieces(user) >= pieces, "Q2: {user:?} gets back more of a limit than counts");
            self.buyers.give_back(user, pieces);
        }
    }

    /// The sale is over: nobody can buy any more, so its buyers are forgotten. A request whose order can still be paid is found at the order.
    pub(super) fn apply_released(&mut self, pieces: u32) {
        assert!(!self.released, "Q1: {:?} is released a second time", self.item);
        assert_eq!(pieces, self.remaining, "Q1: {:?} is released with other pieces than are left", self.item);
        self.remaining -= pieces;
        self.released = true;
        self.buyers = Buyers::default();
    }

    /// The flash item whose quota this is.
    pub fn item(&self) -> FlashItemId {
        self.item
    }

    /// The flash sale that the item belongs to.
    pub fn activity(&self) -> ActivityId {
        self.activity
    }

    /// Pieces that can still be bought.
    pub fn remaining(&self) -> u32 {
        self.remaining
    }

    /// Pieces in unpaid orders.
    pub fn held(&self) -> u32 {
        self.held
    }

    /// Pieces in paid orders.
    pub fn sold(&self) -> u32 {
        self.sold
    }

    /// Pieces that one user may have.
    pub fn limit_per_user(&self) -> u32 {
        self.limit_per_user
    }

    /// First moment after the sale.
    pub fn ends_at(&self) -> Timestamp {
        self.ends_at
    }

    /// Whether the rest has gone back to the SKU.
    pub fn released(&self) -> bool {
        self.released
    }

    /// Users in memory who have bought.
    pub fn buyers(&self) -> impl Iterator<Item = UserId> {
        self.buyers.users()
    }

    /// Q2, walked: for debug builds, tests and the simulator.
    pub fn broken_limit(&self) -> Option<&'static str> {
        (self.buyers.most_pieces() > self.limit_per_user).then_some("Q2: a user has more than the limit")
    }
}
