//! Live counts: ahead of the database by a moment, equal to it once it has everything, and after a restart.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use mallcore::features::orders::Orders;
use mallcore::features::seckill::Seckill;
use mallcore::features::stock::adjustments;
use mallcore::platform::outbox::Wanted;
use mallcore_actors::idempotency::{BodyFingerprint, KeyHash};
use mallcore_actors::ids::{PaymentId, RefundId, UserId};
use mallcore_actors::journal::Sequence;
use mallcore_actors::kernel::Provenance;
use mallcore_actors::kernel::fold::Fold;
use mallcore_actors::money::Money;
use mallcore_actors::orders::fold::TradeFold;
use mallcore_actors::orders::fold::counts::moved;
use mallcore_actors::orders::{Basket, CloseReason, LinePieces, Payment, PaymentChannel, RefundCommand};
use mallcore_actors::quantity::Quantity;
use mallcore_actors::stock::Receipt;
use mallcore_actors::stock::adjustment::{Delta, Operator, Reason};
use mallcore_actors::time::Timestamp;
use proptest::prelude::*;

use super::running::Running;
use crate::api::app::until;
use crate::database::events::{SKUS, Shop, commands, item, sku, stage};
use crate::database::scratch;
use crate::outbox::repository::at;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_fact_moves_what_the_projection_writes(done in commands(60)) {
        let mut projected = TradeFold::default();
        let mut live = std::collections::BTreeMap::<_, (i64, i64)>::new();
        for (sequence, record) in (1..).map(Sequence).zip(Shop::after(&done).records) {
            for moved in moved(&record.fact) {
                let (available, sold) = live.entry(moved.sku).or_default();
                (*available, *sold) = (*available + moved.available, *sold + moved.sold);
            }
            projected.fold(sequence, record).unwrap();
        }
        let projected: std::collections::BTreeMap<_, _> = projected.skus().iter().map(|(sku, change)| (*sku, (change.available, change.paid))).collect();
        live.retain(|_, moved| *moved != (0, 0));
        prop_assert_eq!(live, projected.into_iter().filter(|(_, moved)| *moved != (0, 0)).collect());
    }
}

async fn open_the_sale_now(running: &scratch::Scratch) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64;
    let hours = [now - 3_600_000, now + 3_600_000].map(|millis| Timestamp::from_millis(millis).into());
    let mut tx = running.database.begin().await.unwrap();
    tx.execute("UPDATE seckill_activities SET starts_at = ?, ends_at = ?", hours.to_vec()).await.unwrap();
    tx.commit().await.unwrap();
}

fn request(number: u8) -> (KeyHash, BodyFingerprint) {
    (KeyHash::from_bytes([number; 16]), BodyFingerprint::from_u64(number.into()))
}

pub async fn basket(running: &Running, user: UserId, number: u8, wanted: &[(u64, u32)]) -> Receipt {
    let orders = running.shop.provided::<Orders>().unwrap();
    let wanted: Vec<_> = wanted.iter().map(|(id, pieces)| (sku(*id), Quantity::new(*pieces).unwrap())).collect();
    let quote = orders.quote(&wanted, None).await.unwrap();
    let basket = Basket::new(user, quote.lines, Money::ZERO, request(number)).unwrap();
    orders.place(basket, None).await.unwrap().unwrap().receipt
}

async fn flash(running: &Running, user: UserId, number: u8) -> Receipt {
    let placed = running.shop.provided::<Seckill>().unwrap().buy(user, item(1), Quantity::new(1).unwrap(), None, || request(number)).await;
    placed.unwrap().unwrap().receipt
}

pub async fn pay(running: &Running, user: UserId, bought: &Receipt, number: u64) {
    let orders = running.shop.provided::<Orders>().unwrap();
    let payment = Payment { id: PaymentId::new(number).unwrap(), channel: PaymentChannel::WechatPay, amount: bought.payable, payer: None };
    orders.commands().pay(Provenance::SYSTEM, user, bought.order, &payment).await.unwrap().unwrap();
}

/// What the database has: pieces of each SKU, and the product's sales.
async fn stored(running: &Running) -> (Vec<u32>, u64) {
    let mut tx = running.scratch.database.snapshot().await.unwrap();
    let skus = tx.all("SELECT available FROM skus ORDER BY id", Vec::new()).await.unwrap();
    let product = tx.first("SELECT sales_count FROM products WHERE id = 1", Vec::new()).await.unwrap().unwrap();
    (skus.iter().map(|row| row.pieces(0).unwrap()).collect(), product.count(0).unwrap())
}

fn live(running: &Running) -> (Vec<u32>, u64) {
    let counters = running.catalog.counters();
    ((1..=SKUS).map(|id| counters.available(sku(id)).unwrap()).collect(), counters.sales(1).unwrap())
}

/// Once the database has every record, live counts, what is rendered and rows are the same.
async fn agree(running: &Running) {
    until("the database has everything", async || running.shop.projection_lag() == 0).await;
    until("the counts are those of the rows", async || live(running) == stored(running).await).await;
    let (available, sales) = stored(running).await;
    running
        .shows("what is shown is what is counted", 1, |entry| *entry.counted.available == *available && entry.counted.sales == sales)
        .await;
}

#[actix_web::test]
async fn live_counts_are_those_of_the_database_also_after_a_restart() {
    for scratch in scratch::both().await {
        stage(&scratch.database).await;
        open_the_sale_now(&scratch).await;
        let mut running = Running::open(scratch).await;
        let user = UserId::new(5).unwrap();
        until("the sale has its pieces", async || live(&running).0[0] == 28).await;
        let kept = basket(&running, user, 1, &[(1, 3), (2, 2)]).await;
        pay(&running, user, &kept, 1).await;
        let bought = flash(&running, user, 2).await;
        pay(&running, user, &bought, 2).await;
        until("six pieces are sold", async || running.catalog.counters().sales(1) == Some(6)).await;
        agree(&running).await;

        // Another shop, which nobody has stopped from being behind.
        let dropped = basket(&running, user, 3, &[(3, 4)]).await;
        let orders = running.shop.provided::<Orders>().unwrap();
        orders.commands().close(Provenance::SYSTEM, user, dropped.order, CloseReason::Cancelled).await.unwrap().unwrap();
        let pieces = std::iter::once(LinePieces { sku: sku(1), quantity: Quantity::new(2).unwrap() }).collect();
        let refund = RefundCommand { id: RefundId::new(9).unwrap(), pieces, freight: Money::ZERO, restock: true };
        orders.commands().refund(Provenance::SYSTEM, user, kept.order, &refund).await.unwrap().unwrap();
        let (reason, operator) = (Reason::parse("盘点").unwrap(), Operator::parse("小王").unwrap());
        let wanted = Wanted::By(Delta::new(-5).unwrap());
        adjustments::ask(&running.scratch.database, sku(3), wanted, reason, operator, at(1)).await.unwrap();
        until("the adjustment is counted", async || live(&running).0[2] == 23).await;
        let before = live(&running);
        drop(orders);
        running = running.killed_and_restarted().await;
        until("a restart counts what was counted", async || live(&running) == before).await;
        agree(&running).await;
        assert_eq!(live(&running), (vec![27, 26, 23], 4));
        running.shop.stop(Duration::from_secs(60)).await;
    }
}
