//! What a shopper wants, and why. The numbers are those of the columns `after_sales.kind` and `after_sales.reason`: append only.

/// What a shopper wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Kind {
    /// Money back, and nothing is sent back.
    Refund = 1,
    /// The goods go back to the merchant, then the money to the shopper.
    Return = 2,
}

impl Kind {
    /// Both of them, in the order of their numbers.
    pub const ALL: [Self; 2] = [Self::Refund, Self::Return];

    /// From the column.
    pub fn from_number(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as i64 == number)
    }

    /// The word in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Refund => "refund",
            Self::Return => "return",
        }
    }
}

/// Why a shopper wants it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Reason {
    /// Too many were bought, or the wrong ones.
    BoughtByMistake = 1,
    /// The shopper no longer wants them.
    NoLongerWanted = 2,
    /// Returning within seven days needs no reason by law.
    WithoutReason = 3,
    /// They are not as good as they should be.
    BadQuality = 4,
    /// They arrived broken.
    Damaged = 5,
    /// They are something else than what was described.
    NotAsDescribed = 6,
    /// Other goods were sent.
    WrongGoods = 7,
    /// Some of them were missing.
    Missing = 8,
    /// The parcel never came.
    NeverArrived = 9,
    /// They were sent too late, or not at all.
    SentLate = 10,
    /// Merchant and shopper have agreed on it.
    Agreed = 11,
    /// Something else; the description says what.
    Other = 12,
}

impl Reason {
    /// Each of them, in the order in which shoppers read them.
    pub const ALL: [Self; 12] = [
        Self::BoughtByMistake,
        Self::NoLongerWanted,
        Self::WithoutReason,
        Self::BadQuality,
        Self::Damaged,
        Self::NotAsDescribed,
        Self::WrongGoods,
        Self::Missing,
        Self::NeverArrived,
        Self::SentLate,
        Self::Agreed,
        Self::Other,
    ];

    /// From the column.
    pub fn from_number(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| *reason as i64 == number)
    }

    /// The reason with this code.
    pub fn of(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }

    /// Its word in JSON and on the command line.
    pub const fn code(self) -> &'static str {
        match self {
            Self::BoughtByMistake => "bought_by_mistake",
            Self::NoLongerWanted => "no_longer_wanted",
            Self::WithoutReason => "without_reason",
            Self::BadQuality => "bad_quality",
            Self::Damaged => "damaged",
            Self::NotAsDescribed => "not_as_described",
            Self::WrongGoods => "wrong_goods",
            Self::Missing => "missing",
            Self::NeverArrived => "never_arrived",
            Self::SentLate => "sent_late",
            Self::Agreed => "agreed",
            Self::Other => "other",
        }
    }

    /// What a shopper reads.
    pub const fn text(self) -> &'static str {
        match self {
            Self::BoughtByMistake => "多拍、错拍",
            Self::NoLongerWanted => "不想要了",
            Self::WithoutReason => "七天无理由退货",
            Self::BadQuality => "质量问题",
            Self::Damaged => "商品破损",
            Self::NotAsDescribed => "与描述不符",
            Self::WrongGoods => "发错货",
            Self::Missing => "少件、漏发",
            Self::NeverArrived => "未收到货",
            Self::SentLate => "未按约定时间发货",
            Self::Agreed => "与商家协商一致",
            Self::Other => "其他原因",
        }
    }

    /// Whether it can be given for this kind: nothing can be sent back that never came, and what is returned without a reason is returned.
    pub const fn fits(self, kind: Kind) -> bool {
        match self {
            Self::WithoutReason => matches!(kind, Kind::Return),
            Self::Missing | Self::NeverArrived | Self::SentLate => matches!(kind, Kind::Refund),
            _ => true,
        }
    }
}
