//! The sandbox's state: orders and refunds, a fold of the ledger. No HTTP, no clock.
//! - B1 An order is paid at most once; after its closing it is paid only if the shopper had paid before and the payment was delayed.
//! - B2 Refunds of a trade that were paid or are on their way never exceed what was paid for it.

use std::collections::HashMap;

use mallcore_actors::time::Timestamp;

use super::entry::{Entry, Event, Prepaid, RefundAsked};
use crate::platform::wechat::pay::{RefundState, TradeState};

/// An order and what became of it.
#[derive(Debug, Clone)]
pub struct Order {
    /// As the merchant made it.
    pub made: Prepaid,
    /// Where it stands.
    pub state: TradeState,
    /// Number and time of the payment.
    pub paid: Option<(String, Timestamp)>,
    /// Paid back or on the way, in fen.
    pub refunded: u64,
    /// The shopper has paid, and the money arrives so many milliseconds after the order was closed.
    pub delay_millis: Option<u64>,
}

impl Order {
    /// Milliseconds after which a delayed payment arrives; none unless the order is closed and its payment delayed.
    pub fn arrival_millis(&self) -> Option<u64> {
        self.delay_millis.filter(|_| self.state == TradeState::Closed)
    }
}

/// A refund and what became of it.
#[derive(Debug, Clone)]
pub struct Refund {
    /// As the merchant asked for it.
    pub asked: RefundAsked,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// Where it stands.
    pub state: RefundState,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

/// All orders and refunds.
#[derive(Debug, Default)]
pub struct Books {
    orders: HashMap<String, Order>,
    /// Order numbers by prepay id.
    prepaid: HashMap<String, String>,
    /// Order numbers by transaction id.
    transactions: HashMap<String, String>,
    refunds: HashMap<String, Refund>,
}

impl Books {
    /// By the merchant's number.
    pub fn order(&self, out_trade_no: &str) -> Option<&Order> {
        self.orders.get(out_trade_no)
    }

    /// By the prepay id.
    pub fn order_prepaid(&self, prepay_id: &str) -> Option<&Order> {
        self.orders.get(self.prepaid.get(prepay_id)?)
    }

    /// By the number of its payment.
    pub fn order_paid(&self, transaction_id: &str) -> Option<&Order> {
        self.orders.get(self.transactions.get(transaction_id)?)
    }

    /// By the merchant's number.
    pub fn refund(&self, out_refund_no: &str) -> Option<&Refund> {
        self.refunds.get(out_refund_no)
    }

    /// All orders, in no order.
    pub fn orders(&self) -> impl Iterator<Item = &Order> {
        self.orders.values()
    }

    /// All refunds, in no order.
    pub fn refunds(&self) -> impl Iterator<Item = &Refund> {
        self.refunds.values()
    }

    /// Adds what happened. What does not fit is left out: the ledger of another release is no reason to end.
    pub fn apply(&mut self, entry: &Entry) {
        let at = entry.at;
        match &entry.event {
            Event::Prepaid(made) => {
                self.prepaid.insert(made.prepay_id.clone(), made.out_trade_no.clone());
                let order = Order { made: made.clone(), state: TradeState::NotPay, paid: None, refunded: 0, delay_millis: None };
                self.orders.entry(made.out_trade_no.clone()).or_insert(order);
            }
            Event::Paying { out_trade_no } => self.unpaid(out_trade_no, TradeState::UserPaying),
            Event::PaymentFailed { out_trade_no } => self.unpaid(out_trade_no, TradeState::PayError),
            Event::Closed { out_trade_no } => self.unpaid(out_trade_no, TradeState::Closed),
            Event::PaymentDelayed { out_trade_no, after_close_millis } => {
                if let Some(order) = self.orders.get_mut(out_trade_no)
                    && is_payable(order.state)
                {
                    order.delay_millis = Some(*after_close_millis);
                }
            }
            Event::Paid { out_trade_no, transaction_id, .. } => {
                if let Some(order) = self.orders.get_mut(out_trade_no)
                    && (is_payable(order.state) || order.arrival_millis().is_some())
                {
                    order.state = TradeState::Success;
                    order.paid = Some((transaction_id.clone(), at));
                    self.transactions.insert(transaction_id.clone(), out_trade_no.clone());
                }
            }
            Event::RefundAsked(asked) => {
                if let Some(order) = self.orders.get_mut(&asked.out_trade_no) {
                    order.refunded += asked.refund;
                    assert!(order.refunded <= order.made.total, "B2: {order:?}");
                }
                let refund = Refund { asked: asked.clone(), asked_at: at, state: RefundState::Processing, ended_at: None };
                self.refunds.insert(asked.out_refund_no.clone(), refund);
            }
            Event::RefundEnded { out_refund_no, state, .. } => self.end_refund(out_refund_no, *state, at),
        }
    }

    fn unpaid(&mut self, out_trade_no: &str, state: TradeState) {
        if let Some(order) = self.orders.get_mut(out_trade_no)
            && is_payable(order.state)
        {
            order.state = state;
        }
    }

    fn end_refund(&mut self, out_refund_no: &str, state: RefundState, at: Timestamp) {
        let Some(refund) = self.refunds.get_mut(out_refund_no).filter(|refund| is_open(refund.state)) else { return };
        (refund.state, refund.ended_at) = (state, Some(at));
        let Some(order) = self.orders.get_mut(&refund.asked.out_trade_no) else { return };
        match state {
            RefundState::Success => order.state = TradeState::Refund,
            // Nothing was paid back, and it may be asked for again with another number.
            RefundState::Closed => order.refunded = order.refunded.saturating_sub(refund.asked.refund),
            RefundState::Processing | RefundState::Abnormal => {}
        }
    }
}

/// Whether it can be paid or closed.
pub const fn is_payable(state: TradeState) -> bool {
    matches!(state, TradeState::NotPay | TradeState::UserPaying | TradeState::PayError)
}

/// Whether a refund may still end in another way.
pub const fn is_open(state: RefundState) -> bool {
    matches!(state, RefundState::Processing | RefundState::Abnormal)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TOTAL: u64 = 10;

    fn prepaid(number: &str) -> Event {
        Event::Prepaid(Prepaid {
            out_trade_no: number.to_owned(),
            prepay_id: format!("wx{number}"),
            openid: "o".to_owned(),
            description: "d".to_owned(),
            attach: None,
            total: TOTAL,
            time_expire: None,
            notify_url: "http://127.0.0.1/".to_owned(),
        })
    }

    fn event(number: &str, kind: u8, refund: u8) -> Event {
        let (out_trade_no, out_refund_no) = (number.to_owned(), format!("{number}-{refund}"));
        match kind {
            0 => Event::Paying { out_trade_no },
            1 => Event::PaymentFailed { out_trade_no },
            2 => Event::Closed { out_trade_no },
            3 => Event::Paid { out_trade_no, transaction_id: format!("4200{number}{refund}"), total: TOTAL },
            4 => Event::RefundEnded { out_refund_no, state: RefundState::Closed, refund: 3 },
            9 => Event::PaymentDelayed { out_trade_no, after_close_millis: 1 },
            5 => Event::RefundEnded { out_refund_no, state: RefundState::Abnormal, refund: 3 },
            _ => Event::RefundEnded { out_refund_no, state: RefundState::Success, refund: 3 },
        }
    }

    proptest! {
        #[test]
        fn whatever_happens_an_order_is_paid_once_and_never_overpaid_back(
            what in prop::collection::vec((0..2_usize, 0..10_u8, 0..6_u8), 0..60)
        ) {
            let (mut books, numbers) = (Books::default(), ["A", "B"]);
            let mut paid: HashMap<&str, String> = HashMap::new();
            let apply = |books: &mut Books, event| books.apply(&Entry { at: Timestamp::from_millis(1), event });
            numbers.iter().for_each(|number| apply(&mut books, prepaid(number)));
            for (which, kind, refund) in what {
                let number = numbers[which];
                let out_refund_no = format!("{number}-{refund}");
                // As the requests' checks let it through: of what was paid, and no more than is left.
                let left = books.order(number).filter(|order| order.paid.is_some()).map_or(0, |order| TOTAL - order.refunded);
                if matches!(kind, 7 | 8) && left >= 3 && books.refund(&out_refund_no).is_none() {
                    let asked = RefundAsked {
                        out_refund_no,
                        refund_id: "5030".to_owned(),
                        transaction_id: "4200".to_owned(),
                        out_trade_no: number.to_owned(),
                        refund: 3,
                        total: TOTAL,
                        notify_url: None,
                    };
                    apply(&mut books, Event::RefundAsked(asked));
                } else {
                    apply(&mut books, event(number, kind, refund));
                }
                let order = books.order(number).unwrap();
                prop_assert!(order.state != TradeState::Closed || order.paid.is_none(), "B1: {order:?}");
                if let Some((transaction_id, _)) = &order.paid {
                    prop_assert_eq!(paid.entry(number).or_insert_with(|| transaction_id.clone()), transaction_id, "B1");
                    prop_assert!(order.state.is_paid());
                    prop_assert!(books.order_paid(transaction_id).is_some());
                }
                let given_back: u64 = books
                    .refunds()
                    .filter(|refund| refund.asked.out_trade_no == number && refund.state != RefundState::Closed)
                    .map(|refund| refund.asked.refund)
                    .sum();
                prop_assert!(given_back == order.refunded && given_back <= TOTAL, "B2: {given_back} {order:?}");
            }
        }
    }
}
