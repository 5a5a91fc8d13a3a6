//! Cold writes beside a running shop, on both engines: real actors, journal, projection and relay.

use std::time::Duration;

use mallcore::features::catalog::edits::{self, Priced};
use mallcore::features::stock::adjustments::{self, AskError};
use mallcore::platform::config::Config;
use mallcore::platform::database::Database;
use mallcore::platform::outbox::repository::{self, Entry};
use mallcore::platform::outbox::{Destination, Wanted};
use mallcore::reconcile::reconcile;
use mallcore::shop::{Plan, Shop};
use mallcore_actors::ids::SkuId;
use mallcore_actors::money::Money;
use mallcore_actors::stock::adjustment::{Delta, Operator, PIECES_MAX, Reason};
use mallcore_actors::time::Timestamp;

use super::repository::at;
use crate::api::app::until;
use crate::database::events::{AVAILABLE, SKUS, sku, stage};
use crate::database::scratch::{self, Scratch};

struct Running {
    shop: Shop,
    scratch: Scratch,
    folder: tempfile::TempDir,
}

/// Opens a shop over these rows; whatever is in the folder is its journal.
async fn open(scratch: Scratch, folder: tempfile::TempDir) -> Running {
    let mut config = Config::embedded(folder.path()).unwrap();
    config.journal.segment_bytes = 1 << 20;
    let plan = Plan { database: scratch.settings.clone(), ..Plan::of(&config) };
    let shop = Shop::open(plan).await.unwrap();
    shop.adopt_this_thread();
    shop.begin().await.unwrap();
    Running { shop, scratch, folder }
}

impl Running {
    /// Stops, then opens a copy of the folder: a stopped shop's actors keep its lock until their thread ends.
    async fn reopened(self, meanwhile: impl AsyncFn(&Self)) -> Self {
        self.shop.stop(Duration::from_secs(60)).await;
        meanwhile(&self).await;
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("journal")).unwrap();
        for entry in std::fs::read_dir(self.folder.path().join("journal")).unwrap() {
            let entry = entry.unwrap();
            std::fs::copy(entry.path(), folder.path().join("journal").join(entry.file_name())).unwrap();
        }
        open(self.scratch, folder).await
    }

    fn database(&self) -> &Database {
        &self.scratch.database
    }

    async fn ask(&self, sku: SkuId, wanted: Wanted) -> u64 {
        let (reason, operator) = (Reason::parse("盘点").unwrap(), operator());
        adjustments::ask(self.database(), sku, wanted, reason, operator, at(0)).await.unwrap()
    }

    /// What became of a row, once the shop has had it and the database has everything.
    async fn outcome(&self, id: u64) -> (String, serde_json::Value) {
        until("the row was carried out", async || self.entry(id).await.has_reached(Destination::Shop)).await;
        until("the database has everything", async || self.shop.projection_lag() == 0).await;
        let entry = self.entry(id).await;
        (entry.outcome.unwrap(), serde_json::from_str(&entry.detail.unwrap()).unwrap())
    }

    async fn entry(&self, id: u64) -> Entry {
        repository::by_id(self.database(), id).await.unwrap().unwrap()
    }

    async fn number(&self, text: &str) -> i64 {
        let mut tx = self.database().snapshot().await.unwrap();
        tx.first(text.to_owned(), Vec::new()).await.unwrap().unwrap().int(0).unwrap()
    }
}

fn operator() -> Operator {
    Operator::parse("小王").unwrap()
}

fn by(delta: i32) -> Wanted {
    Wanted::By(Delta::new(delta).unwrap())
}

async fn staged() -> Vec<Running> {
    let mut shops = Vec::new();
    for scratch in scratch::both().await {
        stage(&scratch.database).await;
        open_the_sale_now(&scratch.database).await;
        shops.push(open(scratch, tempfile::tempdir().unwrap()).await);
    }
    shops
}

async fn open_the_sale_now(database: &Database) {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis() as u64;
    let hours = [now - 3_600_000, now + 3_600_000].map(|millis| Timestamp::from_millis(millis).into());
    let mut tx = database.begin().await.unwrap();
    tx.execute("UPDATE seckill_activities SET starts_at = ?, ends_at = ?", hours.to_vec()).await.unwrap();
    tx.commit().await.unwrap();
}

/// As if the process had died after the effect and before the mark: nobody remembers that the row was carried out.
async fn forget(running: &Running, id: u64) {
    let mut tx = running.database().begin().await.unwrap();
    let text = "UPDATE outbox SET shop_at = NULL, processed_at = NULL, outcome = NULL, detail = NULL WHERE id = ?";
    tx.execute(text, vec![id.into()]).await.unwrap();
    tx.commit().await.unwrap();
}

#[actix_web::test]
async fn an_adjustment_is_decided_by_the_actor_and_kept_with_who_and_why() {
    for running in staged().await {
        // A running sale has 12 of the 40 pieces.
        until("the sale has its pieces", async || running.number("SELECT available FROM skus WHERE id = 1").await == 28).await;
        let (outcome, detail) = running.outcome(running.ask(sku(1), by(-5)).await).await;
        assert_eq!((outcome.as_str(), detail["delta"].as_i64(), detail["available"].as_i64()), ("done", Some(-5), Some(23)));
        assert_eq!(running.number("SELECT available FROM skus WHERE id = 1").await, 23);
        let text = "SELECT COUNT(*) FROM stock_adjustments WHERE sku_id = 1 AND delta = -5 AND reason = '盘点' AND operator = '小王'";
        assert_eq!(running.number(text).await, 1);

        let (outcome, detail) = running.outcome(running.ask(sku(1), by(-24)).await).await;
        assert_eq!(
            (outcome.as_str(), detail["available"].as_i64()),
            ("insufficient_stock", Some(23)),
            "a sale's pieces are not there to take"
        );
        let version = running.number("SELECT version FROM skus WHERE id = 1").await as u64;
        let to = |pieces, expected_version| Wanted::To { pieces, expected_version };
        let (outcome, detail) = running.outcome(running.ask(sku(1), to(9, version - 1)).await).await;
        assert_eq!((outcome.as_str(), detail["version"].as_u64()), ("version_mismatch", Some(version)));
        let (outcome, detail) = running.outcome(running.ask(sku(1), to(PIECES_MAX, version)).await).await;
        assert_eq!((outcome.as_str(), detail["delta"].as_i64()), ("done", Some(i64::from(PIECES_MAX) - 23)));
        let (outcome, _) = running.outcome(running.ask(sku(1), by(1)).await).await;
        assert_eq!(outcome, "too_much_stock");

        let unknown = adjustments::ask(running.database(), sku(99), by(1), Reason::parse("x").unwrap(), operator(), at(0)).await;
        assert!(matches!(unknown, Err(AskError::UnknownSku(_))), "{unknown:?}");
        assert_eq!(reconcile(running.database()).await.unwrap().differences, Vec::<String>::new());
        running.shop.stop(Duration::from_secs(60)).await;
    }
}

#[actix_web::test]
async fn an_effect_whose_mark_was_lost_happens_once_also_after_a_restart() {
    for mut running in staged().await {
        let id = running.ask(sku(3), by(-4)).await;
        let first = running.outcome(id).await;
        let after = running.number("SELECT available FROM skus WHERE id = 3").await;
        forget(&running, id).await;
        let (outcome, detail) = running.outcome(id).await;
        assert_eq!(
            (outcome, &detail["delta"], &detail["sequence"]),
            (first.0, &first.1["delta"], &first.1["sequence"]),
            "the first answer"
        );
        running = running.reopened(async |stopped| forget(stopped, id).await).await;
        assert_eq!(running.outcome(id).await.0, "done");
        // Restored to a moment before it was asked, and another request has its id.
        let later = running.ask(sku(3), by(-1)).await;
        assert_eq!(running.outcome(later).await.0, "done");
        let mut tx = running.database().begin().await.unwrap();
        tx.execute("UPDATE outbox SET payload = REPLACE(payload, '-4', '-3') WHERE id = ?", vec![id.into()]).await.unwrap();
        tx.commit().await.unwrap();
        forget(&running, id).await;
        until("the row is parked", async || running.entry(id).await.parked.is_some()).await;
        assert!(running.entry(id).await.parked.unwrap().contains("restored"));
        until("readiness tells", async || format!("{:?}", running.shop.readiness()).contains("1 parked")).await;
        assert!(running.shop.readiness().can_sell());
        assert_eq!(running.number("SELECT available FROM skus WHERE id = 3").await, after - 1);
        assert_eq!(running.number("SELECT COUNT(*) FROM stock_adjustments WHERE sku_id = 3").await, 2);
        running.shop.stop(Duration::from_secs(60)).await;
    }
}

#[actix_web::test]
async fn what_was_committed_while_no_server_ran_is_carried_out_at_the_start() {
    for running in staged().await {
        let running = running.reopened(async |stopped| assert_eq!(stopped.ask(sku(2), by(7)).await, 1)).await;
        assert_eq!(running.outcome(1).await.0, "done");
        running.shop.stop(Duration::from_secs(60)).await;
    }
}

#[actix_web::test]
async fn edits_beside_the_projection_neither_lose_nor_deadlock() {
    for running in staged().await {
        let editors = async {
            for fen in 1..=30 {
                let price = Money::from_fen(fen).unwrap();
                let priced = if fen % 2 == 0 { Priced::Product(1) } else { Priced::Sku(sku(1 + fen % SKUS)) };
                edits::set_price(running.database(), priced, price, &operator(), at(fen)).await.unwrap();
            }
        };
        let adjusters = async {
            let mut last = 0;
            for _ in 0..30 {
                last = running.ask(sku(2), by(1)).await;
            }
            last
        };
        let (_, last) = futures_util::future::join(editors, adjusters).await;
        assert_eq!(running.outcome(last).await.0, "done");
        until("the prices were told", async || repository::unprocessed(running.database(), 1).await.unwrap().is_empty()).await;
        let received = i64::from(AVAILABLE) + 30;
        assert_eq!(
            running
                .number(
                    "SELECT available + (SELECT CAST(SUM(remaining) AS SIGNED) FROM seckill_items WHERE sku_id = 2) FROM skus WHERE id = 2"
                )
                .await,
            received
        );
        assert_eq!(running.number("SELECT MAX(price_fen) FROM skus WHERE product_id = 1").await, 30);
        assert_eq!(reconcile(running.database()).await.unwrap().differences, Vec::<String>::new());
        running.shop.stop(Duration::from_secs(60)).await;
    }
}
