//! A day's bills against the books: what agrees makes no difference, and each thing that is tampered with makes exactly one of its class.

use mallcore_actors::ids::OrderId;
use mallcore_actors::money::Money;
use mallcore_actors::reconciliation::{
    Bill, BilledPayment, BilledRefund, BilledState, Class, Difference, Movement, MovementKind, OurPayment, OurRefund, Ours, Subject,
    compare,
};
use proptest::prelude::*;
use proptest::sample::Index;

fn fen(fen: u64) -> Money {
    Money::from_fen(fen).unwrap()
}

fn movement(flow: &str, business: &str, kind: MovementKind, fen: i64) -> Movement {
    Movement { flow: flow.to_owned(), business: business.to_owned(), kind, fen }
}

/// A day on which the books agree: payments of these amounts, of which some went back.
fn day(amounts: &[(u64, bool)]) -> (Bill, Ours) {
    let (mut bill, mut ours, mut funds, mut fees) = (Bill::default(), Ours::default(), Vec::new(), 0);
    for (place, &(amount, is_refunded)) in amounts.iter().enumerate() {
        let (transaction, number, refund, refund_id) =
            (format!("42{place:04}"), format!("2026{place:04}1"), format!("2026{place:04}R1"), format!("50{place:04}"));
        let order = OrderId::new(place as u64 + 1).unwrap();
        let whole = amount.cast_signed();
        let fee = (whole * 6 + 500) / 1_000;
        funds.push(movement(&format!("{place}-1"), &transaction, MovementKind::Payment, whole));
        if fee != 0 {
            funds.push(movement(&format!("{place}-2"), &transaction, MovementKind::Fee, -fee));
        }
        fees += fee;
        bill.payments.push(BilledPayment { transaction: transaction.clone(), number: number.clone(), amount: fen(amount) });
        ours.payments.insert(transaction.clone(), OurPayment { order, amount: fen(amount), is_due: true });
        ours.attempts.insert(number, order);
        if is_refunded {
            funds.push(movement(&format!("{place}-3"), &refund_id, MovementKind::Refund, -whole));
            let state = BilledState::Done;
            bill.refunds.push(BilledRefund { number: refund.clone(), refund_id, transaction, amount: fen(amount), state });
            ours.refunds.insert(refund, OurRefund { order: Some(order), amount: fen(amount), is_done: true, is_due: true });
        }
    }
    (bill.fees_fen, bill.funds) = (fees, Some(funds));
    (bill, ours)
}

fn amounts() -> impl Strategy<Value = Vec<(u64, bool)>> {
    proptest::collection::vec((1..100_000u64, any::<bool>()), 1..20)
}

/// What the bill has more than the shop, over payments and refunds.
fn bill_less_ours(bill: &Bill, ours: &Ours) -> i64 {
    let signed = |amount: Money| amount.fen().cast_signed();
    let billed: i64 = bill.payments.iter().map(|payment| signed(payment.amount)).sum();
    let back: i64 = bill.refunds.iter().filter(|refund| refund.state != BilledState::Failed).map(|refund| signed(refund.amount)).sum();
    let had: i64 = ours.payments.values().map(|payment| signed(payment.amount)).sum();
    let gave: i64 = ours.refunds.values().filter(|refund| refund.is_done).map(|refund| signed(refund.amount)).sum();
    billed - back - (had - gave)
}

fn sum(differences: &[Difference]) -> i64 {
    let is_of_trades = |difference: &&Difference| !matches!(difference.class, Class::FundsDiffer | Class::Movement | Class::FeeDiffers);
    differences.iter().filter(is_of_trades).map(Difference::delta_fen).sum()
}

/// Changes one thing; returns the class of the difference that it makes.
fn tamper(bill: &mut Bill, ours: &mut Ours, what: u8, place: Index) -> Option<Class> {
    bill.funds = None;
    let payment = place.index(bill.payments.len());
    let refund = (!bill.refunds.is_empty()).then(|| place.index(bill.refunds.len()));
    Some(match (what, refund) {
        (0, _) => {
            let taken = bill.payments.remove(payment);
            assert!(ours.payments[&taken.transaction].is_due);
            Class::NotInBill
        }
        (1, _) => {
            let BilledPayment { transaction, number, .. } = &bill.payments[payment];
            ours.payments.remove(transaction);
            ours.attempts.remove(number);
            Class::NotOurs
        }
        (2, _) => {
            ours.payments.remove(&bill.payments[payment].transaction);
            Class::StateDiffers
        }
        (3, _) => {
            bill.payments[payment].amount = fen(bill.payments[payment].amount.fen() + 1);
            Class::AmountDiffers
        }
        (4, Some(refund)) => {
            bill.refunds.remove(refund);
            Class::RefundMissing
        }
        (5, Some(refund)) => {
            ours.refunds.remove(&bill.refunds[refund].number);
            Class::NotOurs
        }
        (6, Some(refund)) => {
            ours.refunds.get_mut(&bill.refunds[refund].number).unwrap().is_done = false;
            Class::StateDiffers
        }
        (7, Some(refund)) => {
            bill.refunds[refund].state = BilledState::Failed;
            Class::StateDiffers
        }
        (8, Some(refund)) => {
            bill.refunds[refund].amount = fen(bill.refunds[refund].amount.fen() + 1);
            Class::AmountDiffers
        }
        _ => return None,
    })
}

proptest! {
    #[test]
    fn books_that_agree_have_no_difference(amounts in amounts()) {
        let (bill, ours) = day(&amounts);
        prop_assert_eq!(compare(&bill, &ours), []);
    }

    #[test]
    fn what_is_tampered_with_is_found_once_and_by_its_class(amounts in amounts(), what in 0..9u8, place: Index) {
        let (mut bill, mut ours) = day(&amounts);
        let class = tamper(&mut bill, &mut ours, what, place);
        let differences = compare(&bill, &ours);
        prop_assert_eq!(differences.iter().map(|difference| difference.class).collect::<Vec<_>>(), class.into_iter().collect::<Vec<_>>());
        prop_assert_eq!(&compare(&bill, &ours), &differences, "R1: found again, it is another one");
    }

    #[test]
    fn differences_sum_to_what_the_bill_has_more(amounts in amounts(), steps in proptest::collection::vec((0..9u8, any::<Index>()), 0..6)) {
        let (mut bill, mut ours) = day(&amounts);
        for (what, place) in steps {
            if !bill.payments.is_empty() {
                // Only what is there can be taken away once more.
                let before = (bill.clone(), ours.clone());
                let is_known = |ours: &Ours| bill.payments.iter().all(|payment| ours.payments.contains_key(&payment.transaction));
                if is_known(&ours) && bill.refunds.iter().all(|refund| ours.refunds.contains_key(&refund.number)) {
                    tamper(&mut bill, &mut ours, what, place);
                } else {
                    (bill, ours) = before;
                }
            }
        }
        prop_assert_eq!(sum(&compare(&bill, &ours)), bill_less_ours(&bill, &ours), "R2");
    }
}

type Seen = (Class, Subject, String, Option<i64>, Option<i64>);

/// What is found after a change of the day's movements.
fn found(change: impl Fn(&mut Vec<Movement>)) -> Vec<Seen> {
    let (mut bill, ours) = day(&[(10_000, true), (500, false)]);
    change(bill.funds.as_mut().unwrap());
    let seen = compare(&bill, &ours).into_iter();
    seen.map(|found| (found.class, found.subject, found.reference, found.bill_fen, found.our_fen)).collect()
}

#[test]
fn funds_fees_and_movements_have_classes_of_their_own() {
    assert_eq!(found(|_| {}), []);
    let withdrawal = movement("9", "w", MovementKind::Other, -9_000);
    assert_eq!(found(|funds| funds.push(withdrawal.clone())), [(Class::Movement, Subject::Movement, "9".to_owned(), Some(-9_000), None)]);
    let fee = |funds: &mut Vec<Movement>| funds.iter_mut().find(|movement| movement.kind == MovementKind::Fee).unwrap().fen -= 4;
    assert_eq!(found(fee), [(Class::FeeDiffers, Subject::Fees, "fees".to_owned(), Some(-67), Some(-63))]);
    let gone = |funds: &mut Vec<Movement>| funds.retain(|movement| movement.kind != MovementKind::Refund);
    assert_eq!(found(gone), [(Class::FundsDiffer, Subject::Refund, "20260000R1".to_owned(), None, Some(-10_000))]);
    let late = movement("8", "420099", MovementKind::Payment, 100);
    assert_eq!(found(|funds| funds.push(late.clone())), [(Class::Movement, Subject::Movement, "8".to_owned(), Some(100), None)]);
}

#[test]
fn a_refund_on_its_way_is_no_difference_and_a_payment_of_another_day_need_not_be_there() {
    let (mut bill, mut ours) = day(&[(10_000, true), (500, true)]);
    bill.refunds[0].state = BilledState::OnItsWay;
    ours.refunds.values_mut().for_each(|refund| refund.is_done = refund.order != Some(OrderId::new(1).unwrap()));
    bill.payments.remove(1);
    ours.payments.get_mut("420001").unwrap().is_due = false;
    bill.funds = None;
    assert_eq!(compare(&bill, &ours), []);
}

#[test]
fn a_payment_that_the_bill_has_twice_has_come_twice() {
    let (mut bill, ours) = day(&[(10_000, false)]);
    let again = bill.payments[0].clone();
    bill.payments.push(again);
    bill.funds = None;
    let [difference] = &compare(&bill, &ours)[..] else { panic!("one difference") };
    assert_eq!((difference.class, difference.bill_fen, difference.delta_fen()), (Class::AmountDiffers, Some(20_000), 10_000));
}

#[test]
fn fees_are_whole_fen_in_the_end() {
    assert_eq!([0, 499, 500, 1_499, -499, -500, -1_500].map(Bill::whole_fen), [0, 0, 1, 1, 0, -1, -2]);
}
