//! What one SKU costs: deciding and applying with its idempotency entries, and a round trip to its actor with a journal in memory.
//! `cargo bench -p mall-bench --bench stock`.
#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a benchmark that cannot go on has no figures; criterion's macros document nothing; lints see it as a test and as none"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use actix_rt::{Arbiter, System};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use mallcore_actors::engine::{Engine, Rules};
use mallcore_actors::idempotency::{BodyFingerprint, KeyHash};
use mallcore_actors::ids::{ActivityId, FlashItemId, OrderId, SkuId, UserId};
use mallcore_actors::journal::Sequence;
use mallcore_actors::journal::memory::MemoryJournal;
use mallcore_actors::kernel::host::Keeping;
use mallcore_actors::kernel::{BoxFuture, Common, LoadFailed, Loader, Provenance};
use mallcore_actors::money::Money;
use mallcore_actors::order_no::OrderNo;
use mallcore_actors::orders::{OrderBook, OrderFact, OrderPlaced};
use mallcore_actors::quantity::Quantity;
use mallcore_actors::registry::Registry;
use mallcore_actors::stock::{Buy, PlaceOrder, Purchase, QuotaPlan, Sku, Stock, StockFact};
use mallcore_actors::time::{Clock, Timestamp};

/// The allocator that the server uses.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const NOW: Timestamp = Timestamp::from_millis(1_000);
const PIECES: u32 = 2_000_000_000;

fn item() -> FlashItemId {
    FlashItemId::new(1).unwrap()
}

fn stock() -> Stock {
    let sku = SkuId::new(1).unwrap();
    let mut stock = Stock::new(sku, PIECES, 0, 0, Sequence::ZERO, None, Default::default());
    let plan = QuotaPlan {
        item: item(),
        activity: ActivityId::new(1).unwrap(),
        quota: PIECES,
        limit_per_user: 5,
        unit_price: Money::from_fen(990).unwrap(),
        starts_at: Timestamp::from_millis(0),
        ends_at: Timestamp::from_millis(2_000),
    };
    let carved = stock.decide_carve(&plan, NOW).unwrap().unwrap();
    stock.apply(Sequence(1), NOW, &StockFact::QuotaCarved(carved).into());
    stock
}

fn buy_command(number: u64) -> Buy {
    let mut key = [0; 16];
    key[..8].copy_from_slice(&number.to_le_bytes());
    Buy {
        item: item(),
        user: UserId::new(number).unwrap(),
        quantity: Quantity::new(1).unwrap(),
        key: KeyHash::from_bytes(key),
        body: BodyFingerprint::from_u64(7),
        address: None,
    }
}

/// A million buyers, one piece each: each decision and its application, idempotency entry included.
fn decisions(c: &mut Criterion) {
    const BUYERS: u64 = 1_000_000;
    let mut group = c.benchmark_group("stock");
    group.throughput(Throughput::Elements(BUYERS)).sample_size(10).measurement_time(Duration::from_secs(10));
    group.bench_function("decide and apply, a million buyers", |b| {
        b.iter_custom(|rounds| {
            let mut spent = Duration::ZERO;
            for _ in 0..rounds {
                let mut stock = stock();
                let started = Instant::now();
                for number in 1..=BUYERS {
                    let command = buy_command(number);
                    let Ok(Purchase::Fresh(line, payable)) = stock.decide_buy(&command, NOW) else { unreachable!("there are pieces") };
                    let order = OrderId::new(number).unwrap();
                    let fact = OrderFact::Placed(OrderPlaced {
                        order,
                        no: OrderNo::new(order, NOW, number),
                        user: command.user,
                        lines: [line].into_iter().collect(),
                        payable,
                        expires_at: NOW,
                        key: command.key,
                        body: command.body,
                        address: None,
                    });
                    stock.apply(Sequence(number + 1), NOW, &fact.into());
                }
                spent += started.elapsed();
            }
            spent
        });
    });
    group.finish();
}

struct FixedClock;

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        NOW
    }
}

struct OneSku;

impl Loader<Sku> for OneSku {
    fn load(&self, _: SkuId) -> BoxFuture<Result<(Option<Sku>, Sequence), LoadFailed>> {
        Box::pin(async { Ok((Some(Sku::new(stock())), Sequence::ZERO)) })
    }
}

/// 256 askers on one thread, the actor on another: messages a second through mailbox, decision, journal in memory, reply. As in the server
/// many records become durable at once; here those of one turn of the actor's thread.
fn round_trips(c: &mut Criterion) {
    const MESSAGES: u64 = 200_000;
    const ASKERS: usize = 256;
    let mut group = c.benchmark_group("actor");
    group.throughput(Throughput::Elements(MESSAGES)).sample_size(10).measurement_time(Duration::from_secs(10));
    let next = AtomicU64::new(1);
    group.bench_function("buys through one actor", |b| {
        b.iter_custom(|rounds| {
            System::new().block_on(async {
                let journal = Arc::new(MemoryJournal::durable_when_told());
                let rules = Rules {
                    unpaid_max_per_user: 5,
                    flash_pay_window_millis: 300_000,
                    pay_window_millis: 900_000,
                    holding_max_millis: 3_000,
                    auto_complete_after_millis: 604_800_000,
                };
                let engine = Arc::new(Engine::new(Arc::clone(&journal) as _, Arc::new(FixedClock), OrderBook::default(), 1, rules));
                let keeping = Keeping { waiting_max: 8_192, waiting_total_max: 8_192, idle_millis: 600_000, reload_millis: 1_000 };
                let common = Common::new(Arc::clone(&engine), Arc::clone(&engine.recorder), keeping);
                let (_projected, checkpoint) = tokio::sync::watch::channel(Sequence::ZERO);
                let registry = Registry::new(common, Arc::new(OneSku), Duration::from_secs(60), [], checkpoint);
                let thread = Arbiter::new();
                registry.live_on(thread.handle());
                thread.spawn(async move {
                    loop {
                        journal.sync();
                        tokio::task::yield_now().await;
                    }
                });
                let ask = |number| registry.ask(SkuId::new(1).unwrap(), Provenance::SHOPPER, PlaceOrder(buy_command(number)));
                ask(next.fetch_add(1, Ordering::Relaxed)).await.unwrap().unwrap();
                let mut spent = Duration::ZERO;
                for _ in 0..rounds {
                    let started = Instant::now();
                    let mut asked = 0;
                    let mut waiting = FuturesUnordered::new();
                    while asked < MESSAGES || !waiting.is_empty() {
                        while waiting.len() < ASKERS && asked < MESSAGES {
                            waiting.push(ask(next.fetch_add(1, Ordering::Relaxed)));
                            asked += 1;
                        }
                        waiting.next().await.unwrap().unwrap().unwrap();
                    }
                    spent += started.elapsed();
                }
                thread.stop();
                spent
            })
        });
    });
    group.finish();
}

criterion_group!(benches, decisions, round_trips);
criterion_main!(benches);
