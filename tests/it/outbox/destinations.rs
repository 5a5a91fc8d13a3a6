//! Destinations that keep what they are given, and can be away.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use mallcore::platform::outbox::ports::{Event, EventsOut, Failure, InShop, ProductCache};
use mallcore::platform::outbox::repository::Told;
use mallcore::platform::outbox::{AdjustStock, Carried, ShipOrder};
use mallcore_actors::ids::{AdjustmentId, AfterSaleId};
use mallcore_actors::kernel::BoxFuture;

/// All three of them.
#[derive(Default)]
pub struct Destinations {
    pub shop_away: AtomicBool,
    pub events_away: AtomicBool,
    pub cache_away: AtomicBool,
    /// SKUs whose actors are not there.
    pub warming: Mutex<BTreeSet<u64>>,
    pub adjusted: Mutex<Vec<(u64, u64)>>,
    /// Cases whose orders were asked to refund.
    pub refunds: Mutex<Vec<u64>>,
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

    fn adjust(&self, id: AdjustmentId, asked: AdjustStock) -> BoxFuture<Carried> {
        let sku = asked.sku_id.get();
        let carried = if self.shop_away.load(Ordering::SeqCst) {
            Carried::Away("gone".to_owned())
        } else if self.warming.lock().unwrap().contains(&sku) {
            Carried::Busy("warming".to_owned())
        } else {
            self.adjusted.lock().unwrap().push((sku, id.get()));
            Carried::Done(Some(Told { outcome: "done", detail: "{}".to_owned() }))
        };
        Box::pin(async move { carried })
    }

    fn refund(&self, after_sale: AfterSaleId) -> BoxFuture<Carried> {
        self.refunds.lock().unwrap().push(after_sale.get());
        Box::pin(async { Carried::Done(None) })
    }

    fn ship(&self, _: ShipOrder) -> BoxFuture<Carried> {
        let carried = if self.shop_away.load(Ordering::SeqCst) {
            Carried::Away("gone".to_owned())
        } else {
            Carried::Done(Some(Told { outcome: "done", detail: "{}".to_owned() }))
        };
        Box::pin(async move { carried })
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
