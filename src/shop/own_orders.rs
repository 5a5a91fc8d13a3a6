//! A shopper's orders, own writes included: the database's rows, overlaid with the orders in memory.
//! The overlay is read first: whatever leaves memory after that has been in the database since before.

use mallcore_actors::ids::{OrderId, UserId};
use mallcore_actors::journal::{Durable, Journal, Sequence};
use mallcore_actors::kernel::Provenance;
use mallcore_actors::orders::{CloseReason, Order, Status};
use mallcore_actors::refusal::{Answer, Refusal};

use super::reads::ANSWER_WITHIN;
use super::{Inner, StoreError};
use crate::features::orders::model::Counts;
use crate::features::orders::{OrderDetail, OrderRef, OrderView, loading, repository};
use crate::platform::database::Database;
use crate::platform::page::Page;

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

/// The order with what happened to it. While the database does not answer, an order in memory is shown without its past.
pub(super) async fn detail(shop: &Inner, user: UserId, named: OrderRef) -> Result<Option<OrderDetail>, StoreError> {
    if let Some(order) = resident(shop, user, named)
        && is_safe(shop, order.sequence).await
    {
        let stored = shop.reads.ask(ANSWER_WITHIN, async |database: &Database| repository::events(database, order.id).await).await;
        return Ok(Some(OrderDetail::new(view(shop, &order), &order, stored.unwrap_or_default())));
    }
    let Some(shown) = one(shop, user, named).await? else { return Ok(None) };
    let Ok(id) = OrderId::new(shown.order_id) else { return Ok(None) };
    let ask = async |database: &Database| Ok((loading::load(database, user, id).await?, repository::events(database, id).await?));
    let (loaded, events) = shop.reads.ask(ANSWER_WITHIN, ask).await?;
    Ok(loaded.value.map(|order| OrderDetail::new(shown, &order, events)))
}

pub(super) async fn page(
    shop: &Inner,
    user: UserId,
    status: Option<Status>,
    after: Option<OrderId>,
    size: u32,
) -> Result<Page<OrderView>, StoreError> {
    let in_memory: Vec<Order> = {
        let shard = shop.engine.orders.shard(user);
        shard.orders(user).filter(|order| after.is_none_or(|after| order.id < after)).cloned().collect()
    };
    let last = in_memory.iter().map(|order| order.sequence).max().unwrap_or_default();
    let in_memory = if is_safe(shop, last).await { in_memory } else { Vec::new() };
    let fits = |order: &&Order| !order.is_hidden && status.is_none_or(|status| order.status == status);
    let mut all: Vec<OrderView> = in_memory.iter().filter(fits).map(|order| view(shop, order)).collect();
    // Rows of orders that are in memory say what was: as many again are read for those that are passed over.
    let (wanted, mut before, mut found) = (size.saturating_add(1), after, 0);
    loop {
        let ask = async |database: &Database| repository::of_user(database, user, status, before, wanted).await;
        let stored = shop.reads.ask(ANSWER_WITHIN, ask).await?.value;
        let is_last = (stored.len() as u64) < u64::from(wanted);
        before = stored.last().map(|row| row.id).or(before);
        let shown = stored.iter().filter(|row| in_memory.iter().all(|order| order.id != row.id));
        all.extend(shown.map(OrderView::from).inspect(|_| found += 1));
        if is_last || found >= wanted {
            break;
        }
    }
    all.sort_by_key(|order| std::cmp::Reverse(order.order_id));
    let more = all.len() > size as usize;
    all.truncate(size as usize);
    let next = all.last().filter(|_| more).map(|order| order.order_id);
    Ok(Page { items: all, total: None, next })
}

pub(super) async fn counts(shop: &Inner, user: UserId) -> Result<Counts, StoreError> {
    let in_memory: Vec<Order> = shop.engine.orders.shard(user).orders(user).cloned().collect();
    let last = in_memory.iter().map(|order| order.sequence).max().unwrap_or_default();
    let in_memory = if is_safe(shop, last).await { in_memory } else { Vec::new() };
    let ids: Vec<OrderId> = in_memory.iter().map(|order| order.id).collect();
    let mut counts = shop.reads.ask(ANSWER_WITHIN, async |database: &Database| repository::counts(database, user, &ids).await).await?;
    in_memory.iter().filter(|order| !order.is_hidden).for_each(|order| *counts.entry(order.status).or_default() += 1);
    Ok(counts)
}

/// The id behind a name, whoever's it is: the order itself says whose it is.
async fn id_of(shop: &Inner, user: UserId, named: OrderRef) -> Result<Option<OrderId>, StoreError> {
    match named {
        OrderRef::Id(id) => Ok(Some(id)),
        OrderRef::No(_) => match resident(shop, user, named) {
            Some(order) => Ok(Some(order.id)),
            None => Ok(one(shop, user, named).await?.and_then(|order| OrderId::new(order.order_id).ok())),
        },
    }
}

pub(super) async fn confirm_receipt(shop: &Inner, user: UserId, named: OrderRef) -> Result<Answer<OrderView>, StoreError> {
    let Some(id) = id_of(shop, user, named).await? else { return Ok(Ok(Err(Refusal::UnknownOrder))) };
    let answer = shop.orders.confirm_receipt(Provenance::SHOPPER, user, id).await;
    Ok(answer.map(|answer| answer.map(|changed| view(shop, &changed.order))))
}

pub(super) async fn hide(shop: &Inner, user: UserId, named: OrderRef) -> Result<Answer<()>, StoreError> {
    let Some(id) = id_of(shop, user, named).await? else { return Ok(Ok(Err(Refusal::UnknownOrder))) };
    Ok(shop.orders.hide(Provenance::SHOPPER, user, id).await.map(|answer| answer.map(drop)))
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
    for line in view.items.iter_mut().filter(|line| line.product_name.is_none()) {
        if let Some(item) = line.flash_item_id.and_then(|item| shop.sales.item(item)) {
            (line.product_name, line.spec, line.picture) =
                (Some(item.title), Some(item.spec).filter(|spec| !spec.is_empty()), item.picture);
        }
    }
    view
}

pub(super) async fn cancel(shop: &Inner, user: UserId, named: OrderRef) -> Result<Answer<OrderView>, StoreError> {
    let Some(order) = resident(shop, user, named) else {
        // Open orders are always in memory: one that is not can only be closed already, or past cancelling.
        return Ok(Ok(past_cancelling(shop, user, named).await?));
    };
    Ok(match shop.orders.close(Provenance::SHOPPER, user, order.id, CloseReason::Cancelled).await {
        Ok(Ok(closed)) => Ok(Ok(view(shop, &closed.order))),
        // Closed by an earlier request, perhaps long enough ago to have left memory.
        Ok(Err(Refusal::WrongStatus | Refusal::UnknownOrder)) => Ok(past_cancelling(shop, user, named).await?),
        Ok(Err(refusal)) => Ok(Err(refusal)),
        Err(cause) => Err(cause),
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
