//! What happens to orders, and the reservation of their ids. Changes of an order carry the version that they make.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::attempts::{PaymentEnded, PaymentStarted, PaymentStrayed, TradeTaken};
use super::fulfilment::{OrderRefunded, ParcelShipped, PaymentTaken};
use super::placed::BasketPlaced;
use crate::idempotency::{BodyFingerprint, KeyHash};
use crate::ids::{ActivityId, AddressId, FlashItemId, OrderId, SkuId, UserId};
use crate::kernel::facts::facts;
use crate::money::Money;
use crate::order_no::OrderNo;
use crate::quantity::Quantity;
use crate::time::Timestamp;

facts! {
    /// What happens to the ids that this process gives out.
    pub enum IdsFact of IDS {
        /// Order ids were set aside for this process.
        1 "ids.reserved" since 3 => Reserved(IdsReserved),
    }
}

facts! {
    /// What happens to orders. Some kinds share a name: consumers of events see one event, whichever kind recorded it.
    pub enum OrderFact of ORDERS {
        /// An order was placed; its pieces are held until it is paid or closed.
        1 "order.placed" since 3 => Placed(OrderPlaced),
        /// An order was paid; its pieces are sold.
        2 "order.paid" since 3 => Paid(OrderPaid),
        /// An order left the warehouse.
        3 "order.shipped" since 3 => Shipped(OrderMoved),
        /// An order was received.
        4 "order.completed" since 3 => Completed(OrderMoved),
        /// An unpaid order was closed; its pieces are free again.
        5 "order.closed" since 3 => Closed(OrderClosed),
        /// An order over several SKUs was placed; its pieces are held until it is paid or closed.
        6 "order.placed" since 3 => BasketPlaced(Box<BasketPlaced>),
        /// An order was paid, and how; its pieces are sold.
        7 "order.paid" since 3 => PaymentTaken(PaymentTaken),
        /// A parcel of an order left the warehouse.
        8 "order.shipped" since 3 => ParcelShipped(ParcelShipped),
        /// An order was refunded, or a part of it.
        9 "order.refunded" since 3 => Refunded(OrderRefunded),
        /// An order in a final status was hidden from its owner's list.
        10 "order.hidden" since 3 => Hidden(OrderMoved),
        /// An attempt to pay an order was begun.
        11 "order.payment_started" since 3 => PaymentStarted(PaymentStarted),
        /// An attempt to pay an order cannot be paid any more.
        12 "order.payment_ended" since 3 => PaymentEnded(PaymentEnded),
        /// Money came for an order that does not want it: it goes back.
        13 "order.payment_strayed" since 3 => PaymentStrayed(Box<PaymentStrayed>),
        /// An order was paid through an attempt; its pieces are sold.
        14 "order.paid" since 3 => TradeTaken(Box<TradeTaken>),
    }
}

/// Order ids `first .. first + count` were set aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdsReserved {
    /// The first of the block.
    pub first: u64,
    /// Ids in the block.
    pub count: u32,
}

/// The flash item through which a line was bought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlashRef {
    /// The flash item that sells the pieces.
    pub item: FlashItemId,
    /// The flash sale that the item belongs to.
    pub activity: ActivityId,
}

/// One line of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The SKU that was bought.
    pub sku: SkuId,
    /// From a flash sale's quota, or from the available pieces.
    pub flash: Option<FlashRef>,
    /// Pieces of the SKU.
    pub quantity: Quantity,
    /// Price of a piece, frozen.
    pub unit_price: Money,
}

/// The lines of an order; almost always one.
pub type Lines = SmallVec<[Line; 1]>;

/// A new order, pending payment, version 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderPlaced {
    /// The new order's id.
    pub order: OrderId,
    /// The number that people know the order by.
    pub no: OrderNo,
    /// The shopper who owns it.
    pub user: UserId,
    /// What was bought.
    pub lines: Lines,
    /// What has to be paid.
    pub payable: Money,
    /// From then on it may be closed unpaid.
    pub expires_at: Timestamp,
    /// The request that placed it.
    pub key: KeyHash,
    /// That request's body.
    pub body: BodyFingerprint,
    /// Where to send it.
    pub address: Option<AddressId>,
}

impl OrderPlaced {
    /// The invariant that does not hold, if any.
    pub fn broken(&self) -> Option<&'static str> {
        let price = |sum: Money, line: &Line| sum.checked_add(line.unit_price.checked_mul(line.quantity)?);
        (self.lines.iter().try_fold(Money::ZERO, price) != Some(self.payable)).then_some("P1: the payable amount is not that of the lines")
    }
}

/// A payment was verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderPaid {
    /// The order that this is about.
    pub order: OrderId,
    /// The shopper who owns it.
    pub user: UserId,
    /// Its version from now on.
    pub version: u32,
    /// Its lines: held pieces become sold ones.
    pub lines: Lines,
}

/// An order moved on without touching stock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderMoved {
    /// The order that this is about.
    pub order: OrderId,
    /// The shopper who owns it.
    pub user: UserId,
    /// Its version from now on.
    pub version: u32,
}

/// Why an unpaid order was closed. Numbers are those of the column `close_reason`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum CloseReason {
    /// The shopper cancelled it.
    Cancelled,
    /// It was not paid in time.
    TimedOut,
}

/// A line's pieces on their way back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Return {
    /// The order's line, with its pieces.
    pub line: Line,
    /// Back to its flash item's quota; otherwise to the SKU's available pieces.
    pub to_quota: bool,
}

/// An unpaid order was closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderClosed {
    /// The order that this is about.
    pub order: OrderId,
    /// The shopper who owns it.
    pub user: UserId,
    /// Its version from now on.
    pub version: u32,
    /// Why it was closed.
    pub reason: CloseReason,
    /// Where its pieces go.
    pub returns: SmallVec<[Return; 1]>,
    /// The user's purchase limit is given back (at most once per user and activity).
    pub limit_returned: bool,
}

impl OrderFact {
    /// The order's owner.
    pub const fn user(&self) -> UserId {
        match self {
            Self::Placed(fact) => fact.user,
            Self::Paid(fact) => fact.user,
            Self::Shipped(fact) | Self::Completed(fact) | Self::Hidden(fact) => fact.user,
            Self::Closed(fact) => fact.user,
            Self::BasketPlaced(fact) => fact.user,
            Self::PaymentTaken(fact) => fact.user,
            Self::ParcelShipped(fact) => fact.user,
            Self::Refunded(fact) => fact.user,
            Self::PaymentStarted(fact) => fact.user,
            Self::PaymentEnded(fact) => fact.user,
            Self::PaymentStrayed(fact) => fact.user,
            Self::TradeTaken(fact) => fact.taken.user,
        }
    }

    /// The order, and the version that the fact makes.
    pub const fn version(&self) -> (OrderId, u32) {
        match self {
            Self::Placed(fact) => (fact.order, 1),
            Self::Paid(fact) => (fact.order, fact.version),
            Self::Shipped(fact) | Self::Completed(fact) | Self::Hidden(fact) => (fact.order, fact.version),
            Self::Closed(fact) => (fact.order, fact.version),
            Self::BasketPlaced(fact) => (fact.order, 1),
            Self::PaymentTaken(fact) => (fact.order, fact.version),
            Self::ParcelShipped(fact) => (fact.order, fact.version),
            Self::Refunded(fact) => (fact.order, fact.version),
            Self::PaymentStarted(fact) => (fact.order, fact.version),
            Self::PaymentEnded(fact) => (fact.order, fact.version),
            Self::PaymentStrayed(fact) => (fact.order, fact.version),
            Self::TradeTaken(fact) => (fact.taken.order, fact.taken.version),
        }
    }

    /// The SKUs whose pieces move, each once, in ascending order.
    pub fn skus(&self) -> SmallVec<[SkuId; 1]> {
        let mut skus: SmallVec<[SkuId; 1]> = match self {
            Self::Placed(fact) => fact.lines.iter().map(|line| line.sku).collect(),
            Self::Paid(fact) => fact.lines.iter().map(|line| line.sku).collect(),
            Self::Closed(fact) => fact.returns.iter().map(|back| back.line.sku).collect(),
            Self::BasketPlaced(fact) => fact.lines.iter().map(|line| line.sku).collect(),
            Self::PaymentTaken(fact) => fact.lines.iter().map(|line| line.sku).collect(),
            Self::TradeTaken(fact) => fact.taken.lines.iter().map(|line| line.sku).collect(),
            Self::Refunded(fact) => fact.refund.lines.iter().map(|line| line.sku).collect(),
            Self::Shipped(_)
            | Self::Completed(_)
            | Self::ParcelShipped(_)
            | Self::Hidden(_)
            | Self::PaymentStarted(_)
            | Self::PaymentEnded(_)
            | Self::PaymentStrayed(_) => SmallVec::new(),
        };
        skus.sort_unstable();
        skus.dedup();
        skus
    }
}
