//! What has to mean the same on both databases.

use mallcore::platform::database::Database;

use super::events::{attached, stage};
use super::scratch;

async fn run(database: &Database, text: &str) {
    let mut tx = database.begin().await.unwrap();
    tx.execute(text, Vec::new()).await.unwrap_or_else(|error| panic!("{text}: {error}"));
    tx.commit().await.unwrap();
}

async fn count(database: &Database, text: String) -> i64 {
    database.snapshot().await.unwrap().first(text, Vec::new()).await.unwrap().unwrap().int(0).unwrap()
}

/// A row each with `Á1` in the columns whose text is a code, a number or a key.
const ROWS: [(&str, &str, &str); 9] = [
    ("brands", "name", "INSERT INTO brands (name) VALUES ('Á1')"),
    ("skus", "spec", "UPDATE skus SET spec = 'Á1' WHERE id = 1"),
    ("users", "phone", "INSERT INTO users (openid, phone) VALUES ('o', 'Á1')"),
    (
        "stock_adjustments",
        "operator",
        "INSERT INTO stock_adjustments (sku_id, id, delta, reason, operator, sequence, created_at) SELECT 1, 1, 1, 'r', 'Á1', 1, created_at FROM skus WHERE id = 1",
    ),
    ("admins", "email", "INSERT INTO admins (username, password, email) VALUES ('a', 'p', 'Á1')"),
    ("admins", "phone", "UPDATE admins SET phone = 'Á1'"),
    ("permissions", "path", "INSERT INTO permissions (name, code, type, path) VALUES ('n', 'c', 1, 'Á1')"),
    ("permissions", "component", "UPDATE permissions SET component = 'Á1' WHERE code = 'c'"),
    ("banners", "link_value", "INSERT INTO banners (title, image_url, link_type, link_value) VALUES ('t', 'i', 1, 'Á1')"),
];

#[tokio::test]
async fn codes_numbers_and_keys_compare_by_their_bytes() {
    for scratch in scratch::both().await {
        let database = &scratch.database;
        stage(database).await;
        for (table, column, row) in ROWS {
            run(database, row).await;
            for (asked, found) in [("Á1", 1), ("á1", 0), ("A1", 0), ("a1", 0)] {
                let text = format!("SELECT COUNT(*) FROM {table} WHERE {column} = '{asked}'");
                assert_eq!(count(database, text).await, found, "{:?} {table}.{column} = {asked}", database.engine());
            }
        }
        // Two brands, because no letter of the one is a letter of the other.
        run(database, "INSERT INTO brands (name) VALUES ('á1')").await;
    }
}

#[tokio::test]
async fn a_list_that_reads_what_it_sets_is_refused_before_it_can_differ() {
    for scratch in scratch::both().await {
        stage(&scratch.database).await;
        attached(&scratch.database).await;
        let mut tx = scratch.database.begin().await.unwrap();
        // MySQL would make both 8, SQLite 8 and what available was.
        let refused = tx.execute("UPDATE skus SET available = 8, held = available WHERE id = 1", Vec::new()).await;
        let refused = refused.expect_err("the engines do not agree on it");
        assert!(!refused.is_transient() && refused.to_string().contains("the SET list reads available"), "{refused}");
    }
}
