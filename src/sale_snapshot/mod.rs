//! Keeps a snapshot of what running sales need beside the journal, so that `kill -9` while the database is away stops no sale
//! (docs/adr/0014-persist-a-sale-snapshot-beside-the-journal.md).
//! - K1 The hot path has no part in it: the newest snapshot is read, the journal's records above it are folded in, the result is written.
//! - K2 A snapshot is due when the plan of the sales has changed, or when the tail is as long as the last one had entries: the bytes
//!   written stay in proportion to those of the journal, and so does the time of a start. In a burst it waits for the end, until the tail is
//!   three times as long.
//! - K3 The journal keeps the records above the newest snapshot, but no more than a quarter of its budget for it, and none if it fails.
//! - K4 It fails alone: without a snapshot sales go on, and only a start without the database is not possible.

mod compact;
pub mod metrics;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use mallcore_actors::journal::os_disk::OsDisk;
use mallcore_actors::journal::{Journal, Sequence};
use mallcore_actors::lag::BurstLimits;
use mallcore_actors::sale_snapshot::{Saved, Store};
use tokio::sync::watch;
use tracing::{debug, warn};

use crate::platform::database::Settings;
use crate::platform::journal_tail::durable;
use crate::platform::projection::{BurstBackoff, Registration, lower_this_thread};
use compact::{CompactError, Compactor};

/// How often the tail's length is looked at.
const LOOK: Duration = Duration::from_millis(500);
/// Pause after a failure.
const RETRY: Duration = Duration::from_secs(5);
/// With a database that answers, the largest one takes far less.
const KEEP_WITHIN: Duration = Duration::from_secs(300);
/// A snapshot takes at most one part in so many of the thread's time, so that a changing plan cannot keep it busy.
const REST: u32 = 10;
/// Bytes of a record, about.
const RECORD_BYTES: u64 = 160;
/// In a burst a tail may be so many times as long.
const TAILS_IN_A_BURST: u64 = 3;
/// Shorter tails are not worth a file.
const TAIL_MIN: u64 = 1_000;

/// Where and how snapshots are kept.
#[derive(Debug, Clone)]
pub struct KeeperSettings {
    /// The folder that snapshots are written to.
    pub folder: PathBuf,
    /// A snapshot is due after so many records at the latest, unless the last one had more entries.
    pub tail_records_max: u64,
    /// Run only when nobody else wants the processor.
    pub idle: bool,
    /// So many records a second are a burst, whose end it waits for.
    pub burst_per_second: Option<u64>,
    /// Whether snapshots are kept at all: a database that is a file beside the journal is away only when the journal is, too.
    pub keeps: bool,
}

impl KeeperSettings {
    /// For a journal of such segments: about one snapshot a segment.
    pub fn new(folder: PathBuf, segment_bytes: u64) -> Self {
        Self { folder, tail_records_max: (segment_bytes / RECORD_BYTES).max(TAIL_MIN), idle: true, burst_per_second: None, keeps: true }
    }
}

/// The folder's snapshots.
pub fn store(folder: &Path) -> std::io::Result<Store> {
    Ok(Store::new(Arc::new(OsDisk::create_folder(folder)?)))
}

/// What the keeper is told and asked for.
pub struct Sources {
    /// What is folded.
    pub journal: Arc<dyn Journal>,
    /// Where a first snapshot comes from, and a SKU that was not on sale before.
    pub database: Settings,
    /// The plan of the sales; none before it was read.
    pub plan: watch::Receiver<Option<Vec<u8>>>,
    /// The last record that the database has: settled orders above it are kept.
    pub projected: watch::Receiver<Sequence>,
}

/// What the journal keeps for the next snapshot. Told by whoever has time, not by the keeper, which may get no turn for long.
pub struct Hold {
    registration: Registration,
    journal: Arc<dyn Journal>,
    progress: Option<watch::Receiver<Progress>>,
}

impl Hold {
    /// For this keeper.
    pub fn new(registration: Registration, journal: Arc<dyn Journal>, keeper: &KeeperHandle) -> Self {
        Self { registration, journal, progress: keeper.kept() }
    }

    /// Tells the journal. The next snapshot could begin from the database, while a full journal stops every sale: so there is a limit.
    pub fn report(&self) {
        let Some(Progress { through, is_failing }) = self.progress.as_ref().map(|progress| *progress.borrow()) else {
            return self.registration.reached(Sequence(u64::MAX));
        };
        let tail_bytes = durable(&*self.journal).0.saturating_sub(through.0).saturating_mul(RECORD_BYTES);
        let lets_go = is_failing || tail_bytes > self.journal.usage().budget_bytes / 4;
        self.registration.reached(if lets_go { Sequence(u64::MAX) } else { through });
    }
}

/// How keeping goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// The newest snapshot's record; 0 before the first.
    pub through: Sequence,
    /// The last try failed.
    pub is_failing: bool,
}

/// A running keeper. Dropping it ends the thread.
#[derive(Debug)]
pub struct KeeperHandle {
    /// How it goes.
    pub progress: watch::Receiver<Progress>,
    stop: watch::Sender<bool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl KeeperHandle {
    /// How it goes, where snapshots are kept.
    pub fn kept(&self) -> Option<watch::Receiver<Progress>> {
        self.thread.as_ref().map(|_| self.progress.clone())
    }

    /// Ends the thread: a snapshot that is being written is finished first.
    pub fn stop(mut self) {
        self.stop.send_replace(true);
        if let Some(thread) = self.thread.take() {
            // A panic has been reported by its hook; older snapshots are untouched.
            drop(thread.join());
        }
    }
}

/// Starts the thread; `newest` is the snapshot that start-up found, 0 for none.
pub fn spawn(settings: KeeperSettings, sources: Sources, newest: Sequence) -> std::io::Result<KeeperHandle> {
    let (publish, progress) = watch::channel(Progress { through: newest, is_failing: false });
    let (stop, stopped) = watch::channel(false);
    if !settings.keeps {
        return Ok(KeeperHandle { progress, stop, thread: None });
    }
    let store = store(&settings.folder)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let thread = std::thread::Builder::new().name("sale-snapshot".into()).spawn(move || {
        if settings.idle {
            lower_this_thread("sale snapshot");
        }
        let saved = Saved { through: newest, bytes: 0, entries: 0 };
        let tail_max = settings.tail_records_max.saturating_mul(TAILS_IN_A_BURST);
        let limits = settings.burst_per_second.map(|per_second| BurstLimits {
            records_per_second: per_second,
            records_max: tail_max,
            eased_below: 0,
        });
        let burst_backoff = BurstBackoff::new(limits, durable(&*sources.journal));
        let compactor = Compactor { store, sources, stopped: stopped.clone() };
        let keeper = Keeper { settings, compactor, publish, stopped, saved, burst_backoff, plan: None, rest_until: Instant::now() };
        runtime.block_on(keeper.run());
    })?;
    Ok(KeeperHandle { progress, stop, thread: Some(thread) })
}

struct Keeper {
    settings: KeeperSettings,
    compactor: Compactor,
    publish: watch::Sender<Progress>,
    stopped: watch::Receiver<bool>,
    saved: Saved,
    burst_backoff: BurstBackoff,
    /// As in the newest snapshot that this process wrote.
    plan: Option<Vec<u8>>,
    rest_until: Instant,
}

impl Keeper {
    async fn run(mut self) {
        loop {
            let look = tokio::time::timeout(LOOK, self.stopped.wait_for(|stopped| *stopped)).await.is_err();
            if !look {
                return;
            }
            if self.is_due() {
                self.keep().await;
            }
        }
    }

    fn is_due(&mut self) -> bool {
        let end = durable(&*self.compactor.sources.journal);
        let tail = end.0.saturating_sub(self.saved.through.0);
        metrics::TAIL_RECORDS.get().set(tail as f64);
        let bursting = self.burst_backoff.goes_on(tail, end);
        let plan = self.compactor.sources.plan.borrow();
        let has_changed = plan.is_some() && *plan != self.plan;
        let is_long = tail >= self.settings.tail_records_max.max(self.saved.entries) && !bursting;
        Instant::now() >= self.rest_until && (has_changed || is_long)
    }

    async fn keep(&mut self) {
        let begin = Instant::now();
        let plan = self.compactor.sources.plan.borrow().clone();
        let mut stopped = self.stopped.clone();
        let kept = tokio::select! {
            biased;
            // A database that hangs must not keep the process.
            _ = stopped.wait_for(|stopped| *stopped) => return,
            kept = tokio::time::timeout(KEEP_WITHIN, self.compactor.compact(plan.clone())) => kept.unwrap_or(Err(CompactError::Silent)),
        };
        match kept {
            Ok(saved) => {
                let took = begin.elapsed();
                debug!("a snapshot reaches to record {}: {} entries, {} bytes, {took:?}", saved.through, saved.entries, saved.bytes);
                metrics::DURATION_SECONDS.get().record(took.as_secs_f64());
                metrics::BYTES.get().set(saved.bytes as f64);
                (self.saved, self.plan) = (saved, plan);
                self.publish.send_replace(Progress { through: saved.through, is_failing: false });
                self.rest_until = Instant::now() + took * REST;
            }
            Err(error) => {
                metrics::FAILURES_TOTAL.get().increment(1);
                let before = self.publish.send_replace(Progress { through: self.saved.through, is_failing: true });
                if !before.is_failing {
                    let reason = crate::platform::error_chain::of(&error);
                    warn!("no snapshot of the running sales: {reason}; they go on, a start without the database is what would fail");
                }
                self.rest_until = Instant::now() + RETRY;
            }
        }
    }
}
