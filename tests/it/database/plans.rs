//! Queries that matter use their index, on both engines.

use mallcore::platform::database::{Database, Engine, Rows};
use mallcore::platform::projection::attach;
use mallcore_actors::time::Timestamp;

use super::events::{Command, START, Shop, stage};
use super::journal::MemoryJournal;
use super::projection::project;
use super::scratch;

/// The query, what SQLite's plan has to name, and the index in MySQL's.
const QUERIES: [(&str, &str, &str); 35] = [
    ("SELECT id FROM orders WHERE user_id = 3 AND id < 900000 ORDER BY id DESC LIMIT 20", "INDEX orders_of_a_user", "orders_of_a_user"),
    ("SELECT id FROM orders WHERE order_no = 'C101001'", "INDEX sqlite_autoindex_orders_1", "order_no"),
    ("SELECT id, order_no FROM orders WHERE status = 1 AND expires_at < 5", "INDEX orders_open", "orders_open"),
    (
        "SELECT DISTINCT user_id FROM orders WHERE limit_returned = 1 AND seckill_activity_id = 7",
        "INDEX orders_limit_returned",
        "orders_limit_returned",
    ),
    (
        "SELECT o.user_id, i.quantity FROM order_items i JOIN orders o ON o.id = i.order_id WHERE i.seckill_item_id = 101",
        "INDEX order_items_of_a_flash_item",
        "order_items_of_a_flash_item",
    ),
    ("SELECT id FROM categories WHERE parent_id = 4 ORDER BY sort_order, id", "INDEX categories_of_a_parent", "categories_of_a_parent"),
    ("SELECT id, remaining FROM seckill_items WHERE sku_id = 2", "INDEX seckill_items_of_a_sku", "seckill_items_of_a_sku"),
    ("SELECT payload FROM outbox WHERE events_at IS NULL AND id > 5 ORDER BY id LIMIT 64", "INDEX outbox_for_events", "outbox_for_events"),
    (
        "SELECT id FROM outbox o WHERE shop_at IS NULL AND NOT EXISTS (SELECT 1 FROM outbox p WHERE p.parked_at IS NOT NULL \
         AND p.aggregate = o.aggregate AND p.id <= o.id)",
        "INDEX outbox_parked",
        "outbox_parked",
    ),
    (
        "SELECT product_id, created_at FROM favorites WHERE user_id = 3 ORDER BY created_at DESC, product_id DESC LIMIT 1000",
        "INDEX favorites_in_time",
        "favorites_in_time",
    ),
    (
        "SELECT product_id, viewed_at FROM footprints WHERE user_id = 3 ORDER BY viewed_at DESC, product_id DESC LIMIT 100",
        "INDEX footprints_in_time",
        "footprints_in_time",
    ),
    (
        "SELECT word, searched_at FROM search_history WHERE user_id = 3 ORDER BY searched_at DESC, word DESC LIMIT 20",
        "INDEX search_history_in_time",
        "search_history_in_time",
    ),
    (
        "SELECT word, searched_at FROM search_history WHERE found = 1 ORDER BY searched_at DESC LIMIT 100",
        "INDEX search_history_found",
        "search_history_found",
    ),
    ("SELECT product_id FROM product_tags WHERE tag_id = 3", "INDEX product_tags_of_a_tag", "product_tags_of_a_tag"),
    ("SELECT id FROM banners WHERE status = 1 ORDER BY sort_order, id LIMIT 200", "INDEX banners_in_order", "banners_in_order"),
    (
        "SELECT banner_id, clicks FROM banner_clicks WHERE day >= 20261199 ORDER BY day, banner_id",
        "INDEX banner_clicks_of_a_day",
        "banner_clicks_of_a_day",
    ),
    ("SELECT id, name FROM products WHERE id > 150 ORDER BY id LIMIT 5", "INTEGER PRIMARY KEY", "PRIMARY"),
    ("SELECT id FROM outbox WHERE processed_at < 5 ORDER BY processed_at, id LIMIT 500", "INDEX outbox_processed", "outbox_processed"),
    ("SELECT user_id, version FROM carts WHERE version > 900 ORDER BY version LIMIT 100", "INDEX carts_in_change", "carts_in_change"),
    (
        "SELECT user_id, version FROM carts WHERE version < 900000 ORDER BY version DESC LIMIT 100",
        "INDEX carts_in_change",
        "carts_in_change",
    ),
    ("SELECT contact FROM addresses WHERE user_id = 3 ORDER BY id DESC", "INDEX addresses_of_a_user", "addresses_of_a_user"),
    (
        "SELECT user_id, wrapped FROM user_keys WHERE master_key_id = 1 AND user_id > 5 ORDER BY user_id LIMIT 500",
        "INDEX user_keys_of_a_master_key",
        "user_keys_of_a_master_key",
    ),
    (
        "SELECT r.id, r.content FROM reviews r WHERE r.product_id = 3 AND r.status = 2 AND r.id < 900000 ORDER BY r.id DESC LIMIT 21",
        "INDEX reviews_of_a_product",
        "reviews_of_a_product",
    ),
    (
        "SELECT r.id, r.content FROM reviews r WHERE r.product_id = 3 AND r.status = 2 AND r.stars <= 4 AND (r.stars < 4 OR r.id < 900) \
         ORDER BY r.stars DESC, r.id DESC LIMIT 21",
        "INDEX reviews_by_stars",
        "reviews_by_stars",
    ),
    (
        "SELECT r.id, r.content FROM reviews r WHERE r.product_id = 3 AND r.status = 2 AND r.has_pictures = 1 AND r.id < 900000 \
         ORDER BY r.id DESC LIMIT 21",
        "INDEX reviews_with_pictures",
        "reviews_with_pictures",
    ),
    (
        "SELECT r.id, r.content FROM reviews r WHERE r.user_id = 3 AND r.id < 900000 ORDER BY r.id DESC LIMIT 21",
        "INDEX reviews_of_a_user",
        "reviews_of_a_user",
    ),
    (
        "SELECT r.id, r.content FROM reviews r WHERE r.status = 1 AND r.id < 900000 ORDER BY r.id DESC LIMIT 50",
        "INDEX reviews_to_moderate",
        "reviews_to_moderate",
    ),
    ("SELECT r.id, r.content FROM reviews r WHERE r.order_id = 7 AND r.sku_id = 1", "INDEX sqlite_autoindex_reviews_1", "order_id"),
    (
        "SELECT id, paid_at FROM orders WHERE is_basket = 1 AND id < 900000 ORDER BY id DESC LIMIT 500",
        "INDEX orders_baskets",
        "orders_baskets",
    ),
    (
        "SELECT a.id, a.note FROM after_sales a WHERE a.user_id = 3 AND a.id < 900000 ORDER BY a.id DESC LIMIT 21",
        "INDEX after_sales_of_a_user (",
        "after_sales_of_a_user",
    ),
    (
        "SELECT a.id, a.note FROM after_sales a WHERE a.user_id = 3 AND a.id < 900000 AND a.status = 5 ORDER BY a.id DESC LIMIT 21",
        "INDEX after_sales_of_a_user_by_status",
        "after_sales_of_a_user_by_status",
    ),
    (
        "SELECT a.id, l.sku_id, l.quantity FROM after_sales a JOIN after_sale_lines l ON l.after_sale_id = a.id \
         WHERE a.order_id = 7 AND a.status IN (1, 2, 3, 4, 5) ORDER BY a.id, l.line_no",
        "INDEX after_sales_of_an_order",
        "after_sales_of_an_order",
    ),
    ("SELECT id FROM after_sales WHERE status = 2 AND due_at <= 5 ORDER BY due_at LIMIT 100", "INDEX after_sales_due", "after_sales_due"),
    (
        "SELECT order_id FROM shipping_uploads WHERE status = 1 AND next_at <= 5 ORDER BY next_at, order_id LIMIT 1",
        "INDEX shipping_uploads_due",
        "shipping_uploads_due",
    ),
    ("SELECT order_id FROM pick_ups WHERE user_id = 3", "INDEX pick_ups_of_a_user", "pick_ups_of_a_user"),
];

/// Enough rows that a scan is the worse plan.
async fn filled(database: &Database) {
    stage(database).await;
    attach(database, &MemoryJournal::new(), mallcore::platform::projection::NAME, &[mallcore::platform::projection::NAME]).await.unwrap();
    let mut shop = Shop::after(&[Command::Carve { sku: 1 }]);
    for user in 1..=12 {
        shop.make(Command::BuyFlash { sku: 1, user, pieces: 1 });
    }
    project(database, &shop, 0, shop.records.len()).await;
    let mut tx = database.begin().await.unwrap();
    // Each time twice as many, all closed, of the same shoppers.
    for times in 0..7 {
        let (no, key) = match database.engine() {
            Engine::Sqlite => ("'C' || (id + ?)", "randomblob(16)"),
            Engine::MySql => ("CONCAT('C', id + ?)", "RANDOM_BYTES(16)"),
        };
        let text = format!(
            "INSERT INTO orders (id, order_no, user_id, total_amount_fen, payable_fen, status, key_hash, body_fingerprint, expires_at, version, \
             sequence, created_at, updated_at, closed_at) \
             SELECT id + ?, {no}, user_id, 1, 1, 5, {key}, 1, expires_at, 1, 1, created_at, updated_at, updated_at FROM orders"
        );
        tx.execute(text, vec![(100_000u64 << times).into(), (100_000u64 << times).into()]).await.unwrap();
    }
    let text = "INSERT INTO order_items (order_id, line_no, sku_id, product_id, product_name, sku_spec, seckill_item_id, quantity, unit_price_fen) \
         SELECT id, 1, 1, 1, '杯', '', 200 + id % 50, 1, 1 FROM orders WHERE id > 100000";
    tx.execute(text, Vec::new()).await.unwrap();
    let columns = ["id", "kind", "aggregate", "payload", "created_at", "shop_at", "events_at", "cache_at", "processed_at"];
    let now = Timestamp::from_millis(START);
    let rows = (1..=1_000u64).flat_map(|id| {
        let done = (id <= 990).then_some(now);
        [id.into(), "k".into(), "a".into(), "{}".into(), now.into(), done.into(), done.into(), done.into(), done.into()]
    });
    tx.execute(Rows::insert(database.engine(), "outbox", &columns, 1_000), rows.collect()).await.unwrap();
    let parents = Rows::insert(database.engine(), "categories", &["id", "parent_id", "level", "path", "name"], 200);
    let values = (1..=200u64)
        .flat_map(|id| [id.into(), (id > 10).then_some(id % 10 + 1).into(), 1u64.into(), format!("/{id}/").into(), "类".into()])
        .collect();
    tx.execute(parents, values).await.unwrap();
    for (table, column) in [("favorites", "created_at"), ("footprints", "viewed_at")] {
        let rows = (1..=2_000u64).flat_map(|row| [(row % 50).into(), row.into(), now.into()]);
        let text = Rows::insert(database.engine(), table, &["user_id", "product_id", column], 2_000);
        tx.execute(text, rows.collect()).await.unwrap();
    }
    let columns =
        ["order_id", "sku_id", "product_id", "user_id", "sku_spec", "stars", "has_pictures", "status", "created_at", "updated_at"];
    let rows = (1..=2_000u64).flat_map(|row| {
        let (pictures, status) = (u64::from(row / 3 % 7 == 0), if row % 19 == 0 { 1u64 } else { 2 });
        let numbers = [row, 1, row % 20 + 1, row % 40 + 1].map(Into::into);
        let rest = ["".into(), (row / 20 % 5 + 1).into(), pictures.into(), status.into(), now.into(), now.into()];
        numbers.into_iter().chain(rest)
    });
    tx.execute(Rows::insert(database.engine(), "reviews", &columns, 2_000), rows.collect()).await.unwrap();
    let columns = [
        "order_id",
        "order_no",
        "user_id",
        "kind",
        "reason",
        "status",
        "version",
        "expected_fen",
        "due_at",
        "key_hash",
        "body_fingerprint",
        "created_at",
        "updated_at",
    ];
    let rows = (1..=2_000u64).flat_map(|row| {
        let (status, mut key) = (if row % 19 == 0 { row / 19 % 3 + 1 } else { 5 }, [0; 16]);
        key[..8].copy_from_slice(&row.to_be_bytes());
        let due = (status != 5).then_some(now);
        let numbers = [row.into(), "C1".into(), (row % 40 + 1).into(), 1u64.into(), 1u64.into(), status.into(), 1u64.into(), 1u64.into()];
        numbers.into_iter().chain([due.into(), key.into(), 1u64.into(), now.into(), now.into()])
    });
    tx.execute(Rows::insert(database.engine(), "after_sales", &columns, 2_000), rows.collect()).await.unwrap();
    let rows = (1..=2_000u64).flat_map(|row| [row, 0, 1, 1, 1, 1].map(Into::into));
    let columns = ["after_sale_id", "line_no", "sku_id", "quantity", "unit_price_fen", "expected_fen"];
    tx.execute(Rows::insert(database.engine(), "after_sale_lines", &columns, 2_000), rows.collect()).await.unwrap();
    let rows = (1..=2_000u64).flat_map(|row| [(row % 50).into(), format!("词{row}").into(), now.into(), u64::from(row % 10 > 0).into()]);
    let text = Rows::insert(database.engine(), "search_history", &["user_id", "word", "searched_at", "found"], 2_000);
    tx.execute(text, rows.collect()).await.unwrap();
    let rows = (2..=300u64).flat_map(|id| [id.into(), "杯".into(), 1u64.into()]);
    tx.execute(Rows::insert(database.engine(), "products", &["id", "name", "price_fen"], 299), rows.collect()).await.unwrap();
    let rows = (1..=50u64).flat_map(|id| [id.into(), format!("标签{id}").into()]);
    tx.execute(Rows::insert(database.engine(), "tags", &["id", "name"], 50), rows.collect()).await.unwrap();
    let rows = (0..2_000u64).flat_map(|row| [(row % 290 + 1).into(), (row / 290 + 1 + row % 40).into()]);
    tx.execute(Rows::insert(database.engine(), "product_tags", &["product_id", "tag_id"], 2_000), rows.collect()).await.unwrap();
    let columns = ["user_id", "contact", "phone", "province", "city", "district", "region_code", "created_at", "updated_at"];
    let rows = (1..=1_000u64).flat_map(|id| {
        let (place, now) = (|| "市".into(), Timestamp::from_millis(START));
        [(id % 100).into(), vec![1].into(), "1".into(), place(), place(), place(), "330106".into(), now.into(), now.into()]
    });
    tx.execute(Rows::insert(database.engine(), "addresses", &columns, 1_000), rows.collect()).await.unwrap();
    let rows = (1..=1_000u64).flat_map(|id| [id.into(), (id % 40).into(), now.into()]);
    tx.execute(Rows::insert(database.engine(), "pick_ups", &["order_id", "user_id", "ready_at"], 1_000), rows.collect()).await.unwrap();
    let columns = ["order_id", "user_id", "wanted_version", "status", "next_at", "wanted_at", "updated_at"];
    let rows = (1..=1_000u64).flat_map(|id| {
        let status = if id % 50 == 0 { 1u64 } else { 2 };
        [id.into(), 1u64.into(), 3u64.into(), status.into(), now.into(), now.into(), now.into()]
    });
    tx.execute(Rows::insert(database.engine(), "shipping_uploads", &columns, 1_000), rows.collect()).await.unwrap();
    let rows = (1..=1_000u64).flat_map(|id| [id.into(), (id * 7 % 1_009).into(), now.into()]);
    tx.execute(Rows::insert(database.engine(), "carts", &["user_id", "version", "updated_at"], 1_000), rows.collect()).await.unwrap();
    let rows = (1..=1_000u64).flat_map(|id| [id.into(), (id % 20).into(), vec![1].into()]);
    tx.execute(Rows::insert(database.engine(), "user_keys", &["user_id", "master_key_id", "wrapped"], 1_000), rows.collect())
        .await
        .unwrap();
    let rows = (1..=400u64).flat_map(|id| ["图".into(), "/a.svg".into(), 4u64.into(), "1".into(), id.into(), (id % 20 == 0).into()]);
    let columns = ["title", "image_url", "link_type", "link_value", "sort_order", "status"];
    tx.execute(Rows::insert(database.engine(), "banners", &columns, 400), rows.collect()).await.unwrap();
    let rows = (0..3_000u64).flat_map(|row| [(row % 30 + 1).into(), (20_261_100 + row / 30).into(), 1u64.into()]);
    tx.execute(Rows::insert(database.engine(), "banner_clicks", &["banner_id", "day", "clicks"], 3_000), rows.collect()).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = database.begin().await.unwrap();
    let analyze = match database.engine() {
        Engine::Sqlite => "ANALYZE",
        Engine::MySql => {
            "ANALYZE TABLE orders, order_items, categories, seckill_items, outbox, favorites, footprints, search_history, product_tags, products, addresses, carts, user_keys, \
             banners, banner_clicks, reviews, after_sales, after_sale_lines"
        }
    };
    tx.all(analyze, Vec::new()).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn queries_that_matter_use_their_index_in_sqlite() {
    let scratch = scratch::sqlite().await;
    filled(&scratch.database).await;
    let mut tx = scratch.database.snapshot().await.unwrap();
    for (query, index, _) in QUERIES {
        let rows = tx.all(format!("EXPLAIN QUERY PLAN {query}"), Vec::new()).await.unwrap();
        let plan: Vec<_> = rows.iter().map(|row| row.text(3).unwrap()).collect();
        assert!(plan.iter().any(|step| step.contains(index)), "{query}\n{plan:#?}");
    }
}

#[tokio::test]
async fn queries_that_matter_use_their_index_in_mysql() {
    let scratch = scratch::mysql().await;
    filled(&scratch.database).await;
    let mut tx = scratch.database.snapshot().await.unwrap();
    for (query, _, index) in QUERIES {
        // id, select_type, table, type, possible_keys, key, …; MySQL has `partitions` before `type`, and draws a tree unless asked not to.
        let rows = tx.all(format!("EXPLAIN FORMAT=TRADITIONAL {query}"), Vec::new()).await.unwrap();
        let keys: Vec<_> = rows.iter().map(|row| [5, 6].map(|column| row.text_or_null(column).unwrap_or_default())).collect();
        assert!(keys.iter().flatten().flatten().any(|key| key == index), "{query}\n{keys:#?}");
    }
}
