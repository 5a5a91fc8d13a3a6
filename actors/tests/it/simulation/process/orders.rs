//! Requests, and changes of orders that are decided at the order.

use mallcore_actors::kernel::{Committed, Transaction};
use mallcore_actors::orders::{self, OrderShard};
use mallcore_actors::stock::{Buy, CloseOrder, PlaceOrder};
use tokio::sync::oneshot;

use super::asks::Changed;
use super::*;

type Decided = mallcore_actors::refusal::Answer<OrderFact>;

impl Process {
    pub fn buy(&mut self, request: RequestId, sku: SkuId, wish: Buy) {
        self.ask(Asker::Client(request), sku, Command::Place(PlaceOrder(wish)));
    }

    pub fn close(&mut self, closer: Closer, user: UserId, order: OrderId, reason: CloseReason) {
        let found = self.engine.orders.shard(user).order(user, order).cloned();
        let Some(found) = found else { return self.closing_refused(closer, Answer::Refused(Refusal::UnknownOrder)) };
        if let Some(line) = found.lines.iter().find(|line| line.flash.is_some()) {
            let asker = match closer {
                Closer::Client(request) => Asker::Client(request),
                Closer::Timer(deadline) => Asker::Timer(deadline),
            };
            return self.ask(asker, line.sku, Command::Close(CloseOrder { user, order, reason }));
        }
        let changed = self.change(user, None, |shard, transaction| {
            let Some(found) = shard.order(user, order) else { return Ok(Err(Refusal::UnknownOrder)) };
            if let Err(refusal) = found.decide(OrderCommand::Close(reason), transaction.now()) {
                return Ok(Err(refusal));
            }
            let returns = found.lines.iter().map(|&line| Return { line, to_quota: false }).collect();
            let version = found.version + 1;
            Ok(Ok(OrderFact::Closed(OrderClosed { order, user, version, reason, returns, limit_returned: false })))
        });
        match (changed, closer) {
            (Ok(Ok(committed)), Closer::Client(request)) => {
                self.answer_when_durable(request, Answer::Closed(order), committed.sequence);
            }
            (Ok(Ok(_)), Closer::Timer(_)) => {}
            (Ok(Err(refusal)), closer) => self.closing_refused(closer, Answer::Refused(refusal)),
            (Err(weather), Closer::Client(request)) => self.answer(request, Answer::Unavailable(weather)),
            (Err(_), Closer::Timer(deadline)) => self.engine.orders.shard(user).postpone(deadline),
        }
    }

    pub fn pay(&mut self, request: RequestId, user: UserId, order: OrderId) {
        let changed = self.change(user, None, |shard, transaction| {
            let Some(found) = shard.order(user, order) else { return Ok(Err(Refusal::UnknownOrder)) };
            if let Err(refusal) = found.decide(OrderCommand::Pay, transaction.now()) {
                return Ok(Err(refusal));
            }
            Ok(Ok(OrderFact::Paid(OrderPaid { order, user, version: found.version + 1, lines: found.lines.clone() })))
        });
        match changed {
            Ok(Ok(committed)) => self.answer_when_durable(request, Answer::Paid(order), committed.sequence),
            Ok(Err(refusal)) => self.answer(request, Answer::Refused(refusal)),
            Err(weather) => self.answer(request, Answer::Unavailable(weather)),
        }
    }

    pub(super) fn change(
        &self,
        user: UserId,
        holder: Option<Owner>,
        decide: impl FnOnce(&OrderShard, &mut Transaction<'_>) -> Decided,
    ) -> mallcore_actors::refusal::Answer<Arc<Committed>> {
        let mut scratch = Vec::new();
        let mut transaction = self.engine.recorder.begin(Provenance::SHOPPER, &mut scratch);
        orders::change(&self.engine, &*self.effects, user, holder, &mut transaction, decide)
    }

    pub(super) fn answer(&mut self, request: RequestId, answer: Answer) {
        self.answers.push((request, answer, Sequence::ZERO));
    }

    pub(super) fn answer_when_durable(&mut self, request: RequestId, answer: Answer, sequence: Sequence) {
        let (reply, receiver) = oneshot::channel();
        self.replies.queue().when_durable(sequence, reply, Changed { answer, sequence });
        self.changing.push(Changing { request, answer: receiver });
    }

    fn closing_refused(&mut self, closer: Closer, answer: Answer) {
        if let Closer::Client(request) = closer {
            self.answer(request, answer);
        }
    }

    /// Closes what is due.
    pub fn tick(&mut self) {
        let now = self.now();
        let due: Vec<Deadline> = self.engine.orders.shards().flat_map(|mut shard| shard.take_due(now, 2)).collect();
        for due in due {
            self.close(Closer::Timer(due), due.user, due.order, CloseReason::TimedOut);
        }
    }

    /// Open unpaid orders in memory.
    pub fn open_orders(&self) -> usize {
        self.engine.orders.shards().map(|shard| shard.open_orders().count()).sum()
    }
}
