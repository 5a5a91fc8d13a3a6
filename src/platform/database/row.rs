//! One row of either engine, read by the column's place in the statement.

use chrono::NaiveDate;
use mallcore_actors::time::Timestamp;
use sqlx::mysql::MySqlRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, ValueRef as _};

use super::Error;

/// One row. A value of another type than asked for is an [`Error::Unexpected`], as is NULL where none may be.
#[derive(Debug)]
pub enum Row {
    /// A row of SQLite.
    Sqlite(SqliteRow),
    /// A row of MySQL or MariaDB.
    MySql(MySqlRow),
}

macro_rules! get {
    ($row:expr, $column:expr, $kind:ty) => {
        match $row {
            Self::Sqlite(row) => row.try_get_unchecked::<$kind, usize>($column),
            Self::MySql(row) => row.try_get_unchecked::<$kind, usize>($column),
        }
        .map_err(Error::Refused)
    };
}

impl Row {
    /// The whole number in a column.
    pub fn int(&self, column: usize) -> Result<i64, Error> {
        get!(self, column, i64)
    }

    /// A number or NULL.
    pub fn int_or_null(&self, column: usize) -> Result<Option<i64>, Error> {
        get!(self, column, Option<i64>)
    }

    /// A number that is never negative.
    pub fn count(&self, column: usize) -> Result<u64, Error> {
        let number = self.int(column)?;
        u64::try_from(number).map_err(|_| unexpected(column, number))
    }

    /// A number of pieces.
    pub fn pieces(&self, column: usize) -> Result<u32, Error> {
        let number = self.int(column)?;
        u32::try_from(number).map_err(|_| unexpected(column, number))
    }

    /// 64 bits that are no number.
    pub fn bits(&self, column: usize) -> Result<u64, Error> {
        Ok(self.int(column)? as u64)
    }

    /// Yes or no.
    pub fn flag(&self, column: usize) -> Result<bool, Error> {
        Ok(self.int(column)? != 0)
    }

    /// A checked type over a number: `row.id(0, SkuId::new)`.
    pub fn id<T, E: std::fmt::Display>(&self, column: usize, new: impl FnOnce(u64) -> Result<T, E>) -> Result<T, Error> {
        new(self.count(column)?).map_err(|refused| unexpected(column, refused))
    }

    /// A checked type over a number, or NULL.
    pub fn id_or_null<T, E: std::fmt::Display>(&self, column: usize, new: impl FnOnce(u64) -> Result<T, E>) -> Result<Option<T>, Error> {
        match self.int_or_null(column)? {
            None => Ok(None),
            Some(_) => self.id(column, new).map(Some),
        }
    }

    /// The text in a column.
    pub fn text(&self, column: usize) -> Result<String, Error> {
        get!(self, column, String)
    }

    /// Text or NULL.
    pub fn text_or_null(&self, column: usize) -> Result<Option<String>, Error> {
        get!(self, column, Option<String>)
    }

    /// A type that is spelt as text: `row.parsed::<OrderNo>(1)`.
    pub fn parsed<T: std::str::FromStr>(&self, column: usize) -> Result<T, Error> {
        let parse = |text: &str| text.parse().map_err(|_| unexpected(column, text));
        match self {
            Self::Sqlite(row) => parse(row.try_get_unchecked::<&str, usize>(column)?),
            Self::MySql(row) => parse(row.try_get_unchecked::<&str, usize>(column)?),
        }
    }

    /// The 16 bytes in a column.
    pub fn hash(&self, column: usize) -> Result<[u8; 16], Error> {
        let bytes = match self {
            Self::Sqlite(row) => row.try_get_unchecked::<&[u8], usize>(column)?,
            Self::MySql(row) => row.try_get_unchecked::<&[u8], usize>(column)?,
        };
        bytes.try_into().map_err(|_| unexpected(column, format!("{} bytes", bytes.len())))
    }

    /// Bytes of any number, or NULL.
    pub fn bytes_or_null(&self, column: usize) -> Result<Option<Vec<u8>>, Error> {
        get!(self, column, Option<Vec<u8>>)
    }

    /// The time in a column.
    pub fn time(&self, column: usize) -> Result<Timestamp, Error> {
        self.time_or_null(column)?.ok_or_else(|| unexpected(column, "NULL"))
    }

    /// A moment or NULL.
    pub fn time_or_null(&self, column: usize) -> Result<Option<Timestamp>, Error> {
        match self {
            Self::Sqlite(_) => match self.int_or_null(column)? {
                None => Ok(None),
                Some(_) => Ok(Some(Timestamp::from_millis(self.count(column)?))),
            },
            Self::MySql(row) => {
                if row.try_get_raw(column)?.is_null() {
                    return Ok(None);
                }
                let bytes = row.try_get_unchecked::<&[u8], usize>(column)?;
                datetime(bytes).map(Some).ok_or_else(|| unexpected(column, format!("{bytes:?}")))
            }
        }
    }
}

fn unexpected(column: usize, found: impl std::fmt::Display) -> Error {
    Error::Unexpected { column, found: found.to_string() }
}

/// MySQL's binary DATETIME: a length of 0, 4, 7 or 11, then year (2), month, day, hour, minute, second, microseconds (4), little endian.
fn datetime(bytes: &[u8]) -> Option<Timestamp> {
    let (&length, fields) = bytes.split_first()?;
    if fields.len() != usize::from(length) {
        return None;
    }
    let mut padded = [0; 11];
    padded.get_mut(..fields.len())?.copy_from_slice(fields);
    let day = NaiveDate::from_ymd_opt(i32::from(u16::from_le_bytes([padded[0], padded[1]])), padded[2].into(), padded[3].into())?;
    let micros = u32::from_le_bytes([padded[7], padded[8], padded[9], padded[10]]);
    let moment = day.and_hms_micro_opt(padded[4].into(), padded[5].into(), padded[6].into(), micros)?;
    u64::try_from(moment.and_utc().timestamp_millis()).ok().map(Timestamp::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binary_moments_of_each_length_are_read() {
        let full = [11, 0xea, 0x07, 11, 23, 16, 30, 5, 0x58, 0x1b, 0, 0];
        assert_eq!(datetime(&full), Some(Timestamp::from_millis(1_795_451_405_007)));
        assert_eq!(datetime(&[4, 0xea, 0x07, 11, 23]), Some(Timestamp::from_millis(1_795_392_000_000)));
        assert_eq!(datetime(&[0]), None);
        assert_eq!(datetime(&[3, 1, 1]), None);
    }
}
