//! What the journal's records mean: facts, never commands, with everything that replay and projection need.
//! - R1 A kind and its body never change once released; a change is a new kind (the golden journals in `tests/it/golden` hold us to it).
//! - R2 A record says which schema version its reader needs, so that an old binary can refuse by name what it cannot read.
//! - R3 Stock effects are deltas that commute; changes of an order carry the version that they make.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use crate::adjustment::{Delta, Operator, Reason};
use crate::idempotency::{BodyFingerprint, KeyHash};
use crate::ids::{ActivityId, AddressId, AdjustmentId, FlashItemId, OrderId, SkuId, UserId};
use crate::money::Money;
use crate::order_no::OrderNo;
use crate::quantity::Quantity;
use crate::time::Timestamp;

/// The newest schema version that this release reads; each record is written with the one that its kind came with.
pub const SCHEMA_VERSION: u8 = 2;

/// One record: an event and the time at which it was decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// When it was decided; never before an earlier record's of the same SKU or order.
    pub at: Timestamp,
    /// What happened.
    pub event: Event,
}

/// What happened. The variants' order is their number on disk: append only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// Order ids were set aside for this process.
    IdsReserved(IdsReserved),
    /// Pieces of a SKU were set aside for a flash sale.
    QuotaCarved(QuotaCarved),
    /// What a flash sale left over went back to the SKU.
    QuotaReleased(QuotaReleased),
    /// An order was placed; its pieces are held until it is paid or closed.
    OrderPlaced(OrderPlaced),
    /// An order was paid; its pieces are sold.
    OrderPaid(OrderPaid),
    /// An order left the warehouse.
    OrderShipped(OrderMoved),
    /// An order was received.
    OrderCompleted(OrderMoved),
    /// An unpaid order was closed; its pieces are free again.
    OrderClosed(OrderClosed),
    /// Somebody of the shop added pieces or took some away (schema version 2).
    StockAdjusted(StockAdjusted),
}

/// Order ids `first .. first + count` were set aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdsReserved {
    /// The first of the block.
    pub first: u64,
    /// How many.
    pub count: u32,
}

/// `quota` pieces moved from the SKU's available ones to a flash item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuotaCarved {
    /// Whose pieces.
    pub sku: SkuId,
    /// The item that sells them.
    pub item: FlashItemId,
    /// Its sale.
    pub activity: ActivityId,
    /// Pieces.
    pub quota: u32,
    /// Pieces that one user may have.
    pub limit_per_user: u32,
    /// Price of a piece.
    pub unit_price: Money,
    /// First moment of the sale.
    pub starts_at: Timestamp,
    /// First moment after the sale.
    pub ends_at: Timestamp,
}

/// `pieces` unsold pieces of an ended flash item became available again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuotaReleased {
    /// Whose pieces.
    pub sku: SkuId,
    /// The item that had them.
    pub item: FlashItemId,
    /// Its sale.
    pub activity: ActivityId,
    /// Pieces.
    pub pieces: u32,
}

/// The flash item through which a line was bought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlashRef {
    /// The item.
    pub item: FlashItemId,
    /// Its sale.
    pub activity: ActivityId,
}

/// One line of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// What.
    pub sku: SkuId,
    /// From a flash sale's quota, or from the available pieces.
    pub flash: Option<FlashRef>,
    /// How many.
    pub quantity: Quantity,
    /// Price of a piece, frozen.
    pub unit_price: Money,
}

/// The lines of an order; almost always one.
pub type Lines = SmallVec<[Line; 1]>;

/// A new order, pending payment, version 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderPlaced {
    /// Its id.
    pub order: OrderId,
    /// Its number.
    pub no: OrderNo,
    /// Whose.
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

/// A payment was verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderPaid {
    /// The order.
    pub order: OrderId,
    /// Whose.
    pub user: UserId,
    /// Its version from now on.
    pub version: u32,
    /// Its lines: held pieces become sold ones.
    pub lines: Lines,
}

/// An order moved on without touching stock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderMoved {
    /// The order.
    pub order: OrderId,
    /// Whose.
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
    /// The line.
    pub line: Line,
    /// Back to its flash item's quota; otherwise to the SKU's available pieces.
    pub to_quota: bool,
}

/// An unpaid order was closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderClosed {
    /// The order.
    pub order: OrderId,
    /// Whose.
    pub user: UserId,
    /// Its version from now on.
    pub version: u32,
    /// Why.
    pub reason: CloseReason,
    /// Where its pieces go.
    pub returns: SmallVec<[Return; 1]>,
    /// The user's purchase limit is given back (at most once per user and activity).
    pub limit_returned: bool,
}

/// Pieces came in or went out beside all orders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockAdjusted {
    /// Whose pieces.
    pub sku: SkuId,
    /// The request; ids of a SKU's adjustments only rise.
    pub adjustment: AdjustmentId,
    /// How many, and which way.
    pub delta: Delta,
    /// Why.
    pub reason: Reason,
    /// Who.
    pub operator: Operator,
}

/// Why a payload is no record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Written by a newer release.
    #[error("the record needs journal schema version {needed}, this release reads up to {SCHEMA_VERSION}")]
    Newer {
        /// The version that can read it.
        needed: u8,
    },
    /// Not what this kind of record looks like.
    #[error("the record's body is malformed")]
    Malformed,
}

impl Record {
    /// Appends the record's bytes: the schema version that a reader needs, then the body in postcard's wire format (version 1).
    pub fn encode_into(&self, bytes: &mut Vec<u8>) {
        bytes.push(self.event.schema_version());
        // Writing to a Vec cannot fail, and no type here refuses to be serialised.
        *bytes = postcard::to_extend(self, std::mem::take(bytes)).unwrap_or_default();
    }

    /// Reads a record.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        match bytes.split_first() {
            Some((&needed, _)) if needed > SCHEMA_VERSION => Err(DecodeError::Newer { needed }),
            Some((_, body)) => match postcard::take_from_bytes(body) {
                Ok((record, [])) => Ok(record),
                _ => Err(DecodeError::Malformed),
            },
            None => Err(DecodeError::Malformed),
        }
    }
}

impl Event {
    /// The schema version that a reader of this kind needs.
    const fn schema_version(&self) -> u8 {
        match self {
            Self::StockAdjusted(_) => 2,
            Self::IdsReserved(_) | Self::QuotaCarved(_) | Self::QuotaReleased(_) => 1,
            Self::OrderPlaced(_) | Self::OrderPaid(_) | Self::OrderShipped(_) | Self::OrderCompleted(_) | Self::OrderClosed(_) => 1,
        }
    }

    /// The event's name in logs, on the broker and in `journal inspect`.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::IdsReserved(_) => "ids.reserved",
            Self::QuotaCarved(_) => "quota.carved",
            Self::QuotaReleased(_) => "quota.released",
            Self::OrderPlaced(_) => "order.placed",
            Self::OrderPaid(_) => "order.paid",
            Self::OrderShipped(_) => "order.shipped",
            Self::OrderCompleted(_) => "order.completed",
            Self::OrderClosed(_) => "order.closed",
            Self::StockAdjusted(_) => "stock.adjusted",
        }
    }

    /// Whose orders it changes.
    pub const fn user(&self) -> Option<UserId> {
        match self {
            Self::OrderPlaced(event) => Some(event.user),
            Self::OrderPaid(event) => Some(event.user),
            Self::OrderShipped(event) | Self::OrderCompleted(event) => Some(event.user),
            Self::OrderClosed(event) => Some(event.user),
            Self::IdsReserved(_) | Self::QuotaCarved(_) | Self::QuotaReleased(_) | Self::StockAdjusted(_) => None,
        }
    }

    /// The SKUs whose stock it changes, each once.
    pub fn skus(&self) -> SmallVec<[SkuId; 1]> {
        let mut skus: SmallVec<[SkuId; 1]> = match self {
            Self::QuotaCarved(event) => SmallVec::from([event.sku]),
            Self::QuotaReleased(event) => SmallVec::from([event.sku]),
            Self::StockAdjusted(event) => SmallVec::from([event.sku]),
            Self::OrderPlaced(event) => event.lines.iter().map(|line| line.sku).collect(),
            Self::OrderPaid(event) => event.lines.iter().map(|line| line.sku).collect(),
            Self::OrderClosed(event) => event.returns.iter().map(|back| back.line.sku).collect(),
            Self::IdsReserved(_) | Self::OrderShipped(_) | Self::OrderCompleted(_) => SmallVec::new(),
        };
        skus.sort_unstable();
        skus.dedup();
        skus
    }
}
