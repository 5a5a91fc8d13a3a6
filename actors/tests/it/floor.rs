//! A shop floor with the real actors, coordinator and lane, over a journal in memory; the database is what the test says.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use mallcore_actors::engine::{Engine, Rules};
use mallcore_actors::ids::{OrderId, SkuId, UserId};
use mallcore_actors::journal::memory::MemoryJournal;
use mallcore_actors::journal::{Journal, Sequence};
use mallcore_actors::kernel::host::Keeping;
use mallcore_actors::kernel::{BoxFuture, Common, LoadFailed, Loader, Provenance};
use mallcore_actors::orders::{Order, OrderBook, OrderLoader, OrdersHandle, Skus, place};
use mallcore_actors::refusal::Answer;
use mallcore_actors::registry::Registry;
use mallcore_actors::stock::{Asked, HoldPieces, Placed, Sku, SkuEffect, Stock};
use mallcore_actors::time::{Clock, Timestamp};
use parking_lot::Mutex;
use tokio::sync::watch;

use crate::baskets::{basket, pieces, sku, user};

pub const SHOPPER: Provenance = Provenance::SHOPPER;
pub const UNPAID_MAX: u32 = 3;
/// Longer than any test runs.
pub const PATIENT: u64 = 600_000;

pub struct Hands(pub AtomicU64);

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// SKUs' rows; loading them waits until the database is there.
pub struct Rows {
    pieces: BTreeMap<u64, u32>,
    is_there: watch::Receiver<bool>,
}

impl Loader<Sku> for Rows {
    fn load(&self, key: SkuId) -> BoxFuture<Result<(Option<Sku>, Sequence), LoadFailed>> {
        let stock = self.pieces.get(&key.get()).map(|&pieces| Stock::new(key, pieces, 0, 0, Sequence::ZERO, None, Default::default()));
        let mut is_there = self.is_there.clone();
        Box::pin(async move {
            is_there.wait_for(|is_there| *is_there).await.map_err(|error| LoadFailed(error.to_string()))?;
            Ok((stock.map(Sku::new), Sequence::ZERO))
        })
    }
}

/// Orders' rows, each with the last record that the database had when it was read; the last one is read again and again.
#[derive(Default)]
pub struct OrderRows(pub Mutex<Vec<OrderRow>>, pub AtomicUsize);

type OrderRow = Result<(Option<Order>, Sequence), LoadFailed>;

impl OrderLoader for OrderRows {
    fn load(&self, _: UserId, _: OrderId) -> BoxFuture<Result<(Option<Order>, Sequence), LoadFailed>> {
        self.1.fetch_add(1, Ordering::SeqCst);
        let mut rows = self.0.lock();
        let row = if rows.len() > 1 { rows.remove(0) } else { rows.first().cloned().unwrap_or(Ok((None, Sequence::ZERO))) };
        Box::pin(async move { row })
    }
}

/// A shop with real actors on the calling thread.
pub struct Floor {
    pub engine: Arc<Engine>,
    pub registry: Arc<Registry<Sku>>,
    pub skus: Arc<dyn Skus>,
    pub journal: Arc<MemoryJournal>,
    pub clock: Arc<Hands>,
    pub database: watch::Sender<bool>,
    pub rows: Arc<OrderRows>,
    pub orders: OrdersHandle,
    pub stock: BTreeMap<u64, u32>,
    _projected: watch::Sender<Sequence>,
}

impl Floor {
    pub fn new(stock: &[(u64, u32)], journal: MemoryJournal, holding_max_millis: u64) -> Self {
        let (journal, clock) = (Arc::new(journal), Arc::new(Hands(AtomicU64::new(1_000))));
        let rules = Rules {
            unpaid_max_per_user: UNPAID_MAX,
            flash_pay_window_millis: 300,
            pay_window_millis: 500,
            holding_max_millis,
            auto_complete_after_millis: 7_000,
        };
        let (as_journal, as_clock) = (Arc::clone(&journal) as Arc<dyn Journal>, Arc::clone(&clock) as Arc<dyn Clock>);
        let engine = Arc::new(Engine::new(as_journal, as_clock, OrderBook::default(), 1, rules));
        let keeping = Keeping { waiting_max: 1_000, waiting_total_max: 1_000, idle_millis: u64::MAX, reload_millis: 1 };
        let common = Common::new(Arc::clone(&engine), Arc::clone(&engine.recorder), keeping);
        let (database, is_there) = watch::channel(true);
        let (projected_sender, projected) = watch::channel(Sequence::ZERO);
        let stock: BTreeMap<u64, u32> = stock.iter().copied().collect();
        let loader = Arc::new(Rows { pieces: stock.clone(), is_there });
        let registry = Arc::new(Registry::new(common, loader, Duration::from_secs(3600), [], projected));
        registry.live_on(actix_rt::Arbiter::current());
        let (skus, rows) = (Arc::clone(&registry) as Arc<dyn Skus>, Arc::new(OrderRows::default()));
        let orders = OrdersHandle::new(Arc::clone(&engine), Arc::clone(&skus), Arc::clone(&rows) as Arc<dyn OrderLoader>);
        Self { engine, registry, skus, journal, clock, database, rows, orders, stock, _projected: projected_sender }
    }

    pub fn open(stock: &[(u64, u32)]) -> Self {
        Self::new(stock, MemoryJournal::durable_at_once(), PATIENT)
    }

    pub async fn place(&self, user_id: u64, number: u64, wants: &[(u64, u32)]) -> Answer<Placed> {
        let placed = place(&self.engine, &self.skus, SHOPPER, basket(user_id, number, wants)).await;
        placed.map(|placed| placed.map_err(|refused| refused.refusal))
    }

    pub async fn placed(&self, user_id: u64, number: u64, wants: &[(u64, u32)]) -> OrderId {
        self.place(user_id, number, wants).await.unwrap().unwrap().receipt.order
    }

    pub fn order(&self, user_id: u64, order: OrderId) -> Option<Order> {
        self.engine.orders.shard(user(user_id)).order(user(user_id), order).cloned()
    }

    /// Somebody new can hold so many pieces of a SKU at once, and not one more.
    pub async fn is_free(&self, id: u64, count: u32) {
        let owner = self.engine.new_owner();
        let (sender, _receiver) = tokio::sync::mpsc::unbounded_channel();
        self.engine.register(owner, sender);
        let more = HoldPieces { owner, quantity: pieces(count + 1) };
        assert_eq!(self.registry.ask(sku(id), SHOPPER, more).await, Ok(Ok(Asked::SoldOut)), "SKU {id} has more than {count}");
        if count > 0 {
            let all = HoldPieces { owner, quantity: pieces(count) };
            assert_eq!(self.registry.ask(sku(id), SHOPPER, all).await, Ok(Ok(Asked::Granted)), "something of SKU {id} is held");
        }
        self.engine.unregister(owner);
        self.registry.effect(sku(id), SkuEffect::Released(owner));
    }

    pub async fn nothing_is_held(&self) {
        for (&id, &count) in &self.stock {
            self.is_free(id, count).await;
        }
        assert_eq!(self.engine.coordinators(), 0);
    }

    pub async fn until(&self, condition: impl Fn() -> bool) {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

/// Polls a future once.
pub async fn is_ready<F: Future + ?Sized>(future: &mut Pin<Box<F>>) -> bool {
    std::future::poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_ready())).await
}

/// On a thread of its own: answers that wait for the disk are kept by thread.
pub fn on_a_floor<F: Future<Output = ()>>(test: impl FnOnce() -> F + Send + 'static) {
    let floor = std::thread::spawn(|| actix_rt::System::new().block_on(async { test().await }));
    if let Err(panic) = floor.join() {
        std::panic::resume_unwind(panic);
    }
}
