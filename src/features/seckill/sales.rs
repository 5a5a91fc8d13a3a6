//! The flash sales on offer, as shoppers see them: the database's list, taken anew each second and after each change of the catalogue,
//! with what the actors' gates show. An item whose product is off the shelf is not shown, and its gate lets nobody new in.
//! Each look also asks the actors to set aside what new items need and to give back what ended ones left over; both are asked until
//! the database has them, and done once. While the database is away the list stays as it was, or as the snapshot had it at start.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use foldhash::fast::RandomState;
use futures_util::StreamExt;
use mallcore_actors::engine::Engine;
use mallcore_actors::ids::{ActivityId, FlashItemId, ProductId, SkuId};
use mallcore_actors::kernel::Provenance;
use mallcore_actors::refusal::{Answer, Unavailable};
use mallcore_actors::registry::Registry;
use mallcore_actors::stock::{CarveQuota, Gate, QuotaPlan, ReleaseQuota, Sku};
use mallcore_actors::time::Timestamp;
use tokio::sync::watch;

use super::model::{ActivityRow, ItemRow};
use super::{ActivityView, ItemView, repository};
use crate::platform::database::Error;
use crate::platform::reads::{ANSWER_WITHIN, Reads};

/// How long an ended sale is shown, and told from one that never was.
const SHOWN_AFTER_MILLIS: u64 = 24 * 3600 * 1000;
/// Items that are asked for at the same time.
const MAINTAINED_AT_ONCE: usize = 64;
/// A SKU that takes longer to answer is asked again at the next look.
const MAINTAINED_WITHIN: Duration = Duration::from_millis(500);

/// The sales on offer.
pub struct Sales {
    on_offer: ArcSwap<OnOffer>,
    known: AtomicBool,
    /// One look at a time: what was read later is also stored later.
    looking: tokio::sync::Mutex<()>,
    /// For the keeper of snapshots; none before the list is known.
    plan: watch::Sender<Option<Vec<u8>>>,
}

impl Default for Sales {
    fn default() -> Self {
        Self {
            on_offer: ArcSwap::default(),
            known: AtomicBool::new(false),
            looking: tokio::sync::Mutex::default(),
            plan: watch::channel(None).0,
        }
    }
}

#[derive(Default)]
struct OnOffer {
    activities: Vec<Activity>,
    gates: HashMap<FlashItemId, Arc<Gate>, RandomState>,
    items: HashMap<FlashItemId, ItemRow>,
}

struct Activity {
    row: ActivityRow,
    gates: Vec<Arc<Gate>>,
}

impl Sales {
    /// What is said at the item's gate; none if it is not on offer.
    pub(super) fn at_gate<T>(&self, item: FlashItemId, ask: impl FnOnce(&Gate) -> T) -> Option<T> {
        self.on_offer.load().gates.get(&item).map(|gate| ask(gate))
    }

    /// Whether the item's sale is over.
    pub(super) fn has_ended(&self, item: FlashItemId, now: Timestamp) -> bool {
        let on_offer = self.on_offer.load();
        on_offer.activities.iter().any(|activity| activity.row.ends_at <= now && activity.row.items.iter().any(|row| row.id == item))
    }

    /// Whether the list was read since the start.
    pub fn are_known(&self) -> bool {
        self.known.load(Ordering::Acquire)
    }

    /// The item as it was read last, if it is on offer.
    pub(super) fn item(&self, item: u64) -> Option<ItemRow> {
        let item = FlashItemId::new(item).ok()?;
        self.on_offer.load().items.get(&item).cloned()
    }

    pub(super) fn activities(&self, now: Timestamp) -> Vec<ActivityView> {
        self.on_offer.load().activities.iter().map(|activity| activity.view(now)).collect()
    }

    pub(super) fn activity(&self, id: ActivityId, now: Timestamp) -> Option<ActivityView> {
        self.on_offer.load().activities.iter().find(|activity| activity.row.id == id).map(|activity| activity.view(now))
    }

    /// The plan as snapshots carry it, whenever it changes.
    pub fn plan(&self) -> watch::Receiver<Option<Vec<u8>>> {
        self.plan.subscribe()
    }

    /// Takes the list from a snapshot's plan, for as long as the database does not say otherwise. False if there is none.
    pub fn take_from(&self, plan: &[u8], engine: &Engine) -> bool {
        let rows: Option<Vec<ActivityRow>> = serde_json::from_slice(plan).ok();
        let is_known = rows.is_some();
        if let Some(rows) = rows {
            self.offer(rows, engine);
        }
        is_known
    }

    /// Reads the list, then asks for what it calls for; without the database, for what the list as it was calls for.
    pub(super) async fn refresh(&self, reads: &Reads, engine: &Engine, registry: &Registry<Sku>) -> Result<(), Error> {
        let _looking = self.looking.lock().await;
        let now = engine.clock().now();
        // Giving pieces back cannot be undone: not by a clock that may be wrong.
        let timers_fire = !engine.clock().frozen();
        let since = Timestamp::from_millis(now.millis().saturating_sub(SHOWN_AFTER_MILLIS));
        let read = reads.ask(ANSWER_WITHIN, async |database| Ok(repository::activities(database, since).await?.value)).await;
        let known = self.on_offer.load_full();
        let rows: Vec<&ActivityRow> = match &read {
            Ok(rows) => rows.iter().collect(),
            Err(_) => known.activities.iter().map(|activity| &activity.row).collect(),
        };
        // All at once and not for long: one SKU that is slow to answer must not keep the others' offers from being shown.
        let is_resident = |sku| registry.is_resident(sku);
        let due = rows.iter().flat_map(|row| row.items.iter().filter_map(|item| Due::of(row, item, now, timers_fire, is_resident)));
        let due: Vec<Due> = due.collect();
        futures_util::stream::iter(due).for_each_concurrent(MAINTAINED_AT_ONCE, |due| maintain(registry, due)).await;
        self.offer(read?, engine);
        Ok(())
    }

    fn offer(&self, rows: Vec<ActivityRow>, engine: &Engine) {
        // Plain rows: this cannot fail, and an empty plan would only mean that a start without the database shows no sale.
        let plan = Some(serde_json::to_vec(&rows).unwrap_or_default());
        self.plan.send_if_modified(|current| {
            let differs = *current != plan;
            *current = plan;
            differs
        });
        let on_offer = Arc::new(OnOffer::new(rows, engine));
        engine.retain_gates(|item| on_offer.gates.contains_key(&item));
        self.on_offer.store(on_offer);
        self.known.store(true, Ordering::Release);
    }
}

/// What a SKU has to be asked for, for the sake of one of its flash items.
#[derive(Debug, Clone, Copy)]
struct Due {
    sku: SkuId,
    item: FlashItemId,
    command: Command,
}

#[derive(Debug, Clone, Copy)]
enum Command {
    Carve(CarveQuota),
    Release(ReleaseQuota),
}

impl Due {
    /// An item of a sale that has not ended needs its pieces, and its actor in memory; one of an ended sale gives them back.
    fn of(activity: &ActivityRow, item: &ItemRow, now: Timestamp, timers_fire: bool, is_resident: impl Fn(SkuId) -> bool) -> Option<Self> {
        let command = if now < activity.ends_at {
            if item.carved_at.is_some() && is_resident(item.sku) {
                return None;
            }
            Command::Carve(CarveQuota(QuotaPlan {
                item: item.id,
                activity: activity.id,
                quota: item.quota,
                limit_per_user: item.limit_per_user,
                unit_price: item.price,
                starts_at: activity.starts_at,
                ends_at: activity.ends_at,
            }))
        } else if timers_fire && item.carved_at.is_some() && item.released_at.is_none() {
            Command::Release(ReleaseQuota(item.id))
        } else {
            return None;
        };
        Some(Self { sku: item.sku, item: item.id, command })
    }
}

async fn maintain(registry: &Registry<Sku>, Due { sku, item, command }: Due) {
    let asked = async {
        match command {
            Command::Carve(carve) => registry.ask(sku, Provenance::SYSTEM, carve).await,
            Command::Release(release) => registry.ask(sku, Provenance::SYSTEM, release).await,
        }
    };
    let answer: Answer<()> = tokio::time::timeout(MAINTAINED_WITHIN, asked).await.unwrap_or(Err(Unavailable::Busy));
    match answer {
        Ok(Ok(())) => {}
        Ok(Err(refusal)) => tracing::error!(
            seckill.item.id = %item, sku.id = %sku, reason = refusal.code(),
            "a flash item cannot have its pieces: give the SKU more stock, or the item less quota"
        ),
        Err(unavailable) => tracing::warn!(seckill.item.id = %item, reason = unavailable.code(), "a flash item waits for its pieces"),
    }
}

impl OnOffer {
    fn new(rows: Vec<ActivityRow>, engine: &Engine) -> Self {
        let mut on_offer = Self::default();
        for row in rows {
            let gates: Vec<Arc<Gate>> = row.items.iter().map(|item| engine.gate(item.id, item.sku, item.quota)).collect();
            for (item, gate) in row.items.iter().zip(&gates) {
                gate.withdraw(!item.on_sale);
                on_offer.gates.insert(item.id, Arc::clone(gate));
                on_offer.items.insert(item.id, item.clone());
            }
            on_offer.activities.push(Activity { row, gates });
        }
        on_offer
    }
}

impl Activity {
    fn view(&self, now: Timestamp) -> ActivityView {
        let on_sale = self.row.items.iter().zip(&self.gates).filter(|(item, _)| item.on_sale);
        let items = on_sale.map(|(item, gate)| view(item, gate)).collect();
        let row = &self.row;
        ActivityView::new(row.id.get(), row.name.clone(), row.starts_at, row.ends_at, now, items)
    }
}

fn view(item: &ItemRow, gate: &Gate) -> ItemView {
    let sku: SkuId = item.sku;
    ItemView {
        id: item.id.get(),
        sku_id: sku.get(),
        product_id: item.product.map(ProductId::get),
        title: item.title.clone(),
        spec: item.spec.clone(),
        picture: item.picture.clone(),
        quota: item.quota,
        remaining: gate.live_remaining().unwrap_or(item.remaining),
        price_fen: item.price.fen(),
        list_price_fen: item.list_price.fen(),
        limit_per_user: item.limit_per_user,
    }
}
