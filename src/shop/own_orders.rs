//! A shopper's orders, own writes included: the database's rows, overlaid with the orders in memory.
//! The overlay is read first: whatever leaves memory after that has been in the database since before.

use mallcore_actors::ids::{OrderId, SkuId, UserId};
use mallcore_actors::journal::{Durable, Journal, Sequence};
use mallcore_actors::kernel::Provenance;
use mallcore_actors::orders::CloseReason;
use mallcore_actors::orders::Order;
use mallcore_actors::refusal::{Answer, Refusal};
use mallcore_actors::stock::CloseOrder;

use super::reads::ANSWER_WITHIN;
use super::{Inner, StoreError};
use crate::database::Database;
use crate::orders::{OrderRef, OrderView, repository};
use crate::page::Page;

fn names(order: &Order, named: OrderRef) -> bool {
    match named {
        OrderRef::Id(id) => order.id == id,
        OrderRef::No(no) => order.no == no,
    }
}

fn resident(shop: &Inner, user: UserId, named: OrderRef) -> Option<Order> {
    shop.engine.orders.shard(user).orders(user).find(|order| names(order, named)).cloned()
}

pub(super) async fn one(shop: &Inner, user: UserId, named: OrderRef) -> Result<Option<OrderView>, StoreError> {
    if let Some(order) = resident(shop, user, named)
        && is_safe(shop, order.sequence).await
    {
        return Ok(Some(view(shop, &order)));
    }
    let ask = async |database: &Database| match named {
        OrderRef::Id(id) => repository::by_id(database, id).await,
        OrderRef::No(no) => repository::by_no(database, no).await,
    };
    let stored = shop.reads.ask(ANSWER_WITHIN, ask).await?;
    Ok(stored.value.filter(|order| order.user == user).as_ref().map(OrderView::from))
}

pub(super) async fn page(shop: &Inner, user: UserId, after: Option<OrderId>, size: u32) -> Result<Page<OrderView>, StoreError> {
    let in_memory: Vec<Order> = {
        let shard = shop.engine.orders.shard(user);
        shard.orders(user).filter(|order| after.is_none_or(|after| order.id < after)).cloned().collect()
    };
    let last = in_memory.iter().map(|order| order.sequence).max().unwrap_or_default();
    let in_memory = if is_safe(shop, last).await { in_memory } else { Vec::new() };
    let ask = async |database: &Database| repository::of_user(database, user, after, size.saturating_add(1)).await;
    let stored = shop.reads.ask(ANSWER_WITHIN, ask).await?.value;
    let mut all: Vec<OrderView> = in_memory.iter().map(|order| view(shop, order)).collect();
    all.extend(stored.iter().filter(|row| in_memory.iter().all(|order| order.id != row.id)).map(OrderView::from));
    all.sort_by_key(|order| std::cmp::Reverse(order.order_id));
    let more = all.len() > size as usize;
    all.truncate(size as usize);
    let next = all.last().filter(|_| more).map(|order| order.order_id);
    Ok(Page { items: all, total: None, next })
}

/// Waits until what memory shows is on disk; false if it never will be, because the journal has failed.
async fn is_safe(shop: &Inner, sequence: Sequence) -> bool {
    let mut durable = Journal::durable(&*shop.journal);
    let settled = durable.wait_for(|durable| match durable {
        Durable::Through(through) => *through >= sequence,
        Durable::Failed(_) => true,
    });
    matches!(settled.await.as_deref(), Ok(Durable::Through(_)))
}

/// An order in memory is at least as new as its row.
fn view(shop: &Inner, order: &Order) -> OrderView {
    let mut view = OrderView::from(order);
    for line in &mut view.items {
        line.product_name = line.flash_item_id.and_then(|item| shop.sales.title(item));
    }
    view
}

pub(super) async fn cancel(shop: &Inner, user: UserId, named: OrderRef) -> Result<Answer<OrderView>, StoreError> {
    let Some(order) = resident(shop, user, named) else {
        // Open orders are always in memory: one that is not can only be closed already, or past cancelling.
        return Ok(Ok(past_cancelling(shop, user, named).await?));
    };
    let sku: Option<SkuId> = order.lines.first().map(|line| line.sku);
    let Some(sku) = sku else { return Ok(Ok(Err(Refusal::UnknownOrder))) };
    let id = order.id;
    let close = CloseOrder { user, order: id, reason: CloseReason::Cancelled };
    Ok(match shop.registry.ask(sku, Provenance::SHOPPER, close).await {
        Ok(Ok(closed)) => Ok(Ok(view(shop, &closed.order))),
        // Closed by an earlier request, perhaps long enough ago to have left memory.
        Ok(Err(Refusal::WrongStatus | Refusal::UnknownOrder)) => Ok(past_cancelling(shop, user, named).await?),
        Ok(Err(refusal)) => Ok(Err(refusal)),
        Err(weather) => Err(weather),
    })
}

/// Cancelling an order twice is cancelling it once; whatever else became of it stands.
async fn past_cancelling(shop: &Inner, user: UserId, named: OrderRef) -> Result<Result<OrderView, Refusal>, StoreError> {
    Ok(match one(shop, user, named).await? {
        Some(order) if order.is_cancelled() => Ok(order),
        Some(_) => Err(Refusal::WrongStatus),
        None => Err(Refusal::UnknownOrder),
    })
}
