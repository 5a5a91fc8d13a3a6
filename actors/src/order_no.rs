//! Order numbers: `yyyymmddHHMMSS` in the shop's zone, a 7-digit counter, 8 random base-32 characters.
//! - N1 29 characters of `[0-9A-Z]`: within WeChat Pay's `out_trade_no` (6 to 32 of `[0-9A-Za-z_\-|*]`).
//! - N2 Unique by construction: the counter is the order's id modulo 10^7, so two numbers can only meet when
//!   ten million ids are given out within one second, or the clock is set back by that many orders; then 40 random bits still part them.
//! - N3 Not guessable from its neighbours.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, FixedOffset, NaiveDate, TimeZone};
use serde::{Deserialize, Serialize};

use crate::ids::OrderId;
use crate::time::Timestamp;

/// Length of every order number, in ASCII characters.
pub const ORDER_NO_LENGTH: usize = 29;
/// The shape of every order number, as a regular expression. Not every text of this shape is one: there is no thirteenth month.
pub const ORDER_NO_PATTERN: &str = "[0-9]{21}[0-9A-HJKMNP-TV-Z]{8}";
/// Characters before the random ones.
const DIGITS: usize = 21;
const COUNTER_MODULUS: u64 = 10_000_000;
const NONCE_BITS: u32 = 40;
/// Crockford's base 32: no I, L, O, U, so that a number can be read out on the telephone.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Asia/Shanghai, which has had no daylight saving since 1991.
const SHOP_OFFSET_SECONDS: i32 = 8 * 3600;

/// An order number in its compact form.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "Stored")]
pub struct OrderNo {
    second: u64,
    counter: u32,
    nonce: u64,
}

/// The stored form, before it is checked.
#[derive(Deserialize)]
struct Stored {
    second: u64,
    counter: u32,
    nonce: u64,
}

/// Text that is no order number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an order number has {ORDER_NO_LENGTH} characters: a time, a counter and 8 of base 32")]
pub struct BadOrderNo;

impl TryFrom<Stored> for OrderNo {
    type Error = BadOrderNo;

    fn try_from(Stored { second, counter, nonce }: Stored) -> Result<Self, BadOrderNo> {
        let fits = second <= Timestamp::MAX.millis() / 1000 && u64::from(counter) < COUNTER_MODULUS && nonce >> NONCE_BITS == 0;
        fits.then_some(Self { second, counter, nonce }).ok_or(BadOrderNo)
    }
}

impl OrderNo {
    /// The number of the order `id` placed at `at`; of `nonce` the low 40 bits count.
    pub const fn new(id: OrderId, at: Timestamp, nonce: u64) -> Self {
        Self { second: at.millis() / 1000, counter: (id.get() % COUNTER_MODULUS) as u32, nonce: nonce & ((1 << NONCE_BITS) - 1) }
    }

    /// Whether a text has the shape of an order number ([`ORDER_NO_PATTERN`]).
    pub fn is_shaped(text: &str) -> bool {
        let bytes = text.as_bytes();
        text.len() == ORDER_NO_LENGTH
            && bytes[..DIGITS].iter().all(u8::is_ascii_digit)
            && bytes[DIGITS..].iter().all(|byte| ALPHABET.contains(byte))
    }

    fn ascii(&self) -> [u8; ORDER_NO_LENGTH] {
        let mut text = [b'0'; ORDER_NO_LENGTH];
        let local = self.second as i64 + i64::from(SHOP_OFFSET_SECONDS);
        let (days, second_of_day) = (local.div_euclid(86_400), local.rem_euclid(86_400));
        let (year, month, day) = civil_from_days(days);
        put(&mut text[0..4], year as u64);
        put(&mut text[4..6], u64::from(month));
        put(&mut text[6..8], u64::from(day));
        put(&mut text[8..10], second_of_day as u64 / 3600);
        put(&mut text[10..12], second_of_day as u64 / 60 % 60);
        put(&mut text[12..14], second_of_day as u64 % 60);
        put(&mut text[14..21], u64::from(self.counter));
        for (place, character) in text[21..].iter_mut().enumerate() {
            *character = ALPHABET[(self.nonce >> (NONCE_BITS as usize - 5 * (place + 1))) as usize & 31];
        }
        text
    }
}

fn put(digits: &mut [u8], mut value: u64) {
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (value % 10) as u8;
        value /= 10;
    }
}

/// Year, month and day of a day counted from 1970-01-01 (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
fn civil_from_days(days: i64) -> (i64, u32, u32) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = (day_of_year - (153 * shifted_month + 2) / 5 + 1) as u32;
    let month = (if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 }) as u32;
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

impl fmt::Display for OrderNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.ascii();
        // `ascii` writes digits and letters of `ALPHABET` only, so this is always valid UTF-8.
        f.write_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

impl fmt::Debug for OrderNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OrderNo({self})")
    }
}

impl FromStr for OrderNo {
    type Err = BadOrderNo;

    fn from_str(text: &str) -> Result<Self, BadOrderNo> {
        if !Self::is_shaped(text) {
            return Err(BadOrderNo);
        }
        let number = |range: std::ops::Range<usize>| text[range].parse::<u32>().map_err(|_| BadOrderNo);
        let day = NaiveDate::from_ymd_opt(number(0..4)? as i32, number(4..6)?, number(6..8)?).ok_or(BadOrderNo)?;
        let local = day.and_hms_opt(number(8..10)?, number(10..12)?, number(12..14)?).ok_or(BadOrderNo)?;
        let zone = FixedOffset::east_opt(SHOP_OFFSET_SECONDS).ok_or(BadOrderNo)?;
        let at: DateTime<FixedOffset> = zone.from_local_datetime(&local).single().ok_or(BadOrderNo)?;
        let second = u64::try_from(at.timestamp()).map_err(|_| BadOrderNo)?;
        let nonce = text[DIGITS..].bytes().fold(0, |nonce, byte| {
            let value = ALPHABET.iter().position(|&letter| letter == byte).unwrap_or_default();
            nonce << 5 | value as u64
        });
        Ok(Self { second, counter: number(14..21)?, nonce })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn no(id: u64, millis: u64, nonce: u64) -> OrderNo {
        OrderNo::new(OrderId::new(id).unwrap(), Timestamp::from_millis(millis), nonce)
    }

    #[test]
    fn a_number_shows_the_shops_time_counter_and_nonce() {
        // 2026-11-23T16:30:05Z is half past midnight of the 24th in Shanghai.
        assert_eq!(no(12_345_678, 1_795_451_405_000, 33).to_string(), "20261124003005234567800000011");
    }

    #[test]
    fn text_of_another_shape_is_refused() {
        for bad in ["", "2026", "20261324003005234567800000011", "2026112400300523456780000001I", "２0261124003005234567800000011"] {
            assert_eq!(bad.parse::<OrderNo>(), Err(BadOrderNo), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn text_reads_back(id in 1..=crate::ids::ID_MAX, millis in 0..=253_000_000_000_000u64, nonce: u64) {
            let number = no(id, millis, nonce);
            prop_assert_eq!(number.to_string().parse(), Ok(number));
            prop_assert!(OrderNo::is_shaped(&number.to_string()));
        }

        #[test]
        fn the_pattern_is_the_shape(shaped in ORDER_NO_PATTERN, other in "[0-9A-Za-z+]{0,32}") {
            prop_assert!(OrderNo::is_shaped(&shaped));
            prop_assert!(other.parse::<OrderNo>().is_err() || OrderNo::is_shaped(&other));
        }
    }
}
