//! Order numbers: `yyyymmddHHMMSS` in the shop's zone, a 7-digit counter, 2 base-32 characters for the partition, 8 random ones.
//! Numbers of releases before partitions lack the 2 characters; they stay valid and belong to partition 0.
//! - N1 31 (earlier: 29) characters of `[0-9A-Z]`: within WeChat Pay's `out_trade_no` (6 to 32 of `[0-9A-Za-z_\-|*]`).
//! - N2 Unique by construction: the counter is the order's id modulo 10^7, so two numbers can only meet when
//!   ten million ids are given out within one second, or the clock is set back by that many orders; then 40 random bits still part them.
//! - N3 Not guessable from its neighbours.
//! - N4 A number leads to its partition without a look-up.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, FixedOffset, NaiveDate, TimeZone};
use serde::{Deserialize, Serialize};

use crate::ids::OrderId;
use crate::time::Timestamp;

/// Length of an order number without a partition, in ASCII characters.
pub const ORDER_NO_LENGTH: usize = 29;
/// Length of an order number with its partition, in ASCII characters; none is longer.
pub const ORDER_NO_LENGTH_MAX: usize = ORDER_NO_LENGTH + PARTITION_CHARACTERS;
/// Partitions of users; all on one journal today.
pub const PARTITIONS: u8 = 64;
const PARTITION_CHARACTERS: usize = 2;
/// Where the partition begins in the text.
const PARTITION_AT: usize = 21;
/// The shape of every order number, as a regular expression. Not every text of this shape is one: there is no thirteenth month.
pub const ORDER_NO_PATTERN: &str = "[0-9]{21}([0-9A-HJKMNP-TV-Z]{2})?[0-9A-HJKMNP-TV-Z]{8}";
const COUNTER_MODULUS: u64 = 10_000_000;
const NONCE_BITS: u32 = 40;
/// Crockford's base 32: no I, L, O, U, so that a number can be read out on the telephone.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Asia/Shanghai, which has had no daylight saving since 1991.
pub(super) const SHOP_OFFSET_SECONDS: i32 = 8 * 3600;

const _: () = assert!(ORDER_NO_LENGTH_MAX <= 32, "N1: WeChat Pay takes at most 32 characters");
const _: () = assert!(ORDER_NO_LENGTH == PARTITION_AT + NONCE_BITS as usize / 5, "N1: the random characters follow the counter");
const _: () = assert!(PARTITIONS as usize <= ALPHABET.len().pow(PARTITION_CHARACTERS as u32), "N4: every partition has its characters");

/// A part of the shop with a journal of its own, one day: 0 to 63.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Partition(u8);

impl Partition {
    /// The only one that is in use today.
    pub const ONLY: Self = Self(0);

    /// Accepts 0 to 63.
    pub const fn new(number: u8) -> Option<Self> {
        if number < PARTITIONS { Some(Self(number)) } else { None }
    }

    /// The partition's number, 0 to 63.
    pub const fn get(self) -> u8 {
        self.0
    }
}

/// An order number in its compact form.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "Stored")]
pub struct OrderNo {
    second: u64,
    counter: u32,
    /// The low 40 bits are random. Above them stands 0 for a number without a partition, otherwise 1 + the partition: so the stored form is
    /// the same as before partitions.
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
#[error("an order number has {ORDER_NO_LENGTH} or {ORDER_NO_LENGTH_MAX} characters: a time, a counter and 8 or 10 of base 32")]
pub struct BadOrderNo;

impl TryFrom<Stored> for OrderNo {
    type Error = BadOrderNo;

    fn try_from(Stored { second, counter, nonce }: Stored) -> Result<Self, BadOrderNo> {
        let fits = second <= Timestamp::MAX.millis() / 1000
            && u64::from(counter) < COUNTER_MODULUS
            && nonce >> NONCE_BITS <= u64::from(PARTITIONS);
        fits.then_some(Self { second, counter, nonce }).ok_or(BadOrderNo)
    }
}

impl OrderNo {
    /// A number without a partition, as releases before partitions gave out; of `nonce` the low 40 bits count.
    pub const fn new(id: OrderId, at: Timestamp, nonce: u64) -> Self {
        Self { second: at.millis() / 1000, counter: (id.get() % COUNTER_MODULUS) as u32, nonce: nonce & ((1 << NONCE_BITS) - 1) }
    }

    /// The number of the order `id` placed at `at` in this partition; of `nonce` the low 40 bits count.
    pub const fn in_partition(partition: Partition, id: OrderId, at: Timestamp, nonce: u64) -> Self {
        let number = Self::new(id, at, nonce);
        let number = Self { nonce: number.nonce | (1 + partition.0 as u64) << NONCE_BITS, ..number };
        debug_assert!(number.partition().0 == partition.0, "N4: the number leads to another partition");
        number
    }

    /// Where the order is; 0 for a number without a partition.
    pub const fn partition(self) -> Partition {
        // Both ways to make a number keep this below 65.
        debug_assert!(self.nonce >> NONCE_BITS <= PARTITIONS as u64, "N4: there is no such partition");
        Partition((self.nonce >> NONCE_BITS).saturating_sub(1) as u8)
    }

    const fn has_partition(&self) -> bool {
        self.nonce >> NONCE_BITS != 0
    }

    /// Whether a text has the shape of an order number ([`ORDER_NO_PATTERN`]).
    pub fn is_shaped(text: &str) -> bool {
        let bytes = text.as_bytes();
        matches!(text.len(), ORDER_NO_LENGTH | ORDER_NO_LENGTH_MAX)
            && bytes[..PARTITION_AT].iter().all(u8::is_ascii_digit)
            && bytes[PARTITION_AT..].iter().all(|byte| ALPHABET.contains(byte))
    }

    fn ascii(&self) -> ([u8; ORDER_NO_LENGTH_MAX], usize) {
        debug_assert!(u64::from(self.counter) < COUNTER_MODULUS, "N2: the counter has 7 digits, {} more", self.counter);
        let mut text = [b'0'; ORDER_NO_LENGTH_MAX];
        let local = self.second as i64 + i64::from(SHOP_OFFSET_SECONDS);
        let (days, second_of_day) = (local.div_euclid(86_400), local.rem_euclid(86_400));
        let (year, month, day) = civil_from_days(days);
        put(&mut text[0..4], year as u64);
        put(&mut text[4..6], u64::from(month));
        put(&mut text[6..8], u64::from(day));
        put(&mut text[8..10], second_of_day as u64 / 3600);
        put(&mut text[10..12], second_of_day as u64 / 60 % 60);
        put(&mut text[12..14], second_of_day as u64 % 60);
        put(&mut text[14..PARTITION_AT], u64::from(self.counter));
        let mut length = PARTITION_AT;
        if self.has_partition() {
            let partition = usize::from(self.partition().0);
            text[length..length + PARTITION_CHARACTERS].copy_from_slice(&[ALPHABET[partition >> 5], ALPHABET[partition & 31]]);
            length += PARTITION_CHARACTERS;
        }
        for place in 1..=8 {
            text[length] = ALPHABET[(self.nonce >> (NONCE_BITS as usize - 5 * place)) as usize & 31];
            length += 1;
        }
        (text, length)
    }
}

fn put(digits: &mut [u8], mut value: u64) {
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (value % 10) as u8;
        value /= 10;
    }
}

/// Year, month and day of a day counted from 1970-01-01 (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
pub(super) fn civil_from_days(days: i64) -> (i64, u32, u32) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = (day_of_year - (153 * shifted_month + 2) / 5 + 1) as u32;
    let month = (if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 }) as u32;
    debug_assert!((1..=12).contains(&month) && (1..=31).contains(&day), "day {days} is the {day}. of month {month}");
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

impl fmt::Display for OrderNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (text, length) = self.ascii();
        // `ascii` writes digits and letters of `ALPHABET` only, so this is always valid UTF-8.
        let text = std::str::from_utf8(&text[..length]).unwrap_or_default();
        debug_assert!(Self::is_shaped(text), "N1: {text}");
        f.write_str(text)
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
        let value = |text: &str| {
            text.bytes().fold(0, |value, byte| value << 5 | ALPHABET.iter().position(|&letter| letter == byte).unwrap_or_default() as u64)
        };
        let counter = number(14..PARTITION_AT)?;
        let (partition, random) = text[PARTITION_AT..].split_at(text.len() - ORDER_NO_LENGTH);
        let above = match partition {
            "" => 0,
            partition => 1 + value(partition),
        };
        if above > u64::from(PARTITIONS) {
            return Err(BadOrderNo);
        }
        let number = Self { second, counter, nonce: above << NONCE_BITS | value(random) };
        debug_assert_eq!(number.to_string(), text, "N4: a number is read as another one");
        Ok(number)
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
    fn a_number_leads_to_its_partition_and_an_earlier_one_to_partition_0() {
        let in_partition = |number| {
            let partition = Partition::new(number).unwrap();
            OrderNo::in_partition(partition, OrderId::new(12_345_678).unwrap(), Timestamp::from_millis(1_795_451_405_000), 33)
        };
        assert_eq!(in_partition(0).to_string(), "2026112400300523456780000000011");
        assert_eq!(in_partition(63).to_string(), "2026112400300523456781Z00000011");
        let earlier: OrderNo = "20261124003005234567800000011".parse().unwrap();
        assert_eq!(
            (earlier.partition(), in_partition(0).partition(), in_partition(63).partition().get()),
            (Partition(0), Partition(0), 63)
        );
        assert_ne!(earlier, in_partition(0), "both may be given out: their texts differ");
        assert_eq!(Partition::new(64), None);
    }

    #[test]
    fn text_of_another_shape_is_refused() {
        for bad in [
            "",
            "2026",
            "20261324003005234567800000011",
            "2026112400300523456780000001I",
            "２0261124003005234567800000011",
            "202611240030052345678200000011",
            "2026112400300523456782000000011",
        ] {
            assert_eq!(bad.parse::<OrderNo>(), Err(BadOrderNo), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn text_and_record_read_back(id in 1..=crate::ids::ID_MAX, millis in 0..=253_000_000_000_000u64, nonce: u64, partition in 0..PARTITIONS) {
            let with = OrderNo::in_partition(Partition(partition), OrderId::new(id).unwrap(), Timestamp::from_millis(millis), nonce);
            for number in [no(id, millis, nonce), with] {
                let text = number.to_string();
                prop_assert!(text.len() <= 32 && text.bytes().all(|byte| byte.is_ascii_alphanumeric()), "N1");
                prop_assert_eq!(text.parse(), Ok(number));
                prop_assert_eq!(postcard::from_bytes(&postcard::to_stdvec(&number).unwrap()), Ok(number));
            }
            prop_assert_eq!(with.partition().get(), partition, "N4");
            prop_assert!(OrderNo::is_shaped(&with.to_string()));
        }

        #[test]
        fn the_pattern_is_the_shape(shaped in ORDER_NO_PATTERN, other in "[0-9A-Za-z+]{0,32}") {
            prop_assert!(OrderNo::is_shaped(&shaped));
            prop_assert!(other.parse::<OrderNo>().is_err() || OrderNo::is_shaped(&other));
        }
    }
}
