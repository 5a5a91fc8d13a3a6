//! What is bound to a statement, in the few types that both engines share.

use std::borrow::Cow;

use chrono::{DateTime, Datelike, Timelike};
use mallcore_actors::time::Timestamp;
use sqlx::Arguments as _;
use sqlx::mysql::MySqlArguments;
use sqlx::sqlite::SqliteArguments;

/// One bound value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// NULL of any type.
    Null,
    /// Every number: ids, fen, pieces, flags.
    Int(i64),
    /// A text in UTF-8.
    Text(Cow<'static, str>),
    /// A hash of 16 bytes.
    Bytes([u8; 16]),
    /// Bytes of any number.
    Blob(Vec<u8>),
    /// A time in milliseconds.
    Time(Timestamp),
}

/// The values of a statement, in the order of its question marks.
pub type Arguments = Vec<Value>;

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Int(i64::from(number))
    }
}

impl From<u8> for Value {
    fn from(number: u8) -> Self {
        Self::Int(i64::from(number))
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Int(i64::from(flag))
    }
}

/// Ids, fen and sequences stay below 2^63; a fingerprint keeps its bits and reads back with [`super::Row::bits`].
impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Int(number as i64)
    }
}

impl From<Timestamp> for Value {
    fn from(at: Timestamp) -> Self {
        Self::Time(at)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<&'static str> for Value {
    fn from(text: &'static str) -> Self {
        Self::Text(text.into())
    }
}

impl From<[u8; 16]> for Value {
    fn from(bytes: [u8; 16]) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Blob(bytes)
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

pub(super) fn to_sqlite(values: Arguments) -> Result<SqliteArguments, sqlx::Error> {
    let mut arguments = SqliteArguments::default();
    arguments.reserve(values.len(), 0);
    for value in values {
        match value {
            Value::Null => arguments.add(None::<i64>),
            Value::Int(number) => arguments.add(number),
            Value::Text(text) => arguments.add(text),
            Value::Bytes(bytes) => arguments.add(bytes.to_vec()),
            Value::Blob(bytes) => arguments.add(bytes),
            Value::Time(at) => arguments.add(at.millis() as i64),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}

pub(super) fn to_mysql(values: Arguments) -> Result<MySqlArguments, sqlx::Error> {
    let mut arguments = MySqlArguments::default();
    arguments.reserve(values.len(), values.len() * 12);
    for value in values {
        match value {
            Value::Null => arguments.add(None::<i64>),
            Value::Int(number) => arguments.add(number),
            Value::Text(text) => arguments.add(text),
            Value::Bytes(bytes) => arguments.add(&bytes[..]),
            Value::Blob(bytes) => arguments.add(bytes),
            // As text, which the server reads into DATETIME(3); the driver's own types would add a second calendar to the build.
            Value::Time(at) => arguments.add(datetime_text(at)),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}

/// `YYYY-MM-DD HH:MM:SS.mmm`, UTC.
pub(super) fn datetime_text(at: Timestamp) -> String {
    // A Timestamp ends with the year 9999, well inside chrono's range.
    let moment = DateTime::from_timestamp_millis(at.millis() as i64).unwrap_or(DateTime::UNIX_EPOCH);
    let mut text = *b"0000-00-00 00:00:00.000";
    put(&mut text[0..4], moment.year().unsigned_abs());
    put(&mut text[5..7], moment.month());
    put(&mut text[8..10], moment.day());
    put(&mut text[11..13], moment.hour());
    put(&mut text[14..16], moment.minute());
    put(&mut text[17..19], moment.second());
    put(&mut text[20..23], (at.millis() % 1000) as u32);
    // Only digits were put into ASCII text.
    String::from_utf8_lossy(&text).into_owned()
}

fn put(digits: &mut [u8], mut value: u32) {
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (value % 10) as u8;
        value /= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_to_the_millisecond_in_utc() {
        assert_eq!(datetime_text(Timestamp::from_millis(1_795_451_405_007)), "2026-11-23 16:30:05.007");
        assert_eq!(datetime_text(Timestamp::MAX), "9999-12-31 23:59:59.999");
        assert_eq!(datetime_text(Timestamp::default()), "1970-01-01 00:00:00.000");
    }
}
