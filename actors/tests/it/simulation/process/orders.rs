//! Requests, and commands to orders: carried out at the order, read from the database first where it has left memory.

use mallcore_actors::engine::Claim;
use mallcore_actors::orders::{self, AttemptNumber, Order, Read, Status};
use mallcore_actors::refusal;
use mallcore_actors::stock::{Buy, CloseOrder, PlaceOrder};
use tokio::sync::oneshot;

use super::asks::Changed;
use super::*;

/// How often an order is read that may lack changes.
const READS_MAX: usize = 5;

/// A command to an order that is not carried out yet.
#[derive(Debug)]
pub struct Commanding {
    closer: Closer,
    user: UserId,
    order: OrderId,
    command: orders::Command,
    reads: usize,
    /// None: it waits for the database.
    read: Option<Option<Read>>,
}

impl Process {
    pub fn buy(&mut self, request: RequestId, sku: SkuId, command: Buy) {
        self.ask(Asker::Client(request), sku, Command::Place(PlaceOrder(command)));
    }

    pub fn command(&mut self, closer: Closer, user: UserId, order: OrderId, command: orders::Command) {
        if let orders::Command::Close(reason) = command
            && let Some(sku) = orders::closed_by(&self.engine, user, order)
        {
            let asker = match closer {
                Closer::Client(request) => Asker::Client(request),
                Closer::Timer(deadline) => Asker::Timer(deadline),
            };
            return self.ask(asker, sku, Command::Close(CloseOrder { user, order, reason }));
        }
        self.commands.push(Commanding { closer, user, order, command, reads: 0, read: Some(None) });
    }

    pub fn commands(&self) -> usize {
        self.commands.len()
    }

    /// One of the commands gets a step further.
    pub fn step_command(&mut self, nth: usize, database: &Database) {
        let commanding = &mut self.commands[nth];
        let (user, order) = (commanding.user, commanding.order);
        let answer = match commanding.read.take() {
            Some(read) => {
                match orders::carry_out(&self.engine, &*self.effects, Provenance::SHOPPER, (user, order), read, &commanding.command) {
                    None if commanding.reads < READS_MAX => return,
                    None => Err(Unavailable::Warming),
                    Some(answer) => answer,
                }
            }
            None if database.is_up => {
                commanding.reads += 1;
                commanding.read = Some(Some(database.load_order(user, order)));
                return;
            }
            None => Err(Unavailable::Warming),
        };
        let closer = self.commands.swap_remove(nth).closer;
        self.carried_out(closer, user, order, answer);
    }

    fn carried_out(&mut self, closer: Closer, user: UserId, order: OrderId, answer: refusal::Answer<orders::Changed>) {
        match (answer, closer) {
            (Ok(Ok(changed)), Closer::Client(request)) => {
                self.answer_when_durable(request, Answer::Changed(order), changed.order.sequence, None);
            }
            (Ok(Err(refusal)), Closer::Client(request)) => self.answer(request, Answer::Refused(refusal)),
            (Err(cause), Closer::Client(request)) => self.answer(request, Answer::Unavailable(cause)),
            (Ok(_), Closer::Timer(_)) => {}
            (Err(_), Closer::Timer(deadline)) => self.engine.orders.shard(user).postpone(deadline),
        }
    }

    pub(super) fn answer(&mut self, request: RequestId, answer: Answer) {
        self.answers.push((request, answer, Sequence::ZERO));
    }

    pub(super) fn answer_when_durable(&mut self, request: RequestId, answer: Answer, sequence: Sequence, claim: Option<Claim>) {
        let (reply, receiver) = oneshot::channel();
        self.replies.queue().when_durable(sequence, reply, Changed { answer, sequence });
        self.changing.push(Changing { request, answer: receiver, claim });
    }

    /// Closes what is due.
    pub fn tick(&mut self) {
        let now = self.now();
        let due: Vec<Deadline> = self.engine.orders.shards().flat_map(|mut shard| shard.take_due(now, 2)).collect();
        for due in due {
            let is_known = self.engine.orders.shard(due.user).order(due.user, due.order).is_some();
            if is_known {
                self.command(Closer::Timer(due), due.user, due.order, orders::Command::Close(CloseReason::TimedOut));
            }
        }
        // Whoever looks after attempts: WeChat Pay says at once that they are over.
        let has_to_end = |order: &Order| now >= order.expires_at || order.status != Status::PendingPayment;
        let over: Vec<(Deadline, AttemptNumber)> = self
            .engine
            .orders
            .shards()
            .flat_map(|shard| {
                let over = |order: &Order| {
                    let deadline = Deadline { at: order.expires_at, user: order.user, order: order.id };
                    order.open_attempt().filter(|_| has_to_end(order)).map(|open| (deadline, open.number))
                };
                shard.being_paid().filter_map(over).collect::<Vec<_>>()
            })
            .collect();
        for (deadline, attempt) in over {
            self.command(Closer::Timer(deadline), deadline.user, deadline.order, orders::Command::EndPayment(attempt));
        }
        self.engine.orders.forget_keys(now);
    }

    /// Open unpaid orders in memory.
    pub fn open_orders(&self) -> usize {
        self.engine.orders.shards().map(|shard| shard.open_orders().count()).sum()
    }

    /// Orders in memory are those that the database has.
    pub fn compare_orders(&self, database: &Database) {
        for shard in self.engine.orders.shards() {
            for order in shard.all_orders() {
                assert_eq!(database.load_order(order.user, order.id).0.as_ref(), Some(order), "memory and database differ");
            }
        }
    }
}
