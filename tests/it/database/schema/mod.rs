//! The schema is what was promised and what is documented, on both engines.
//! - P1 Each table, column, key and default of the requirements (`promised.sql`, their own text) is in the catalogue; what differs is a row in
//!   the exceptions of `docs/SCHEMA.md`, and each of those rows is still true and still needed.
//! - P2 `docs/SCHEMA.md` lists every table, column, default, key and index that there is, and no other.

mod catalogue;
mod document;
mod promise;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::scratch;

/// Tables by name.
type Schema = BTreeMap<String, Table>;

/// A table; keys and indexes as they are written, such as `activity_id, sku_id`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Table {
    columns: BTreeMap<String, Column>,
    primary: String,
    unique: BTreeSet<String>,
    foreign: BTreeSet<String>,
    indexes: BTreeMap<String, String>,
}

/// A column in MySQL's words, or in those of [`Column::in_sqlite`].
#[derive(Debug, Clone, PartialEq, Eq)]
struct Column {
    /// Type, then the collation where it is not the usual one.
    kind: String,
    null: bool,
    filled: Filled,
}

/// What stands in a column that an INSERT leaves out.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Filled {
    Nothing,
    By(String),
    Now,
    /// An id from AUTO_INCREMENT or AUTOINCREMENT.
    Id,
    /// Nobody can write it: it is computed from others.
    Generated(String),
}

/// As the exceptions in `docs/SCHEMA.md` spell it.
impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, if self.null { "NULL" } else { "NOT NULL" })?;
        match &self.filled {
            Filled::Nothing => Ok(()),
            Filled::By(text) => write!(f, " DEFAULT {text}"),
            Filled::Now => write!(f, " DEFAULT now"),
            Filled::Id => write!(f, " AUTO_INCREMENT"),
            Filled::Generated(text) => write!(f, " = {text}"),
        }
    }
}

impl Column {
    /// The same without its collation, of which the requirements do not speak.
    fn without_collation(mut self) -> Self {
        self.kind = self.kind.trim_end_matches(" ascii_bin").trim_end_matches(" utf8mb4_bin").to_owned();
        self
    }

    /// How SQLite stores it: `docs/SCHEMA.md`, "How values are stored".
    fn in_sqlite(self) -> Self {
        let word = self.kind.split([' ', '(']).next().unwrap();
        let width = self.kind.split(['(', ')']).nth(1).unwrap_or_default();
        let kind = match word {
            "BIGINT" | "INT" | "TINYINT" | "DATETIME" => "INTEGER".to_owned(),
            "VARCHAR" => format!("TEXT({width})"),
            "BINARY" | "VARBINARY" => format!("BLOB({width})"),
            "JSON" => "TEXT json".to_owned(),
            "TEXT" | "DECIMAL" => "TEXT".to_owned(),
            other => panic!("how does SQLite store {other}?"),
        };
        // Every INTEGER PRIMARY KEY of SQLite fills itself, and its catalogue does not say so.
        let filled = if self.filled == Filled::Id { Filled::Nothing } else { self.filled };
        Self { kind, null: self.null, filled }
    }
}

/// What a test found wrong; all of it is told at once.
#[derive(Default)]
struct Findings(Vec<String>);

impl Findings {
    fn check(&mut self, holds: bool, told: impl FnOnce() -> String) {
        if !holds {
            self.0.push(told());
        }
    }

    fn end(self) {
        assert!(self.0.is_empty(), "{} differences:\n  {}", self.0.len(), self.0.join("\n  "));
    }
}

/// P1 on one engine, whose way to store a column is `stored`.
fn promises_are_kept(found: &Schema, stored: impl Fn(Column) -> Column) {
    let mut findings = Findings::default();
    let exceptions = document::exceptions();
    for (name, promised) in promise::tables() {
        let Some(table) = found.get(&name) else {
            findings.check(false, || format!("table {name} is missing"));
            continue;
        };
        findings
            .check(table.primary == promised.primary, || format!("{name}: primary key ({}), not ({})", table.primary, promised.primary));
        for key in promised.unique.difference(&table.unique) {
            findings.check(false, || format!("{name}: no unique key ({key})"));
        }
        for (column, promised) in promised.columns {
            let place = format!("{name}.{column}");
            let wanted = exceptions.get(&place).map_or_else(|| promise::by_rule(&promised), |exception| exception.here.clone());
            let is = table.columns.get(&column).cloned().map(Column::without_collation);
            findings.check(is == Some(stored(wanted.clone())), || {
                format!("{place}: {wanted} is wanted, there is {}", is.map_or("nothing".into(), |is| is.to_string()))
            });
        }
    }
    findings.end();
}

/// P2 on one engine.
fn the_document_is_the_catalogue(found: &Schema, documented: &Schema) {
    let mut findings = Findings::default();
    let names: BTreeSet<_> = found.keys().chain(documented.keys()).collect();
    for name in names {
        let (Some(is), Some(told)) = (found.get(name), documented.get(name)) else {
            let there = if found.contains_key(name) { "in the database, not in docs/SCHEMA.md" } else { "in docs/SCHEMA.md only" };
            findings.check(false, || format!("table {name} is {there}"));
            continue;
        };
        let columns: BTreeSet<_> = is.columns.keys().chain(told.columns.keys()).collect();
        for column in columns {
            let (is, told) = (is.columns.get(column), told.columns.get(column));
            findings.check(is == told, || {
                let word = |column: Option<&Column>| column.map_or("nothing".into(), Column::to_string);
                format!("{name}.{column}: the database has {}, docs/SCHEMA.md {}", word(is), word(told))
            });
        }
        findings.check(is.primary == told.primary, || format!("{name}: primary key ({}), documented ({})", is.primary, told.primary));
        findings.check(is.unique == told.unique, || format!("{name}: unique {:?}, documented {:?}", is.unique, told.unique));
        findings.check(is.foreign == told.foreign, || format!("{name}: foreign {:?}, documented {:?}", is.foreign, told.foreign));
        findings.check(is.indexes == told.indexes, || format!("{name}: indexes {:?}, documented {:?}", is.indexes, told.indexes));
    }
    findings.end();
}

#[tokio::test]
async fn mysql_has_every_promised_table_column_key_and_default() {
    let scratch = scratch::mysql().await;
    promises_are_kept(&catalogue::mysql(&scratch.database).await, |column| column);
}

#[tokio::test]
async fn sqlite_has_every_promised_table_column_key_and_default() {
    let scratch = scratch::sqlite().await;
    promises_are_kept(&catalogue::sqlite(&scratch.database).await, Column::in_sqlite);
}

#[tokio::test]
async fn the_documented_schema_is_that_of_mysql() {
    let scratch = scratch::mysql().await;
    the_document_is_the_catalogue(&catalogue::mysql(&scratch.database).await, &document::tables_in_mysql());
}

#[tokio::test]
async fn the_documented_schema_is_that_of_sqlite() {
    let scratch = scratch::sqlite().await;
    the_document_is_the_catalogue(&catalogue::sqlite(&scratch.database).await, &document::tables_in_sqlite());
}

#[test]
fn each_exception_is_true_and_needed() {
    let promised = promise::tables();
    for (place, exception) in document::exceptions() {
        let (table, column) = place.split_once('.').unwrap();
        let column = promised.get(table).and_then(|table| table.columns.get(column));
        let column = column.unwrap_or_else(|| panic!("{place} was never promised"));
        assert_eq!(column, &exception.promised, "{place} was promised otherwise");
        assert_ne!(promise::by_rule(column), exception.here, "{place} is as promised: no exception");
    }
}

#[test]
fn the_requirements_are_read_whole() {
    let tables = promise::tables();
    assert_eq!(tables.len(), 12, "{:?}", tables.keys());
    assert_eq!(tables.values().map(|table| table.columns.len()).sum::<usize>(), 115);
    let named = &tables["admin_roles"];
    assert!(named.unique.contains("admin_id, role_id"), "{named:?}");
    assert_eq!(tables["products"].columns["discount_rate"].to_string(), "DECIMAL(5,2) NULL DEFAULT 0");
    assert_eq!(tables["users"].columns["updated_at"].to_string(), "TIMESTAMP NULL DEFAULT now");
    assert_eq!(tables["admin_login_logs"].columns["logout_time"].to_string(), "TIMESTAMP NULL");
}
