//! What the engines say of themselves: MySQL's (and MariaDB's) `information_schema`, SQLite's pragmas and its copies of the statements.

use mallcore::platform::database::{Database, Row, Value};

use super::{Column, Filled, Schema};

async fn rows(database: &Database, text: &str, values: Vec<Value>) -> Vec<Row> {
    database.snapshot().await.unwrap().all(text, values).await.unwrap()
}

/// Of the schema that the connection uses.
pub async fn mysql(database: &Database) -> Schema {
    let mut tables = Schema::new();
    let columns = "SELECT table_name, column_name, column_type, is_nullable, column_default, extra, generation_expression, collation_name \
         FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name NOT LIKE '\\_sqlx%'";
    for row in rows(database, columns, Vec::new()).await {
        let text = |place| row.text_or_null(place).unwrap().unwrap_or_default();
        let column = Column {
            kind: mysql_kind(&text(2), &text(7)),
            null: text(3) == "YES",
            filled: mysql_filled(row.text_or_null(4).unwrap().as_deref(), &text(5), &text(6)),
        };
        tables.entry(text(0)).or_default().columns.insert(text(1), column);
    }
    let foreign = "SELECT table_name, column_name, referenced_table_name, referenced_column_name FROM information_schema.key_column_usage \
         WHERE table_schema = DATABASE() AND referenced_table_name IS NOT NULL";
    for row in rows(database, foreign, Vec::new()).await {
        let [table, from, to, column] = [0, 1, 2, 3].map(|place| row.text(place).unwrap());
        tables.get_mut(&table).unwrap().foreign.insert(format!("({from}) to {to} ({column})"));
    }
    let keys = "SELECT table_name, index_name, non_unique, GROUP_CONCAT(column_name ORDER BY seq_in_index SEPARATOR ', ') \
         FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name NOT LIKE '\\_sqlx%' \
         GROUP BY table_name, index_name, non_unique";
    for row in rows(database, keys, Vec::new()).await {
        let [table, name, columns] = [0, 1, 3].map(|place| row.text(place).unwrap());
        let table = tables.get_mut(&table).unwrap();
        if name == "PRIMARY" {
            table.primary = columns;
        } else if !row.flag(2).unwrap() {
            table.unique.insert(columns);
        } else if !table.foreign.iter().any(|key| key.starts_with(&format!("({columns})")) && name == columns) {
            table.indexes.insert(name, columns);
        } // else it came with a foreign key, under that column's name
    }
    tables
}

/// Without what only tells how wide a number is printed; MariaDB's JSON is a LONGTEXT with a check.
fn mysql_kind(kind: &str, collation: &str) -> String {
    let kind = kind.to_uppercase();
    let word = kind.split('(').next().unwrap();
    match (word, collation) {
        ("LONGTEXT", _) => "JSON".to_owned(),
        ("BIGINT" | "INT" | "TINYINT", _) => word.to_owned(),
        (_, "" | "utf8mb4_unicode_ci") => kind,
        _ => format!("{kind} {collation}"),
    }
}

/// MariaDB writes a default as it would stand in a statement and NULL as a word, MySQL as a bare value and as none.
fn mysql_filled(default: Option<&str>, extra: &str, expression: &str) -> Filled {
    if !expression.is_empty() {
        return Filled::Generated(expression.replace('`', "").trim_start_matches('(').trim_end_matches(')').to_owned());
    }
    match default {
        _ if extra.contains("auto_increment") => Filled::Id,
        None | Some("NULL") => Filled::Nothing,
        Some(now) if now.eq_ignore_ascii_case("current_timestamp(3)") => Filled::Now,
        Some("") => Filled::By("''".to_owned()),
        Some(default) => Filled::By(default.to_owned()),
    }
}

/// Of the file.
pub async fn sqlite(database: &Database) -> Schema {
    let mut tables = Schema::new();
    let named = "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '\\_sqlx%' ESCAPE '\\' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";
    for row in rows(database, named, Vec::new()).await {
        let (name, statement) = (row.text(0).unwrap(), row.text(1).unwrap());
        let table = tables.entry(name.clone()).or_default();
        let mut primary = Vec::new();
        let columns = "SELECT name, type, \"notnull\", dflt_value, pk, hidden FROM pragma_table_xinfo(?)";
        for row in rows(database, columns, vec![name.clone().into()]).await {
            let column = row.text(0).unwrap();
            let place = row.int(4).unwrap();
            if place > 0 {
                primary.push((place, column.clone()));
            }
            let default = row.text_or_null(3).unwrap();
            let filled = if row.int(5).unwrap() == 0 { sqlite_filled(default.as_deref()) } else { sqlite_generated(&statement, &column) };
            let kind = sqlite_kind(&statement, &column, &row.text(1).unwrap());
            table.columns.insert(column, Column { kind, null: !row.flag(2).unwrap() && place == 0, filled });
        }
        primary.sort_unstable();
        table.primary = primary.into_iter().map(|(_, column)| column).collect::<Vec<_>>().join(", ");
        let foreign = "SELECT \"from\", \"table\", \"to\" FROM pragma_foreign_key_list(?)";
        for row in rows(database, foreign, vec![name.clone().into()]).await {
            let [from, to, column] = [0, 1, 2].map(|place| row.text(place).unwrap());
            table.foreign.insert(format!("({from}) to {to} ({column})"));
        }
        let indexes = "SELECT i.name, i.origin, (SELECT sql FROM sqlite_schema WHERE name = i.name), \
             (SELECT GROUP_CONCAT(name, ', ') FROM (SELECT name FROM pragma_index_info(i.name) ORDER BY seqno)) FROM pragma_index_list(?) i";
        for row in rows(database, indexes, vec![name.clone().into()]).await {
            let [index, origin, columns] = [0, 1, 3].map(|place| row.text(place).unwrap());
            let condition =
                row.text_or_null(2).unwrap().and_then(|sql| sql.split_once(" WHERE ").map(|(_, condition)| condition.to_owned()));
            match origin.as_str() {
                "u" => drop(table.unique.insert(columns)),
                "c" if row.text(2).unwrap().starts_with("CREATE UNIQUE") => drop(table.unique.insert(columns)),
                "c" => {
                    drop(table.indexes.insert(index, condition.map_or(columns.clone(), |condition| format!("{columns} WHERE {condition}"))))
                }
                _ => {}
            }
        }
    }
    tables
}

/// The type with the check that stands for MySQL's width.
fn sqlite_kind(statement: &str, column: &str, kind: &str) -> String {
    let width = |check: String| {
        let (_, rest) = statement.split_once(&check)?;
        Some(rest.chars().take_while(char::is_ascii_digit).collect::<String>())
    };
    if statement.contains(&format!("(json_valid({column}))")) {
        return format!("{kind} json");
    }
    match width(format!("(length({column}) <= ")).or_else(|| width(format!("(length({column}) = "))) {
        Some(width) => format!("{kind}({width})"),
        None => kind.to_owned(),
    }
}

fn sqlite_filled(default: Option<&str>) -> Filled {
    match default {
        None => Filled::Nothing,
        Some("CAST(unixepoch('subsec') * 1000 AS INTEGER)") => Filled::Now,
        Some(default) => Filled::By(default.to_owned()),
    }
}

/// SQLite has no decimals: a generated text of yuan and fen stands for MySQL's DECIMAL.
fn sqlite_generated(statement: &str, column: &str) -> Filled {
    let expression = statement.split_once(&format!(" {column} TEXT GENERATED ALWAYS AS (printf('%d.%02d', ")).and_then(|(_, rest)| {
        let (source, rest) = rest.split_once(" / 100, ")?;
        rest.starts_with(&format!("{source} % 100))")).then(|| format!("{source} / 100"))
    });
    Filled::Generated(expression.unwrap_or_else(|| "something else".to_owned()))
}
