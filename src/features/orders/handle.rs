//! Orders as handlers, policies and other features ask for them: quotes, placing, and the commands of an order's life. What a shopper asks of
//! their own orders is in `own`.

use std::sync::Arc;

use mallcore_actors::carts::CartLine;
use mallcore_actors::engine::{Claim, Engine};
use mallcore_actors::idempotency::{BodyFingerprint, KeyHash};
use mallcore_actors::ids::{SkuId, UserId};
use mallcore_actors::kernel::Provenance;
use mallcore_actors::orders::{Basket, OrdersHandle, Refused, Skus, place_in_turn};
use mallcore_actors::quantity::Quantity;
use mallcore_actors::refusal::{Answer, Refusal, Unavailable};
use mallcore_actors::replies::when_durable;
use mallcore_actors::stock::{Placed, Receipt};
use mallcore_actors::values::region::RegionCode;

use super::earlier::EarlierRequests;
use super::quote::{self, NoQuote, Priced, Quote};
use super::repository;
use super::shelf::{Shelved, Shelves};
use super::supplement::{Supplement, Supplements};
use crate::features::seckill::Seckill;
use crate::platform::database::Error;
use crate::platform::reads::{ANSWER_WITHIN, Reads};

/// The orders of all shoppers.
pub struct Orders {
    pub(super) engine: Arc<Engine>,
    skus: Arc<dyn Skus>,
    pub(super) commands: OrdersHandle,
    pub(super) reads: Arc<Reads>,
    /// Tells the titles of flash items that the database does not have yet.
    pub(super) seckill: Arc<Seckill>,
    shelves: Shelves,
    earlier: EarlierRequests,
    /// What other features add to details.
    pub(super) supplements: Supplements,
}

impl Orders {
    pub(super) fn new(
        engine: Arc<Engine>,
        skus: Arc<dyn Skus>,
        commands: OrdersHandle,
        reads: Arc<Reads>,
        seckill: Arc<Seckill>,
        shelves: Shelves,
    ) -> Self {
        let earlier = EarlierRequests::new(Arc::clone(&reads));
        Self { engine, skus, commands, reads, seckill, shelves, earlier, supplements: Supplements::default() }
    }

    /// From now on the detail of an order has this part, too.
    pub fn supplement(&self, part: Arc<dyn Supplement>) {
        self.supplements.register(part);
    }

    /// The commands of an order's life. Paying, shipping and refunding are for whoever has verified them: no route of a shopper leads there.
    pub const fn commands(&self) -> &OrdersHandle {
        &self.commands
    }

    /// What these pieces cost now, sent there, as far as they are there: a cart counts only what can be bought, and so does its preview.
    ///
    /// # Errors
    /// [`NoQuote`] if one of them cannot be ordered, or the database is needed and does not answer.
    pub async fn quote(&self, wanted: &[(SkuId, Quantity)], destination: Option<RegionCode>) -> Result<Quote, NoQuote> {
        let shelf = self.shelves.read(wanted).await.map_err(NoQuote::Database)?;
        let is_there = |shelved: &Shelved, quantity: Quantity| shelved.available >= quantity.get();
        quote::price(&shelf, wanted, destination, self.engine.clock().now(), is_there)
    }

    /// The same for a request that memory does not know, unless the database knows the order that it has placed. Whether pieces are there is
    /// decided by those who hold them, whose counts are newer.
    ///
    /// # Errors
    /// As [`Self::quote`].
    pub async fn quote_once(
        &self,
        wanted: &[(SkuId, Quantity)],
        destination: Option<RegionCode>,
        (user, key): (UserId, KeyHash),
    ) -> Result<Priced, NoQuote> {
        if let Some((receipt, body)) = self.earlier.placed_by(user, key).await.map_err(NoQuote::Database)? {
            return Ok(Priced::Placed(receipt, body));
        }
        let shelf = self.shelves.read(wanted).await.map_err(NoQuote::Database)?;
        quote::price(&shelf, wanted, destination, self.engine.clock().now(), |_, _| true).map(Priced::Quote)
    }

    /// The first answer to a request that memory knows to have placed an order; none if it knows of none.
    pub async fn remembered(&self, user: UserId, key: KeyHash, body: BodyFingerprint) -> Option<Answer<Receipt>> {
        let known = self.engine.orders.shard(user).answered(user, key, body)?;
        Some(match known {
            Ok(receipt) => when_durable(&**self.engine.journal(), receipt.sequence).await.map(|()| Ok(receipt)),
            Err(refusal) => Ok(Err(refusal)),
        })
    }

    /// The first answer to a request that has placed an order already; none if it has not. Memory knows what the database does not have yet,
    /// the database what memory has forgotten.
    ///
    /// # Errors
    /// The outer one if the database does not answer; otherwise as every command.
    pub async fn answered(&self, user: UserId, key: KeyHash, body: BodyFingerprint) -> Result<Option<Answer<Receipt>>, Error> {
        if let Some(answer) = self.remembered(user, key, body).await {
            return Ok(Some(answer));
        }
        let stored = self.reads.ask(ANSWER_WITHIN, async |database| repository::placed_by(database, user, key).await).await?;
        Ok(stored.map(|(receipt, first)| Ok(first_answer(receipt, first, body))))
    }

    /// Claims the user's cart for one order, before its lines are read.
    ///
    /// # Errors
    /// [`Unavailable::Busy`] while another order is being placed from it.
    pub fn claim_cart(&self, user: UserId) -> Result<Claim, Unavailable> {
        self.engine.claim_cart(user).ok_or(Unavailable::Busy)
    }

    /// Whether an order has bought this line of the user's cart, which is about to be taken out: a policy does so a moment later. A line that
    /// was laid in after the order is another one.
    pub fn has_bought(&self, user: UserId, line: &CartLine) -> bool {
        let shard = self.engine.orders.shard(user);
        shard.orders(user).any(|order| {
            order.placed_at >= line.added_at
                && order.basket.as_ref().is_some_and(|basket| basket.from_cart && basket.lines.iter().any(|bought| bought.sku == line.sku))
        })
    }

    /// Orders a basket: all of it or nothing. One from the cart is placed under the claim that its lines were read under.
    ///
    /// # Errors
    /// As [`place_in_turn`].
    pub async fn place(&self, basket: Basket, turn: Option<Claim>) -> Result<Result<Placed, Refused>, Unavailable> {
        let answer = place_in_turn(&self.engine, &self.skus, Provenance::SHOPPER, basket, turn).await;
        match &answer {
            Ok(Ok(_)) => {}
            Ok(Err(refused)) => self.engine.meters.refused(refused.refusal),
            Err(unavailable) => self.engine.meters.unavailable(*unavailable),
        }
        answer
    }
}

/// What a request gets that has placed this order with the body `first`.
pub(super) fn first_answer(receipt: Receipt, first: BodyFingerprint, body: BodyFingerprint) -> Result<Receipt, Refusal> {
    if first == body { Ok(receipt) } else { Err(Refusal::IdempotencyMismatch) }
}
