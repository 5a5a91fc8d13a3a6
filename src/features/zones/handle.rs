//! The zones as handlers read them: one pointer to what was published last.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use bytes::Bytes;
use mallcore_actors::refusal::Unavailable;
use mallcore_actors::zones::Ranking;
use tokio::sync::Notify;

use super::views;
use crate::features::catalog::cards;
use crate::features::catalog::snapshot::{Rendered, Snapshot, Zone};
use crate::platform::page::{PAGE_SIZE_DEFAULT, PageNumber};

/// Cards of each zone on the home page.
pub const HOMEPAGE_CARDS: usize = 3;

/// The zones; cheap to clone.
#[derive(Clone, Default)]
pub struct Zones(Arc<Inner>);

#[derive(Default)]
struct Inner {
    /// None until the catalogue was loaded once.
    published: ArcSwapOption<Published>,
    renewed: Arc<Notify>,
}

/// Both zones at one moment.
#[derive(Debug)]
pub struct Published {
    /// The version of the catalogue that both are ranked by: cards come from it.
    pub snapshot: Arc<Snapshot>,
    /// The discount zone.
    pub discount: Ranked,
    /// The hot zone.
    pub hot: Ranked,
    /// The first cards of both.
    pub homepage: Rendered,
}

/// One zone at one moment.
#[derive(Debug, Clone)]
pub struct Ranked {
    /// Its products, first to last, each on the shelf.
    pub order: Arc<[u64]>,
    /// The zone with its first page.
    pub head: Rendered,
}

impl Ranked {
    pub(super) fn new(zone: Zone, order: Arc<[u64]>, snapshot: &Snapshot) -> Self {
        let head = views::zone(zone, order.len(), &cards_of(snapshot, &order, 0, PAGE_SIZE_DEFAULT as usize));
        Self { order, head: cards::rendered(head) }
    }

    pub(super) fn order_of(ranking: &Ranking) -> Arc<[u64]> {
        ranking.iter().collect()
    }
}

fn cards_of(snapshot: &Snapshot, order: &[u64], from: usize, size: usize) -> Vec<Bytes> {
    order.iter().skip(from).take(size).filter_map(|product| snapshot.card(*product)).collect()
}

impl Published {
    pub(super) fn new(snapshot: Arc<Snapshot>, discount: Ranked, hot: Ranked) -> Self {
        let first = |zone, ranked: &Ranked| views::zone(zone, ranked.order.len(), &cards_of(&snapshot, &ranked.order, 0, HOMEPAGE_CARDS));
        let homepage = cards::rendered(views::homepage(&first(Zone::Discount, &discount), &first(Zone::Hot, &hot)));
        Self { snapshot, discount, hot, homepage }
    }

    /// One of the zones.
    pub const fn zone(&self, zone: Zone) -> &Ranked {
        match zone {
            Zone::Discount => &self.discount,
            Zone::Hot => &self.hot,
        }
    }

    /// A page of a zone.
    pub fn page(&self, zone: Zone, page: PageNumber) -> Rendered {
        let order = &self.zone(zone).order;
        cards::numbered(&cards_of(&self.snapshot, order, page.offset(), page.size as usize), order.len(), page)
    }
}

impl Zones {
    /// The zones as they are now.
    ///
    /// # Errors
    /// [`Unavailable::Warming`] until the catalogue was loaded for the first time.
    pub fn current(&self) -> Result<Arc<Published>, Unavailable> {
        self.0.published.load_full().ok_or(Unavailable::Warming)
    }

    pub(super) fn publish(&self, published: Published) {
        self.0.published.store(Some(Arc::new(published)));
        self.0.renewed.notify_one();
    }

    /// Woken whenever something was published.
    pub(super) fn renewed(&self) -> Arc<Notify> {
        Arc::clone(&self.0.renewed)
    }
}
