//! Ranks the zones and publishes them: one task, fed by what each version of the catalogue changes.
//! - Z1 What is published is ranked by exactly the version of the catalogue that its cards come from.
//! - Z2 A change costs what it changes: a search in a ranking, and the bytes of a zone that it concerns.
//! - Z3 The database is never asked: edits and sales come with the catalogue's versions, sales at most a few hundredths of a second late.

use std::collections::HashSet;
use std::sync::Arc;

use mallcore_actors::zones::{Ranking, Standing};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use super::handle::{Published, Ranked, Zones};
use crate::features::catalog::snapshot::{Entry, Snapshot, Zone};
use crate::features::catalog::{Catalog, Changed};

/// Where a product stands in a zone; none if it is not in it. Off the shelf it is in none; sold out it stays where it is.
fn standing(zone: Zone, entry: &Entry) -> Option<Standing> {
    let product = &entry.product;
    let measure = match zone {
        Zone::Discount => product.discount.map(|rate| u64::from(rate.basis_points())),
        Zone::Hot => product.is_hot.then_some(entry.counted.sales),
    };
    measure.filter(|_| product.on_sale).map(|measure| Standing { weight: product.sort_order, measure })
}

/// One zone and what was published of it.
struct Kept {
    zone: Zone,
    ranking: Ranking,
    ranked: Ranked,
}

impl Kept {
    fn new(zone: Zone, snapshot: &Snapshot) -> Self {
        let ranking: Ranking = snapshot.products().filter_map(|entry| Some((entry.product.id.get(), standing(zone, entry)?))).collect();
        let ranked = Ranked::new(zone, Ranked::order_of(&ranking), snapshot);
        Self { zone, ranking, ranked }
    }

    fn update(&mut self, products: &HashSet<u64>, snapshot: &Snapshot) {
        let (mut is_concerned, mut is_moved) = (false, false);
        for product in products {
            let was_in = self.ranking.standing(*product).is_some();
            match snapshot.product(*product).and_then(|entry| standing(self.zone, entry)) {
                Some(standing) => {
                    is_concerned = true;
                    is_moved |= self.ranking.set(*product, standing);
                }
                None => {
                    is_concerned |= was_in;
                    is_moved |= self.ranking.remove(*product);
                }
            }
        }
        if is_concerned {
            let order = if is_moved { Ranked::order_of(&self.ranking) } else { Arc::clone(&self.ranked.order) };
            self.ranked = Ranked::new(self.zone, order, snapshot);
        }
    }
}

/// Keeps the zones until the task is dropped.
pub(super) async fn keep(catalog: Catalog, zones: Zones) {
    let mut changes = catalog.changes();
    loop {
        let Ok(snapshot) = catalog.current() else {
            // The first version is announced like any other.
            match changes.recv().await {
                Err(RecvError::Closed) => return,
                Ok(_) | Err(RecvError::Lagged(_)) => continue,
            }
        };
        let both = [Zone::Discount, Zone::Hot].map(|zone| Kept::new(zone, &snapshot));
        // Until something has to be ranked from the beginning.
        if follow(&catalog, &zones, &mut changes, snapshot, both).await == RecvError::Closed {
            return;
        }
    }
}

async fn follow(
    catalog: &Catalog,
    zones: &Zones,
    changes: &mut Receiver<Arc<Changed>>,
    mut snapshot: Arc<Snapshot>,
    mut both: [Kept; 2],
) -> RecvError {
    loop {
        let [discount, hot] = both.each_ref().map(|kept| kept.ranked.clone());
        let version = snapshot.version;
        zones.publish(Published::new(snapshot, discount, hot));
        let changed = match up_to_date(catalog, changes, version).await {
            Ok(changed) => changed,
            Err(ended) => return ended,
        };
        if changed.is_everything {
            return RecvError::Lagged(0);
        }
        snapshot = changed.snapshot;
        for kept in &mut both {
            kept.update(&changed.products, &snapshot);
        }
    }
}

/// What has changed since a version.
struct Since {
    snapshot: Arc<Snapshot>,
    products: HashSet<u64>,
    is_everything: bool,
}

/// Waits for a later version, and collects what all versions up to it have changed (Z1).
async fn up_to_date(catalog: &Catalog, changes: &mut Receiver<Arc<Changed>>, after: u64) -> Result<Since, RecvError> {
    let (mut products, mut is_everything, mut target) = (HashSet::new(), false, None::<Arc<Snapshot>>);
    loop {
        let changed = changes.recv().await?;
        // Announced before it was ranked from the beginning.
        if changed.version <= after {
            continue;
        }
        is_everything |= changed.is_everything;
        products.extend(changed.products.iter().chain(&changed.counted));
        if target.is_none() {
            target = catalog.current().ok();
        }
        // A version is there before it is announced, so what is current is at least this one, and its announcement comes.
        if let Some(snapshot) = target.take_if(|snapshot| snapshot.version <= changed.version) {
            return Ok(Since { snapshot, products, is_everything });
        }
    }
}
