//! Business days: days as the shop's people count them.
//! - D1 A day begins at midnight in Asia/Shanghai, eight hours before midnight UTC; there has been no daylight saving since 1991.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::order_no::{SHOP_OFFSET_SECONDS, civil_from_days};
use crate::time::Timestamp;

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
}
