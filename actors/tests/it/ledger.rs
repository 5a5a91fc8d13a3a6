//! The ledger: every entry balances, what the accounts say is what happened to the money, and no split of batches changes a row.

use std::collections::BTreeMap;

use mallcore_actors::facts::Record;
use mallcore_actors::idempotency::{BodyFingerprint, KeyHash};
use mallcore_actors::ids::{OrderId, PaymentId, ProductId, RefundId, SkuId, UserId};
use mallcore_actors::journal::Sequence;
use mallcore_actors::kernel::fold::Batch;
use mallcore_actors::ledger::{Account, Balances, Entry, EntryKind, EntrySource, LedgerFold, OwedFor, paid_back, wechat_fees};
use mallcore_actors::money::Money;
use mallcore_actors::order_no::{OrderNo, Partition};
use mallcore_actors::orders::{
    Amounts, AttemptNumber, BasketLine, BasketPlaced, CloseReason, Described, OrderClosed, OrderFact, OrderRefunded, Payment,
    PaymentChannel, PaymentStrayed, PaymentTaken, Refund, RefundedLine, Status, Stray, Title, Trade, TradeTaken, Transaction,
};
use mallcore_actors::quantity::Quantity;
use mallcore_actors::time::Timestamp;
use mallcore_actors::values::day::BusinessDay;
use proptest::prelude::*;

const TIME: Timestamp = Timestamp::from_millis(1_795_451_405_000);

fn fen(fen: u64) -> Money {
    Money::from_fen(fen).unwrap()
}

fn order(id: u64) -> OrderId {
    OrderId::new(id).unwrap()
}

fn user() -> UserId {
    UserId::new(42).unwrap()
}

fn sku() -> SkuId {
    SkuId::new(7).unwrap()
}

fn placed(id: u64, goods: u64, freight: u64) -> OrderFact {
    let lines = vec![BasketLine {
        sku: sku(),
        quantity: Quantity::new(1).unwrap(),
        unit_price: fen(goods),
        discount: Money::ZERO,
        described: Described { product: ProductId::new(6).unwrap(), title: Title::parse("a screw").unwrap(), spec: None, picture: None },
    }];
    OrderFact::BasketPlaced(Box::new(BasketPlaced {
        order: order(id),
        no: OrderNo::in_partition(Partition::ONLY, order(id), TIME, 7),
        user: user(),
        amounts: Amounts::of(&lines, fen(freight)).unwrap(),
        lines,
        expires_at: TIME.plus_millis(1_800_000),
        key: KeyHash::from_bytes(*b"basket-123456789"),
        body: BodyFingerprint::from_u64(7),
        delivery: None,
        remark: None,
        from_cart: false,
    }))
}

fn taken(id: u64, version: u32, channel: PaymentChannel, amount: u64) -> PaymentTaken {
    let payment = Payment { id: PaymentId::new(9).unwrap(), channel, amount: fen(amount), payer: None };
    PaymentTaken { order: order(id), user: user(), version, payment, lines: [].into_iter().collect() }
}

fn traded(id: u64, version: u32, amount: u64) -> OrderFact {
    OrderFact::TradeTaken(Box::new(TradeTaken {
        taken: taken(id, version, PaymentChannel::WechatPay, amount),
        attempt: AttemptNumber::FIRST,
        transaction: Transaction::parse("4200001234").unwrap(),
        paid_at: TIME,
    }))
}

fn strayed(id: u64, version: u32, amount: u64) -> OrderFact {
    let transaction = Transaction::parse("4200005678").unwrap();
    let trade = Trade { attempt: AttemptNumber::FIRST, transaction, amount: fen(amount), payer: None, paid_at: TIME };
    OrderFact::PaymentStrayed(Box::new(PaymentStrayed { order: order(id), user: user(), version, trade, stray: Stray::Late }))
}

fn refunded(id: u64, version: u32, goods: u64, freight: u64) -> OrderFact {
    let line = RefundedLine { sku: sku(), flash: None, quantity: Quantity::new(1).unwrap(), amount: fen(goods) };
    let refund = Refund {
        id: RefundId::new(u64::from(version)).unwrap(),
        lines: [line].into_iter().collect(),
        freight: fen(freight),
        restock: false,
    };
    OrderFact::Refunded(OrderRefunded { order: order(id), user: user(), version, status: Status::Refunded, refund })
}

fn closed(id: u64) -> OrderFact {
    let (reason, returns) = (CloseReason::TimedOut, [].into_iter().collect());
    OrderFact::Closed(OrderClosed { order: order(id), user: user(), version: 2, reason, returns, limit_returned: false })
}

/// The rows as a projection leaves them.
#[derive(Debug, Default, PartialEq)]
struct Rows {
    freights: BTreeMap<OrderId, Money>,
    entries: BTreeMap<String, Entry>,
}

impl Rows {
    fn write(&mut self, fold: &LedgerFold) {
        let paid = fold.paid().iter().filter_map(|paid| paid.entry(self.freights.get(&paid.order).copied()));
        let entries: Vec<Entry> = paid.chain(fold.entries().iter().cloned()).collect();
        for entry in entries {
            assert_eq!(entry.broken(), None);
            assert!(self.entries.insert(entry.source.to_string(), entry).is_none(), "L3: an entry is written twice");
        }
        for ended in fold.ended() {
            self.freights.remove(ended);
        }
        self.freights.extend(fold.freights());
    }

    fn of(facts: &[OrderFact], split: usize) -> Self {
        let (mut rows, mut from) = (Self::default(), 0);
        for some in facts.chunks(split) {
            let mut batch = Batch::<LedgerFold>::after(Sequence(from));
            for fact in some {
                from += 1;
                batch.take(Sequence(from), Record::system(TIME.plus_millis(from), fact.clone())).unwrap();
            }
            rows.write(batch.folded());
        }
        rows
    }

    fn balances(&self) -> Balances {
        let mut balances = Balances::default();
        self.entries.values().for_each(|entry| balances.add_entry(entry));
        balances
    }
}

#[test]
fn a_payment_is_goods_and_freight_and_a_refund_takes_both_back() {
    let rows = Rows::of(&[placed(1, 19_900, 800), traded(1, 2, 20_700), refunded(1, 3, 9_950, 300), strayed(1, 4, 5_000)], 1);
    let mut balances = rows.balances();
    let of = |balances: &Balances| {
        [Account::WechatPay, Account::Sales, Account::Freight, Account::RefundsOwed, Account::StraysOwed]
            .map(|account| balances.of(account))
    };
    assert_eq!(of(&balances), [25_700, -9_950, -500, -10_250, -5_000]);
    for (number, owed_for, amount) in [("R", OwedFor::Refund, 10_250), ("S", OwedFor::Stray, 5_000)] {
        let source = EntrySource::PaidBack(number.to_owned());
        balances.add_entry(&Entry::new(source, TIME, &paid_back(owed_for, fen(amount))).unwrap());
    }
    balances.add_entry(&Entry::new(EntrySource::Fees(BusinessDay::of(TIME), 1), TIME, &wechat_fees(124)).unwrap());
    assert_eq!(of(&balances), [10_326, -9_950, -500, 0, 0]);
    assert_eq!((balances.of(Account::Fees), balances.sum()), (124, 0));
}

#[test]
fn what_moves_no_money_makes_no_entry() {
    let free = OrderFact::PaymentTaken(taken(1, 2, PaymentChannel::Free, 0));
    let rows = Rows::of(&[placed(1, 0, 0), free, placed(2, 100, 900), closed(2)], 4);
    assert_eq!(rows, Rows::default());
    assert_eq!(Entry::new(EntrySource::Settled(1), TIME, &wechat_fees(0)), None);
}

#[test]
fn a_balance_pays_an_order_without_wechat() {
    let rows = Rows::of(&[placed(1, 100, 0), OrderFact::PaymentTaken(taken(1, 2, PaymentChannel::Balance, 100))], 2);
    assert_eq!((rows.balances().of(Account::BalancesOwed), rows.balances().of(Account::WechatPay)), (100, 0));
}

#[test]
fn an_entry_that_does_not_balance_is_refused() {
    let of = |amounts: &[(Account, i64)]| {
        let amounts = amounts.to_vec();
        std::panic::catch_unwind(move || Entry::new(EntrySource::Settled(1), TIME, &amounts)).is_err()
    };
    assert!(of(&[(Account::WechatPay, 1)]));
    assert!(of(&[(Account::WechatPay, 1), (Account::WechatPay, -1)]));
    assert!(!of(&[(Account::WechatPay, 1), (Account::Bank, -1)]));
}

#[test]
fn keys_tell_sources_apart() {
    let day = BusinessDay::of(TIME);
    let sources = [
        EntrySource::Order(EntryKind::Paid, order(12), 3),
        EntrySource::Order(EntryKind::Paid, order(1), 23),
        EntrySource::Order(EntryKind::Strayed, order(12), 3),
        EntrySource::Order(EntryKind::Refunded, order(12), 3),
        EntrySource::PaidBack("12:3".to_owned()),
        EntrySource::Fees(day, 1),
        EntrySource::Fees(day, 2),
        EntrySource::Fees(day.next(), 1),
        EntrySource::Settled(12),
    ];
    let mut keys: Vec<String> = sources.iter().map(ToString::to_string).collect();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), sources.len(), "L3: {keys:?}");
    assert!(EntrySource::PaidBack("9".repeat(64)).to_string().len() <= 80, "the column takes 80 characters");
}

/// What may happen to one order, in an order that is possible.
fn life(id: u64) -> impl Strategy<Value = Vec<OrderFact>> {
    (1..50_000u64, 0..2_000u64, 0..4u8, 0..100u64, 0..3usize).prop_map(move |(goods, freight, end, part, strays)| {
        let mut facts = vec![placed(id, goods, freight)];
        let mut version = 2;
        match end {
            0 => facts.push(closed(id)),
            1 => return facts,
            _ => {
                facts.push(traded(id, 2, goods + freight));
                for share in [part, 100 - part].into_iter().filter(|_| end == 3) {
                    version += 1;
                    facts.push(refunded(id, version, goods * share / 100, freight * share / 100));
                }
            }
        }
        for _ in 0..strays {
            version += 1;
            facts.push(strayed(id, version, goods + freight));
        }
        facts
    })
}

/// Lives of some orders, woven into each other.
fn history() -> impl Strategy<Value = Vec<OrderFact>> {
    (life(1), life(2), life(3), proptest::collection::vec(0..3usize, 30)).prop_map(|(one, two, three, turns)| {
        let mut lives = [one, two, three].map(|life| life.into_iter());
        let mut facts: Vec<OrderFact> = turns.into_iter().filter_map(|turn| lives[turn].next()).collect();
        facts.extend(lives.into_iter().flatten());
        facts
    })
}

proptest! {
    #[test]
    fn any_split_leads_to_the_same_rows(facts in history(), split in 1..12usize) {
        prop_assert_eq!(Rows::of(&facts, split), Rows::of(&facts, 1));
    }

    #[test]
    fn money_in_less_money_owed_is_what_was_kept(facts in history(), split in 1..12usize) {
        let (mut came, mut back, mut strays, mut freight) = (0, 0, 0, BTreeMap::new());
        let mut freight_kept = 0;
        for fact in &facts {
            match fact {
                OrderFact::BasketPlaced(placed) => {
                    freight.insert(placed.order, placed.amounts.freight.fen().cast_signed());
                }
                OrderFact::TradeTaken(trade) => {
                    came += trade.taken.payment.amount.fen().cast_signed();
                    freight_kept += freight[&trade.taken.order];
                }
                OrderFact::PaymentStrayed(strayed) => strays += strayed.trade.amount.fen().cast_signed(),
                OrderFact::Refunded(refunded) => {
                    back += refunded.refund.amount().unwrap().fen().cast_signed();
                    freight_kept -= refunded.refund.freight.fen().cast_signed();
                }
                _ => {}
            }
        }
        let balances = Rows::of(&facts, split).balances();
        prop_assert_eq!(balances.sum(), 0);
        prop_assert_eq!(balances.of(Account::WechatPay), came + strays);
        prop_assert_eq!((balances.of(Account::RefundsOwed), balances.of(Account::StraysOwed)), (-back, -strays));
        prop_assert_eq!(balances.of(Account::Freight), -freight_kept);
        prop_assert_eq!(balances.of(Account::Sales) + balances.of(Account::Freight), back - came);
    }
}
