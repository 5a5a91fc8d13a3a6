//! A shopper's orders, own writes included: the database's rows, overlaid with the orders in memory.
//! The overlay is read first: whatever leaves memory after that has been in the database since before.

use mallcore_actors::ids::{OrderId, UserId};
use mallcore_actors::journal::{Durable, Sequence};
use mallcore_actors::kernel::Provenance;
use mallcore_actors::orders::{CloseReason, Order, Status};
use mallcore_actors::refusal::{Answer, Refusal};

use super::model::Counts;
use super::{OrderDetail, OrderRef, OrderView, Orders, loading, repository};
use crate::platform::database::Database;
use crate::platform::page::Page;
use crate::platform::reads::{ANSWER_WITHIN, StoreError};

fn names(order: &Order, named: OrderRef) -> bool {
    match named {
        OrderRef::Id(id) => order.id == id,
        OrderRef::No(no) => order.no == no,
    }
}

impl Orders {
    fn resident(&self, user: UserId, named: OrderRef) -> Option<Order> {
        self.engine.orders.shard(user).orders(user).find(|order| names(order, named)).cloned()
    }

    /// One's own order as lists show it, own changes included; none if there is none, or it is another's.
    ///
    /// # Errors
    /// [`StoreError`] if the database does not answer.
    pub async fn one(&self, user: UserId, named: OrderRef) -> Result<Option<OrderView>, StoreError> {
        if let Some(order) = self.resident(user, named)
            && self.is_safe(order.sequence).await
        {
            return Ok(Some(self.view(&order)));
        }
        let ask = async |database: &Database| match named {
            OrderRef::Id(id) => repository::by_id(database, id).await,
            OrderRef::No(no) => repository::by_no(database, no).await,
        };
        let stored = self.reads.ask(ANSWER_WITHIN, ask).await?;
        Ok(stored.value.filter(|order| order.user == user).as_ref().map(OrderView::from))
    }

    /// One's own order with all that is known of it, and as lists show it; none if there is none, or it is another's.
    ///
    /// # Errors
    /// [`StoreError`] if the database does not answer.
    pub async fn whole(&self, user: UserId, named: OrderRef) -> Result<Option<(Order, OrderView)>, StoreError> {
        if let Some(order) = self.resident(user, named)
            && self.is_safe(order.sequence).await
        {
            let view = self.view(&order);
            return Ok(Some((order, view)));
        }
        let Some(shown) = self.one(user, named).await? else { return Ok(None) };
        let Ok(id) = OrderId::new(shown.order_id) else { return Ok(None) };
        let loaded = self.reads.ask(ANSWER_WITHIN, async |database: &Database| loading::load(database, user, id).await).await?;
        Ok(loaded.value.map(|order| (order, shown)))
    }

    /// The order with what happened to it. While the database does not answer, an order in memory is shown without its past.
    ///
    /// # Errors
    /// [`StoreError`] if the database does not answer.
    pub async fn detail(&self, user: UserId, named: OrderRef) -> Result<Option<OrderDetail>, StoreError> {
        if let Some(order) = self.resident(user, named)
            && self.is_safe(order.sequence).await
        {
            let stored = self.reads.ask(ANSWER_WITHIN, async |database: &Database| repository::events(database, order.id).await).await;
            let is_answering = stored.is_ok();
            let detail = OrderDetail::new(self.view(&order), &order, stored.unwrap_or_default());
            // A database that has let us wait once is not waited for again.
            return Ok(Some(if is_answering { self.supplements.add_to(&order, detail).await } else { detail }));
        }
        let Some(shown) = self.one(user, named).await? else { return Ok(None) };
        let Ok(id) = OrderId::new(shown.order_id) else { return Ok(None) };
        let ask = async |database: &Database| Ok((loading::load(database, user, id).await?, repository::events(database, id).await?));
        let (loaded, events) = self.reads.ask(ANSWER_WITHIN, ask).await?;
        match loaded.value {
            Some(order) => Ok(Some(self.supplements.add_to(&order, OrderDetail::new(shown, &order, events)).await)),
            None => Ok(None),
        }
    }

    /// One's own orders that are not hidden, of this status if one is named, with ids below `after`, newest first.
    ///
    /// # Errors
    /// [`StoreError`] if the database does not answer.
    pub async fn page(
        &self,
        user: UserId,
        status: Option<Status>,
        after: Option<OrderId>,
        size: u32,
    ) -> Result<Page<OrderView>, StoreError> {
        let in_memory: Vec<Order> = {
            let shard = self.engine.orders.shard(user);
            shard.orders(user).filter(|order| after.is_none_or(|after| order.id < after)).cloned().collect()
        };
        let last = in_memory.iter().map(|order| order.sequence).max().unwrap_or_default();
        let in_memory = if self.is_safe(last).await { in_memory } else { Vec::new() };
        let fits = |order: &&Order| !order.is_hidden && status.is_none_or(|status| order.status == status);
        let mut all: Vec<OrderView> = in_memory.iter().filter(fits).map(|order| self.view(order)).collect();
        // Rows of orders that are in memory say what was: as many again are read for those that are passed over.
        let (wanted, mut before, mut found) = (size.saturating_add(1), after, 0);
        loop {
            let ask = async |database: &Database| repository::of_user(database, user, status, before, wanted).await;
            let stored = self.reads.ask(ANSWER_WITHIN, ask).await?.value;
            let is_last = (stored.len() as u64) < u64::from(wanted);
            before = stored.last().map(|row| row.id).or(before);
            let shown = stored.iter().filter(|row| in_memory.iter().all(|order| order.id != row.id));
            all.extend(shown.map(OrderView::from).inspect(|_| found += 1));
            if is_last || found >= wanted {
                break;
            }
        }
        all.sort_by_key(|order| std::cmp::Reverse(order.order_id));
        Ok(Page::of(all, size, None, |order| order.order_id))
    }

    /// How many orders one has that are not hidden, by status.
    ///
    /// # Errors
    /// [`StoreError`] if the database does not answer.
    pub async fn counts(&self, user: UserId) -> Result<Counts, StoreError> {
        let in_memory: Vec<Order> = self.engine.orders.shard(user).orders(user).cloned().collect();
        let last = in_memory.iter().map(|order| order.sequence).max().unwrap_or_default();
        let in_memory = if self.is_safe(last).await { in_memory } else { Vec::new() };
        let ids: Vec<OrderId> = in_memory.iter().map(|order| order.id).collect();
        let mut counts = self.reads.ask(ANSWER_WITHIN, async |database: &Database| repository::counts(database, user, &ids).await).await?;
        in_memory.iter().filter(|order| !order.is_hidden).for_each(|order| *counts.entry(order.status).or_default() += 1);
        Ok(counts)
    }

    /// The id behind a name, whoever's it is: the order itself says whose it is.
    ///
    /// # Errors
    /// [`StoreError`] if the database does not answer.
    pub async fn id_of(&self, user: UserId, named: OrderRef) -> Result<Option<OrderId>, StoreError> {
        match named {
            OrderRef::Id(id) => Ok(Some(id)),
            OrderRef::No(_) => match self.resident(user, named) {
                Some(order) => Ok(Some(order.id)),
                None => Ok(self.one(user, named).await?.and_then(|order| OrderId::new(order.order_id).ok())),
            },
        }
    }

    /// Completes one's own order that was received.
    ///
    /// # Errors
    /// [`StoreError`] if the database does not answer.
    pub async fn confirm_receipt(&self, user: UserId, named: OrderRef) -> Result<Answer<OrderView>, StoreError> {
        let Some(id) = self.id_of(user, named).await? else { return Ok(Ok(Err(Refusal::UnknownOrder))) };
        let answer = self.commands.confirm_receipt(Provenance::SHOPPER, user, id).await;
        Ok(answer.map(|answer| answer.map(|changed| self.view(&changed.order))))
    }

    /// Hides one's own order from one's list.
    ///
    /// # Errors
    /// [`StoreError`] if the database does not answer.
    pub async fn hide(&self, user: UserId, named: OrderRef) -> Result<Answer<()>, StoreError> {
        let Some(id) = self.id_of(user, named).await? else { return Ok(Ok(Err(Refusal::UnknownOrder))) };
        Ok(self.commands.hide(Provenance::SHOPPER, user, id).await.map(|answer| answer.map(drop)))
    }

    /// Waits until what memory shows is on disk; false if it never will be, because the journal has failed.
    async fn is_safe(&self, sequence: Sequence) -> bool {
        let mut durable = self.engine.journal().durable();
        let settled = durable.wait_for(|durable| match durable {
            Durable::Through(through) => *through >= sequence,
            Durable::Failed(_) => true,
        });
        matches!(settled.await.as_deref(), Ok(Durable::Through(_)))
    }

    /// An order in memory is at least as new as its row.
    fn view(&self, order: &Order) -> OrderView {
        let mut view = OrderView::from(order);
        for line in view.items.iter_mut().filter(|line| line.product_name.is_none()) {
            if let Some(item) = line.flash_item_id.and_then(|item| self.seckill.item(item)) {
                (line.product_name, line.spec, line.picture) =
                    (Some(item.title), Some(item.spec).filter(|spec| !spec.is_empty()), item.picture);
            }
        }
        view
    }

    /// Closes one's own unpaid order; closing it twice is closing it once.
    ///
    /// # Errors
    /// [`StoreError`] if the database does not answer.
    pub async fn cancel(&self, user: UserId, named: OrderRef) -> Result<Answer<OrderView>, StoreError> {
        let Some(order) = self.resident(user, named) else {
            // Open orders are always in memory: one that is not can only be closed already, or past cancelling.
            return Ok(Ok(self.past_cancelling(user, named).await?));
        };
        Ok(match self.commands.close(Provenance::SHOPPER, user, order.id, CloseReason::Cancelled).await {
            Ok(Ok(closed)) => Ok(Ok(self.view(&closed.order))),
            // Closed by an earlier request, perhaps long enough ago to have left memory.
            Ok(Err(Refusal::WrongStatus | Refusal::UnknownOrder)) => Ok(self.past_cancelling(user, named).await?),
            Ok(Err(refusal)) => Ok(Err(refusal)),
            Err(cause) => Err(cause),
        })
    }

    /// Cancelling an order twice is cancelling it once; whatever else became of it stands.
    async fn past_cancelling(&self, user: UserId, named: OrderRef) -> Result<Result<OrderView, Refusal>, StoreError> {
        Ok(match self.one(user, named).await? {
            Some(order) if order.is_cancelled() => Ok(order),
            Some(_) => Err(Refusal::WrongStatus),
            None => Err(Refusal::UnknownOrder),
        })
    }
}
