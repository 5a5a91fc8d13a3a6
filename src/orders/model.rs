//! Orders as they are read from the database.

use mallcore_actors::ids::{AddressId, FlashItemId, OrderId, SkuId, UserId};
use mallcore_actors::money::Money;
use mallcore_actors::order_no::OrderNo;
use mallcore_actors::orders::CloseReason;
use mallcore_actors::orders::Status;
use mallcore_actors::time::Timestamp;

/// One order with its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderRow {
    /// Its id.
    pub id: OrderId,
    /// Its number.
    pub no: OrderNo,
    /// Whose.
    pub user: UserId,
    /// Before discounts.
    pub total: Money,
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

/// One line of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderItemRow {
    /// What.
    pub sku: SkuId,
    /// Of which product.
    pub product_id: u64,
    /// The product's name as it was.
    pub product_name: String,
    /// The SKU's spec as it was; empty if the product has none.
    pub sku_spec: String,
    /// The flash item through which it was bought.
    pub flash_item: Option<FlashItemId>,
    /// How many.
    pub quantity: u32,
    /// Price of a piece, frozen.
    pub unit_price: Money,
}

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
