//! Whether the database takes what the shop writes: tried in a transaction that is undone, because a server that is read-only, full or locked
//! answers every question.

use mallcore_actors::time::Timestamp;

use super::PART;
use crate::doctor::Finding;
use crate::doctor::net::told;
use crate::platform::database::{Arguments, Database, Engine, Error, Rows, Tx};
use crate::platform::projection;

/// Each table that is written while the shop sells, with a column that it has.
const TABLES: [(&str, &str); 10] = [
    ("id_blocks", "next_id"),
    ("order_items", "quantity"),
    ("orders", "version"),
    ("outbox", "attempts"),
    ("outbox_order", "last_id"),
    ("products", "stock"),
    ("projection_checkpoints", "epoch"),
    ("seckill_items", "quota"),
    ("skus", "version"),
    ("stock_adjustments", "sequence"),
];
/// What a server must have room for, about 2 MiB: more than is left over in places that its files have already.
const STATEMENTS: usize = 5;
const ROWS: usize = 64;
/// Below half a page of InnoDB, so that a row lies in the table's own pages as orders do, whose room is refused first.
const ROW_BYTES: usize = 7_500;

pub(super) async fn attempt(database: &Database) -> Finding {
    match undone(database).await {
        Ok(()) => Finding::pass(PART, "writing", format!("{} tables take changes; those were undone", TABLES.len())),
        Err((table, error)) => refused(format!("{table}: {}", told(&error))),
    }
}

/// With a remedy for what was seen.
pub(super) fn refused(seen: impl Into<String>) -> Finding {
    let seen = seen.into();
    let says = |words: &[&str]| words.iter().any(|word| seen.to_lowercase().contains(word));
    let remedy = if says(&["read-only", "read only", "readonly", "1290", "1792", "1836"]) {
        "let the server be written again (SET GLOBAL read_only = OFF), or point DB_HOST at the one that is: after a switch-over this may be a replica"
    } else if says(&["full", "no space", "1114", "1021", "1026"]) {
        "make room on the disk of the database, or in its tablespace; the journal keeps what waits"
    } else if says(&["lock", "1205", "no answer in time"]) {
        "find who holds the lock (SHOW FULL PROCESSLIST, information_schema.innodb_trx) and end it with KILL; a file is locked by another process"
    } else if says(&["denied"]) {
        "grant the account SELECT, INSERT, UPDATE and DELETE on the schema (database/environments/*.sql)"
    } else {
        "see the server's error log; until it takes changes they wait in the journal"
    };
    Finding::fail(PART, "writing", seen, remedy)
}

async fn undone(database: &Database) -> Result<(), (&'static str, Error)> {
    let mut tx = database.begin().await.map_err(|error| ("the transaction", error))?;
    for (table, column) in TABLES {
        // Takes the table as every change does, and no row.
        tx.execute(format!("UPDATE {table} SET {column} = {column} WHERE 1 = 0"), Vec::new()).await.map_err(|error| (table, error))?;
    }
    // SQLite would write these only with the commit; its room is that of the data folder, which `disk` looks at.
    if tx.engine() == Engine::MySql {
        fill(&mut tx).await.map_err(|error| ("outbox", error))?;
    }
    // The row that every batch of the projection begins with.
    let text = "UPDATE projection_checkpoints SET epoch = epoch WHERE name = ?";
    tx.execute(text, vec![projection::NAME.into()]).await.map_err(|error| ("projection_checkpoints", error))?;
    Ok(())
}

/// Rows that no other one can be, because ids of the outbox are positive.
async fn fill(tx: &mut Tx) -> Result<(), Error> {
    let columns = ["id", "kind", "aggregate", "payload", "created_at"];
    let at = Timestamp::default();
    for statement in 0..STATEMENTS {
        let mut values = Arguments::with_capacity(ROWS * columns.len());
        for row in 0..ROWS {
            let id = (statement * ROWS + row) as i64 - (STATEMENTS * ROWS) as i64;
            values.extend([id.into(), "doctor".into(), "doctor".into(), " ".repeat(ROW_BYTES).into(), at.into()]);
        }
        tx.execute(Rows::insert(tx.engine(), "outbox", &columns, ROWS), values).await?;
    }
    Ok(())
}
