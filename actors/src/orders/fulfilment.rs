//! What is recorded of an order after it was placed: its payment, its parcels, its refunds. Numbers of a fact are absolute where the order
//! alone decides (status, version) and deltas where stock follows (pieces).

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::facts::{FlashRef, Lines};
use super::status::Status;
use crate::idempotency::KeyHash;
use crate::ids::{OrderId, PaymentId, RefundId, SkuId, UserId};
use crate::money::Money;
use crate::quantity::Quantity;
use crate::values::text::Text;

/// The most parcels of one order.
pub const PARCELS_MAX: usize = 15;
/// The most refunds of one order.
pub const REFUNDS_MAX: usize = 100;

/// A carrier's code.
pub type Carrier = Text<32>;
/// A parcel's number at its carrier.
pub type Tracking = Text<64>;
/// Who paid, as the channel calls them.
pub type Payer = Text<128>;

/// How an order was paid. Numbers are those of the column `payments.channel`; the variants' order is their number on disk: append only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[repr(u8)]
pub enum PaymentChannel {
    /// Paid through WeChat Pay.
    WechatPay = 1,
    /// The shopper's balance at the shop.
    Balance = 2,
    /// Nothing had to be paid.
    Free = 3,
}

impl PaymentChannel {
    /// From the column.
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::WechatPay),
            2 => Some(Self::Balance),
            3 => Some(Self::Free),
            _ => None,
        }
    }
}

/// Pieces of one of an order's lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinePieces {
    /// The line's SKU.
    pub sku: SkuId,
    /// Pieces of the SKU.
    pub quantity: Quantity,
}

/// Pieces of some lines, each SKU once.
pub type Pieces = SmallVec<[LinePieces; 1]>;

/// A payment, as it was verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// By what it is known again.
    pub id: PaymentId,
    /// The way it took.
    pub channel: PaymentChannel,
    /// How much was paid: always what had to be.
    pub amount: Money,
    /// Who paid, if the channel tells.
    pub payer: Option<Payer>,
}

/// An order was paid; its held pieces become sold ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentTaken {
    /// The order that this is about.
    pub order: OrderId,
    /// The shopper who owns the order.
    pub user: UserId,
    /// The order's version from now on.
    pub version: u32,
    /// The payment as it was verified.
    pub payment: Payment,
    /// The order's lines.
    pub lines: Lines,
}

/// A parcel that was handed to a carrier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parcel {
    /// The request, by which it is known again.
    pub key: KeyHash,
    /// Who carries it.
    pub carrier: Carrier,
    /// Its number there.
    pub tracking: Tracking,
    /// What is in it.
    pub pieces: Pieces,
}

/// A part of an order, or all of it, left the warehouse.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParcelShipped {
    /// The order that this is about.
    pub order: OrderId,
    /// The shopper who owns the order.
    pub user: UserId,
    /// The order's version from now on.
    pub version: u32,
    /// The order's status from now on: shipped, or paid while something is still to be sent.
    pub status: Status,
    /// The parcel with its pieces.
    pub parcel: Parcel,
}

/// A line's part in a refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundedLine {
    /// The line's SKU.
    pub sku: SkuId,
    /// The flash item through which the line was bought.
    pub flash: Option<FlashRef>,
    /// Pieces that the shopper no longer pays for.
    pub quantity: Quantity,
    /// Money back for them.
    pub amount: Money,
}

/// A refund, whole or partial.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    /// By what it is known again.
    pub id: RefundId,
    /// The lines' parts.
    pub lines: SmallVec<[RefundedLine; 1]>,
    /// Money back for freight.
    pub freight: Money,
    /// The pieces are available again; otherwise they are gone.
    pub restock: bool,
}

impl Refund {
    /// All the money that goes back, unless that is no amount.
    pub fn amount(&self) -> Option<Money> {
        self.lines.iter().try_fold(self.freight, |sum, line| sum.checked_add(line.amount))
    }
}

/// Money of an order went back to the shopper, with or without its pieces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderRefunded {
    /// The order that this is about.
    pub order: OrderId,
    /// The shopper who owns the order.
    pub user: UserId,
    /// The order's version from now on.
    pub version: u32,
    /// The order's status from now on.
    pub status: Status,
    /// The refund with its lines' parts.
    pub refund: Refund,
}
