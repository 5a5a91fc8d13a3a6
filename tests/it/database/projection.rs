//! The projection writes what the pure machines say, in any split of batches, on both engines.

use std::sync::Arc;
use std::time::Duration;

use mallcore::features::orders::projection::Trade;
use mallcore::platform::database::Database;
use mallcore::platform::projection::{Projector, ProjectorSettings, attach, write};
use mallcore_actors::journal::{Journal, Sequence};
use mallcore_actors::kernel::fold::Batch;
use mallcore_actors::orders::CloseReason;
use mallcore_actors::orders::fold::TradeFold;
use mallcore_actors::orders::{OrderCommand, Status};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::events::{self, Command, Shop, attached, commands, stage};
use super::journal::MemoryJournal;
use super::scratch;

/// A bit of everything: carve, buy, pay, ship, complete, cancel, time out, release, and a late close after the release.
pub fn day() -> Vec<Command> {
    let mut day = vec![Command::ReserveIds, Command::Carve { sku: 1 }, Command::Carve { sku: 2 }];
    for user in 1..=4 {
        day.push(Command::BuyFlash { sku: 1, user, pieces: 2 });
        day.push(Command::BuyFlash { sku: 2, user, pieces: 1 });
        day.push(Command::BuyPlain { sku: 3, user, pieces: 3 });
    }
    let cancel = OrderCommand::Close(CloseReason::Cancelled);
    let time_out = OrderCommand::Close(CloseReason::TimedOut);
    for (order, command) in [(0, OrderCommand::Pay), (1, cancel), (2, OrderCommand::Pay), (3, cancel), (0, OrderCommand::Ship)] {
        day.push(Command::Move { order, command });
    }
    for user in 1..=3 {
        day.push(Command::Basket { user, pieces: 2 });
    }
    // Baskets are the orders 12 to 14: one is sent in two parcels and refunded in part, one is refunded before it is sent, one is cancelled.
    day.extend([
        Command::Pay { order: 12 },
        Command::Pay { order: 13 },
        Command::Move { order: 14, command: cancel },
        Command::Hide { order: 14 },
    ]);
    day.extend([Command::Parcel { order: 12, line: 0, pieces: 2 }, Command::Parcel { order: 12, line: 1, pieces: 1 }]);
    day.extend([
        Command::Refund { order: 12, line: 1, pieces: 1, restock: true },
        Command::Refund { order: 12, line: 0, pieces: 1, restock: false },
    ]);
    day.extend([
        Command::Refund { order: 13, line: 0, pieces: 2, restock: true },
        Command::Refund { order: 13, line: 1, pieces: 2, restock: true },
    ]);
    day.extend([Command::Move { order: 0, command: OrderCommand::Complete }, Command::EndAndRelease { sku: 1 }]);
    day.extend([Command::Adjust { sku: 3, delta: -2, extreme: false }, Command::Adjust { sku: 1, delta: 1_000, extreme: true }]);
    day.extend([Command::Move { order: 6, command: time_out }, Command::Move { order: 5, command: time_out }]);
    day
}

pub async fn project(database: &Database, shop: &Shop, from: usize, through: usize) {
    let mut batch = Batch::<TradeFold>::after(Sequence(from as u64));
    for (place, record) in shop.records[from..through].iter().enumerate() {
        batch.take(Sequence((from + place) as u64 + 1), record.clone()).unwrap();
    }
    write::<Trade>(database, &batch).await.unwrap();
}

/// Every row that the projection writes, as text that is the same on both engines.
pub async fn rows(database: &Database) -> Vec<String> {
    let mut tx = database.snapshot().await.unwrap();
    let mut found = Vec::new();
    for (table, columns) in [
        (
            "orders",
            "id, user_id, total_amount_fen, payable_fen, status, payment_status, body_fingerprint, close_reason, limit_returned, seckill_activity_id, version, sequence, discount_fen, freight_fen, is_basket, from_cart, is_hidden",
        ),
        (
            "order_items",
            "order_id, line_no, sku_id, product_id, seckill_item_id, quantity, unit_price_fen, discount_fen, shipped, refunded",
        ),
        ("order_events", "order_id, version, kind"),
        ("payments", "order_id, payment_id, channel, amount_fen, version"),
        ("parcels", "order_id, version"),
        ("parcel_items", "order_id, version, item_no, sku_id, quantity"),
        ("refunds", "order_id, version, refund_id, freight_fen, amount_fen, restock"),
        ("refund_items", "order_id, version, item_no, sku_id, quantity, amount_fen"),
        ("skus", "id, available, held, sold, version, last_adjustment_id"),
        ("stock_adjustments", "sku_id, id, delta, sequence"),
        ("outbox_order", "id, last_id"),
        ("seckill_items", "id, remaining, held, sold"),
        ("products", "id, stock, sales_count"),
        ("id_blocks", "next_id"),
        ("projection_checkpoints", "sequence"),
    ] {
        for row in tx.all(format!("SELECT {columns} FROM {table} ORDER BY 1, 2"), Vec::new()).await.unwrap_or_default() {
            let values: Vec<_> = (0..columns.split(',').count()).map(|column| row.int_or_null(column).unwrap()).collect();
            found.push(format!("{table}{values:?}"));
        }
    }
    for row in tx.all("SELECT reason, operator, created_at FROM stock_adjustments ORDER BY sku_id, id", Vec::new()).await.unwrap() {
        found.push(format!("{} {} {:?}", row.text(0).unwrap(), row.text(1).unwrap(), row.time(2).unwrap()));
    }
    for table in ["orders"] {
        let text = format!(
            "SELECT order_no, expires_at, created_at, updated_at, paid_at, shipped_at, completed_at, closed_at FROM {table} ORDER BY id"
        );
        for row in tx.all(text, Vec::new()).await.unwrap() {
            let times: Vec<_> = (1..8).map(|column| row.time_or_null(column).unwrap()).collect();
            found.push(format!("{} {times:?}", row.text(0).unwrap()));
        }
    }
    found
}

/// The projected rows against the machines in memory.
async fn same_as_memory(database: &Database, shop: &Shop) {
    let mut tx = database.snapshot().await.unwrap();
    for stock in &shop.stocks {
        let text = "SELECT available, held, sold, last_adjustment_id FROM skus WHERE id = ?";
        let row = tx.first(text, vec![stock.sku().get().into()]).await.unwrap().unwrap();
        assert_eq!(row.count(3).unwrap(), stock.last_adjustment().map_or(0, |last| last.get()));
        let counts = (row.pieces(0).unwrap(), row.pieces(1).unwrap(), row.pieces(2).unwrap());
        assert_eq!(counts, (stock.available(), stock.held(), stock.sold()), "{:?}", stock.sku());
        for quota in stock.quotas() {
            let text = "SELECT remaining, held, sold, released_at FROM seckill_items WHERE id = ?";
            let row = tx.first(text, vec![quota.item().get().into()]).await.unwrap().unwrap();
            let counts = (row.pieces(0).unwrap(), row.pieces(1).unwrap(), row.pieces(2).unwrap());
            assert_eq!(counts, (quota.remaining(), quota.held(), quota.sold()), "{:?}", quota.item());
            assert_eq!(row.time_or_null(3).unwrap().is_some(), quota.released());
        }
    }
    for order in &shop.orders {
        let stored = mallcore::features::orders::repository::by_id(database, order.id).await.unwrap().value.unwrap();
        assert_eq!((stored.status, stored.version, stored.updated_at), (order.status, order.version, order.updated_at));
        assert_eq!((stored.no, stored.user, stored.payable), (order.no, order.user, order.payable));
        assert_eq!((stored.placed_at, stored.expires_at, stored.close_reason), (order.placed_at, order.expires_at, order.close_reason));
        assert_eq!(stored.items.len(), order.lines.len());
        assert_eq!(stored.items[0].product_name, "青花瓷杯");
        // What comes back when a command arrives is what memory had, with its payment, parcels and refunds.
        let loaded = mallcore::features::orders::loading::load(database, order.user, order.id).await.unwrap();
        assert_eq!(loaded.value.as_ref(), Some(order));
        assert_eq!(loaded.checkpoint.0, shop.records.len() as u64);
    }
}

#[tokio::test]
async fn a_day_of_the_shop_is_stored_as_memory_has_it_in_any_split() {
    let shop = Shop::after(&day());
    assert!(shop.orders.iter().any(|order| order.status == Status::Completed));
    assert_eq!([12, 13, 14].map(|place| shop.orders[place].status), [Status::Shipped, Status::Refunded, Status::Closed]);
    let all = shop.records.len();
    for split in [all, 1, 5] {
        for scratch in scratch::both().await {
            stage(&scratch.database).await;
            attached(&scratch.database).await;
            for from in (0..all).step_by(split) {
                project(&scratch.database, &shop, from, all.min(from + split)).await;
            }
            same_as_memory(&scratch.database, &shop).await;
        }
    }
}

/// Names of the orders' first lines as they are stored.
async fn first_lines(database: &Database, shop: &Shop) -> Vec<(String, String, Option<String>)> {
    let mut lines = Vec::new();
    for order in &shop.orders {
        let stored = mallcore::features::orders::repository::by_id(database, order.id).await.unwrap().value.unwrap();
        let first = &stored.items[0];
        lines.push((first.product_name.clone(), first.sku_spec.clone(), first.picture.clone()));
    }
    lines
}

#[tokio::test]
async fn a_rename_before_the_projection_changes_no_order_of_a_flash_sale() {
    let mut day = vec![Command::Carve { sku: 1 }, Command::BuyFlash { sku: 1, user: 1, pieces: 1 }, Command::Basket { user: 2, pieces: 1 }];
    day.push(Command::BuyFlash { sku: 1, user: 3, pieces: 1 });
    let shop = Shop::after(&day);
    let as_planned = ("青花瓷杯".to_owned(), "红色 / 大".to_owned(), Some("https://cdn.example/cup.jpg".to_owned()));
    for scratch in scratch::both().await {
        stage(&scratch.database).await;
        let mut tx = scratch.database.begin().await.unwrap();
        tx.execute("UPDATE products SET images = '[\"https://cdn.example/cup.jpg\"]' WHERE id = 1", Vec::new()).await.unwrap();
        // The sale of the records is one that the shop planned.
        tx.execute("DELETE FROM seckill_items WHERE id = ?", vec![events::item(1).get().into()]).await.unwrap();
        tx.commit().await.unwrap();
        let (_, planned) = mallcore::features::seckill::repository::create(&scratch.database, &events::sale(1)).await.unwrap();
        let mut tx = scratch.database.begin().await.unwrap();
        let ids = vec![events::item(1).get().into(), planned.get().into()];
        tx.execute("UPDATE seckill_items SET id = ?, activity_id = 7 WHERE id = ?", ids).await.unwrap();
        tx.execute("UPDATE products SET name = '改名杯', images = NULL WHERE id = 1", Vec::new()).await.unwrap();
        tx.execute("UPDATE skus SET spec = '蓝色' WHERE product_id = 1 AND id = 1", Vec::new()).await.unwrap();
        tx.commit().await.unwrap();
        attached(&scratch.database).await;
        project(&scratch.database, &shop, 0, shop.records.len()).await;
        let lines = first_lines(&scratch.database, &shop).await;
        assert_eq!([&lines[0], &lines[2]], [&as_planned, &as_planned]);
        assert_eq!(lines[1].0, "青花瓷杯", "a basket has its own");
        // What the shop shows of the sale is what its orders will say.
        let on_offer = mallcore::features::seckill::repository::activities(&scratch.database, Default::default()).await.unwrap().value;
        let shown = on_offer.iter().flat_map(|sale| &sale.items).find(|row| row.id == events::item(1)).unwrap();
        assert_eq!((shown.title.clone(), shown.spec.clone(), shown.picture.clone()), as_planned);
    }
}

/// Rows of sales that a release before the frozen names planned.
#[tokio::test]
async fn a_sale_without_names_of_its_own_has_those_of_the_shelf() {
    let shop = Shop::after(&[Command::Carve { sku: 1 }, Command::BuyFlash { sku: 1, user: 1, pieces: 1 }]);
    for scratch in scratch::both().await {
        stage(&scratch.database).await;
        attached(&scratch.database).await;
        project(&scratch.database, &shop, 0, shop.records.len()).await;
        assert_eq!(first_lines(&scratch.database, &shop).await, [("青花瓷杯".to_owned(), "红色 / 大".to_owned(), None)]);
    }
}

#[tokio::test]
async fn a_sku_whose_row_was_removed_does_not_stop_the_shop() {
    let mut day = vec![Command::BuyPlain { sku: 3, user: 1, pieces: 2 }, Command::Basket { user: 2, pieces: 1 }];
    day.extend([Command::Pay { order: 0 }, Command::Pay { order: 1 }, Command::BuyPlain { sku: 1, user: 1, pieces: 1 }]);
    let shop = Shop::after(&day);
    for scratch in scratch::both().await {
        stage(&scratch.database).await;
        attached(&scratch.database).await;
        let mut tx = scratch.database.begin().await.unwrap();
        for id in [2u64, 3] {
            tx.execute("DELETE FROM seckill_items WHERE sku_id = ?", vec![id.into()]).await.unwrap();
            tx.execute("DELETE FROM skus WHERE id = ?", vec![id.into()]).await.unwrap();
        }
        tx.commit().await.unwrap();
        project(&scratch.database, &shop, 0, shop.records.len()).await;
        for order in &shop.orders {
            let stored = mallcore::features::orders::repository::by_id(&scratch.database, order.id).await.unwrap().value.unwrap();
            assert_eq!((stored.status, stored.items.len()), (order.status, order.lines.len()));
        }
        let mut tx = scratch.database.snapshot().await.unwrap();
        let left = tx.first("SELECT available, sold, held FROM skus WHERE id = 1", Vec::new()).await.unwrap().unwrap();
        let first = &shop.stocks[0];
        let found = (left.pieces(0).unwrap(), left.pieces(1).unwrap(), left.pieces(2).unwrap());
        assert_eq!(found, (first.available(), first.sold(), first.held()));
    }
}

#[tokio::test]
async fn a_running_projection_follows_the_journal_and_releases_it() {
    let shop = Shop::after(&day());
    for scratch in scratch::both().await {
        stage(&scratch.database).await;
        let journal = Arc::new(MemoryJournal::new());
        let projector = Projector::spawn::<Trade>(ProjectorSettings::default(), scratch.settings.clone(), journal.clone(), None).unwrap();
        let mut last = Sequence::ZERO;
        for record in &shop.records {
            last = journal.append(record);
        }
        assert!(projector.reached(last).await);
        assert_eq!(projector.stop(Duration::from_secs(10)).await, last);
        assert_eq!(*journal.released.lock().unwrap(), last);
        same_as_memory(&scratch.database, &shop).await;
        assert_eq!(journal.first_retained(), Sequence(1));
    }
}

/// Any commands, on both engines, in any split: rows as memory has them, and equal on both.
#[test]
fn whatever_happens_in_the_shop_is_stored_as_memory_has_it() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let scratches = runtime.block_on(scratch::both());
    let mut runner = TestRunner::new(Config { cases: 48, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&(commands(60), 1..20usize), |(commands, split)| {
        let shop = Shop::after(&commands);
        let mut stored = Vec::new();
        for scratch in &scratches {
            runtime.block_on(async {
                empty(&scratch.database).await;
                stage(&scratch.database).await;
                attach(
                    &scratch.database,
                    &MemoryJournal::new(),
                    mallcore::platform::projection::NAME,
                    &[mallcore::platform::projection::NAME],
                )
                .await
                .unwrap();
                for from in (0..shop.records.len()).step_by(split) {
                    project(&scratch.database, &shop, from, shop.records.len().min(from + split)).await;
                }
                same_as_memory(&scratch.database, &shop).await;
                stored.push(rows(&scratch.database).await);
            });
        }
        prop_assert_eq!(&stored[0], &stored[1]);
        Ok(())
    });
    runtime.block_on(async { drop(scratches) });
    outcome.unwrap();
}

async fn empty(database: &Database) {
    let mut tx = database.begin().await.unwrap();
    for table in [
        "order_items",
        "order_events",
        "payments",
        "parcels",
        "parcel_items",
        "refunds",
        "refund_items",
        "orders",
        "seckill_items",
        "seckill_activities",
        "skus",
        "products",
        "id_blocks",
        "projection_checkpoints",
        "stock_adjustments",
    ] {
        tx.execute(format!("DELETE FROM {table}"), Vec::new()).await.unwrap();
    }
    tx.execute("UPDATE outbox_order SET last_id = 0", Vec::new()).await.unwrap();
    tx.commit().await.unwrap();
    let _ = events::activity();
}
