//! Business days: days as the shop's people count them.
//! - D1 A day begins at midnight in Asia/Shanghai, eight hours before midnight UTC; there has been no daylight saving since 1991.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::order_no::{SHOP_OFFSET_SECONDS, civil_from_days};
use crate::time::Timestamp;

const DAY_MILLIS: u64 = 86_400_000;
const OFFSET_MILLIS: u64 = SHOP_OFFSET_SECONDS as u64 * 1_000;

/// Text that is no day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a day is written like 2026-11-25, from 1971 on")]
pub struct BadDay;

/// A day in Asia/Shanghai; as a number `yyyymmdd`, as text `yyyy-mm-dd`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct BusinessDay(u32);

impl BusinessDay {
    /// The day of a moment.
    pub fn of(at: Timestamp) -> Self {
        // A Timestamp ends with the year 9999, so days and year are small.
        let seconds = (at.millis() / 1_000) as i64 + i64::from(SHOP_OFFSET_SECONDS);
        let (year, month, day) = civil_from_days(seconds.div_euclid(86_400));
        assert!((1970..=10_000).contains(&year), "D1: {at:?} is in the year {year}");
        Self(year as u32 * 10_000 + month * 100 + day)
    }

    /// `yyyymmdd`, for storage.
    pub const fn number(self) -> u32 {
        self.0
    }

    /// The day that [`Self::number`] wrote.
    pub const fn of_number(number: u32) -> Self {
        Self(number)
    }

    /// Its first moment. Of a number that is no day: that of the day which follows by the calendar.
    pub fn begins_at(self) -> Timestamp {
        let (year, month, day) = (self.0 / 10_000, self.0 / 100 % 100, self.0 % 100);
        let days = days_from_civil(i64::from(year), i64::from(month.max(1)), i64::from(day.max(1)));
        // The first day begins before 1970 in UTC.
        let millis = u64::try_from(days).unwrap_or_default().saturating_mul(DAY_MILLIS).saturating_sub(OFFSET_MILLIS);
        Timestamp::from_millis(millis)
    }

    /// The first moment of the day after it.
    pub fn ends_at(self) -> Timestamp {
        self.begins_at().plus_millis(DAY_MILLIS)
    }

    /// The day after it.
    pub fn next(self) -> Self {
        Self::of(self.ends_at())
    }

    /// The day before it.
    pub fn previous(self) -> Self {
        Self::of(Timestamp::from_millis(self.begins_at().millis().saturating_sub(1)))
    }

    /// The hour of the day, 0 to 23, that a moment lies in.
    pub const fn hour_of(at: Timestamp) -> u8 {
        ((at.millis() + OFFSET_MILLIS) / 3_600_000 % 24) as u8
    }
}

/// Days from 1970-01-01 to a day of the Gregorian calendar.
const fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

impl FromStr for BusinessDay {
    type Err = BadDay;

    fn from_str(text: &str) -> Result<Self, BadDay> {
        let mut parts = text.split('-');
        let mut part = |length: usize| -> Result<u32, BadDay> {
            let digits = parts.next().filter(|part| part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit()));
            digits.and_then(|digits| digits.parse().ok()).ok_or(BadDay)
        };
        let day = Self(part(4)? * 10_000 + part(2)? * 100 + part(2)?);
        // A day of the calendar is the day of its own first moment.
        let is_day = parts.next().is_none() && day.0 >= 19_710_000 && Self::of(day.begins_at()) == day;
        if is_day { Ok(day) } else { Err(BadDay) }
    }
}

impl fmt::Display for BusinessDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.0 / 10_000, self.0 / 100 % 100, self.0 % 100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_four_in_the_afternoon_utc() {
        let day = |millis| BusinessDay::of(Timestamp::from_millis(millis)).to_string();
        // 2026-11-23T15:59:59.999Z and a millisecond later.
        assert_eq!([day(1_795_449_599_999), day(1_795_449_600_000)], ["2026-11-23", "2026-11-24"]);
        assert_eq!(day(0), "1970-01-01");
        assert_eq!(BusinessDay::of_number(BusinessDay::of(Timestamp::from_millis(1_795_449_600_000)).number()).to_string(), "2026-11-24");
    }

    #[test]
    fn days_follow_each_other_and_are_read_as_they_are_written() {
        let mut day = BusinessDay::of(Timestamp::from_millis(1_795_449_600_000));
        for _ in 0..800 {
            assert_eq!(day.to_string().parse(), Ok(day));
            assert_eq!((BusinessDay::of(day.begins_at()), day.next().previous(), day.ends_at()), (day, day, day.next().begins_at()));
            day = day.next();
        }
        assert_eq!(day.to_string(), "2029-02-01");
        assert_eq!(BusinessDay::hour_of(Timestamp::from_millis(1_795_449_600_000)), 0);
        assert_eq!(BusinessDay::hour_of(Timestamp::from_millis(1_795_449_599_999)), 23);
        for bad in ["2026-02-29", "2026-13-01", "2026-1-01", "20261101", "2026-11-01-", "1970-01-01", "2026-11-00", ""] {
            assert_eq!(bad.parse::<BusinessDay>(), Err(BadDay), "{bad}");
        }
    }
}
