//! The bills of a day against the shop's books. Pure: what is known of either side is handed in.

use std::collections::{BTreeMap, BTreeSet};

use super::bill::{Bill, BilledRefund, BilledState, Movement, MovementKind};
use super::difference::{Class, Difference, Subject};
use crate::ids::OrderId;
use crate::money::Money;

/// Money that came, as the shop has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OurPayment {
    /// The order that it was for, whether it kept the money or not.
    pub order: OrderId,
    /// How much came.
    pub amount: Money,
    /// It was paid on the day, so the day's bill has to have it.
    pub is_due: bool,
}

/// Money that goes back, as the shop has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OurRefund {
    /// The order whose money it is; none for money that no order wanted.
    pub order: Option<OrderId>,
    /// How much goes back.
    pub amount: Money,
    /// The payer has it.
    pub is_done: bool,
    /// It was done on the day and no earlier bill has it, so the day's bill has to have it.
    pub is_due: bool,
}

/// The shop's side of a day: what it has of that day, and what it knows of everything that the bill has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ours {
    /// Payments by WeChat Pay's number.
    pub payments: BTreeMap<String, OurPayment>,
    /// Orders by the shop's numbers of attempts to pay them.
    pub attempts: BTreeMap<String, OrderId>,
    /// Refunds by the shop's number.
    pub refunds: BTreeMap<String, OurRefund>,
}

/// Every difference, each once, in a fixed order.
pub fn compare(bill: &Bill, ours: &Ours) -> Vec<Difference> {
    let mut differences = payments(bill, ours);
    differences.extend(refunds(bill, ours));
    if let Some(funds) = &bill.funds {
        differences.extend(self::funds(bill, funds));
        differences.extend(fees(bill, funds));
    }
    differences.sort_unstable();
    differences.dedup();
    differences
}

/// An amount is below 2^34 fen.
const fn fen(amount: Money) -> i64 {
    amount.fen().cast_signed()
}

fn payments(bill: &Bill, ours: &Ours) -> Vec<Difference> {
    // A payment that the bill has twice has come twice.
    let mut billed: BTreeMap<&str, (&str, i64)> = BTreeMap::new();
    for payment in &bill.payments {
        billed.entry(&payment.transaction).or_insert((&payment.number, 0)).1 += fen(payment.amount);
    }
    let difference = |class, reference: &str, order, bill_fen, our_fen| Difference {
        class,
        subject: Subject::Payment,
        reference: reference.to_owned(),
        order,
        bill_fen,
        our_fen,
    };
    let mut differences = Vec::new();
    for (transaction, (number, amount)) in &billed {
        let amount = *amount;
        match ours.payments.get(*transaction) {
            Some(our) if fen(our.amount) == amount => {}
            Some(our) => {
                differences.push(difference(Class::AmountDiffers, transaction, Some(our.order), Some(amount), Some(fen(our.amount))));
            }
            None => {
                let order = ours.attempts.get(*number).copied();
                let class = if order.is_some() { Class::StateDiffers } else { Class::NotOurs };
                differences.push(difference(class, transaction, order, Some(amount), None));
            }
        }
    }
    for (transaction, our) in ours.payments.iter().filter(|(transaction, our)| our.is_due && !billed.contains_key(transaction.as_str())) {
        differences.push(difference(Class::NotInBill, transaction, Some(our.order), None, Some(fen(our.amount))));
    }
    differences
}

fn refunds(bill: &Bill, ours: &Ours) -> Vec<Difference> {
    // A refund that was accepted and executed on one day may stand there twice: as it ended.
    let mut billed: BTreeMap<&str, &BilledRefund> = BTreeMap::new();
    for refund in &bill.refunds {
        let last = billed.entry(&refund.number).or_insert(refund);
        if last.state == BilledState::OnItsWay {
            *last = refund;
        }
    }
    let mut differences = Vec::new();
    for (number, refund) in &billed {
        let gone = -fen(refund.amount);
        let our = ours.refunds.get(*number);
        let (class, bill_fen, our_fen) = match (refund.state, our) {
            (BilledState::Failed, None) => continue,
            (_, None) => (Class::NotOurs, Some(gone), None),
            (BilledState::Failed, Some(our)) if our.is_done => (Class::StateDiffers, None, Some(-fen(our.amount))),
            (BilledState::Failed, Some(_)) => continue,
            (BilledState::Done, Some(our)) if our.amount != refund.amount => {
                (Class::AmountDiffers, Some(gone), our.is_done.then_some(-fen(our.amount)))
            }
            (BilledState::OnItsWay, Some(our)) if our.amount != refund.amount => (Class::AmountDiffers, Some(gone), Some(-fen(our.amount))),
            (BilledState::Done, Some(our)) if !our.is_done => (Class::StateDiffers, Some(gone), None),
            (BilledState::Done | BilledState::OnItsWay, Some(_)) => continue,
        };
        let order = our.and_then(|our| our.order);
        differences.push(Difference { class, subject: Subject::Refund, reference: (*number).to_owned(), order, bill_fen, our_fen });
    }
    for (number, our) in ours.refunds.iter().filter(|(number, our)| our.is_due && our.is_done && !billed.contains_key(number.as_str())) {
        differences.push(Difference {
            class: Class::RefundMissing,
            subject: Subject::Refund,
            reference: number.clone(),
            order: our.order,
            bill_fen: None,
            our_fen: Some(-fen(our.amount)),
        });
    }
    differences
}

/// The bill of trades against the bill of funds: whether each trade moved its amount.
fn funds(bill: &Bill, funds: &[Movement]) -> Vec<Difference> {
    let mut moved: BTreeMap<&str, i64> = BTreeMap::new();
    for movement in funds.iter().filter(|movement| matches!(movement.kind, MovementKind::Payment | MovementKind::Refund)) {
        *moved.entry(&movement.business).or_default() += movement.fen;
    }
    let mut wanted: BTreeMap<&str, (Subject, &str, i64)> = BTreeMap::new();
    for payment in &bill.payments {
        wanted.entry(&payment.transaction).or_insert((Subject::Payment, &payment.transaction, 0)).2 += fen(payment.amount);
    }
    for refund in bill.refunds.iter().filter(|refund| refund.state == BilledState::Done) {
        wanted.entry(&refund.refund_id).or_insert((Subject::Refund, &refund.number, -fen(refund.amount)));
    }
    // The money of one that is on its way may have left the account or not, and may have come back.
    let uncertain: BTreeSet<&str> =
        bill.refunds.iter().filter(|refund| refund.state != BilledState::Done).map(|refund| refund.refund_id.as_str()).collect();
    let mut differences = Vec::new();
    for (business, (subject, reference, amount)) in &wanted {
        let bill_fen = moved.get(business).copied();
        if bill_fen != Some(*amount) && *amount != 0 {
            let (class, reference) = (Class::FundsDiffer, (*reference).to_owned());
            differences.push(Difference { class, subject: *subject, reference, order: None, bill_fen, our_fen: Some(*amount) });
        }
    }
    let is_explained = |movement: &Movement| match movement.kind {
        MovementKind::Fee => true,
        MovementKind::Other => false,
        MovementKind::Payment | MovementKind::Refund => {
            wanted.contains_key(movement.business.as_str()) || uncertain.contains(movement.business.as_str())
        }
    };
    differences.extend(funds.iter().filter(|movement| !is_explained(movement)).map(|movement| Difference {
        class: Class::Movement,
        subject: Subject::Movement,
        reference: movement.flow.clone(),
        order: None,
        bill_fen: Some(movement.fen),
        our_fen: None,
    }));
    differences
}

fn fees(bill: &Bill, funds: &[Movement]) -> Option<Difference> {
    let taken: i64 = funds.iter().filter(|movement| movement.kind == MovementKind::Fee).map(|movement| movement.fen).sum();
    (taken != -bill.fees_fen).then(|| Difference {
        class: Class::FeeDiffers,
        subject: Subject::Fees,
        reference: "fees".to_owned(),
        order: None,
        bill_fen: Some(taken),
        our_fen: Some(-bill.fees_fen),
    })
}
