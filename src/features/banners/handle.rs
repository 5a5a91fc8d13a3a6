//! The banners as handlers ask for them: what is shown now, and the count of clicks.

use std::collections::BTreeMap;
use std::sync::Arc;

use arc_swap::ArcSwapOption;
use mallcore_actors::banners::Visitor;
use mallcore_actors::engine::Engine;
use mallcore_actors::ids::BannerId;
use mallcore_actors::metrics::CounterFamily;
use mallcore_actors::refusal::Unavailable;
use mallcore_actors::time::Timestamp;
use mallcore_actors::values::day::BusinessDay;
use parking_lot::Mutex;
use tokio::sync::{Notify, mpsc};

use super::counting::Click;
use super::model::Banner;
use super::repository::DayClicks;
use super::shown::Shown;

static DROPPED_TOTAL: CounterFamily =
    CounterFamily::new("mallcore_banner_clicks_dropped_total", "Clicks on banners that were not counted, because too many waited.");

/// The banners; cheap to clone.
#[derive(Clone)]
pub struct Banners(Arc<Inner>);

struct Inner {
    engine: Arc<Engine>,
    /// Those that are shown now or later; none until they were loaded once.
    loaded: Mutex<Option<Arc<[Arc<Banner>]>>>,
    shown: ArcSwapOption<Shown>,
    /// Wakes the clock: a window may begin sooner than it thinks.
    reloaded: Notify,
    /// Wakes whoever writes to Redis.
    renewed: Arc<Notify>,
    clicks: mpsc::Sender<Click>,
    /// Clicks of today and yesterday, as the database has them.
    written: Mutex<BTreeMap<(BusinessDay, BannerId), u64>>,
}

impl Banners {
    pub(super) fn new(engine: Arc<Engine>, clicks: mpsc::Sender<Click>) -> Self {
        Self(Arc::new(Inner {
            engine,
            loaded: Mutex::default(),
            shown: ArcSwapOption::empty(),
            reloaded: Notify::new(),
            renewed: Arc::default(),
            clicks,
            written: Mutex::default(),
        }))
    }

    /// What shoppers see now.
    ///
    /// # Errors
    /// [`Unavailable::Warming`] until the banners were loaded for the first time.
    pub fn current(&self) -> Result<Arc<Shown>, Unavailable> {
        self.0.shown.load_full().ok_or(Unavailable::Warming)
    }

    /// Notes a click on a banner that is shown. Waits for nothing.
    pub fn click(&self, visitor: Visitor, banner: BannerId) {
        if self.0.clicks.try_send(Click { visitor, banner, at: self.now() }).is_err() {
            DROPPED_TOTAL.get().increment(1);
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.0.engine.clock().now()
    }

    /// Publishes what was loaded.
    pub(super) fn load(&self, banners: Vec<Banner>) {
        *self.0.loaded.lock() = Some(banners.into_iter().map(Arc::new).collect());
        self.publish();
        self.0.reloaded.notify_one();
    }

    /// Publishes what is shown at this moment; says when that changes. None while nothing is loaded, or if nothing will change.
    pub(super) fn publish(&self) -> Option<Timestamp> {
        // Held while publishing: an older moment never replaces a newer one.
        let loaded = self.0.loaded.lock();
        let shown = Shown::at(loaded.as_ref()?, self.now());
        let turns_at = shown.turns_at;
        self.0.shown.store(Some(Arc::new(shown)));
        self.0.renewed.notify_one();
        turns_at
    }

    /// Returns once banners were loaded anew.
    pub(super) async fn reloaded(&self) {
        self.0.reloaded.notified().await;
    }

    /// Woken whenever something is another: banners that are shown, clicks that are written.
    pub(super) fn renewed(&self) -> Arc<Notify> {
        Arc::clone(&self.0.renewed)
    }

    /// Notes what the database has of some days; older days than yesterday are forgotten.
    pub(super) fn note_written(&self, clicks: &[DayClicks]) {
        let oldest = self.yesterday();
        let mut written = self.0.written.lock();
        written.extend(clicks.iter().map(|of| ((of.day, of.banner), of.clicks)));
        written.retain(|(day, _), _| *day >= oldest);
        self.0.renewed.notify_one();
    }

    /// Notes what the database had when it was read; what was written since then is newer.
    pub(super) fn note_recalled(&self, clicks: &[DayClicks]) {
        let mut written = self.0.written.lock();
        for of in clicks {
            written.entry((of.day, of.banner)).or_insert(of.clicks);
        }
        self.0.renewed.notify_one();
    }

    /// Clicks of today and yesterday that are written.
    pub(super) fn written(&self) -> Vec<DayClicks> {
        let oldest = self.yesterday();
        let written = self.0.written.lock();
        let recent = written.iter().filter(|((day, _), _)| *day >= oldest);
        recent.map(|((day, banner), clicks)| DayClicks { banner: *banner, day: *day, clicks: *clicks }).collect()
    }

    pub(super) fn yesterday(&self) -> BusinessDay {
        const DAY_MILLIS: u64 = 86_400_000;
        BusinessDay::of(Timestamp::from_millis(self.now().millis().saturating_sub(DAY_MILLIS)))
    }
}
