//! The zones in Redis, for whoever reads there: `discount_zone_products`, `hot_zone_products`, `homepage_zones`, `hot_products`.

use serde::Serialize;

use super::handle::{Published, Zones};
use crate::features::catalog::snapshot::{Entry, Filter, Snapshot, Sort, Start, Zone};
use crate::platform::cache::mirror::Mirrored;

/// Products of a zone that are listed, the first ones.
const LISTED_MAX: usize = 1_000;
/// Products in the list of those that sold most.
const BEST_SELLERS: usize = 20;

#[derive(Serialize)]
struct Discounted {
    id: u64,
    sort_order: i64,
    discount_rate_bp: u16,
}

#[derive(Serialize)]
struct Hot {
    id: u64,
    sort_order: i64,
    sales_count: u64,
}

#[derive(Serialize)]
struct BestSeller {
    sales_count: u64,
    id: u64,
}

/// What is to lie in Redis now; nothing while the catalogue is warming.
pub(super) fn values(zones: &Zones) -> Vec<Mirrored> {
    let Ok(published) = zones.current() else { return Vec::new() };
    let discounted = |entry: &Entry| Discounted {
        id: entry.product.id.get(),
        sort_order: entry.product.sort_order,
        discount_rate_bp: entry.product.discount.unwrap_or_default().basis_points(),
    };
    let hot = |entry: &Entry| Hot { id: entry.product.id.get(), sort_order: entry.product.sort_order, sales_count: entry.counted.sales };
    vec![
        Mirrored::json("discount_zone_products", &listed(&published, Zone::Discount, discounted)),
        Mirrored::json("hot_zone_products", &listed(&published, Zone::Hot, hot)),
        Mirrored::json("hot_products", &best_sellers(&published.snapshot)),
        Mirrored::bytes("homepage_zones", published.homepage.body.clone()),
    ]
}

fn listed<T>(published: &Published, zone: Zone, view: impl Fn(&Entry) -> T) -> Vec<T> {
    let order = published.zone(zone).order.iter().take(LISTED_MAX);
    order.filter_map(|product| published.snapshot.product(*product)).map(|entry| view(entry)).collect()
}

fn best_sellers(snapshot: &Snapshot) -> Vec<BestSeller> {
    let sold = snapshot.list(Filter::default(), Sort::Sales, Start::At(0), BEST_SELLERS).entries;
    let sold = sold.into_iter().filter(|entry| entry.counted.sales > 0);
    sold.map(|entry| BestSeller { sales_count: entry.counted.sales, id: entry.product.id.get() }).collect()
}
