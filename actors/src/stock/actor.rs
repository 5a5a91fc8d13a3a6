//! The actor of one SKU: decides, queues at the journal, applies, in that order; a refusal or a full journal leaves nothing behind.
//! Rules are in `sku` and `quota`, waiting for the disk is in `replies`, coming and going in `registry`.

use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::{Actor, ActorContext, ActorFutureExt, AsyncContext, Context, Handler, WrapFuture};

use super::gate::Gate;
use super::messages::{AdjustStock, Adjusted, CarveQuota, CloseOrder, Closed, PlaceOrder, Placed, ReleaseQuota};
use super::quota::{Buy, Purchase, Receipt};
use super::sku::{Adjusting, Adjustment, QuotaPlan, Stock};
use crate::engine::Engine;
use crate::ids::{FlashItemId, OrderId, SkuId, UserId};
use crate::journal::Sequence;
use crate::orders::OrderCommand;
use crate::record::{CloseReason, Event, OrderClosed, OrderPlaced, QuotaCarved, Return};
use crate::refusal::{Answer, Refusal, Unavailable};
use crate::registry::{Activation, Seat};
use crate::replies::{Replies, Reply, ReplyTo, Waiting};
use crate::time::Timestamp;

/// How long a SKU that could not be loaded waits for the next try.
const RELOAD_PAUSE: Duration = Duration::from_millis(500);

/// One SKU's stock in memory.
pub struct StockActor {
    engine: Arc<Engine>,
    seat: Seat,
    replies: Rc<Replies>,
    state: State,
    scratch: Vec<u8>,
    gates: Vec<(FlashItemId, Arc<Gate>)>,
    last_asked: Instant,
}

enum State {
    Loading,
    Ready(Box<Stock>),
    /// There is no such SKU, or the database did not answer.
    Absent(Unknown),
    /// Everything is handed back; the actor stops when its mailbox has run dry.
    Draining,
}

#[derive(Clone, Copy)]
enum Unknown {
    Sku,
    Weather,
}

/// Aborts the process if dropped by unwinding: between queueing a record and applying it, memory is behind the journal, and only a
/// restart from the journal puts that right.
struct AbortOnUnwind;

impl Drop for AbortOnUnwind {
    fn drop(&mut self) {
        if std::thread::panicking() {
            tracing::error!("a queued record could not be applied; restarting from the journal is the only way on");
            std::process::abort();
        }
    }
}

impl StockActor {
    /// An actor that loads itself when it starts. Call on the thread that it will live on.
    pub(crate) fn new(engine: Arc<Engine>, seat: Seat) -> Self {
        let replies = Replies::of_this_thread(&engine.journal);
        engine.meters.resident.increment(1.0);
        Self {
            engine,
            seat,
            replies,
            state: State::Loading,
            scratch: Vec::with_capacity(512),
            gates: Vec::new(),
            last_asked: Instant::now(),
        }
    }

    fn sku(&self) -> SkuId {
        self.seat.sku()
    }

    fn stock(&self) -> Result<Result<&Stock, Refusal>, Unavailable> {
        match &self.state {
            State::Ready(stock) => Ok(Ok(stock)),
            State::Absent(Unknown::Sku) => Ok(Err(Refusal::UnknownItem)),
            State::Loading | State::Absent(Unknown::Weather) | State::Draining => Err(Unavailable::Warming),
        }
    }

    fn load(&mut self, ctx: &mut Context<Self>) {
        self.state = State::Loading;
        // Messages wait in the mailbox, bounded, until the state is there.
        let load = self.seat.activate();
        ctx.wait(load.into_actor(self).map(|activation, actor, ctx| actor.ready(activation, ctx)));
    }

    fn ready(&mut self, activation: Activation, ctx: &mut Context<Self>) {
        self.state = match activation {
            Activation::Loaded(stock) => State::Ready(stock),
            Activation::NoSuchSku => State::Absent(Unknown::Sku),
            Activation::Unavailable => {
                ctx.run_later(RELOAD_PAUSE, Self::load);
                self.state = State::Absent(Unknown::Weather);
                return;
            }
        };
        self.seat.loaded();
        if let State::Ready(stock) = &self.state {
            self.seat.note(stock.version());
            for quota in stock.quotas().iter().filter(|quota| !quota.released()) {
                let total = quota.remaining().saturating_add(quota.held()).saturating_add(quota.sold());
                let gate = self.engine.gate(quota.item(), stock.sku(), total);
                quota.buyers().for_each(|user| gate.note_buyer(user));
                gate.publish(quota.remaining(), quota.ends_at());
                self.gates.push((quota.item(), gate));
            }
        }
    }

    /// Queues a record and makes it so, in memory of this SKU and of the user's orders alike.
    fn commit(
        &mut self,
        now: Timestamp,
        event: Event,
        orders: Option<&mut crate::orders::OrderShard>,
    ) -> Result<(Sequence, Event), Unavailable> {
        let (sequence, event) = self.engine.enqueue(&mut self.scratch, now, event)?;
        let bomb = AbortOnUnwind;
        if let State::Ready(stock) = &mut self.state {
            stock.apply(sequence, now, &event);
        }
        if let Some(orders) = orders {
            orders.apply(sequence, now, &event);
        }
        std::mem::forget(bomb);
        self.seat.note(sequence);
        Ok((sequence, event))
    }

    fn publish(&self, item: FlashItemId) {
        if let State::Ready(stock) = &self.state
            && let Some(quota) = stock.quota(item)
            && let Some((_, gate)) = self.gates.iter().find(|(of, _)| *of == item)
        {
            gate.publish(quota.remaining(), quota.ends_at());
        }
    }

    fn place(&mut self, wish: &Buy) -> Answer<Placed> {
        let now = self.engine.clock.now();
        let stock = match self.stock()? {
            Ok(stock) => stock,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let (line, payable) = match stock.decide_buy(wish, now) {
            Ok(Purchase::Repeat(receipt)) => return Ok(Ok(Placed { receipt, repeat: true })),
            Ok(Purchase::Fresh(line, payable)) => (line, payable),
            Err(refusal) => return Ok(Err(refusal)),
        };
        if self.gates.iter().any(|(item, gate)| *item == wish.item && gate.is_withdrawn()) {
            return Ok(Err(Refusal::OffSale));
        }
        // Only here: a repeat has its answer already, whatever waits to be stored.
        if let Some(lagging) = self.engine.admission.refusal() {
            return Err(lagging);
        }
        let engine = Arc::clone(&self.engine);
        let mut orders = engine.orders.shard(wish.user);
        if let Err(refusal) = orders.admit(wish.user, engine.rules.unpaid_max_per_user) {
            return Ok(Err(refusal));
        }
        let order = engine.ids.take(&*engine.journal, now)?;
        let no = crate::order_no::OrderNo::new(order, now, rand::random());
        let expires_at = now.plus_millis(engine.rules.flash_pay_window_millis);
        let event = Event::OrderPlaced(OrderPlaced {
            order,
            no,
            user: wish.user,
            lines: smallvec::smallvec![line],
            payable,
            expires_at,
            key: wish.key,
            body: wish.body,
            address: wish.address,
        });
        let (sequence, _) = self.commit(now, event, Some(&mut *orders))?;
        drop(orders);
        if let Some((_, gate)) = self.gates.iter().find(|(of, _)| *of == wish.item) {
            gate.note_buyer(wish.user);
        }
        self.publish(wish.item);
        let receipt = Receipt { order, no, payable, placed_at: now, expires_at, sequence };
        Ok(Ok(Placed { receipt, repeat: false }))
    }

    fn close(&mut self, user: UserId, order: OrderId, reason: CloseReason) -> Answer<Closed> {
        let now = self.engine.clock.now();
        let stock = match self.stock()? {
            Ok(stock) => stock,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let engine = Arc::clone(&self.engine);
        let mut orders = engine.orders.shard(user);
        let Some(found) = orders.order(user, order) else { return Ok(Err(Refusal::UnknownOrder)) };
        if let Err(refusal) = found.decide(OrderCommand::Close(reason), now) {
            return Ok(Err(refusal));
        }
        let flash = found.lines.iter().find_map(|line| line.flash);
        let returns: smallvec::SmallVec<[Return; 1]> = found.lines.iter().map(|line| stock.returns(*line)).collect();
        // After the sale there is no limit to give back.
        let on_sale = returns.iter().any(|back| back.to_quota);
        let limit_returned = on_sale && flash.is_some_and(|flash| orders.gives_limit_back(user, flash.activity));
        let closed = OrderClosed { order, user, version: found.version + 1, reason, returns, limit_returned };
        self.commit(now, Event::OrderClosed(closed), Some(&mut *orders))?;
        let after = orders.order(user, order).cloned();
        drop(orders);
        if let Some(flash) = flash {
            self.publish(flash.item);
        }
        // It was found above under the same lock, and closing does not remove it.
        Ok(after.map(|order| Closed { order }).ok_or(Refusal::UnknownOrder))
    }

    fn carve(&mut self, plan: &QuotaPlan) -> Answer<Sequence> {
        let now = self.engine.clock.now();
        let stock = match self.stock()? {
            Ok(stock) => stock,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let carved: QuotaCarved = match stock.decide_carve(plan) {
            Ok(Some(carved)) => carved,
            Ok(None) => return Ok(Ok(stock.version())),
            Err(refusal) => return Ok(Err(refusal)),
        };
        let (sequence, _) = self.commit(now, Event::QuotaCarved(carved), None)?;
        self.gates.push((plan.item, self.engine.gate(plan.item, self.sku(), plan.quota)));
        self.publish(plan.item);
        Ok(Ok(sequence))
    }

    fn release(&mut self, item: FlashItemId) -> Answer<Sequence> {
        let now = self.engine.clock.now();
        let stock = match self.stock()? {
            Ok(stock) => stock,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let released = match stock.decide_release(item, now) {
            Ok(Some(released)) => released,
            Ok(None) => return Ok(Ok(stock.version())),
            Err(refusal) => return Ok(Err(refusal)),
        };
        let activity = released.activity;
        let (sequence, _) = self.commit(now, Event::QuotaReleased(released), None)?;
        self.publish(item);
        self.engine.orders.shards().for_each(|mut shard| shard.forget_activity(activity));
        Ok(Ok(sequence))
    }

    fn adjust(&mut self, wish: &Adjustment) -> Answer<Adjusted> {
        let now = self.engine.clock.now();
        let stock = match self.stock()? {
            Ok(stock) => stock,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let (available, version) = (stock.available(), stock.version());
        let adjusted = match stock.decide_adjust(wish) {
            Ok(Adjusting::Fresh(adjusted)) => adjusted,
            Ok(Adjusting::Unchanged) => return Ok(Ok(Adjusted::Unchanged { available, sequence: version })),
            Ok(Adjusting::Repeat) => return Ok(Ok(Adjusted::Repeat { sequence: version })),
            Err(refusal) => return Ok(Err(refusal)),
        };
        let delta = adjusted.delta;
        let (sequence, _) = self.commit(now, Event::StockAdjusted(adjusted), None)?;
        let available = delta.applied_to(available).unwrap_or_default();
        Ok(Ok(Adjusted::Fresh { delta: delta.get(), available, sequence }))
    }

    /// Answers at once what need not wait, hands the rest to the queue of this thread.
    fn answer<T>(
        &self,
        reply: ReplyTo<T>,
        answer: Answer<T>,
        sequence: impl FnOnce(&T) -> Sequence,
        wait: impl FnOnce(ReplyTo<T>, T) -> Waiting,
    ) {
        match answer {
            Ok(Ok(answer)) => self.replies.when_durable(sequence(&answer), wait(reply, answer)),
            no => drop(reply.send(Reply::Answer(no))),
        }
    }

    /// Takes up a message: false, with the message handed back, if the actor is leaving.
    fn take_up(&mut self) -> Option<Instant> {
        self.engine.meters.mailbox.decrement(1.0);
        if matches!(self.state, State::Draining) {
            return None;
        }
        self.last_asked = Instant::now();
        Some(self.last_asked)
    }

    fn done(&self, since: Instant) {
        self.engine.meters.handling.record(since.elapsed());
    }

    /// Leaves memory if it is idle, unpinned, and the database has all of it: messages met are handed back until the mailbox is dry.
    fn consider_leaving(&mut self, ctx: &mut Context<Self>) {
        let pinned = matches!(&self.state, State::Ready(stock) if stock.quotas().iter().any(|quota| !quota.released()));
        let settled = matches!(self.state, State::Ready(_) | State::Absent(Unknown::Sku));
        if settled && !pinned && self.seat.drain(self.last_asked) {
            self.state = State::Draining;
        }
        // A full mailbox leaves no room for the marker: the next check puts it in.
        if matches!(self.state, State::Draining) && ctx.address().try_send(MailboxDry).is_err() {
            tracing::debug!(sku.id = %self.sku(), "mailbox of a leaving actor is full");
        }
    }
}

/// Behind every message that came before the actor began to leave.
#[derive(Debug, actix::Message)]
#[rtype(result = "()")]
struct MailboxDry;

impl Handler<MailboxDry> for StockActor {
    type Result = ();

    fn handle(&mut self, _: MailboxDry, ctx: &mut Self::Context) {
        if matches!(self.state, State::Draining) {
            self.seat.drained();
            ctx.stop();
        }
    }
}

impl Actor for StockActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.load(ctx);
        ctx.run_interval(self.seat.idle_check(), |actor, ctx| actor.consider_leaving(ctx));
    }

    fn stopped(&mut self, _: &mut Self::Context) {
        self.gates.iter().for_each(|(_, gate)| gate.close());
    }
}

impl Drop for StockActor {
    fn drop(&mut self) {
        self.engine.meters.resident.decrement(1.0);
        if std::thread::panicking() {
            tracing::error!(sku.id = %self.sku(), "stock actor panicked while deciding; its successor loads from the database");
            self.gates.iter().for_each(|(_, gate)| gate.close());
            self.seat.crashed();
        }
    }
}

impl Handler<PlaceOrder> for StockActor {
    type Result = ();

    fn handle(&mut self, message: PlaceOrder, _: &mut Self::Context) {
        let Some(since) = self.take_up() else { return drop(message.reply.send(Reply::HandedBack)) };
        let answer = self.place(&message.wish);
        match &answer {
            Ok(Ok(placed)) if placed.repeat => self.engine.meters.repeated.increment(1),
            Ok(Ok(_)) => self.engine.meters.placed.increment(1),
            Ok(Err(_)) | Err(_) => {}
        }
        self.answer(message.reply, answer, |placed| placed.receipt.sequence, Waiting::Placed);
        self.done(since);
    }
}

impl Handler<CloseOrder> for StockActor {
    type Result = ();

    fn handle(&mut self, message: CloseOrder, _: &mut Self::Context) {
        let Some(since) = self.take_up() else { return drop(message.reply.send(Reply::HandedBack)) };
        let answer = self.close(message.user, message.order, message.reason);
        if let Ok(Ok(_)) = &answer {
            self.engine.meters.closed.increment(1);
        }
        self.answer(message.reply, answer, |closed| closed.order.sequence, Waiting::Closed);
        self.done(since);
    }
}

impl Handler<CarveQuota> for StockActor {
    type Result = ();

    fn handle(&mut self, message: CarveQuota, _: &mut Self::Context) {
        let Some(since) = self.take_up() else { return drop(message.reply.send(Reply::HandedBack)) };
        match self.carve(&message.plan) {
            Ok(Ok(sequence)) => self.replies.when_durable(sequence, Waiting::Quota(message.reply)),
            Ok(Err(refusal)) => drop(message.reply.send(Reply::Answer(Ok(Err(refusal))))),
            Err(weather) => drop(message.reply.send(Reply::Answer(Err(weather)))),
        }
        self.done(since);
    }
}

impl Handler<ReleaseQuota> for StockActor {
    type Result = ();

    fn handle(&mut self, message: ReleaseQuota, _: &mut Self::Context) {
        let Some(since) = self.take_up() else { return drop(message.reply.send(Reply::HandedBack)) };
        match self.release(message.item) {
            Ok(Ok(sequence)) => self.replies.when_durable(sequence, Waiting::Quota(message.reply)),
            Ok(Err(refusal)) => drop(message.reply.send(Reply::Answer(Ok(Err(refusal))))),
            Err(weather) => drop(message.reply.send(Reply::Answer(Err(weather)))),
        }
        self.done(since);
    }
}

impl Handler<AdjustStock> for StockActor {
    type Result = ();

    fn handle(&mut self, message: AdjustStock, _: &mut Self::Context) {
        let Some(since) = self.take_up() else { return drop(message.reply.send(Reply::HandedBack)) };
        let answer = self.adjust(&message.wish);
        self.answer(message.reply, answer, Adjusted::sequence, Waiting::Adjusted);
        self.done(since);
    }
}
