//! The requirements' tables, read from their own SQL, and the two rules by which every column of them is stored.

use super::{Column, Filled, Schema, Table};

const PROMISED: &str = include_str!("promised.sql");

/// What the requirements print, as they print it.
pub fn tables() -> Schema {
    let mut tables = Schema::new();
    let mut lines = PROMISED.lines().map(str::trim);
    while let Some(line) = lines.next() {
        let Some(name) = line.strip_prefix("CREATE TABLE ") else { continue };
        let mut table = Table::default();
        for line in lines.by_ref().take_while(|line| *line != ");") {
            read(line.trim_end_matches(','), &mut table);
        }
        tables.insert(name.trim_end_matches(" (").to_owned(), table);
    }
    tables
}

fn read(line: &str, table: &mut Table) {
    if let Some(key) = line.strip_prefix("UNIQUE KEY ") {
        table.unique.insert(key.split(['(', ')']).nth(1).unwrap().to_owned());
        return;
    }
    let (name, rest) = line.split_once(' ').unwrap();
    // Comments are for people.
    let rest = rest.split(" COMMENT ").next().unwrap();
    let kind = rest.split(' ').next().unwrap();
    let says = |words: &str| rest.contains(words);
    let filled = match rest.split_once(" DEFAULT ").map(|(_, default)| default.split(' ').next().unwrap()) {
        Some("CURRENT_TIMESTAMP") => Filled::Now,
        Some(default) => Filled::By(default.to_owned()),
        None if says("AUTO_INCREMENT") => Filled::Id,
        None => Filled::Nothing,
    };
    let primary = says("PRIMARY KEY");
    table.columns.insert(name.to_owned(), Column { kind: kind.to_owned(), null: !(primary || says("NOT NULL")), filled });
    if primary {
        table.primary = name.to_owned();
    }
    if says("UNIQUE") {
        table.unique.insert(name.to_owned());
    }
}

/// How a promised column is stored where no exception names it (`docs/SCHEMA.md`): moments are DATETIME(3), and what has a default is never NULL.
pub fn by_rule(promised: &Column) -> Column {
    let kind = if promised.kind == "TIMESTAMP" { "DATETIME(3)".to_owned() } else { promised.kind.clone() };
    let null = promised.null && promised.filled == Filled::Nothing;
    Column { kind, null, filled: promised.filled.clone() }
}
