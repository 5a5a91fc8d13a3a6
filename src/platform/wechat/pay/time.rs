//! Times as WeChat Pay writes them: `2018-06-08T10:34:56+08:00`.

use std::time::{SystemTime, UNIX_EPOCH};

use chrono::{DateTime, FixedOffset, SecondsFormat};
use mallcore_actors::time::Timestamp;

/// China's clock, eight hours ahead of UTC, in seconds.
pub(super) const CHINA_OFFSET_SECONDS: i32 = 8 * 3_600;

/// Reads a time; none where it is none, or before 1970.
pub fn parse_time(text: &str) -> Option<Timestamp> {
    let millis = DateTime::parse_from_rfc3339(text).ok()?.timestamp_millis();
    u64::try_from(millis).ok().map(Timestamp::from_millis)
}

/// Writes a time, in whole seconds of China's clock.
pub fn render_time(at: Timestamp) -> String {
    let utc = i64::try_from(at.millis()).ok().and_then(DateTime::from_timestamp_millis).unwrap_or_default();
    let zone = FixedOffset::east_opt(CHINA_OFFSET_SECONDS);
    zone.map_or_else(
        || utc.to_rfc3339_opts(SecondsFormat::Secs, true),
        |zone| utc.with_timezone(&zone).to_rfc3339_opts(SecondsFormat::Secs, false),
    )
}

/// The machine's time. WeChat Pay compares a request's time with its own clock, so that the shop's clock, which is slewed, is not asked.
pub fn wall_clock() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn times_are_those_of_china() {
        let at = parse_time("2018-06-08T10:34:56+08:00").unwrap();
        assert_eq!((at.millis(), render_time(at).as_str()), (1_528_425_296_000, "2018-06-08T10:34:56+08:00"));
        assert_eq!(parse_time("2018-06-08T02:34:56Z"), Some(at));
        assert_eq!((parse_time("2018-06-08"), parse_time("1969-01-01T00:00:00+08:00")), (None, None));
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(seconds in 0..=Timestamp::MAX.millis() / 1_000 - 28_800) {
            let at = Timestamp::from_millis(seconds * 1_000);
            prop_assert_eq!(parse_time(&render_time(at)), Some(at));
        }
    }
}
