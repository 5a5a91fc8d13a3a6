//! Differences as rows, on both engines: each class once, found again as the same, settled by what fits, resolved when the books agree.

use std::collections::{BTreeMap, HashSet};

use mallcore::features::ledger::accounts;
use mallcore::features::reconciliation::day::{Outcome, compare_with, last};
use mallcore::features::reconciliation::differences::{Noted, State, unsettled};
use mallcore::features::reconciliation::settling::{Decision, SettleError, settle};
use mallcore::platform::database::{Database, Value};
use mallcore_actors::ledger::Account;
use mallcore_actors::money::Money;
use mallcore_actors::reconciliation::{Action, Bill, BilledPayment, BilledRefund, BilledState, Class, Movement, MovementKind};
use mallcore_actors::time::Timestamp;
use mallcore_actors::values::day::BusinessDay;

use super::scratch;

fn day() -> BusinessDay {
    "2026-11-25".parse().unwrap()
}

fn noon() -> Timestamp {
    day().begins_at().plus_millis(12 * 3_600_000)
}

fn now() -> Timestamp {
    day().ends_at().plus_millis(10 * 3_600_000)
}

async fn insert(database: &Database, table: &str, columns: &str, values: Vec<Value>) {
    let mut tx = database.begin().await.unwrap();
    let places = vec!["?"; values.len()].join(", ");
    tx.execute(format!("INSERT INTO {table} ({columns}) VALUES ({places})"), values).await.unwrap();
    tx.commit().await.unwrap();
}

async fn attempt(database: &Database, order: u64) {
    let values = vec![order.into(), 1u32.into(), format!("T{order}").into(), 3u32.into(), noon().into(), noon().into()];
    insert(database, "payment_attempts", "order_id, attempt_no, trade_no, state, started_at, expires_at", values).await;
}

async fn pay(database: &Database, order: u64, fen: u64) {
    let transaction = format!("420{order}").into();
    let values =
        vec![order.into(), order.into(), 1u32.into(), fen.into(), 3u32.into(), noon().into(), 1u32.into(), transaction, noon().into()];
    let columns = "order_id, payment_id, channel, amount_fen, version, paid_at, attempt_no, transaction_id, traded_at";
    insert(database, "payments", columns, values).await;
}

async fn stray(database: &Database, order: u64, fen: u64) {
    let values =
        vec![order.into(), 4u32.into(), 1u32.into(), format!("420{order}").into(), fen.into(), 1u32.into(), noon().into(), noon().into()];
    let columns = "order_id, version, attempt_no, transaction_id, amount_fen, reason, traded_at, received_at";
    insert(database, "stray_payments", columns, values).await;
}

/// A refund that is done.
async fn give_back(database: &Database, order: u64, no: &str, fen: u64) {
    let done = vec![noon().into(), noon().into(), noon().into(), noon().into()];
    let values = vec![no.to_owned().into(), order.into(), format!("420{order}").into(), fen.into(), fen.into(), 1u32.into(), 3u32.into()];
    let columns = "refund_no, order_id, transaction_id, amount_fen, total_fen, reason, state, next_at, created_at, updated_at, done_at";
    insert(database, "wechat_refunds", columns, [values, done].concat()).await;
}

fn payment(order: u64, fen: u64) -> BilledPayment {
    BilledPayment { transaction: format!("420{order}"), number: format!("T{order}"), amount: Money::from_fen(fen).unwrap() }
}

fn refund(no: &str, order: u64, fen: u64) -> BilledRefund {
    let (refund_id, transaction) = (format!("50{no}"), format!("420{order}"));
    BilledRefund { number: no.to_owned(), refund_id, transaction, amount: Money::from_fen(fen).unwrap(), state: BilledState::Done }
}

fn moved(flow: &str, business: &str, kind: MovementKind, fen: i64) -> Movement {
    Movement { flow: flow.to_owned(), business: business.to_owned(), kind, fen }
}

/// Orders 1 to 5, and bills that differ from them in every way once.
async fn shop(database: &Database) -> Bill {
    for order in 1..=5 {
        attempt(database, order).await;
    }
    pay(database, 1, 10_000).await;
    pay(database, 2, 500).await;
    pay(database, 5, 200).await;
    stray(database, 4, 700).await;
    give_back(database, 4, "T4S1", 700).await;
    give_back(database, 5, "5R1", 200).await;
    Bill {
        payments: vec![payment(1, 10_001), payment(3, 300), payment(4, 700), payment(5, 200), payment(99, 900)],
        refunds: vec![refund("T4S1", 4, 700)],
        fees_fen: 71,
        funds: Some(vec![
            moved("1", "4201", MovementKind::Payment, 10_001),
            moved("2", "4203", MovementKind::Payment, 300),
            moved("3", "4204", MovementKind::Payment, 690),
            moved("4", "4205", MovementKind::Payment, 200),
            moved("5", "42099", MovementKind::Payment, 900),
            moved("6", "50T4S1", MovementKind::Refund, -700),
            moved("7", "4201", MovementKind::Fee, -70),
            moved("8", "w", MovementKind::Other, -5_000),
        ]),
    }
}

async fn compared(database: &Database, day: BusinessDay, bill: &Bill) -> Outcome {
    compare_with(database, day, Some(bill), &HashSet::new(), now()).await.unwrap()
}

fn by_class(rows: &[Noted]) -> BTreeMap<Class, &Noted> {
    rows.iter().map(|row| (row.difference.class, row)).collect()
}

async fn settled(database: &Database, row: &Noted, action: Action) -> Result<Noted, SettleError> {
    settle(database, None, row.id, Decision { action, note: "as seen", by: "wang" }, now()).await
}

#[tokio::test]
async fn each_class_is_found_once_and_settled_once() {
    for scratch in scratch::both().await {
        let database = &scratch.database;
        let bill = shop(database).await;
        assert_eq!(last(database).await.unwrap(), None);
        let found = compared(database, day(), &bill).await;
        assert_eq!((found.differences.len(), found.unsettled(), last(database).await.unwrap()), (8, 8, Some(day())));
        assert_eq!(by_class(&found.differences).into_keys().collect::<Vec<_>>(), Class::ALL);
        assert_eq!(compared(database, day(), &bill).await, found, "found again, they are the same");
        let rows = by_class(&found.differences);
        let misfit = settled(database, rows[&Class::NotOurs], Action::Transfer).await;
        assert!(matches!(misfit, Err(SettleError::Misfit(_))), "{misfit:?}");
        let without = settled(database, rows[&Class::NotOurs], Action::Refund).await;
        assert!(matches!(without, Err(SettleError::NoMerchant)), "{without:?}");
        let actions = [
            (Class::NotOurs, Action::Foreign),
            (Class::AmountDiffers, Action::Adjust),
            (Class::RefundMissing, Action::BankDelay),
            (Class::FeeDiffers, Action::Adjust),
            (Class::FundsDiffer, Action::BankDelay),
            (Class::Movement, Action::Transfer),
        ];
        for (class, action) in actions {
            let row = settled(database, rows[&class], action).await.unwrap();
            assert_eq!((row.state, row.action, row.settled_by.as_deref()), (State::Settled, Some(action), Some("wang")), "{class:?}");
            let again = settled(database, rows[&class], action).await;
            assert!(matches!(again, Err(SettleError::Settled(..))), "{class:?}: {again:?}");
        }
        let wanted = settled(database, rows[&Class::StateDiffers], Action::Take).await.unwrap();
        assert_eq!((wanted.state, wanted.action), (State::Wanted, Some(Action::Take)));
        // Fees 71; others' 900; 1 fen too much; a fee of 1 fen less; 5,000 withdrawn.
        let accounts = accounts(database).await.unwrap();
        let of = [Account::WechatPay, Account::Fees, Account::OthersMoney, Account::Differences, Account::Bank];
        assert_eq!(of.map(|account| accounts.balances().of(account)), [-71 + 900 + 1 + 1 - 5_000, 70, -900, -1, 5_000]);
        assert_eq!((accounts.entries, accounts.unbalanced), (5, 0));
        // The shop has taken the payment meanwhile; what was settled stays so.
        pay(database, 3, 300).await;
        let rest = compared(database, day(), &bill).await;
        assert_eq!(by_class(&rest.differences)[&Class::StateDiffers].action, Some(Action::Take));
        assert_eq!(rest.differences.iter().filter(|row| row.state != State::Settled).count(), 1);
        // The next day's bill brings what was missing.
        let next = Bill { payments: vec![payment(2, 500)], ..Bill::default() };
        assert_eq!(compared(database, day().next(), &next).await.differences, []);
        let all = compared(database, day(), &bill).await;
        let late = by_class(&all.differences)[&Class::NotInBill];
        assert_eq!((late.state, late.action, &late.settled_by), (State::Settled, Some(Action::BankDelay), &None));
        assert_eq!(unsettled(database).await.unwrap(), []);
    }
}

#[tokio::test]
async fn a_difference_whose_books_agree_by_now_is_resolved_and_opened_again() {
    for scratch in scratch::both().await {
        let database = &scratch.database;
        attempt(database, 1).await;
        let bill = Bill { payments: vec![payment(1, 100)], ..Bill::default() };
        let found = compared(database, day(), &bill).await;
        assert_eq!(found.unsettled(), 1);
        pay(database, 1, 100).await;
        let agreed = compared(database, day(), &bill).await;
        let [row] = &agreed.differences[..] else { panic!("{agreed:?}") };
        assert_eq!((row.state, row.action, row.id), (State::Settled, Some(Action::Resolved), found.differences[0].id));
        let mut tx = database.begin().await.unwrap();
        tx.execute("DELETE FROM payments", Vec::new()).await.unwrap();
        tx.commit().await.unwrap();
        let again = compared(database, day(), &bill).await;
        let [row] = &again.differences[..] else { panic!("{again:?}") };
        assert_eq!((row.state, row.action, row.settled_at), (State::Open, None, None));
    }
}

#[tokio::test]
async fn a_refund_may_stand_in_the_bill_of_the_day_it_was_accepted_on_and_fees_that_change_are_corrected() {
    for scratch in scratch::both().await {
        let database = &scratch.database;
        give_back(database, 5, "5R1", 200).await;
        let earlier = HashSet::from(["5R1".to_owned()]);
        let none = compare_with(database, day(), None, &earlier, now()).await.unwrap();
        assert_eq!((none.has_bill, none.differences.len()), (false, 0));
        // A round that WeChat Pay had closed, and one that it has done: the shop knows the last one only.
        let closed = BilledRefund { state: BilledState::OnItsWay, ..refund("5R1", 5, 200) };
        let bill = Bill { refunds: vec![closed], fees_fen: 12, ..Bill::default() };
        assert_eq!(compared(database, day(), &bill).await.differences, []);
        for fees_fen in [12, 15, 15, 9] {
            compared(database, day(), &Bill { fees_fen, ..bill.clone() }).await;
        }
        let accounts = accounts(database).await.unwrap();
        assert_eq!((accounts.balances().of(Account::Fees), accounts.entries), (9, 3));
    }
}
