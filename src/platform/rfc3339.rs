//! Times in JSON: `2026-11-23T16:30:05.123Z`, written without allocation because each order shows two.

use mallcore_actors::time::Timestamp;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

const LENGTH: usize = 24;

/// A time that serialises as RFC 3339 in UTC with milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ToSchema)]
#[schema(value_type = String, format = DateTime, example = "2026-11-23T16:30:05.123Z")]
pub struct Rfc3339(pub Timestamp);

impl From<Timestamp> for Rfc3339 {
    fn from(at: Timestamp) -> Self {
        Self(at)
    }
}

impl Serialize for Rfc3339 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = ascii(self.0);
        // `ascii` writes ASCII only.
        serializer.serialize_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

impl std::fmt::Display for Rfc3339 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(std::str::from_utf8(&ascii(self.0)).unwrap_or_default())
    }
}

fn ascii(at: Timestamp) -> [u8; LENGTH] {
    let mut text = *b"0000-00-00T00:00:00.000Z";
    let (days, of_day) = (at.millis() / 86_400_000, at.millis() % 86_400_000);
    let (year, month, day) = civil(days);
    put(&mut text[0..4], year);
    put(&mut text[5..7], month);
    put(&mut text[8..10], day);
    put(&mut text[11..13], of_day / 3_600_000);
    put(&mut text[14..16], of_day / 60_000 % 60);
    put(&mut text[17..19], of_day / 1_000 % 60);
    put(&mut text[20..23], of_day % 1_000);
    text
}

fn put(places: &mut [u8], mut number: u64) {
    for place in places.iter_mut().rev() {
        *place = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

/// Year, month and day of a day since 1970-01-01. Years begin in March here, so that the leap day is the last.
fn civil(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{DateTime, SecondsFormat};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_reads_as_the_calendar_library_writes(millis in 0..=Timestamp::MAX.millis()) {
            let expected = DateTime::from_timestamp_millis(millis as i64).unwrap().to_rfc3339_opts(SecondsFormat::Millis, true);
            prop_assert_eq!(Rfc3339(Timestamp::from_millis(millis)).to_string(), expected);
        }
    }
}
