//! The number under which an attempt to pay is known at the channel (WeChat Pay's `out_trade_no`): the order's number and one character more.
//! - T1 6 to 32 characters of `[0-9A-Z]`; each attempt of each order has its own, and the number leads back to both.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::order_no::{ORDER_NO_LENGTH, ORDER_NO_LENGTH_MAX, OrderNo};

/// The most attempts to pay one order: as many as one character can tell apart.
pub const ATTEMPTS_MAX: u8 = 31;
/// Place by place the character of an attempt; the first attempt is number 1.
const MARKS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// The most characters that WeChat Pay takes.
const LENGTH_MAX: usize = 32;

const _: () = assert!(ORDER_NO_LENGTH_MAX < LENGTH_MAX, "T1: no room for the attempt");
const _: () = assert!((ATTEMPTS_MAX as usize) < MARKS.len(), "T1: an attempt without a mark");

/// The number of an attempt: 1 to [`ATTEMPTS_MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct AttemptNumber(u8);

/// A number that no attempt has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("attempts have the numbers 1 to {ATTEMPTS_MAX}")]
pub struct BadAttempt;

impl AttemptNumber {
    /// The first attempt's.
    pub const FIRST: Self = Self(1);

    /// The number as such.
    pub const fn get(self) -> u8 {
        self.0
    }

    /// The next attempt's; none after the last one that an order may have.
    pub const fn next(self) -> Option<Self> {
        if self.0 < ATTEMPTS_MAX { Some(Self(self.0 + 1)) } else { None }
    }
}

impl TryFrom<u8> for AttemptNumber {
    type Error = BadAttempt;

    fn try_from(number: u8) -> Result<Self, BadAttempt> {
        if (1..=ATTEMPTS_MAX).contains(&number) { Ok(Self(number)) } else { Err(BadAttempt) }
    }
}

impl From<AttemptNumber> for u8 {
    fn from(number: AttemptNumber) -> Self {
        number.0
    }
}

/// An attempt of an order, as the channel knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TradeNo {
    /// The order's number.
    pub order: OrderNo,
    /// Which attempt to pay it.
    pub attempt: AttemptNumber,
}

/// Text that is no attempt's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an attempt's number is an order's number and one character of base 32")]
pub struct BadTradeNo;

impl fmt::Display for TradeNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Attempts stop before the marks do.
        let mark = MARKS.get(usize::from(self.attempt.0)).copied().unwrap_or_default();
        write!(f, "{}{}", self.order, char::from(mark))
    }
}

impl FromStr for TradeNo {
    type Err = BadTradeNo;

    fn from_str(text: &str) -> Result<Self, BadTradeNo> {
        if !text.is_ascii() || !matches!(text.len().checked_sub(1), Some(ORDER_NO_LENGTH | ORDER_NO_LENGTH_MAX)) {
            return Err(BadTradeNo);
        }
        let (order, mark) = text.split_at(text.len() - 1);
        let place = MARKS.iter().position(|known| mark.as_bytes() == [*known]).ok_or(BadTradeNo)?;
        let attempt = u8::try_from(place).ok().and_then(|number| AttemptNumber::try_from(number).ok()).ok_or(BadTradeNo)?;
        let number = Self { order: order.parse().map_err(|_| BadTradeNo)?, attempt };
        debug_assert_eq!(number.to_string(), text, "T1: a number is read as another one");
        Ok(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::OrderId;
    use crate::order_no::Partition;
    use crate::time::Timestamp;

    #[test]
    fn a_number_leads_back_to_order_and_attempt() {
        let (id, at) = (OrderId::new(12_345_678).unwrap(), Timestamp::from_millis(1_795_451_405_000));
        for order in [OrderNo::new(id, at, 33), OrderNo::in_partition(Partition::ONLY, id, at, 33)] {
            for attempt in 1..=ATTEMPTS_MAX {
                let number = TradeNo { order, attempt: AttemptNumber::try_from(attempt).unwrap() };
                let text = number.to_string();
                assert!((6..=32).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric()), "T1: {text}");
                assert_eq!(text.parse(), Ok(number));
            }
        }
    }

    #[test]
    fn other_texts_are_no_numbers_of_attempts() {
        let order = "2026112400300523456780000000011";
        assert!(format!("{order}1").parse::<TradeNo>().is_ok());
        for bad in [order.to_owned(), format!("{order}0"), format!("{order}U"), format!("{order}11"), "１".repeat(11), String::new()] {
            assert_eq!(bad.parse::<TradeNo>(), Err(BadTradeNo), "{bad}");
        }
    }
}
