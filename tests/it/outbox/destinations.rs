//! Destinations that keep what they are given, and can be away.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use mallcore::platform::outbox::ports::{Event, EventsOut, Failure, InShop, ProductCache};
use mallcore_actors::ids::SkuId;
use mallcore_actors::journal::Sequence;
use mallcore_actors::kernel::BoxFuture;
use mallcore_actors::refusal::{Answer, Unavailable};
use mallcore_actors::stock::{Adjusted, Adjustment};

/// All three of them.
#[derive(Default)]
pub struct Destinations {
    pub shop_away: AtomicBool,
    pub events_away: AtomicBool,
    pub cache_away: AtomicBool,
    /// SKUs whose actors are not there.
    pub warming: Mutex<BTreeSet<u64>>,
    pub adjusted: Mutex<Vec<(u64, u64)>>,
    pub rereads: Mutex<u32>,
    pub published: Mutex<Vec<Event>>,
    pub refreshed: Mutex<Vec<u64>>,
}

fn unless(away: &AtomicBool) -> Result<(), Failure> {
    if away.load(Ordering::SeqCst) { Err(Failure::Away("gone".to_owned())) } else { Ok(()) }
}

impl InShop for Destinations {
    fn reread_offers(&self) -> BoxFuture<Result<(), Failure>> {
        let outcome = unless(&self.shop_away);
        *self.rereads.lock().unwrap() += u32::from(outcome.is_ok());
        Box::pin(async { outcome })
    }

    fn adjust(&self, sku: SkuId, wish: Adjustment) -> BoxFuture<Answer<Adjusted>> {
        let answer = if self.shop_away.load(Ordering::SeqCst) {
            Err(Unavailable::JournalFull)
        } else if self.warming.lock().unwrap().contains(&sku.get()) {
            Err(Unavailable::Warming)
        } else {
            self.adjusted.lock().unwrap().push((sku.get(), wish.id.get()));
            Ok(Ok(Adjusted::Fresh { delta: 1, available: 1, sequence: Sequence(1) }))
        };
        Box::pin(async move { answer })
    }
}

impl EventsOut for Destinations {
    fn publish(&self, event: Event) -> BoxFuture<Result<(), Failure>> {
        let outcome = unless(&self.events_away);
        if outcome.is_ok() {
            self.published.lock().unwrap().push(event);
        }
        Box::pin(async { outcome })
    }
}

impl ProductCache for Destinations {
    fn refresh(&self, product: u64) -> BoxFuture<Result<(), Failure>> {
        let outcome = unless(&self.cache_away);
        if outcome.is_ok() {
            self.refreshed.lock().unwrap().push(product);
        }
        Box::pin(async { outcome })
    }
}

/// A snapshot of products that can be out of reach.
#[derive(Default)]
pub struct Renewing {
    pub away: AtomicBool,
    pub read: Mutex<Vec<Vec<u64>>>,
}

impl Renewing {
    pub fn changed(&self, ids: &[u64]) -> BoxFuture<Result<(), Failure>> {
        let outcome = unless(&self.away);
        if outcome.is_ok() {
            self.read.lock().unwrap().push(ids.to_vec());
        }
        Box::pin(async { outcome })
    }
}
