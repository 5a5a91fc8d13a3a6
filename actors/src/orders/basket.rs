//! A basket that a shopper wants to order, as the edge quoted it: valid by construction.

use super::placed::{Amounts, BasketLine, BasketPlaced, Delivery, TEXT_BYTES_MAX, broken_lines};
use crate::coordinator::Participant;
use crate::idempotency::{BodyFingerprint, KeyHash};
use crate::ids::{OrderId, UserId};
use crate::money::Money;
use crate::order_no::OrderNo;
use crate::quantity::Quantity;
use crate::time::Timestamp;

/// Why a basket cannot be ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadOrder {
    /// Nothing in it, too much in it, or a SKU in two lines.
    #[error("an order has 1 to {} lines, each of another SKU", super::placed::LINES_MAX)]
    Lines,
    /// A discount above its line, or a sum that is no amount.
    #[error("the amounts of the order are no amounts")]
    Amounts,
    /// Too much text.
    #[error("the texts of an order take at most {TEXT_BYTES_MAX} bytes")]
    Texts,
}

/// What shall be ordered, by whom, at which prices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Basket {
    user: UserId,
    lines: Vec<BasketLine>,
    amounts: Amounts,
    key: KeyHash,
    body: BodyFingerprint,
    delivery: Option<Delivery>,
    from_cart: bool,
}

impl Basket {
    /// A basket of these lines, sent for this freight; `key` and `body` are those of the request.
    ///
    /// # Errors
    /// [`BadOrder`] for what could not be recorded.
    pub fn new(user: UserId, lines: Vec<BasketLine>, freight: Money, (key, body): (KeyHash, BodyFingerprint)) -> Result<Self, BadOrder> {
        if broken_lines(&lines).is_some() {
            return Err(BadOrder::Lines);
        }
        let bytes = |line: &BasketLine| {
            let described = &line.described;
            let (spec, picture) =
                (described.spec.as_ref().map_or("", |spec| spec.as_str()), described.picture.as_ref().map_or("", |url| url.as_str()));
            described.title.as_str().len() + spec.len() + picture.len()
        };
        if lines.iter().map(bytes).sum::<usize>() > TEXT_BYTES_MAX {
            return Err(BadOrder::Texts);
        }
        let amounts = Amounts::of(&lines, freight).ok_or(BadOrder::Amounts)?;
        Ok(Self { user, lines, amounts, key, body, delivery: None, from_cart: false })
    }

    /// The same basket, sent there.
    pub fn sent_to(self, delivery: Delivery) -> Self {
        Self { delivery: Some(delivery), ..self }
    }

    /// The same basket; its lines are the selected ones of the shopper's cart.
    pub fn from_cart(self) -> Self {
        Self { from_cart: true, ..self }
    }

    /// The shopper who orders it.
    pub const fn user(&self) -> UserId {
        self.user
    }

    /// Idempotency key and body of the request.
    pub const fn request(&self) -> (KeyHash, BodyFingerprint) {
        (self.key, self.body)
    }

    /// What it costs.
    pub const fn amounts(&self) -> Amounts {
        self.amounts
    }

    /// What has to be held for it.
    pub fn wants(&self) -> impl Iterator<Item = (Participant, Quantity)> {
        self.lines.iter().map(|line| (Participant::Stock(line.sku), line.quantity))
    }

    /// The record that places it.
    pub fn placed(&self, order: OrderId, no: OrderNo, expires_at: Timestamp) -> Box<BasketPlaced> {
        let Self { user, lines, amounts, key, body, delivery, from_cart } = self.clone();
        let placed = BasketPlaced { order, no, user, lines, amounts, expires_at, key, body, delivery, remark: None, from_cart };
        // Before it is recorded: a record that cannot be applied would end the process now and at every start.
        assert_eq!(placed.broken(), None, "{order:?}");
        Box::new(placed)
    }
}
