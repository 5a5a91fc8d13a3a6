//! What a batch of facts changes in the rows of stock and orders.

use crate::ids::{AdjustmentId, OrderId, UserId};
use crate::journal::Sequence;
use crate::orders::attempts::{Stray, Trade};
use crate::orders::facts::{CloseReason, Lines, OrderPlaced};
use crate::orders::fulfilment::{Parcel, Payment, Refund};
use crate::orders::placed::BasketPlaced;
use crate::orders::status::Status;
use crate::orders::trade_no::{AttemptNumber, TradeNo};
use crate::stock::StockAdjusted;
use crate::time::Timestamp;

/// When an order reached each of its stations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Milestones {
    /// When it was paid.
    pub paid_at: Option<Timestamp>,
    /// Handed to a carrier.
    pub shipped_at: Option<Timestamp>,
    /// When it was received.
    pub completed_at: Option<Timestamp>,
    /// When it was closed unpaid.
    pub closed_at: Option<Timestamp>,
}

/// Where an order stands after the batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Its status; none if the batch leaves it as it is.
    pub status: Option<Status>,
    /// The order's version, 1 when it is placed.
    pub version: u32,
    /// Its last record.
    pub sequence: Sequence,
    /// That record's time.
    pub updated_at: Timestamp,
    /// Stations reached within the batch.
    pub milestones: Milestones,
    /// Why it was closed.
    pub close_reason: Option<CloseReason>,
    /// Closing it gave the purchase limit back.
    pub limit_returned: bool,
    /// Its owner does not want to see it any more.
    pub is_hidden: bool,
}

impl Standing {
    /// Of an order that has this version and nothing else to tell.
    pub(super) const fn at(version: u32, status: Option<Status>, sequence: Sequence, updated_at: Timestamp) -> Self {
        let milestones = Milestones { paid_at: None, shipped_at: None, completed_at: None, closed_at: None };
        Self { status, version, sequence, updated_at, milestones, close_reason: None, limit_returned: false, is_hidden: false }
    }
}

/// How an order was placed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Placing {
    /// By a purchase of one line.
    Purchase(OrderPlaced),
    /// As a basket, with everything frozen.
    Basket(Box<BasketPlaced>),
}

impl Placing {
    /// The id of the order.
    pub fn order(&self) -> OrderId {
        match self {
            Self::Purchase(placed) => placed.order,
            Self::Basket(placed) => placed.order,
        }
    }

    /// Its lines, as every order has them.
    pub fn lines(&self) -> Lines {
        match self {
            Self::Purchase(placed) => placed.lines.clone(),
            Self::Basket(placed) => placed.plain_lines(),
        }
    }

    /// The basket, if it is one.
    pub fn basket(&self) -> Option<&BasketPlaced> {
        match self {
            Self::Purchase(_) => None,
            Self::Basket(placed) => Some(placed),
        }
    }
}

/// An order that the database does not have yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOrder {
    /// The order as it was placed.
    pub placed: Placing,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// Where it stands by now.
    pub progress: Standing,
}

/// A change of an order that the database has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderChange {
    /// The version that its row has.
    pub from_version: u32,
    /// Where it stands by now.
    pub progress: Standing,
}

/// What moves in a SKU's row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SkuChange {
    /// Added to the available pieces.
    pub available: i64,
    /// Added to the held pieces (outside flash sales).
    pub held: i64,
    /// Added to the sold pieces (outside flash sales).
    pub sold: i64,
    /// Pieces paid and not refunded, in and outside of flash sales.
    pub paid: i64,
    /// The last adjustment in these sums, if there is one.
    pub last_adjustment: Option<AdjustmentId>,
    /// The first record of this batch in these sums.
    pub first: Sequence,
    /// The last one: the row's version from now on.
    pub last: Sequence,
}

/// What moves in a flash item's row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ItemChange {
    /// Added to the remaining pieces.
    pub remaining: i64,
    /// Added to the held pieces.
    pub held: i64,
    /// Added to the sold pieces.
    pub sold: i64,
    /// When the quota was carved, if it was in this batch.
    pub carved_at: Option<Timestamp>,
    /// When its rest was released, if it was in this batch.
    pub released_at: Option<Timestamp>,
}

/// A change of stock to be kept for whoever asks who did what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adjustment {
    /// The change as it was recorded.
    pub adjusted: StockAdjusted,
    /// The record that says so.
    pub sequence: Sequence,
    /// When it was recorded.
    pub at: Timestamp,
}

/// What happened to an order after it was placed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderEvent {
    /// The order that this is about.
    pub order: OrderId,
    /// The shopper who owns it.
    pub user: UserId,
    /// The version that it made.
    pub version: u32,
    /// When it was recorded.
    pub at: Timestamp,
    /// What happened to it.
    pub what: Happened,
}

/// What can happen to an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happened {
    /// It was paid; how is recorded since baskets exist.
    Paid(Option<Payment>),
    /// It left the warehouse: in this parcel, or as a whole.
    Shipped(Option<Parcel>),
    /// It was received.
    Completed,
    /// It was closed unpaid.
    Closed(CloseReason),
    /// Money went back.
    Refunded(Refund),
    /// Its owner hid it.
    Hidden,
    /// An attempt to pay it was begun, which the channel takes money for until then.
    PaymentStarted(TradeNo, Timestamp),
    /// An attempt to pay it cannot be paid any more.
    PaymentEnded(AttemptNumber),
    /// Money came that goes back.
    Strayed(Stray, Box<Trade>),
    /// It was paid through an attempt.
    Traded(Box<Trade>),
}

/// What moves in a row of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LineChange {
    /// Added to the pieces that were sent.
    pub shipped: u32,
    /// Added to the pieces that were refunded.
    pub refunded: u32,
}
