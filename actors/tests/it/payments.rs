//! Paying through WeChat Pay under any interleaving of shopper, clock, notifications, questions, closings, refunds and crashes, against a small
//! model of WeChat Pay: whatever money came is kept for goods, or went back.

mod wechat;

use std::collections::{BTreeMap, BTreeSet};

use mallcore_actors::ids::OrderId;
use mallcore_actors::journal::Sequence;
use mallcore_actors::kernel::Fact;
use mallcore_actors::money::Money;
use mallcore_actors::orders::{
    AttemptNumber, CloseReason, Decided, Heard, Order, OrderFact, OrderShard, PAYMENT_OPEN, Payment, PaymentChannel, PaymentStrayed,
    Status, Step, Stray, TakenIn, Trade, Transaction, UNKNOWN_ATTEMPT, next_step,
};
use mallcore_actors::refusal::Refusal;
use mallcore_actors::time::Timestamp;
use proptest::prelude::*;
use wechat::{There, Wechat};

use crate::baskets::{fen, payment, refund, user};
use crate::order_world::{PAY_WINDOW_MILLIS, World};

const OPEN: Refusal = Refusal::Rule(&PAYMENT_OPEN);

/// What may happen; attempts and looks are chosen by number, modulo what there is.
#[derive(Debug, Clone)]
enum Event {
    Start,
    /// The request for an attempt arrives at WeChat Pay, perhaps long after it was given up here.
    Prepaid(usize),
    /// The shopper opens the cashier, leaves it, pays.
    Enter(usize),
    Leave(usize),
    Pay(usize),
    /// WeChat Pay breaks its word: a closed attempt is paid all the same.
    PayClosed(usize),
    Notify(usize),
    /// Somebody begins to look at an attempt, wanting it to end or not.
    Look(usize, bool),
    /// A look gets a step further.
    Go(usize),
    Cancel,
    TimeOut,
    PayByBalance,
    Refund(u64, u32),
    GiveBack(usize),
    Restart,
    Wait(u64),
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let nth = || 0..1_000usize;
    let event = prop_oneof![
        4 => Just(Event::Start),
        4 => nth().prop_map(Event::Prepaid),
        2 => nth().prop_map(Event::Enter),
        1 => nth().prop_map(Event::Leave),
        3 => nth().prop_map(Event::Pay),
        1 => nth().prop_map(Event::PayClosed),
        3 => nth().prop_map(Event::Notify),
        3 => (nth(), any::<bool>()).prop_map(|(nth, wanted)| Event::Look(nth, wanted)),
        8 => nth().prop_map(Event::Go),
        2 => Just(Event::Cancel),
        2 => Just(Event::TimeOut),
        1 => Just(Event::PayByBalance),
        3 => (0..6u64, 1..3u32).prop_map(|(id, count)| Event::Refund(id, count)),
        3 => nth().prop_map(Event::GiveBack),
        1 => Just(Event::Restart),
        2 => (0..400u64).prop_map(Event::Wait),
    ];
    prop::collection::vec(event, 1..120)
}

/// One order, the journal, WeChat Pay, and whoever looks after attempts.
struct Till {
    world: World,
    id: OrderId,
    wechat: Wechat,
    looks: Vec<(AttemptNumber, Heard, bool)>,
    by_balance: u64,
}

impl Till {
    fn new() -> Self {
        let mut world = World::new();
        world.place(&[(2, 3, 100, 1), (3, 2, 50, 0)], 20);
        let id = world.ids[0];
        Self { world, id, wechat: Wechat::default(), looks: Vec::new(), by_balance: 0 }
    }

    fn order(&self) -> &Order {
        self.world.order(self.id)
    }

    fn ask(&mut self, decide: impl Fn(&Order, Timestamp) -> Result<Decided, Refusal>) -> Result<(), Refusal> {
        let now = self.world.now;
        match decide(self.order(), now)? {
            Decided::Fresh(fact) => {
                self.world.commit(Fact::Orders(fact));
                assert_eq!(decide(self.order(), now), Ok(Decided::Repeat), "what was recorded is a repeat");
            }
            Decided::Repeat => {}
        }
        Ok(())
    }

    fn attempt(&self, nth: usize) -> Option<AttemptNumber> {
        let attempts = self.order().paying.as_ref().map(|paying| paying.attempts.clone()).unwrap_or_default();
        attempts.get(nth % attempts.len().max(1)).map(|attempt| attempt.number)
    }

    fn pay(&mut self, attempt: AttemptNumber) {
        let trade = Trade {
            attempt,
            transaction: Transaction::parse(&format!("42000{}", attempt.get())).unwrap(),
            amount: self.order().payable,
            payer: None,
            paid_at: self.world.now,
        };
        self.wechat.trades.insert(attempt, There::Paid(trade));
    }

    fn notify(&mut self, attempt: AttemptNumber) {
        if let Some(There::Paid(trade)) = self.wechat.trades.get(&attempt).cloned() {
            assert_eq!(self.ask(|order, now| order.decide_take(&trade, now)), Ok(()), "no money is refused");
        }
    }

    /// A step of a look, as the server's loop does it; false when it has come to its end.
    fn go(&mut self, nth: usize) -> bool {
        if self.looks.is_empty() {
            return false;
        }
        let place = nth % self.looks.len();
        let (attempt, heard, wanted) = self.looks.swap_remove(place);
        let heard = match next_step(self.order(), attempt, heard, wanted, self.world.now) {
            Step::Done | Step::Wait => return false,
            Step::Ask => self.wechat.query(attempt),
            Step::End => self.wechat.close(attempt),
            Step::Take(trade) => {
                assert_eq!(self.ask(|order, now| order.decide_take(&trade, now)), Ok(()), "no money is refused");
                Heard::Nothing
            }
            Step::NoteEnd => {
                assert_eq!(self.ask(|order, _| order.decide_end(attempt)), Ok(()));
                Heard::Nothing
            }
        };
        self.looks.push((attempt, heard, wanted));
        true
    }

    fn close(&mut self, reason: CloseReason) -> Result<(), Refusal> {
        let answer = self.ask(|order, now| order.decide_close(reason, now));
        assert!(answer.is_ok() || self.order().status != Status::Closed || self.order().close_reason != Some(reason));
        answer
    }

    /// What goes back by the journal, as the policy reads it: number, transaction, fen.
    fn owed(&self) -> Vec<(String, Transaction, u64)> {
        let taken = self.order().paying.as_ref().and_then(|paying| paying.taken.clone());
        let back = |(_, fact): &(Timestamp, Fact)| match fact {
            Fact::Orders(OrderFact::Refunded(refunded)) => {
                let trade = taken.as_ref()?;
                Some((format!("R{}", refunded.refund.id), trade.transaction.clone(), refunded.refund.amount().unwrap().fen()))
            }
            Fact::Orders(OrderFact::PaymentStrayed(strayed)) => {
                let transaction = strayed.trade.transaction.clone();
                Some((format!("S{}", transaction.as_str()), transaction, strayed.trade.amount.fen()))
            }
            _ => None,
        };
        self.world.journal.iter().filter_map(back).collect()
    }

    fn give_back(&mut self, nth: usize) {
        let owed = self.owed();
        if let Some((number, transaction, fen)) = owed.get(nth % owed.len().max(1)).cloned() {
            // The same number again is the same refund.
            self.wechat.refunds.insert(number, (transaction, fen));
        }
    }

    fn run(&mut self, event: &Event) {
        match *event {
            Event::Start => {
                let _ = self.ask(|order, now| order.decide_start(now));
            }
            Event::Prepaid(nth) => {
                if let Some(attempt) = self.attempt(nth) {
                    self.wechat.trades.entry(attempt).or_insert(There::Unpaid);
                }
            }
            Event::Enter(nth) => self.change(nth, &There::Unpaid, There::Paying),
            Event::Leave(nth) => self.change(nth, &There::Paying, There::Unpaid),
            Event::Pay(nth) => {
                if let Some(attempt) = self.attempt(nth)
                    && matches!(self.wechat.trades.get(&attempt), Some(There::Unpaid | There::Paying))
                {
                    self.pay(attempt);
                }
            }
            Event::PayClosed(nth) => {
                if let Some(attempt) = self.attempt(nth)
                    && self.wechat.trades.get(&attempt) == Some(&There::Closed)
                {
                    self.pay(attempt);
                }
            }
            Event::Notify(nth) => {
                if let Some(attempt) = self.attempt(nth) {
                    self.notify(attempt);
                }
            }
            Event::Look(nth, wanted) => {
                if let Some(attempt) = self.attempt(nth) {
                    self.looks.push((attempt, Heard::Nothing, wanted));
                }
            }
            Event::Go(nth) => {
                self.go(nth);
            }
            Event::Cancel => {
                let is_open = self.order().open_attempt().map(|open| open.number);
                let answer = self.close(CloseReason::Cancelled);
                if let Some(attempt) = is_open {
                    assert!(answer.is_err(), "an order that somebody may be paying is not closed");
                    self.looks.push((attempt, Heard::Nothing, true));
                }
            }
            Event::TimeOut => {
                let _ = self.close(CloseReason::TimedOut);
            }
            Event::PayByBalance => {
                let paid = Payment { channel: PaymentChannel::Balance, ..payment(7, self.order().payable) };
                let was_open = self.order().status == Status::PendingPayment;
                if self.ask(|order, now| order.decide_pay(&paid, now)).is_ok() && was_open {
                    self.by_balance = self.order().payable.fen();
                }
            }
            Event::Refund(id, count) => {
                let freight = if id == 3 { 20 } else { 0 };
                let _ = self.ask(|order, now| order.decide_refund(&refund(id + 1, &[(2, count)], freight, true), now));
            }
            Event::GiveBack(nth) => self.give_back(nth),
            Event::Restart => {
                self.looks.clear();
                let mut replayed = OrderShard::default();
                for (nth, (at, fact)) in self.world.journal.iter().enumerate() {
                    replayed.apply(Sequence(nth as u64 + 1), *at, fact);
                }
                assert_eq!(replayed.order(user(1), self.id), Some(self.order()), "replay equals what is live");
                let being_paid = replayed.being_paid().count();
                assert_eq!(being_paid, usize::from(self.order().open_attempt().is_some()), "open attempts are found again");
            }
            Event::Wait(millis) => self.world.now = self.world.now.plus_millis(millis),
        }
        assert_eq!(self.order().broken(), None);
        for (transaction, back) in self.back_by_transaction() {
            let came = self.wechat.trades.values().find_map(|trade| match trade {
                There::Paid(trade) if trade.transaction.as_str() == transaction => Some(trade.amount.fen()),
                _ => None,
            });
            assert!(Some(back) <= came, "more went back of {transaction} than came");
        }
    }

    fn change(&mut self, nth: usize, from: &There, to: There) {
        if let Some(attempt) = self.attempt(nth)
            && let Some(trade) = self.wechat.trades.get_mut(&attempt)
            && trade == from
        {
            *trade = to;
        }
    }

    fn back_by_transaction(&self) -> BTreeMap<String, u64> {
        let mut sums = BTreeMap::new();
        for (transaction, fen) in self.wechat.refunds.values() {
            *sums.entry(transaction.as_str().to_owned()).or_default() += fen;
        }
        sums
    }

    /// Shoppers leave the cashier, time passes, everything that is on its way arrives, everybody does their work.
    fn rest(&mut self) {
        self.world.now = self.world.now.plus_millis(PAY_WINDOW_MILLIS * 1_000);
        for trade in self.wechat.trades.values_mut() {
            if *trade == There::Paying {
                *trade = There::Unpaid;
            }
        }
        self.looks.clear();
        if let Some(open) = self.order().open_attempt().map(|open| open.number) {
            self.looks.push((open, Heard::Nothing, false));
            while self.go(0) {}
        }
        let _ = self.close(CloseReason::TimedOut);
        let attempts: BTreeSet<AttemptNumber> = self.wechat.trades.keys().copied().collect();
        attempts.into_iter().for_each(|attempt| self.notify(attempt));
        (0..self.owed().len()).for_each(|nth| self.give_back(nth));
    }

    /// What the shopper keeps is worth, in fen: by the rule's words, not by the code.
    fn kept(&self) -> u64 {
        let order = self.order();
        if matches!(order.status, Status::PendingPayment | Status::Closed) {
            return 0;
        }
        let refunded = |sku: u64| {
            let progress = order.progress.as_ref().unwrap();
            progress.lines.iter().find(|line| line.sku.get() == sku).map_or(0, |line| u64::from(line.refunded))
        };
        let line = |share: u64, pieces: u64, back: u64| share - share * back / pieces;
        let freight = 20 - order.progress.as_ref().unwrap().freight_refunded.fen();
        line(299, 3, refunded(2)) + line(100, 2, refunded(3)) + freight
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, ..ProptestConfig::default() })]

    #[test]
    fn money_in_less_money_out_is_the_value_of_what_is_kept_whatever_crosses(events in events()) {
        let mut till = Till::new();
        events.iter().for_each(|event| till.run(event));
        till.rest();
        let order = till.order();
        prop_assert!(order.status != Status::PendingPayment && order.open_attempt().is_none(), "{order:?}");
        // A refund of what was paid by balance goes back there.
        let refunded = order.progress.as_ref().map_or(0, |progress| progress.refunded().fen());
        let by_balance = till.by_balance - if till.by_balance > 0 { refunded } else { 0 };
        prop_assert_eq!(till.wechat.money_in() + by_balance - till.wechat.money_out(), till.kept(), "{:?}", order);
        let paid = till.world.journal.iter().filter(|(_, fact)| {
            matches!(fact, Fact::Orders(OrderFact::TradeTaken(_) | OrderFact::PaymentTaken(_)))
        });
        prop_assert!(paid.count() <= 1, "paid once");
    }
}

fn paid_there(till: &mut Till, attempt: AttemptNumber) {
    till.wechat.trades.insert(attempt, There::Unpaid);
    till.pay(attempt);
}

#[test]
fn an_order_that_somebody_may_be_paying_is_not_closed_and_has_no_deadline() {
    let mut till = Till::new();
    assert_eq!(till.ask(|order, now| order.decide_start(now)), Ok(()));
    assert_eq!(till.close(CloseReason::Cancelled), Err(OPEN));
    till.world.now = till.order().expires_at;
    assert_eq!(till.close(CloseReason::TimedOut), Err(OPEN));
    assert_eq!(till.world.orders.take_due(Timestamp::MAX, 9), [], "whoever looks after the attempt ends it first");
    let first = AttemptNumber::FIRST;
    assert_eq!(till.ask(|order, _| order.decide_end(first)), Ok(()));
    assert_eq!(till.world.orders.take_due(Timestamp::MAX, 9).len(), 1, "the deadline is there again");
    assert_eq!(till.close(CloseReason::TimedOut), Ok(()));
}

#[test]
fn an_order_with_an_open_attempt_stays_in_memory_until_that_is_over() {
    let mut till = Till::new();
    till.ask(|order, now| order.decide_start(now)).unwrap();
    let by_balance = Payment { channel: PaymentChannel::Balance, ..payment(7, till.order().payable) };
    till.ask(|order, now| order.decide_pay(&by_balance, now)).unwrap();
    let through = |till: &Till| Sequence(till.world.journal.len() as u64);
    till.world.orders.evict(through(&till));
    assert_eq!(OrderShard::default().take_in(till.order().clone(), through(&till)), TakenIn::Stale, "such an order never left");
    assert_eq!(next_step(till.order(), AttemptNumber::FIRST, Heard::Unpaid, false, till.world.now), Step::End, "nobody wants it any more");
    till.ask(|order, _| order.decide_end(AttemptNumber::FIRST)).unwrap();
    till.world.orders.evict(through(&till));
    assert_eq!(till.world.orders.order(user(1), till.id), None);
}

#[test]
fn money_for_a_closed_order_and_a_second_payment_are_stray_and_repeats_are_not() {
    let (first, second) = (AttemptNumber::FIRST, AttemptNumber::FIRST.next().unwrap());
    let strays = |till: &Till| till.order().paying.as_ref().unwrap().strays.iter().map(|(_, why, _)| *why).collect::<Vec<_>>();
    let mut till = Till::new();
    till.ask(|order, now| order.decide_start(now)).unwrap();
    paid_there(&mut till, first);
    till.ask(|order, _| order.decide_end(first)).unwrap();
    till.close(CloseReason::Cancelled).unwrap();
    till.notify(first);
    till.notify(first);
    assert_eq!((till.order().status, strays(&till)), (Status::Closed, vec![Stray::Late]));
    let mut till = Till::new();
    till.ask(|order, now| order.decide_start(now)).unwrap();
    till.ask(|order, _| order.decide_end(first)).unwrap();
    till.ask(|order, now| order.decide_start(now)).unwrap();
    paid_there(&mut till, first);
    paid_there(&mut till, second);
    till.notify(second);
    till.notify(first);
    till.notify(second);
    assert_eq!((till.order().status, strays(&till)), (Status::Paid, vec![Stray::Double]));
}

#[test]
fn money_is_not_stray_while_the_order_waits_for_it() {
    let (mut closed, mut waits, first) = (Till::new(), Till::new(), AttemptNumber::FIRST);
    for till in [&mut closed, &mut waits] {
        till.ask(|order, now| order.decide_start(now)).unwrap();
    }
    paid_there(&mut closed, first);
    closed.ask(|order, _| order.decide_end(first)).unwrap();
    closed.close(CloseReason::Cancelled).unwrap();
    closed.notify(first);
    let Some((at, Fact::Orders(OrderFact::PaymentStrayed(late)))) = closed.world.journal.last() else { panic!("it is stray there") };
    let mut order = waits.order().clone();
    let strayed = OrderFact::PaymentStrayed(Box::new(PaymentStrayed { version: order.version + 1, ..*late.clone() }));
    let applied = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| order.apply(Sequence(99), *at, &strayed)));
    assert!(applied.unwrap_err().downcast_ref::<String>().unwrap().starts_with("O1"), "the shopper would be paid back and not served");
}

#[test]
fn money_that_is_not_the_orders_is_refused_by_name() {
    let mut till = Till::new();
    let trade = |attempt, amount| Trade {
        attempt,
        transaction: Transaction::parse("4200001").unwrap(),
        amount,
        payer: None,
        paid_at: till.world.now,
    };
    let (payable, now) = (till.order().payable, till.world.now);
    let (right, short) = (trade(AttemptNumber::FIRST, payable), trade(AttemptNumber::FIRST, fen(payable.fen() - 1)));
    let elsewhere = trade(AttemptNumber::FIRST.next().unwrap(), payable);
    assert_eq!(till.order().decide_take(&right, now), Err(Refusal::Rule(&UNKNOWN_ATTEMPT)), "an attempt that was never begun");
    till.ask(|order, now| order.decide_start(now)).unwrap();
    assert_eq!(till.order().decide_take(&elsewhere, now), Err(Refusal::Rule(&UNKNOWN_ATTEMPT)));
    assert_eq!(till.order().decide_take(&short, now), Err(Refusal::AmountMismatch { payable }));
    till.ask(|order, now| order.decide_take(&right, now)).unwrap();
    assert_eq!(till.order().decide_take(&short, now), Err(Refusal::IdempotencyMismatch));
    assert_eq!(till.order().decide_start(now), Err(Refusal::AlreadyPaid));
    assert_eq!(till.order().progress.as_ref().unwrap().payment.as_ref().unwrap().amount, payable);
}

#[test]
fn an_attempt_begins_only_while_the_order_can_be_paid() {
    let mut till = Till::new();
    till.world.now = till.order().expires_at;
    assert_eq!(till.order().decide_start(till.world.now), Err(Refusal::OrderClosed));
    let mut free = World::new();
    free.place(&[(2, 1, 100, 100)], 0);
    let order = free.order(free.ids[0]);
    assert_eq!(order.decide_start(free.now), Err(Refusal::AmountMismatch { payable: Money::ZERO }), "nothing has to be paid");
}
