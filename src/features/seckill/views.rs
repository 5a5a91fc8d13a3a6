//! What flash sales look like from outside.

use std::fmt;
use std::io::Write;

use mallcore_actors::ids::{AddressId, FlashItemId};
use mallcore_actors::order_no::{ORDER_NO_PATTERN, OrderNo};
use mallcore_actors::orders::Status;
use mallcore_actors::quantity::{QUANTITY_MAX, Quantity};
use mallcore_actors::stock::Receipt;
use mallcore_actors::time::Timestamp;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;
use utoipa::openapi::schema::{ObjectBuilder, Type};

use crate::platform::http::fields::{Fields, ParseBody};
use crate::platform::http::problem::Problem;
use crate::platform::http::schemas;
use crate::platform::rfc3339::Rfc3339;

/// Whether one can buy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActivityStatus {
    /// It will begin.
    NotStarted,
    /// One can buy.
    Running,
    /// It is over.
    Ended,
}

impl ActivityStatus {
    /// Of a sale in the hours `starts_at .. ends_at`.
    pub fn at(now: Timestamp, starts_at: Timestamp, ends_at: Timestamp) -> Self {
        if now < starts_at {
            Self::NotStarted
        } else if now < ends_at {
            Self::Running
        } else {
            Self::Ended
        }
    }
}

/// One flash sale with its items.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ActivityView {
    /// The sale's id, unique in the shop.
    pub id: u64,
    /// The name that shoppers are shown.
    pub name: String,
    /// Whether one can buy.
    pub status: ActivityStatus,
    /// First moment of the sale.
    pub starts_at: Rfc3339,
    /// First moment after it.
    pub ends_at: Rfc3339,
    /// The server's time, for countdowns that do not trust the telephone's clock.
    pub server_time: Rfc3339,
    /// Milliseconds until it starts, or while it runs until it ends; 0 when it is over.
    pub countdown_ms: u64,
    /// What it sells.
    pub items: Vec<ItemView>,
}

impl ActivityView {
    /// As seen at `now`.
    pub fn new(id: u64, name: String, starts_at: Timestamp, ends_at: Timestamp, now: Timestamp, items: Vec<ItemView>) -> Self {
        let status = ActivityStatus::at(now, starts_at, ends_at);
        let countdown_ms = if status == ActivityStatus::NotStarted { starts_at.millis_since(now) } else { ends_at.millis_since(now) };
        Self { id, name, status, starts_at: starts_at.into(), ends_at: ends_at.into(), server_time: now.into(), countdown_ms, items }
    }
}

/// One item of a flash sale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ItemView {
    /// Its id: the one to buy.
    pub id: u64,
    /// What is sold.
    pub sku_id: u64,
    /// The product that it is of, for `/products/{id}`; null only before the database was read for the first time after an upgrade.
    pub product_id: Option<u64>,
    /// The product's name when the sale was planned.
    pub title: String,
    /// What set the SKU apart then, such as `蓝色 / L`; empty for a product without specs.
    pub spec: String,
    /// Address of the product's first picture then, if it had one.
    pub picture: Option<String>,
    /// Pieces set aside for the sale.
    pub quota: u32,
    /// Pieces left now.
    pub remaining: u32,
    /// Price of a piece in the sale, in fen.
    pub price_fen: u64,
    /// What a piece costs outside the sale, in fen: in the discount zone, with the discount.
    pub list_price_fen: u64,
    /// Pieces that one user may have.
    pub limit_per_user: u32,
}

/// What a shopper sends to buy a flash item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ToSchema)]
pub struct BuyBody {
    /// How many pieces are wanted: from 1 to `QUANTITY_MAX`.
    #[schema(schema_with = quantity, required = true)]
    pub quantity: Quantity,
    /// Where to send it.
    #[schema(schema_with = address_id, required = false)]
    pub address_id: Option<AddressId>,
}

fn quantity() -> ObjectBuilder {
    schemas::whole_number(1, u64::from(QUANTITY_MAX)).examples([1]).description(Some("Pieces"))
}

fn address_id() -> ObjectBuilder {
    schemas::or_null(schemas::id(), Type::Integer).description(Some("The shopper's address that the order is sent to"))
}

fn order_no() -> ObjectBuilder {
    schemas::text(ORDER_NO_PATTERN).description(Some("Number of the order"))
}

impl ParseBody for BuyBody {
    const FIELDS: &'static [&'static str] = &["quantity", "address_id"];

    fn parse(fields: &mut Fields) -> Result<Self, Problem> {
        let quantity = fields.required_number("quantity", 1, u64::from(QUANTITY_MAX));
        let address = fields.optional_number("address_id", 1, mallcore_actors::ids::ID_MAX);
        fields.finish()?;
        // The range was checked above, so the conversions hold; the fallbacks name the field all the same.
        let pieces = quantity.and_then(|pieces| u32::try_from(pieces).ok()).and_then(|pieces| Quantity::new(pieces).ok());
        let quantity = pieces.ok_or_else(|| Problem::field("quantity", "out_of_range"))?;
        let address_id = address.map(AddressId::new).transpose().map_err(|_| Problem::field("address_id", "out_of_range"))?;
        Ok(Self { quantity, address_id })
    }
}

/// What a shopper gets for a purchase, and again for every repeat of the request.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReceiptView {
    /// The order's id, unique in the shop.
    pub order_id: u64,
    /// The number that people know the order by.
    #[serde(serialize_with = "display")]
    #[schema(schema_with = order_no, required = true)]
    pub order_no: OrderNo,
    /// `pending_payment`: a receipt is what was answered first, whatever became of the order since.
    #[schema(value_type = String, example = "pending_payment")]
    pub status: &'static str,
    /// What has to be paid, in fen.
    pub payable_fen: u64,
    /// When it was placed.
    pub placed_at: Rfc3339,
    /// Until when it has to be paid.
    pub expires_at: Rfc3339,
    /// What was bought.
    #[schema(value_type = Vec<OrderedItemView>)]
    pub items: [OrderedItemView; 1],
}

/// What was bought.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct OrderedItemView {
    /// The flash item.
    pub flash_item_id: u64,
    /// Pieces that were ordered.
    pub quantity: u32,
    /// Price of a piece, in fen.
    pub unit_price_fen: u64,
}

/// Room for a receipt of the longest numbers.
const RECEIPT_BYTES: usize = 384;

impl ReceiptView {
    /// A repeat has the same item and body as the first request, so it renders the same.
    pub fn new(receipt: &Receipt, item: FlashItemId, quantity: Quantity) -> Self {
        let payable_fen = receipt.payable.fen();
        Self {
            order_id: receipt.order.get(),
            order_no: receipt.no,
            status: Status::PendingPayment.name(),
            payable_fen,
            placed_at: receipt.placed_at.into(),
            expires_at: receipt.expires_at.into(),
            items: [OrderedItemView {
                flash_item_id: item.get(),
                quantity: quantity.get(),
                unit_price_fen: payable_fen / u64::from(quantity.get()),
            }],
        }
    }

    /// Its JSON, as `serde_json` writes it: numbers and words without anything to escape, so that writing them is all there is to do.
    pub fn to_json(&self) -> Vec<u8> {
        let Self { order_id, order_no, status, payable_fen, placed_at, expires_at, items: [item] } = self;
        let OrderedItemView { flash_item_id, quantity, unit_price_fen } = item;
        let mut json = Vec::with_capacity(RECEIPT_BYTES);
        // A Vec takes all that is written.
        let _ = write!(
            json,
            "{{\"order_id\":{order_id},\"order_no\":\"{order_no}\",\"status\":\"{status}\",\"payable_fen\":{payable_fen},\
             \"placed_at\":\"{placed_at}\",\"expires_at\":\"{expires_at}\",\
             \"items\":[{{\"flash_item_id\":{flash_item_id},\"quantity\":{quantity},\"unit_price_fen\":{unit_price_fen}}}]}}"
        );
        json
    }
}

fn display<S: Serializer>(value: &impl fmt::Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

#[cfg(test)]
mod tests {
    use mallcore_actors::ids::{ID_MAX, OrderId};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_receipt_reads_as_the_library_writes_it(
            id in 1..=ID_MAX,
            flash_item_id in 1..=ID_MAX,
            quantity in 1..=QUANTITY_MAX,
            (payable_fen, unit_price_fen) in any::<(u64, u64)>(),
            times in prop::array::uniform2(0..=Timestamp::MAX.millis()),
            nonce in any::<u64>(),
        ) {
            let [placed_at, expires_at] = times.map(Timestamp::from_millis);
            let view = ReceiptView {
                order_id: id,
                order_no: OrderNo::new(OrderId::new(id).unwrap(), placed_at, nonce),
                status: Status::PendingPayment.name(),
                payable_fen,
                placed_at: placed_at.into(),
                expires_at: expires_at.into(),
                items: [OrderedItemView { flash_item_id, quantity, unit_price_fen }],
            };
            let json = view.to_json();
            prop_assert_eq!(String::from_utf8(json.clone()).unwrap(), serde_json::to_string(&view).unwrap());
            prop_assert!(json.capacity() == RECEIPT_BYTES, "it has grown");
        }
    }
}
