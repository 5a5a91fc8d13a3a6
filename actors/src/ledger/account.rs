//! The chart of accounts. Numbers follow the Chinese chart (财会〔2006〕18号); two digits more are the shop's own sub-accounts.

/// An account. Debits of assets and expenses are what is there; credits of liabilities and revenue are what is owed or earned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u32)]
pub enum Account {
    /// The shop's account at its bank (银行存款): what WeChat Pay has paid out.
    Bank = 1_002,
    /// Money that WeChat Pay holds for the merchant (其他货币资金).
    WechatPay = 1_012,
    /// Differences between the shop and WeChat Pay that somebody has to explain to an auditor (待处理财产损溢).
    Differences = 1_901,
    /// Refunds that an order has decided and that have not reached the shopper (其他应付款, 退款).
    RefundsOwed = 224_101,
    /// Money that came for orders that did not want it, until it has gone back (其他应付款, 错付款).
    StraysOwed = 224_102,
    /// Money on the merchant's account that belongs to another system's sales (其他应付款, 代收款).
    OthersMoney = 224_103,
    /// What shoppers have put into their balances (其他应付款, 余额).
    BalancesOwed = 224_104,
    /// Goods that are paid, less what was refunded of them (主营业务收入).
    Sales = 6_001,
    /// Freight that is paid, less what was refunded of it (其他业务收入).
    Freight = 6_051,
    /// What WeChat Pay charges (财务费用, 手续费).
    Fees = 660_301,
}

impl Account {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 10] = [
        Self::Bank,
        Self::WechatPay,
        Self::Differences,
        Self::Sales,
        Self::Freight,
        Self::RefundsOwed,
        Self::StraysOwed,
        Self::OthersMoney,
        Self::BalancesOwed,
        Self::Fees,
    ];

    /// Its number in the chart and in the column.
    pub const fn number(self) -> u32 {
        self as u32
    }

    /// From the column.
    pub fn from_number(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|account| i64::from(account.number()) == number)
    }

    /// Its name in JSON and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bank => "bank",
            Self::WechatPay => "wechat_pay",
            Self::Differences => "differences",
            Self::RefundsOwed => "refunds_owed",
            Self::StraysOwed => "strays_owed",
            Self::OthersMoney => "others_money",
            Self::BalancesOwed => "balances_owed",
            Self::Sales => "sales",
            Self::Freight => "freight",
            Self::Fees => "fees",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_lead_back_and_rise() {
        for account in Account::ALL {
            assert_eq!(Account::from_number(i64::from(account.number())), Some(account));
        }
        assert!(Account::ALL.is_sorted_by(|one, other| one.number() < other.number()));
        assert_eq!(Account::from_number(0), None);
    }
}
