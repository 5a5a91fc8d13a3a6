//! Plans of the statements that a test sent to MariaDB, as they would be over 100,000 products and 1,000,000 orders: the engine's statistics
//! say so, the rows are those of the test. A statement that reads a growing table from end to end is a failure.

use mallcore::platform::database::{Database, Tx};

use super::recorder::Statements;
use crate::database::scratch::{self, Scratch};

/// Rows of the tables that do not grow with orders; all others are said to have a million.
const ROWS: [(&str, u64); 4] = [("products", 100_000), ("skus", 200_000), ("product_tags", 200_000), ("product_ratings", 100_000)];
const ROWS_OF_OTHERS: u64 = 1_000_000;

/// Tables that stay small, with the reason; their statistics stay as they are and they may be read whole.
const BOUNDED: [(&str, &str); 15] = [
    ("_migrations", "one row for each step of the schema"),
    ("agreements", "a row for each version that somebody has written"),
    ("banners", "200 at most are on, and the others were"),
    ("carriers", "couriers that parcels go by"),
    ("brands", "the catalogue holds all of them in memory"),
    ("categories", "three levels; the catalogue holds all of them in memory"),
    ("freight_regions", "provinces and cities of the rules"),
    ("freight_rules", "areas of the templates"),
    ("freight_templates", "a merchant's own, changed by hand"),
    ("id_blocks", "one row for each kind of id"),
    ("outbox_order", "one row"),
    ("projection_checkpoints", "one row for each projection"),
    ("seckill_activities", "planned by hand"),
    ("seckill_items", "planned by hand; memory holds those that run"),
    ("tags", "the catalogue holds all of them in memory"),
];

/// Fails for each statement whose plan reads a growing table from end to end.
pub async fn explain(scratch: &Scratch, statements: &Statements) {
    let database = scratch.patient().await;
    let mut tx = database.begin().await.unwrap();
    let growing = growing(&mut tx).await;
    tx.commit().await.unwrap();
    for table in growing.iter().filter(|table| statements.keys().any(|text| text.contains(*table))) {
        enlarge(&database, table).await;
    }
    let (mut explained, mut scans) = (0, Vec::new());
    for (text, written) in statements {
        let head = text.trim_start().get(..6).unwrap_or_default().to_ascii_uppercase();
        if !["SELECT", "UPDATE", "DELETE", "INSERT", "REPLAC"].contains(&head.as_str()) || !text.contains(" FROM ") && head != "UPDATE" {
            continue;
        }
        // Writes are explained in a transaction that may write, and carried out in none.
        let mut tx = database.begin().await.unwrap();
        let rows = tx.all(format!("EXPLAIN {written}"), Vec::new()).await.unwrap_or_else(|cause| panic!("{written}: {cause}"));
        for row in &rows {
            // id, select_type, table, type, possible_keys, key; MySQL has `partitions` before the type.
            let [table, kind, key] = [2, 3, 5].map(|column| row.text_or_null(column).ok().flatten().unwrap_or_default());
            explained += u32::from(!kind.is_empty());
            let is_bounded = BOUNDED.iter().any(|(name, _)| is_of(text, &table, name));
            if ["ALL", "index"].contains(&kind.as_str()) && !table.starts_with('<') && !is_bounded {
                scans.push(format!("{kind} over {table} by {key:?}: {written}"));
            }
        }
        tx.commit().await.unwrap();
    }
    assert!(explained > 0, "{statements:#?}");
    assert!(scans.is_empty(), "{} statements scan:\n{}", scans.len(), scans.join("\n"));
}

/// Whether the plan's name of a table, an alias perhaps, is this table.
fn is_of(text: &str, alias: &str, table: &str) -> bool {
    alias == table
        || [format!(" {table} {alias} "), format!(" {table} {alias},"), format!(" {table} AS {alias} ")]
            .iter()
            .any(|named| text.contains(named))
}

/// Tables whose statistics are made up.
async fn growing(tx: &mut Tx) -> Vec<String> {
    let text = "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'";
    let tables = tx.all(text, Vec::new()).await.unwrap();
    let names = tables.iter().map(|row| row.text(0).unwrap());
    names.filter(|table| BOUNDED.iter().all(|(name, _)| name != table)).collect()
}

/// Keeps the engine from counting rows by itself: it would do so at some moment after the statistics were made up. To be called before the
/// first row.
pub async fn keep_statistics(scratch: &Scratch) {
    let database = scratch.patient().await;
    let mut tx = database.begin().await.unwrap();
    for table in growing(&mut tx).await {
        tx.all(format!("ALTER TABLE {table} STATS_PERSISTENT = 1, STATS_AUTO_RECALC = 0"), Vec::new()).await.unwrap();
    }
    tx.commit().await.unwrap();
}

/// Tells the planner that the table is large.
async fn enlarge(database: &Database, table: &str) {
    let mut tx = database.begin().await.unwrap();
    let rows = ROWS.iter().find(|(name, _)| *name == table).map_or(ROWS_OF_OTHERS, |(_, rows)| *rows);
    let (pages, of_table) = (rows / 50, "WHERE database_name = DATABASE() AND table_name = ?");
    let text = format!("UPDATE mysql.innodb_table_stats SET n_rows = ?, clustered_index_size = ?, sum_of_other_index_sizes = ? {of_table}");
    tx.execute(text, vec![rows.into(), pages.into(), pages.into(), table.to_owned().into()]).await.unwrap();
    // The first column of an index leaves fifty rows, all of its columns leave one.
    let distinct = [
        ("index_name = 'PRIMARY' OR stat_name <> 'n_diff_pfx01'", rows),
        ("index_name <> 'PRIMARY' AND stat_name = 'n_diff_pfx01'", pages),
    ];
    for (of_index, distinct) in distinct {
        let text = format!("UPDATE mysql.innodb_index_stats SET stat_value = ? {of_table} AND stat_name LIKE 'n_diff%' AND ({of_index})");
        tx.execute(text, vec![distinct.into(), table.to_owned().into()]).await.unwrap();
    }
    // At once: the server's statistics are those of all schemas.
    tx.commit().await.unwrap();
    let mut tx = database.begin().await.unwrap();
    // The engine reads statistics when it meets a table for the first time; FLUSH TABLE does not make it forget one.
    tx.all(format!("RENAME TABLE {table} TO {table}_, {table}_ TO {table}"), Vec::new()).await.unwrap();
    let text = "SELECT CAST(table_rows AS SIGNED) FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = ?";
    let believed = tx.first(text, vec![table.to_owned().into()]).await.unwrap().unwrap().count(0).unwrap();
    tx.commit().await.unwrap();
    assert!(believed > rows / 2, "the planner believes in {believed} rows of {table}");
}

#[tokio::test]
#[should_panic(expected = "1 statements scan:\nALL over orders")]
async fn a_statement_without_an_index_is_noticed() {
    let scratch = scratch::mysql().await;
    keep_statistics(&scratch).await;
    let [by_an_index, by_none] = ["SELECT status FROM orders WHERE user_id = 1", "SELECT status FROM orders WHERE remark = 'x'"];
    let statements = [by_an_index, by_none].map(|text| (text.to_owned(), text.to_owned()));
    explain(&scratch, &Statements::from(statements)).await;
}
