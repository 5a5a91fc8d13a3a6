//! A quote in sentences that a shopper can read.

use crate::money::Money;

/// A step of a quote, in the order in which steps are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// The lines at their unit prices, those of a flash sale at its price.
    Goods,
    /// Taken off by the discount zone.
    ZoneDiscount,
    /// For sending it.
    Freight,
    /// What has to be paid.
    Payable,
}

impl Step {
    /// The word in JSON.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Goods => "goods",
            Self::ZoneDiscount => "zone_discount",
            Self::Freight => "freight",
            Self::Payable => "payable",
        }
    }
}

/// A step with its amount, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// The step that it tells of.
    pub step: Step,
    /// What it adds, in fen; negative where something is taken off. None while it is not known. All but the last sum to the last.
    pub amount_fen: Option<i64>,
    /// The step in a Chinese sentence.
    pub text: String,
}

/// What is told of freight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FreightSaid {
    /// It is not known before there is an address.
    NeedsAddress,
    /// A sum over so many templates that charge something, and whether any is free because enough was ordered.
    Known { freight: Money, charging: usize, free_from_threshold: bool },
}

pub(super) fn goods(goods: Money, pieces: u64, flash_pieces: u64) -> Explained {
    let flash = if flash_pieces == 0 { String::new() } else { format!("，其中 {flash_pieces} 件为秒杀价") };
    added(Step::Goods, goods, format!("商品共 {pieces} 件{flash}，合计 {}。", yuan(goods)))
}

pub(super) fn zone_discount(discount: Money) -> Explained {
    let amount_fen = Some(-signed(discount));
    Explained { step: Step::ZoneDiscount, amount_fen, text: format!("折扣专区优惠 {}。", yuan(discount)) }
}

pub(super) fn freight(said: FreightSaid) -> Explained {
    match said {
        FreightSaid::NeedsAddress => {
            Explained { step: Step::Freight, amount_fen: None, text: "选择收货地址后计算运费。".to_owned() }
        }
        FreightSaid::Known { freight, charging, free_from_threshold } => {
            let text = match (charging, free_from_threshold) {
                (0, true) => "已达到包邮条件，免运费。".to_owned(),
                (0, false) => "包邮，免运费。".to_owned(),
                (1, _) => format!("运费 {}。", yuan(freight)),
                (_, _) => format!("运费 {}，为 {charging} 组商品的运费之和。", yuan(freight)),
            };
            added(Step::Freight, freight, text)
        }
    }
}

pub(super) fn payable(payable: Option<Money>) -> Explained {
    match payable {
        Some(payable) => added(Step::Payable, payable, format!("应付 {}。", yuan(payable))),
        None => Explained { step: Step::Payable, amount_fen: None, text: "选择收货地址后计算应付金额。".to_owned() },
    }
}

fn added(step: Step, amount: Money, text: String) -> Explained {
    Explained { step, amount_fen: Some(signed(amount)), text }
}

/// Amounts have 34 bits.
const fn signed(amount: Money) -> i64 {
    amount.fen() as i64
}

fn yuan(amount: Money) -> String {
    format!("¥{}.{:02}", amount.fen() / 100, amount.fen() % 100)
}
