//! `docs/SCHEMA.md` as data: its section on every column, and its exceptions to what was promised.

use std::collections::BTreeMap;

use super::{Column, Filled, Schema, Table};

const DOCUMENT: &str = include_str!("../../../../docs/SCHEMA.md");

/// A listed difference from the requirements.
pub struct Exception {
    pub promised: Column,
    pub here: Column,
}

/// Documented exceptions, by `table.column`.
pub fn exceptions() -> BTreeMap<String, Exception> {
    let rows = section("## Exceptions").filter_map(cells).filter(|cells| cells[0].contains('.'));
    rows.map(|cells| (cells[0].clone(), Exception { promised: spelt(&cells[1]), here: spelt(&cells[2]) })).collect()
}

/// A column as [`Column`] prints it.
fn spelt(text: &str) -> Column {
    let (kind, rest) = text.split_once(' ').unwrap();
    let (null, filled) = rest.strip_prefix("NOT NULL").map_or((true, rest.strip_prefix("NULL")), |rest| (false, Some(rest)));
    let filled = filled.unwrap_or_else(|| panic!("NULL or NOT NULL is missing in {text:?}")).trim();
    let filled = match filled.split_once(' ') {
        None if filled.is_empty() => Filled::Nothing,
        None if filled == "AUTO_INCREMENT" => Filled::Id,
        Some(("DEFAULT", "now")) => Filled::Now,
        Some(("DEFAULT", default)) => Filled::By(default.to_owned()),
        Some(("=", expression)) => Filled::Generated(expression.to_owned()),
        _ => panic!("{text:?} cannot be read"),
    };
    Column { kind: kind.to_owned(), null, filled }
}

/// Every documented table, as MySQL has it.
pub fn tables_in_mysql() -> Schema {
    tables(|index| index.split("; SQLite ").next().unwrap())
}

/// Every documented table, as SQLite has it.
pub fn tables_in_sqlite() -> Schema {
    let mut tables = tables(|index| index.rsplit("; SQLite ").next().unwrap());
    for column in tables.values_mut().flat_map(|table| table.columns.values_mut()) {
        *column = column.clone().in_sqlite();
    }
    tables
}

/// `index` picks the engine's columns out of those of an index that differs.
fn tables(index: impl Fn(&str) -> &str) -> Schema {
    let mut tables = Schema::new();
    let mut open = None;
    for line in section("## Every column") {
        if let Some(name) = line.strip_prefix("### ") {
            open = Some(tables.entry(name.trim_matches('`').to_owned()).or_default());
        } else if let Some(table) = open.as_deref_mut() {
            if let Some(cells) = cells(line).filter(|cells| cells[0] != "column" && !cells[0].starts_with('-')) {
                table.columns.insert(cells[0].clone(), listed(&cells));
            } else if let Some((word, rest)) = line.strip_prefix("- ").and_then(|line| line.split_once(' ')) {
                key(table, word, rest, &index);
            }
        }
    }
    tables
}

/// A row of a table's columns: name, type, null, default, remark.
fn listed(cells: &[String]) -> Column {
    let filled = match cells[3].as_str() {
        "" => Filled::Nothing,
        "now" => Filled::Now,
        "given by the database" => Filled::Id,
        text => text.strip_prefix("= ").map_or_else(|| Filled::By(text.to_owned()), |expression| Filled::Generated(expression.to_owned())),
    };
    assert!(["yes", "no"].contains(&cells[2].as_str()), "{cells:?}");
    Column { kind: cells[1].clone(), null: cells[2] == "yes", filled }
}

/// Of a line such as `- UNIQUE (user_id, key_hash)` the word and what follows it.
fn key(table: &mut Table, word: &str, rest: &str, index: impl Fn(&str) -> &str) {
    // The columns, and what an index says after them.
    let bare = |text: &str| text.replacen('(', "", 1).replacen(')', "", 1);
    match word {
        "PRIMARY" => table.primary = bare(rest),
        "UNIQUE" => drop(table.unique.insert(bare(rest))),
        "FOREIGN" => drop(table.foreign.insert(rest.to_owned())),
        "INDEX" => {
            let (name, columns) = rest.split_once(' ').unwrap();
            table.indexes.insert(name.trim_matches('`').to_owned(), bare(index(columns)));
        }
        other => panic!("docs/SCHEMA.md: what is a {other}?"),
    }
}

/// Lines below a heading of the second level.
fn section(heading: &str) -> impl Iterator<Item = &'static str> {
    let mut lines = DOCUMENT.lines().skip_while(move |line| !line.starts_with(heading));
    assert!(lines.next().is_some(), "docs/SCHEMA.md has no section {heading:?}");
    lines.take_while(|line| !line.starts_with("## "))
}

/// Cells of a row, without the marks of code.
fn cells(line: &str) -> Option<Vec<String>> {
    let inner = line.strip_prefix("| ")?.strip_suffix('|')?;
    let cells = inner.split('|').map(|cell| cell.trim().trim_matches('`').to_owned());
    Some(cells.collect())
}
