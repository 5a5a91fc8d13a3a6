//! What an order looks like from outside.

use mallcore_actors::money::Money;
use mallcore_actors::order_no::ORDER_NO_PATTERN;
use mallcore_actors::orders::{BasketLine, CloseReason, Line, Order, Status};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};

use super::model::{OrderItemRow, OrderRow, close_reason_name};
use crate::platform::http::schemas;
use crate::platform::rfc3339::Rfc3339;

/// An order of the shopper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct OrderView {
    /// The order's id, unique in the shop.
    pub order_id: u64,
    /// The number that people know the order by.
    #[schema(schema_with = order_no, required = true)]
    pub order_no: String,
    /// `pending_payment`, `paid`, `shipped`, `completed`, `closed` or `refunded`.
    #[schema(schema_with = status, required = true)]
    pub status: &'static str,
    /// `cancelled` or `timed_out` when it is closed.
    #[schema(schema_with = close_reason_or_null, required = true)]
    pub close_reason: Option<&'static str>,
    /// Its lines at their prices, in fen.
    pub goods_fen: u64,
    /// Taken off, in fen.
    pub discount_fen: u64,
    /// For sending it, in fen.
    pub freight_fen: u64,
    /// What has to be paid, in fen.
    pub payable_fen: u64,
    /// Where it is sent.
    pub address_id: Option<u64>,
    /// When it was placed.
    pub placed_at: Rfc3339,
    /// When it last changed.
    pub updated_at: Rfc3339,
    /// Until when it has to be paid.
    pub expires_at: Rfc3339,
    /// What was bought.
    pub items: Vec<LineView>,
}

/// One line of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LineView {
    /// Id of the SKU.
    pub sku_id: u64,
    /// Its product's name when it was bought.
    pub product_name: Option<String>,
    /// What sets the SKU apart from the product's others.
    pub spec: Option<String>,
    /// The address of its picture when it was bought.
    pub picture: Option<String>,
    /// Through which flash item, if any.
    pub flash_item_id: Option<u64>,
    /// Pieces that were ordered.
    pub quantity: u32,
    /// Price of a piece, in fen.
    pub unit_price_fen: u64,
    /// This line's share of the discount, in fen.
    pub discount_fen: u64,
    /// This line's share of the freight, in fen.
    pub freight_fen: u64,
}

fn order_no() -> ObjectBuilder {
    schemas::text(ORDER_NO_PATTERN).description(Some("Number of the order"))
}

fn status() -> ObjectBuilder {
    schemas::word((0..=u8::MAX).filter_map(Status::from_number).map(Status::name)).description(Some("What has become of the order"))
}

fn close_reason_or_null() -> ObjectBuilder {
    let reasons = [CloseReason::Cancelled, CloseReason::TimedOut].map(|reason| Value::from(close_reason_name(reason)));
    let schema_type = SchemaType::from_iter([Type::String, Type::Null]);
    ObjectBuilder::new()
        .schema_type(schema_type)
        .enum_values(Some(reasons.into_iter().chain([Value::Null])))
        .description(Some("Why a closed order was closed"))
}

impl From<&Order> for OrderView {
    fn from(order: &Order) -> Self {
        let basket = order.basket.as_deref();
        let goods = basket.map_or(order.payable, |basket| basket.amounts.goods);
        let items = match basket {
            Some(basket) => basket.lines.iter().zip(basket.freight_shares()).map(LineView::from).collect(),
            None => order.lines.iter().map(LineView::from).collect(),
        };
        Self {
            order_id: order.id.get(),
            order_no: order.no.to_string(),
            status: order.status.name(),
            close_reason: order.close_reason.map(close_reason_name),
            goods_fen: goods.fen(),
            discount_fen: basket.map_or(0, |basket| basket.amounts.discount.fen()),
            freight_fen: basket.map_or(0, |basket| basket.amounts.freight.fen()),
            payable_fen: order.payable.fen(),
            address_id: order.address.map(|address| address.get()),
            placed_at: order.placed_at.into(),
            updated_at: order.updated_at.into(),
            expires_at: order.expires_at.into(),
            items,
        }
    }
}

impl OrderView {
    /// Whether its shopper cancelled it.
    pub fn is_cancelled(&self) -> bool {
        self.close_reason == Some(close_reason_name(CloseReason::Cancelled))
    }
}

impl From<&OrderRow> for OrderView {
    fn from(order: &OrderRow) -> Self {
        Self {
            order_id: order.id.get(),
            order_no: order.no.to_string(),
            status: order.status.name(),
            close_reason: order.close_reason.map(close_reason_name),
            goods_fen: order.total.fen(),
            discount_fen: order.discount.fen(),
            freight_fen: order.freight.fen(),
            payable_fen: order.payable.fen(),
            address_id: order.address.map(|address| address.get()),
            placed_at: order.placed_at.into(),
            updated_at: order.updated_at.into(),
            expires_at: order.expires_at.into(),
            items: order.items.iter().zip(order.freight_shares()).map(LineView::from).collect(),
        }
    }
}

/// A line with its share of the freight.
impl From<(&OrderItemRow, Money)> for LineView {
    fn from((item, freight): (&OrderItemRow, Money)) -> Self {
        Self {
            sku_id: item.sku.get(),
            product_name: Some(item.product_name.clone()),
            spec: Some(item.sku_spec.clone()).filter(|spec| !spec.is_empty()),
            picture: item.picture.clone(),
            flash_item_id: item.flash_item.map(|item| item.get()),
            quantity: item.quantity.get(),
            unit_price_fen: item.unit_price.fen(),
            discount_fen: item.discount.fen(),
            freight_fen: freight.fen(),
        }
    }
}

impl From<&Line> for LineView {
    fn from(line: &Line) -> Self {
        Self {
            sku_id: line.sku.get(),
            product_name: None,
            spec: None,
            picture: None,
            flash_item_id: line.flash.map(|flash| flash.item.get()),
            quantity: line.quantity.get(),
            unit_price_fen: line.unit_price.fen(),
            discount_fen: 0,
            freight_fen: 0,
        }
    }
}

/// A line with its share of the freight.
impl From<(&BasketLine, Money)> for LineView {
    fn from((line, freight): (&BasketLine, Money)) -> Self {
        let described = &line.described;
        Self {
            sku_id: line.sku.get(),
            product_name: Some(described.title.as_str().to_owned()),
            spec: described.spec.as_ref().map(|spec| spec.as_str().to_owned()),
            picture: described.picture.as_ref().map(|picture| picture.as_str().to_owned()),
            flash_item_id: None,
            quantity: line.quantity.get(),
            unit_price_fen: line.unit_price.fen(),
            discount_fen: line.discount.fen(),
            freight_fen: freight.fen(),
        }
    }
}
