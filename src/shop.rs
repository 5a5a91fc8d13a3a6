//! Stand-in until the wiring lands: one SKU in memory, nothing durable.
#![allow(missing_docs, clippy::unwrap_used)]
use std::sync::Arc;

use mallcore_actors::idempotency::{BodyFingerprint, KeyHash};
use mallcore_actors::ids::*;
use mallcore_actors::journal::Sequence;
use mallcore_actors::money::Money;
use mallcore_actors::order_no::OrderNo;
use mallcore_actors::orders::{Order, OrderBook, OrderCommand};
use mallcore_actors::quantity::Quantity;
use mallcore_actors::record::*;
use mallcore_actors::refusal::{Answer, Refusal};
use mallcore_actors::stock::*;
use mallcore_actors::time::Timestamp;
use parking_lot::Mutex;

use crate::catalog::{ProductQuery, ProductView, SkuView};
use crate::orders::{OrderRef, OrderView};
use crate::page::Page;
use crate::readiness::{Check, Health, Readiness};
use crate::seckill::{ActivityView, ItemView};

#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the database did not answer")]
pub struct StoreError;

#[derive(Clone)]
pub struct Shop(Arc<Inner>);
struct Inner {
    stock: Mutex<(Stock, u64)>,
    book: OrderBook,
    starts_at: Timestamp,
    ends_at: Timestamp,
}

impl Shop {
    pub fn sample(quota: u32, limit: u32) -> Self {
        let sku = SkuId::new(1).unwrap();
        let now = now();
        let (starts_at, ends_at) = (Timestamp::from_millis(now.millis() - 1000), now.plus_millis(7_200_000));
        let mut stock = Stock::new(sku, quota * 2, 0, 0, Sequence::ZERO, Default::default());
        let plan = QuotaPlan {
            item: FlashItemId::new(1).unwrap(),
            activity: ActivityId::new(1).unwrap(),
            quota,
            limit_per_user: limit,
            unit_price: Money::from_fen(990).unwrap(),
            starts_at,
            ends_at,
        };
        let carved = stock.decide_carve(&plan).unwrap().unwrap();
        stock.apply(Sequence(1), now, &Event::QuotaCarved(carved));
        Self(Arc::new(Inner { stock: Mutex::new((stock, 1)), book: OrderBook::default(), starts_at, ends_at }))
    }

    pub async fn buy(
        &self,
        user: UserId,
        item: FlashItemId,
        quantity: Quantity,
        key: KeyHash,
        body: BodyFingerprint,
        address: Option<AddressId>,
    ) -> Answer<Placed> {
        let now = now();
        let mut guard = self.0.stock.lock();
        let (stock, sequence) = &mut *guard;
        let wish = Buy { item, user, quantity, key, body, address };
        let (line, payable) = match stock.decide_buy(&wish, now) {
            Err(refusal) => return Ok(Err(refusal)),
            Ok(Purchase::Repeat(receipt)) => return Ok(Ok(Placed { receipt, repeat: true })),
            Ok(Purchase::Fresh(line, payable)) => (line, payable),
        };
        let mut shard = self.0.book.shard(user);
        if let Err(refusal) = shard.admit(user, 5) {
            return Ok(Err(refusal));
        }
        *sequence += 1;
        let order = OrderId::new(*sequence).unwrap();
        let no = OrderNo::new(order, now, 77 * *sequence);
        let expires_at = now.plus_millis(300_000);
        let event = Event::OrderPlaced(OrderPlaced {
            order,
            no,
            user,
            key,
            body,
            lines: [line].into_iter().collect(),
            payable,
            address,
            expires_at,
        });
        stock.apply(Sequence(*sequence), now, &event);
        shard.apply(Sequence(*sequence), now, &event);
        let receipt = Receipt { order, no, payable, placed_at: now, expires_at, sequence: Sequence(*sequence) };
        Ok(Ok(Placed { receipt, repeat: false }))
    }

    fn find(&self, user: UserId, order: OrderRef) -> Option<Order> {
        let shard = self.0.book.shard(user);
        let matching = |known: &&Order| match order {
            OrderRef::Id(id) => known.id == id,
            OrderRef::No(no) => known.no == no,
        };
        shard.orders(user).iter().find(matching).cloned()
    }

    pub async fn cancel(&self, user: UserId, order: OrderRef) -> Result<Answer<OrderView>, StoreError> {
        let Some(mut order) = self.find(user, order) else { return Ok(Ok(Err(Refusal::UnknownOrder))) };
        let mut guard = self.0.stock.lock();
        let (stock, sequence) = &mut *guard;
        if let Err(refusal) = order.decide(OrderCommand::Close(CloseReason::Cancelled), now()) {
            return Ok(Ok(Err(refusal)));
        }
        *sequence += 1;
        let event = Event::OrderClosed(OrderClosed {
            order: order.id,
            user,
            version: order.version + 1,
            reason: CloseReason::Cancelled,
            returns: order.lines.iter().map(|line| stock.returns(*line)).collect(),
            limit_returned: true,
        });
        stock.apply(Sequence(*sequence), now(), &event);
        self.0.book.shard(user).apply(Sequence(*sequence), now(), &event);
        order.apply(Sequence(*sequence), now(), &event);
        Ok(Ok(Ok(OrderView::from(&order))))
    }

    pub async fn order(&self, user: UserId, order: OrderRef) -> Result<Option<OrderView>, StoreError> {
        Ok(self.find(user, order).as_ref().map(OrderView::from))
    }

    pub async fn orders(&self, user: UserId, after: Option<OrderId>, size: u32) -> Result<Page<OrderView>, StoreError> {
        let shard = self.0.book.shard(user);
        let mut orders: Vec<_> = shard.orders(user).iter().filter(|order| after.is_none_or(|after| order.id < after)).collect();
        orders.sort_by_key(|order| std::cmp::Reverse(order.id));
        let more = orders.len() > size as usize;
        orders.truncate(size as usize);
        let next = orders.last().filter(|_| more).map(|order| order.id.get());
        Ok(Page { items: orders.into_iter().map(OrderView::from).collect(), total: None, next })
    }

    pub async fn activities(&self) -> Vec<ActivityView> {
        self.activity(ActivityId::new(1).unwrap()).into_iter().collect()
    }

    pub fn activity(&self, id: ActivityId) -> Option<ActivityView> {
        let stock = self.0.stock.lock();
        let remaining = stock.0.quotas()[0].remaining();
        let item = ItemView {
            id: 1,
            sku_id: 1,
            title: "云南小粒咖啡豆 454g".to_owned(),
            quota: remaining + stock.0.quotas()[0].held(),
            remaining,
            price_fen: 990,
            list_price_fen: 5_900,
            limit_per_user: 1,
        };
        let view = ActivityView::new(1, "整点秒杀".to_owned(), self.0.starts_at, self.0.ends_at, now(), vec![item]);
        (id.get() == 1).then_some(view)
    }

    pub async fn products(&self, query: ProductQuery) -> Result<Page<ProductView>, StoreError> {
        let items: Vec<_> = self.product(1).await?.into_iter().filter(|_| query.after.is_none()).collect();
        Ok(Page { total: Some(1), items, next: None })
    }

    pub async fn product(&self, id: u64) -> Result<Option<ProductView>, StoreError> {
        let skus = vec![SkuView { id: 1, spec: String::new(), price_fen: 5_900, available: 10 }];
        let product = ProductView {
            id: 1,
            name: "云南小粒咖啡豆 454g".to_owned(),
            description: String::new(),
            category_id: 1,
            image: None,
            price_fen: 5_900,
            skus,
        };
        Ok((id == 1).then_some(product))
    }

    pub fn readiness(&self) -> Readiness {
        Readiness::new(vec![Check { part: "journal", health: Health::Pass, detail: "open".to_owned() }])
    }

    pub fn now(&self) -> Timestamp {
        now()
    }
}

fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Timestamp::from_millis(since.as_millis() as u64)
}
