//! An order as its rows say it: what the order book starts from, and what comes back when a command arrives for an order that left memory.

use mallcore_actors::idempotency::{BodyFingerprint, KeyHash};
use mallcore_actors::ids::{ActivityId, AddressId, FlashItemId, OrderId, ProductId, SkuId, UserId};
use mallcore_actors::journal::Sequence;
use mallcore_actors::money::Money;
use mallcore_actors::orders::{
    AddressSnapshot, Amounts, BasketLine, BasketPlaced, Delivery, Described, FlashRef, Line, Lines, Order, Remark, Spec, Status, Title,
};
use mallcore_actors::quantity::Quantity;
use mallcore_actors::time::Timestamp;
use mallcore_actors::values::text::Text;

use super::model::close_reason;
use super::repository::status;
use crate::platform::database::{Error, Row};

/// Columns of a query whose rows are the lines of orders (`orders o`, `order_items i`), in the order of [`Stored::take`].
pub const COLUMNS: &str = "o.id, o.order_no, o.user_id, o.payable_fen, o.address_id, o.status, o.version, o.created_at, o.updated_at, \
     o.expires_at, o.sequence, o.key_hash, o.body_fingerprint, o.is_basket, o.total_amount_fen, o.discount_fen, o.freight_fen, o.from_cart, \
     o.remark, o.delivery, o.is_hidden, o.close_reason, o.shipped_at, o.seckill_activity_id, \
     i.sku_id, i.seckill_item_id, i.quantity, i.unit_price_fen, i.discount_fen, i.product_id, i.product_name, i.sku_spec, i.picture";

/// An order without its attempts, payment, parcels and refunds.
#[derive(Debug)]
pub struct Stored {
    /// The order as the core knows it.
    pub order: Order,
    /// When everything that was to be sent was on its way.
    pub shipped_at: Option<Timestamp>,
}

impl Stored {
    /// Takes a row in: another line of the last order, or the first of the next one. Rows come in the order of orders and lines.
    pub fn take(orders: &mut Vec<Self>, row: &Row) -> Result<(), Error> {
        let id = row.id(0, OrderId::new)?;
        if orders.last().is_none_or(|last| last.order.id != id) {
            orders.push(Self { order: order(row, id)?, shipped_at: row.time_or_null(22)? });
        }
        // One was pushed just now if there was none.
        if let Some(Self { order, .. }) = orders.last_mut() {
            order.lines.push(line(row)?);
            if let Some(basket) = &mut order.basket {
                basket.lines.push(basket_line(row)?);
            }
        }
        Ok(())
    }
}

fn order(row: &Row, id: OrderId) -> Result<Order, Error> {
    let status: Status = status(row, 5)?;
    let no = row.parsed(1)?;
    let user = row.id(2, UserId::new)?;
    let payable = row.id(3, Money::from_fen)?;
    let address = row.id_or_null(4, AddressId::new)?;
    let expires_at = row.time(9)?;
    let (key, body) = (KeyHash::from_bytes(row.hash(11)?), BodyFingerprint::from_u64(row.bits(12)?));
    let basket = if row.flag(13)? {
        let amounts = Amounts { goods: money(row, 14)?, discount: money(row, 15)?, freight: money(row, 16)?, payable };
        let delivery = match (address, row.bytes_or_null(19)?) {
            (Some(address), Some(bytes)) => {
                Some(Delivery { address, snapshot: AddressSnapshot::try_from(bytes).map_err(|bad| unexpected(19, bad))? })
            }
            _ => None,
        };
        let remark: Option<Remark> = text_or_none(row, 18)?;
        let (lines, from_cart) = (Vec::new(), row.flag(17)?);
        Some(Box::new(BasketPlaced { order: id, no, user, lines, amounts, expires_at, key, body, delivery, remark, from_cart }))
    } else {
        None
    };
    let reason = match row.int_or_null(21)? {
        None => None,
        Some(number) => Some(close_reason(number).ok_or_else(|| unexpected(21, number))?),
    };
    Ok(Order {
        id,
        no,
        user,
        lines: Lines::new(),
        payable,
        address,
        status,
        version: row.pieces(6)?,
        placed_at: row.time(7)?,
        updated_at: row.time(8)?,
        expires_at,
        close_reason: reason,
        sequence: Sequence(row.count(10)?),
        key,
        body,
        basket,
        progress: None,
        paying: None,
        is_hidden: row.flag(20)?,
    })
}

fn line(row: &Row) -> Result<Line, Error> {
    // The flash lines of an order are of one sale.
    let flash = match (row.id_or_null(25, FlashItemId::new)?, row.id_or_null(23, ActivityId::new)?) {
        (Some(item), Some(activity)) => Some(FlashRef { item, activity }),
        _ => None,
    };
    Ok(Line { sku: row.id(24, SkuId::new)?, flash, quantity: quantity(row, 26)?, unit_price: money(row, 27)? })
}

fn basket_line(row: &Row) -> Result<BasketLine, Error> {
    let title: Title = text_or_none(row, 30)?.ok_or_else(|| unexpected(30, "no title"))?;
    let spec: Option<Spec> = text_or_none(row, 31)?;
    let described = Described { product: row.id(29, ProductId::new)?, title, spec, picture: text_or_none(row, 32)? };
    Ok(BasketLine {
        sku: row.id(24, SkuId::new)?,
        quantity: quantity(row, 26)?,
        unit_price: money(row, 27)?,
        discount: money(row, 28)?,
        described,
    })
}

/// Text that was one when it was stored; an empty column stands for none.
pub(super) fn text_or_none<const MOST: usize>(row: &Row, column: usize) -> Result<Option<Text<MOST>>, Error> {
    match row.text_or_null(column)?.filter(|text| !text.is_empty()) {
        None => Ok(None),
        Some(text) => Text::try_from(text).map(Some).map_err(|bad| unexpected(column, bad)),
    }
}

pub(super) fn quantity(row: &Row, column: usize) -> Result<Quantity, Error> {
    Quantity::new(row.pieces(column)?).map_err(|bad| unexpected(column, bad))
}

pub(super) fn money(row: &Row, column: usize) -> Result<Money, Error> {
    row.id(column, Money::from_fen)
}

pub(super) fn unexpected(column: usize, found: impl std::fmt::Display) -> Error {
    Error::Unexpected { column, found: found.to_string() }
}
