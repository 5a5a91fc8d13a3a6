//! A difference between the bills of a day and the shop's books.

use crate::ids::OrderId;

/// What is different. Numbers are those of the column `payment_differences.class`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Class {
    /// The bill has it, the shop knows nothing of it.
    NotOurs = 1,
    /// The shop has been paid, and the bill does not have it.
    NotInBill = 2,
    /// Both have it, with other amounts.
    AmountDiffers = 3,
    /// Both know it, and only one of them says that money went.
    StateDiffers = 4,
    /// The shop has given money back, and the bill does not have it.
    RefundMissing = 5,
    /// The fees of the trades are not those that were taken from the account.
    FeeDiffers = 6,
    /// A trade moved something else on the account than its amount.
    FundsDiffer = 7,
    /// Money moved on the account without a trade of the day: a withdrawal, say.
    Movement = 8,
}

impl Class {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 8] = [
        Self::NotOurs,
        Self::NotInBill,
        Self::AmountDiffers,
        Self::StateDiffers,
        Self::RefundMissing,
        Self::FeeDiffers,
        Self::FundsDiffer,
        Self::Movement,
    ];

    /// From the column.
    pub fn from_number(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|class| i64::from(*class as u8) == number)
    }

    /// The word on the command line, in JSON and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotOurs => "not_ours",
            Self::NotInBill => "not_in_bill",
            Self::AmountDiffers => "amount_differs",
            Self::StateDiffers => "state_differs",
            Self::RefundMissing => "refund_missing",
            Self::FeeDiffers => "fee_differs",
            Self::FundsDiffer => "funds_differ",
            Self::Movement => "movement",
        }
    }

    /// Whether a later bill may still bring what this one lacks.
    pub const fn is_missing(self) -> bool {
        matches!(self, Self::NotInBill | Self::RefundMissing)
    }
}

/// What a difference is about. Numbers are those of the column `payment_differences.subject`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Subject {
    /// A payment; the reference is WeChat Pay's number of the trade.
    Payment = 1,
    /// A refund; the reference is the shop's number of the refund.
    Refund = 2,
    /// The fees of the day; the reference is `fees`.
    Fees = 3,
    /// A movement on the account; the reference is its own number.
    Movement = 4,
}

impl Subject {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 4] = [Self::Payment, Self::Refund, Self::Fees, Self::Movement];

    /// From the column.
    pub fn from_number(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|subject| i64::from(*subject as u8) == number)
    }

    /// The word on the command line and in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Payment => "payment",
            Self::Refund => "refund",
            Self::Fees => "fees",
            Self::Movement => "movement",
        }
    }
}

/// A difference. Day, class, subject and reference together say which.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Difference {
    /// What is different.
    pub class: Class,
    /// What it is about.
    pub subject: Subject,
    /// Which payment, refund or movement.
    pub reference: String,
    /// The order, where it is known.
    pub order: Option<OrderId>,
    /// What WeChat Pay says that came in, in fen; negative where it went out, none where it says nothing.
    pub bill_fen: Option<i64>,
    /// The same as the shop has it; of funds, as the trade has it.
    pub our_fen: Option<i64>,
}

impl Difference {
    /// What the merchant's account has more than the shop's books say, in fen.
    pub fn delta_fen(&self) -> i64 {
        self.bill_fen.unwrap_or_default() - self.our_fen.unwrap_or_default()
    }
}
