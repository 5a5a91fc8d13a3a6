//! Commands to a SKU that cannot be recorded: nothing has changed, and nobody is told that it has (X2).

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use mallcore_actors::engine::{Engine, Rules};
use mallcore_actors::ids::{OrderId, SkuId};
use mallcore_actors::journal::memory::MemoryJournal;
use mallcore_actors::journal::{Journal, Sequence};
use mallcore_actors::kernel::host::{Host, Keeping, Loaded, Next};
use mallcore_actors::kernel::{Handle, Provenance, Recorder, Settled};
use mallcore_actors::orders::{self, CloseReason, Lane, OrderBook, OrderCommand, OrderFact, OrderPaid};
use mallcore_actors::refusal::{Answer, Refusal, Unavailable};
use mallcore_actors::stock::adjustment::Delta;
use mallcore_actors::stock::{
    AdjustStock, Asked, CarveQuota, Change, CloseOrder, HoldPieces, Owner, PlaceOrder, ReleaseQuota, Sku, SkuEffect, Stock,
};
use mallcore_actors::time::Timestamp;
use tokio::sync::mpsc::unbounded_channel;

use crate::clock::SetClock;
use crate::shop::{self, ENDS_AT, PAY_WINDOW_MILLIS, RECEIVED, STARTS_AT, UNPAID_MAX, buy_command, item, user};

/// One SKU on sale, with an open order of user 1, in a journal with no room for another record.
struct Sale {
    journal: Arc<MemoryJournal>,
    clock: Arc<SetClock>,
    engine: Engine,
    host: Host<Sku>,
}

fn sku() -> SkuId {
    SkuId::new(shop::SKU).unwrap()
}

impl Sale {
    /// Records of as many bytes fit.
    fn with_room_for(bytes: u64) -> Self {
        let journal = Arc::new(MemoryJournal::new(true, bytes));
        let clock = Arc::new(SetClock::at(Timestamp::from_millis(STARTS_AT)));
        let rules = Rules {
            unpaid_max_per_user: UNPAID_MAX,
            flash_pay_window_millis: PAY_WINDOW_MILLIS,
            pay_window_millis: PAY_WINDOW_MILLIS,
            holding_max_millis: 1_000,
            auto_complete_after_millis: 7_000,
        };
        let engine = Engine::new(Arc::clone(&journal) as _, Arc::clone(&clock) as _, OrderBook::default(), 1, rules);
        let mut host = Host::new(Keeping { waiting_max: 1, waiting_total_max: 1, idle_millis: 1, reload_millis: 1 });
        let stock = Stock::new(sku(), RECEIVED, 0, 0, Sequence::ZERO, None, Default::default());
        assert_eq!(host.effect(sku(), SkuEffect::Released(Owner(0)), &engine, Timestamp::default()), Next::Load);
        host.loaded(sku(), Loaded::Read(Some(Sku::new(stock)), Sequence::ZERO), (&engine, &engine.recorder));
        Self { journal, clock, engine, host }
    }

    fn full() -> Self {
        let mut probe = Self::with_room_for(u64::MAX);
        probe.open();
        let mut sale = Self::with_room_for(probe.journal.usage().used_bytes);
        sale.open();
        sale
    }

    fn open(&mut self) {
        self.ask(CarveQuota(shop::plan(1, 9, 9))).unwrap().unwrap();
        self.ask(PlaceOrder(buy_command(1, 1, 1, 1, 0))).unwrap().unwrap();
    }

    fn ask<C: 'static>(&mut self, command: C) -> Answer<Settled<<Sku as Handle<C>>::Reply>>
    where
        Sku: Handle<C>,
    {
        let (answer, told) = (Rc::new(RefCell::new(None)), Rc::new(RefCell::new(0)));
        let (into, count) = (Rc::clone(&answer), Rc::clone(&told));
        let next = self.host.ask(sku(), command, Provenance::SHOPPER, (&self.engine, &self.engine.recorder), move |answer| {
            *count.borrow_mut() += 1;
            *into.borrow_mut() = Some(answer);
        });
        assert_eq!((next, *told.borrow()), (Next::Done, 1));
        answer.take().expect("told once")
    }

    /// Everything that anybody can see.
    fn observed(&self) -> String {
        let orders: Vec<_> = self.engine.orders.shards().flat_map(|shard| shard.all_orders().cloned().collect::<Vec<_>>()).collect();
        let limits: usize = self.engine.orders.shards().map(|shard| shard.limits_returned().count()).sum();
        format!("{:?} {orders:?} {limits} {:?}", self.host.get(sku()), self.journal.last_enqueued())
    }
}

struct NoEffects;

impl Lane for NoEffects {
    fn send(&self, sku: SkuId, effect: SkuEffect) {
        panic!("an effect on {sku} of a record that was refused: {effect:?}");
    }
}

#[test]
fn a_full_journal_changes_nothing() {
    let mut sale = Sale::full();
    let before = sale.observed();
    assert!(!sale.engine.recorder.is_journal_full());
    let full = Unavailable::JournalFull;
    assert_eq!(sale.ask(PlaceOrder(buy_command(2, 1, 1, 1, 0))).unwrap_err(), full);
    assert!(sale.engine.recorder.is_journal_full());
    let cancel = CloseOrder { user: user(1), order: OrderId::new(1).unwrap(), reason: CloseReason::Cancelled };
    assert_eq!(sale.ask(cancel).unwrap_err(), full);
    assert_eq!(sale.ask(CarveQuota(shop::plan(2, 1, 1))).unwrap_err(), full);
    assert_eq!(sale.ask(AdjustStock(shop::adjustment(1, Change::By(Delta::new(1).unwrap())))).unwrap_err(), full);
    let mut scratch = Vec::new();
    let mut transaction = sale.engine.recorder.begin(Provenance::SHOPPER, &mut scratch);
    let paid = orders::change(&sale.engine, &NoEffects, user(1), None, &mut transaction, |shard, transaction| {
        let order = shard.order(user(1), OrderId::new(1).unwrap()).unwrap();
        order.decide(OrderCommand::Pay, transaction.now()).unwrap();
        Ok(Ok(OrderFact::Paid(OrderPaid { order: order.id, user: user(1), version: 2, lines: order.lines.clone() })))
    });
    assert_eq!(paid.unwrap_err(), full);
    assert_eq!(sale.observed(), before);
    sale.clock.set(Timestamp::from_millis(ENDS_AT));
    assert_eq!(sale.ask(ReleaseQuota(item(1))).unwrap_err(), full);
    assert_eq!(sale.observed(), before);
    assert!(
        matches!(sale.ask(PlaceOrder(buy_command(1, 1, 1, 1, 0))), Ok(Ok(Settled { reply, .. })) if reply.repeat),
        "a repeat needs no record"
    );
}

#[test]
fn room_in_the_journal_ends_its_refusals() {
    let mut sale = Sale::full();
    assert_eq!(sale.ask(PlaceOrder(buy_command(2, 1, 1, 1, 0))).unwrap_err(), Unavailable::JournalFull);
    sale.journal.release(sale.journal.last_enqueued());
    let placed = sale.ask(PlaceOrder(buy_command(2, 1, 1, 1, 0))).unwrap().unwrap();
    assert!(!placed.reply.repeat);
    assert_eq!(placed.relies_on, placed.reply.receipt.sequence);
}

#[test]
fn the_journal_counts_as_full_for_five_seconds_after_it_refused_a_record() {
    let sale = Sale::full();
    let refused_again = [0, 4_999, 5_000, 60_000].map(|later| {
        let at = Timestamp::from_millis(STARTS_AT + later);
        sale.clock.set(at);
        let was_full = sale.engine.recorder.is_journal_full();
        let mut scratch = Vec::new();
        let carved = sale.engine.recorder.begin(Provenance::SYSTEM, &mut scratch).commit(super::sum::added(1, 1), |_| {});
        assert_eq!((carved.unwrap_err(), sale.engine.recorder.is_journal_full()), (Unavailable::JournalFull, true));
        was_full
    });
    assert_eq!(refused_again, [false, true, true, false], "each refusal counts anew");
    sale.clock.set(Timestamp::from_millis(STARTS_AT + 64_999));
    assert!(sale.engine.recorder.is_journal_full());
    sale.clock.set(Timestamp::from_millis(STARTS_AT + 65_000));
    assert!(!sale.engine.recorder.is_journal_full());
}

#[test]
fn a_journal_that_never_refused_or_has_failed_does_not_count_as_full() {
    let journal = Arc::new(MemoryJournal::durable_at_once());
    // Not five seconds after the beginning of time, at which nothing was refused either.
    let recorder = Recorder::new(Arc::clone(&journal) as _, Arc::new(SetClock::at(Timestamp::from_millis(1_000))));
    assert!(!recorder.is_journal_full());
    journal.fail();
    let mut scratch = Vec::new();
    let stopped = recorder.begin(Provenance::SYSTEM, &mut scratch).commit(super::sum::added(1, 1), |_| {});
    assert_eq!(stopped.unwrap_err(), Unavailable::OutcomeUnknown);
    assert!(!recorder.is_journal_full(), "room would not help it");
}

#[test]
fn a_limit_is_not_given_back_after_the_sale() {
    let mut sale = Sale::with_room_for(u64::MAX);
    sale.open();
    sale.ask(CarveQuota(shop::plan(2, 9, 9))).unwrap().unwrap();
    sale.ask(PlaceOrder(buy_command(1, 2, 1, 2, 0))).unwrap().unwrap();
    let cancel = |order| CloseOrder { user: user(1), order: OrderId::new(order).unwrap(), reason: CloseReason::Cancelled };
    sale.ask(cancel(1)).unwrap().unwrap();
    let returned = |sale: &Sale| sale.engine.orders.shards().map(|shard| shard.limits_returned().count()).sum::<usize>();
    assert_eq!(returned(&sale), 1);
    // The first item that is released lets the activity be forgotten, while an order of another one is still open.
    sale.clock.set(Timestamp::from_millis(ENDS_AT));
    sale.ask(ReleaseQuota(item(1))).unwrap().unwrap();
    sale.ask(cancel(2)).unwrap().unwrap();
    assert_eq!(returned(&sale), 0, "U2: given back twice in one activity");
}

#[test]
fn a_hold_is_refused_to_a_coordinator_that_has_given_up() {
    let mut sale = Sale::with_room_for(u64::MAX);
    let hold = HoldPieces { owner: Owner(7), quantity: shop::pieces(1) };
    let (inputs, _inbox) = unbounded_channel();
    sale.engine.register(Owner(7), inputs);
    assert_eq!(sale.ask(hold), Ok(Ok(Settled::on(Sequence::ZERO, Asked::Granted))));
    sale.engine.unregister(Owner(7));
    assert_eq!(sale.host.effect(sku(), SkuEffect::Released(Owner(7)), &sale.engine, Timestamp::default()), Next::Done);
    assert_eq!(sale.ask(hold), Err(Unavailable::Busy));
    assert!(sale.host.get(sku()).unwrap().holds().is_empty(), "nobody would ever release it");
}

#[test]
fn an_unknown_order_cannot_be_closed() {
    let mut sale = Sale::with_room_for(u64::MAX);
    let close = CloseOrder { user: user(1), order: OrderId::new(9).unwrap(), reason: CloseReason::Cancelled };
    assert_eq!(sale.ask(close).unwrap(), Err(Refusal::UnknownOrder));
}
