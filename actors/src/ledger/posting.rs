//! What is booked for each thing that happens to money. Each function returns the accounts with their amounts, whose sum is 0.

use super::account::Account;
use crate::money::Money;
use crate::orders::PaymentChannel;

/// Accounts with amounts in fen, debits positive.
pub type Amounts<const N: usize> = [(Account, i64); N];

/// Why money that goes back was owed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwedFor {
    /// An order decided a refund.
    Refund,
    /// It was stray money.
    Stray,
}

impl OwedFor {
    const fn account(self) -> Account {
        match self {
            Self::Refund => Account::RefundsOwed,
            Self::Stray => Account::StraysOwed,
        }
    }
}

/// An amount is below 2^34 fen.
const fn fen(amount: Money) -> i64 {
    amount.fen().cast_signed()
}

/// An order was paid: money or a claim comes in, goods and freight are sold.
pub fn paid(channel: PaymentChannel, amount: Money, freight: Money) -> Amounts<3> {
    let from = match channel {
        PaymentChannel::WechatPay | PaymentChannel::Free => Account::WechatPay,
        PaymentChannel::Balance => Account::BalancesOwed,
    };
    debug_assert!(channel != PaymentChannel::Free || amount == Money::ZERO, "what is free costs nothing, not {amount:?}");
    let freight = freight.min(amount);
    let goods = fen(amount) - fen(freight);
    [(from, fen(amount)), (Account::Sales, -goods), (Account::Freight, -fen(freight))]
}

/// Money came that no order wants: it is owed from then on.
pub const fn strayed(amount: Money) -> Amounts<2> {
    [(Account::WechatPay, fen(amount)), (Account::StraysOwed, -fen(amount))]
}

/// An order decided a refund: less is sold, and more is owed.
pub const fn refunded(goods: Money, freight: Money) -> Amounts<3> {
    let both = fen(goods) + fen(freight);
    [(Account::Sales, fen(goods)), (Account::Freight, fen(freight)), (Account::RefundsOwed, -both)]
}

/// The payer has the money back: it is not owed any more.
pub const fn paid_back(owed_for: OwedFor, amount: Money) -> Amounts<2> {
    [(owed_for.account(), fen(amount)), (Account::WechatPay, -fen(amount))]
}

/// WeChat Pay has taken its fees, in fen; negative on a day on which it gave back more than it took.
pub const fn wechat_fees(fees_fen: i64) -> Amounts<2> {
    [(Account::Fees, fees_fen), (Account::WechatPay, -fees_fen)]
}
