//! Orders as they are read from the database.

use std::collections::BTreeMap;

use mallcore_actors::ids::{AddressId, FlashItemId, OrderId, SkuId, UserId};
use mallcore_actors::money::Money;
use mallcore_actors::order_no::OrderNo;
use mallcore_actors::orders::{CloseReason, Status, Stray};
use mallcore_actors::pricing::freight_shares;
use mallcore_actors::quantity::Quantity;
use mallcore_actors::time::Timestamp;

/// One order with its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderRow {
    /// The order's id, unique in the shop.
    pub id: OrderId,
    /// The number that people know the order by.
    pub no: OrderNo,
    /// The shopper who owns it.
    pub user: UserId,
    /// The lines at their prices, before discounts.
    pub total: Money,
    /// What discounts take off the lines.
    pub discount: Money,
    /// For sending it.
    pub freight: Money,
    /// What has to be paid.
    pub payable: Money,
    /// Where it stands.
    pub status: Status,
    /// Grows with each change: a newer one in memory wins over this.
    pub version: u32,
    /// Where to send it.
    pub address: Option<AddressId>,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Until when it has to be paid.
    pub expires_at: Timestamp,
    /// When it was paid.
    pub paid_at: Option<Timestamp>,
    /// When it left the warehouse.
    pub shipped_at: Option<Timestamp>,
    /// When it was received.
    pub completed_at: Option<Timestamp>,
    /// When it was closed unpaid.
    pub closed_at: Option<Timestamp>,
    /// Why it was closed.
    pub close_reason: Option<CloseReason>,
    /// What was bought, in the order's own order.
    pub items: Vec<OrderItemRow>,
}

impl OrderRow {
    /// Each line's share of the freight, as the order in memory has it.
    pub fn freight_shares(&self) -> Vec<Money> {
        let cost = |item: &OrderItemRow| {
            item.unit_price.checked_mul(item.quantity).and_then(|price| price.checked_sub(item.discount)).unwrap_or_default()
        };
        freight_shares(self.freight, self.items.iter().map(|item| (cost(item), item.quantity)))
    }
}

/// One line of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderItemRow {
    /// The SKU that was bought.
    pub sku: SkuId,
    /// Of which product.
    pub product_id: u64,
    /// The product's name as it was.
    pub product_name: String,
    /// The SKU's spec as it was; empty if the product has none.
    pub sku_spec: String,
    /// The flash item through which it was bought.
    pub flash_item: Option<FlashItemId>,
    /// Pieces of the SKU.
    pub quantity: Quantity,
    /// Price of a piece, frozen.
    pub unit_price: Money,
    /// Its share of the order's discount.
    pub discount: Money,
    /// The address of its picture as it was.
    pub picture: Option<String>,
}

/// What happened to an order, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRow {
    /// The version that it made.
    pub version: u32,
    /// What happened to the order.
    pub kind: EventKind,
    /// When it happened.
    pub at: Timestamp,
    /// What else there is to know, a small JSON object.
    pub data: Option<String>,
}

/// Orders of a shopper that are not hidden, by status.
pub type Counts = BTreeMap<Status, u64>;

/// The reason with this number in the column `orders.close_reason`.
pub const fn close_reason(number: i64) -> Option<CloseReason> {
    match number {
        1 => Some(CloseReason::Cancelled),
        2 => Some(CloseReason::TimedOut),
        _ => None,
    }
}

/// The number in the column `orders.close_reason`.
pub const fn close_reason_number(reason: CloseReason) -> u8 {
    match reason {
        CloseReason::Cancelled => 1,
        CloseReason::TimedOut => 2,
    }
}

/// What happened to an order after it was placed. Numbers are those of the column `order_events.kind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum EventKind {
    /// It was placed; this one is not stored, for the order's own row says when.
    Placed = 1,
    /// It was paid.
    Paid = 2,
    /// It, or a parcel of it, left the warehouse.
    Shipped = 3,
    /// It was received.
    Completed = 4,
    /// It was closed unpaid.
    Closed = 5,
    /// Money went back.
    Refunded = 6,
    /// Its owner hid it.
    Hidden = 7,
    /// An attempt to pay it was begun.
    PaymentStarted = 8,
    /// An attempt to pay it cannot be paid any more.
    PaymentEnded = 9,
    /// Money came that goes back.
    PaymentStrayed = 10,
}

impl EventKind {
    /// From the column.
    pub const fn from_number(number: i64) -> Option<Self> {
        match number {
            1 => Some(Self::Placed),
            2 => Some(Self::Paid),
            3 => Some(Self::Shipped),
            4 => Some(Self::Completed),
            5 => Some(Self::Closed),
            6 => Some(Self::Refunded),
            7 => Some(Self::Hidden),
            8 => Some(Self::PaymentStarted),
            9 => Some(Self::PaymentEnded),
            10 => Some(Self::PaymentStrayed),
            _ => None,
        }
    }

    /// The word in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Placed => "placed",
            Self::Paid => "paid",
            Self::Shipped => "shipped",
            Self::Completed => "completed",
            Self::Closed => "closed",
            Self::Refunded => "refunded",
            Self::Hidden => "hidden",
            Self::PaymentStarted => "payment_started",
            Self::PaymentEnded => "payment_ended",
            Self::PaymentStrayed => "payment_strayed",
        }
    }
}

/// The word for the reason in JSON.
pub const fn close_reason_name(reason: CloseReason) -> &'static str {
    match reason {
        CloseReason::Cancelled => "cancelled",
        CloseReason::TimedOut => "timed_out",
    }
}

/// The word for why money is stray, in JSON.
pub const fn stray_name(stray: Stray) -> &'static str {
    match stray {
        Stray::Late => "late",
        Stray::Double => "double",
    }
}

/// The number in the column `stray_payments.reason`.
pub const fn stray_number(stray: Stray) -> u8 {
    match stray {
        Stray::Late => 1,
        Stray::Double => 2,
    }
}

/// The reason with this number in the column `stray_payments.reason`.
pub const fn stray(number: i64) -> Option<Stray> {
    match number {
        1 => Some(Stray::Late),
        2 => Some(Stray::Double),
        _ => None,
    }
}
