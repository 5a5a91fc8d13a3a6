//! A refund as its row has it.

use mallcore_actors::idempotency::BodyFingerprint;
use mallcore_actors::ids::{OrderId, RefundId};
use mallcore_actors::money::Money;
use mallcore_actors::order_no::OrderNo;
use mallcore_actors::orders::{TradeNo, Transaction};
use mallcore_actors::time::Timestamp;

/// Where a refund stands. Numbers are those of the column `wechat_refunds.state`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum RefundState {
    /// WeChat Pay has not accepted it yet.
    Wanted = 1,
    /// WeChat Pay has accepted it.
    Processing = 2,
    /// The shopper has the money.
    Done = 3,
    /// The shopper's account does not take it: somebody has to act at the merchant platform.
    Abnormal = 4,
    /// WeChat Pay has given it up: somebody has to ask for it again.
    Closed = 5,
}

impl RefundState {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 5] = [Self::Wanted, Self::Processing, Self::Done, Self::Abnormal, Self::Closed];

    /// From the column.
    pub fn from_number(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|state| i64::from(*state as u8) == number)
    }

    /// The word in JSON and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Wanted => "wanted",
            Self::Processing => "processing",
            Self::Done => "done",
            Self::Abnormal => "abnormal",
            Self::Closed => "closed",
        }
    }
}

/// Why money goes back. Numbers are those of the column `wechat_refunds.reason`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Reason {
    /// A part of the order was refunded, or all of it.
    Refunded = 1,
    /// The order was closed before the money came.
    Late = 2,
    /// The order had been paid.
    Double = 3,
}

impl Reason {
    /// From the column.
    pub const fn from_number(number: i64) -> Option<Self> {
        match number {
            1 => Some(Self::Refunded),
            2 => Some(Self::Late),
            3 => Some(Self::Double),
            _ => None,
        }
    }

    /// What the payer is shown.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Refunded => "商品退款",
            Self::Late => "订单已关闭，退回付款",
            Self::Double => "重复付款退回",
        }
    }
}

/// Money on its way back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    /// Its number in the shop.
    pub no: String,
    /// The order whose money it is.
    pub order: OrderId,
    /// The order's refund; none for a stray payment.
    pub refund: Option<RefundId>,
    /// The trade that brought the money.
    pub transaction: Transaction,
    /// How much goes back.
    pub amount: Money,
    /// How much the trade was.
    pub total: Money,
    /// Why it goes back.
    pub reason: Reason,
    /// Where it stands.
    pub state: RefundState,
    /// How often it was asked for anew after WeChat Pay had given it up.
    pub round: u32,
    /// Requests that did not work since it last moved.
    pub tries: u32,
    /// From then on it is looked at.
    pub next_at: Timestamp,
    /// Why it does not get on.
    pub problem: Option<String>,
    /// When the order decided it.
    pub created_at: Timestamp,
    /// When the shopper had the money.
    pub done_at: Option<Timestamp>,
}

impl Refund {
    /// Its number at WeChat Pay: each round has its own, because one that was given up keeps its number.
    pub fn number(&self) -> String {
        if self.round == 0 { self.no.clone() } else { format!("{}-{}", self.no, self.round) }
    }

    /// Number in the shop and round of a number at WeChat Pay.
    pub fn of_number(number: &str) -> (&str, u32) {
        match number.split_once('-') {
            Some((no, round)) => (no, round.parse().unwrap_or(u32::MAX)),
            None => (number, 0),
        }
    }
}

/// The number of an order's refund.
pub(in crate::features::payments) fn number_of_refund(order: OrderNo, refund: RefundId) -> String {
    format!("{order}R{refund}")
}

/// The number of a stray payment's way back. An attempt is paid once; should WeChat Pay ever say otherwise, each transaction has its own.
pub(super) fn number_of_stray(trade: TradeNo, transaction: &Transaction) -> String {
    format!("{trade}S{:012x}", BodyFingerprint::of(transaction.as_str().as_bytes()).get() >> 16)
}

#[cfg(test)]
mod tests {
    use super::*;
    use mallcore_actors::order_no::Partition;
    use mallcore_actors::orders::AttemptNumber;

    #[test]
    fn numbers_fit_wechat_pay_and_lead_back() {
        let order = OrderNo::in_partition(Partition::ONLY, OrderId::MAX, Timestamp::from_millis(1_795_451_405_000), 7);
        let trade = TradeNo { order, attempt: AttemptNumber::FIRST };
        for no in [number_of_refund(order, RefundId::MAX), number_of_stray(trade, &Transaction::parse(&"4".repeat(32)).unwrap())] {
            let last_round = format!("{no}-{}", u16::MAX);
            assert!(last_round.len() <= 64 && last_round.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'), "{no}");
            assert_eq!((Refund::of_number(&no), Refund::of_number(&last_round)), ((&*no, 0), (&*no, u32::from(u16::MAX))));
        }
    }

    #[test]
    fn numbers_of_states_are_those_of_the_column() {
        for (number, state) in (1..).zip(RefundState::ALL) {
            assert_eq!((state as i64, RefundState::from_number(number)), (number, Some(state)));
        }
        assert_eq!((RefundState::from_number(0), RefundState::from_number(6)), (None, None));
    }
}
