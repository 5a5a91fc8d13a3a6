//! The status of every runner that reads the journal: how far it is behind, what that means for fresh commands, and how it is reported.

use mallcore_actors::engine::Engine;
use mallcore_actors::journal::{Durable, Journal, Sequence};
use std::sync::Arc;

use ::metrics::Gauge;
use mallcore_actors::lag::{Admission, Lag, Level, Meter, Reading};
use mallcore_actors::metrics::GaugeFamily;
use parking_lot::Mutex;
use tokio::sync::watch;

use super::metrics::{self, PROJECTION};
use super::{ProjectorHandle, State};
use crate::platform::readiness::{Check, Health};

/// 0 ok, 1 alert, 2 some fresh purchases are turned away, 3 all of them are.
static LEVEL: GaugeFamily =
    GaugeFamily::new("mallcore_lag_level", "0 ok, 1 alert, 2 some fresh purchases are turned away, 3 all of them are.");
/// Bytes of the journal that cannot be removed for the sake of a projection, about.
static BYTES: GaugeFamily =
    GaugeFamily::new("mallcore_lag_bytes", "Bytes of the journal that cannot be removed for the sake of the projection, about.");
/// Part of its budget that is spent: of records, bytes and memory the one that is shortest.
static SPENT: GaugeFamily = GaugeFamily::new("mallcore_lag_budget_spent_ratio", "Part of the projection's lag budget that is spent.");
/// Bytes of memory that orders take, about.
static MEMORY: GaugeFamily = GaugeFamily::new("mallcore_orders_memory_bytes", "Bytes of memory that orders take, about.");

/// An order in memory with its places in the maps: 200 bytes of its own, up to 150 in maps that are seldom full, and rounded up.
pub const ORDER_BYTES: u64 = 512;

/// One runner: its checkpoint, its lag and its gauges.
pub struct RunnerStatus {
    name: &'static str,
    checkpoint: watch::Receiver<Sequence>,
    state: watch::Receiver<State>,
    /// Orders in memory wait for it.
    holds_memory: bool,
    /// The scope in which its lag sheds, if that is not the purchases'.
    scope: Option<Arc<Admission>>,
    meter: Mutex<(Meter, Option<Reading>)>,
    level: Gauge,
    bytes: Gauge,
    spent: Gauge,
    records: Gauge,
}

impl RunnerStatus {
    /// For the runner behind this handle. `holds_memory`: orders in memory wait for it.
    pub fn new(name: &'static str, handle: &ProjectorHandle, holds_memory: bool, meter: Meter) -> Self {
        Self {
            name,
            checkpoint: handle.checkpoint.clone(),
            state: handle.state.clone(),
            holds_memory,
            scope: None,
            meter: Mutex::new((meter, None)),
            level: LEVEL.with(&[(PROJECTION, name)]),
            bytes: BYTES.with(&[(PROJECTION, name)]),
            spent: SPENT.with(&[(PROJECTION, name)]),
            records: metrics::LAG_RECORDS.with(&[(PROJECTION, name)]),
        }
    }

    /// Its lag turns away what asks this, and no purchase.
    pub fn shedding(self, scope: Arc<Admission>) -> Self {
        Self { scope: Some(scope), ..self }
    }

    fn observe(&self, end: Sequence, record_bytes: u64, memory_bytes: u64) -> Reading {
        let records = end.0.saturating_sub(self.checkpoint.borrow().0);
        let bytes = records.saturating_mul(record_bytes);
        // Open orders stay in memory however near the projection is: what waits for it is no more than its records.
        let waiting_bytes = memory_bytes.min(records.saturating_mul(ORDER_BYTES));
        let lag = Lag { records, bytes, memory_bytes: if self.holds_memory { waiting_bytes } else { 0 } };
        let (reading, before) = {
            let mut meter = self.meter.lock();
            let reading = meter.0.observe(lag);
            (reading, meter.1.replace(reading))
        };
        self.records.set(records as f64);
        self.bytes.set(bytes as f64);
        self.level.set(f64::from(reading.level as u8));
        self.spent.set(reading.spent_permille as f64 / 1000.0);
        if before.map_or(Level::Ok, |before| before.level) != reading.level {
            self.report(reading, lag);
        }
        reading
    }

    fn report(&self, reading: Reading, lag: Lag) {
        let (name, percent, records) = (self.name, reading.spent_permille / 10, lag.records);
        let what = if self.scope.is_some() { "commands of its kind" } else { "purchases" };
        match reading.level {
            Level::Ok => tracing::info!("the {name} projection is near enough again: {records} records behind, {percent} % of its budget"),
            Level::Alert => tracing::warn!("the {name} projection is {records} records behind, {percent} % of its budget"),
            Level::Shed => tracing::error!(
                "fresh {what} are turned away in part: the {name} projection is {records} records behind, {percent} % of its budget"
            ),
            Level::Refuse => {
                tracing::error!("no fresh {what} are let in: the {name} projection is {records} records behind, its budget is spent");
            }
        }
    }

    fn check(&self, end: Sequence, is_reached: bool) -> Check {
        let state = self.state.borrow().clone();
        let records = end.0.saturating_sub(self.checkpoint.borrow().0);
        let reading = self.meter.lock().1;
        let level = reading.map_or(Level::Ok, |reading| reading.level);
        let percent = reading.map_or(0, |reading| reading.spent_permille / 10);
        let health = match level {
            // Purchases go on: the part that is refused is told by its name.
            Level::Refuse if self.scope.is_some() => Health::Degraded,
            Level::Refuse => Health::Fail,
            Level::Ok if state == State::Following && is_reached => Health::Pass,
            Level::Ok | Level::Alert | Level::Shed => Health::Degraded,
        };
        Check { part: self.name, health, detail: format!("{state:?}, {records} records behind, lag {level:?}: {percent} % of its budget") }
    }
}

/// The status of all runners.
pub struct Runners(pub Vec<RunnerStatus>);

impl Runners {
    /// Looks at how far each is behind, and lets in as many fresh purchases as the one that is worst off allows.
    pub fn refresh(&self, engine: &Engine) {
        let (end, record_bytes) = written(&**engine.journal());
        let memory_bytes = (engine.orders.resident() as u64).saturating_mul(ORDER_BYTES);
        MEMORY.get().set(memory_bytes as f64);
        let mut turned_away = 0;
        for runner in &self.0 {
            let parts = runner.observe(end, record_bytes, memory_bytes).turned_away;
            match &runner.scope {
                Some(scope) => scope.turn_away(parts),
                None => turned_away = turned_away.max(parts),
            }
        }
        engine.admission.turn_away(turned_away);
    }

    /// How each does; `is_reached` is false until a database that was away at start is there.
    pub fn checks(&self, journal: &dyn Journal, is_reached: bool) -> Vec<Check> {
        let (Durable::Through(end) | Durable::Failed(end)) = *journal.durable().borrow();
        self.0.iter().map(|runner| runner.check(end, is_reached || !runner.holds_memory)).collect()
    }
}

/// The last record, and the bytes that one takes on average.
fn written(journal: &dyn Journal) -> (Sequence, u64) {
    let (Durable::Through(end) | Durable::Failed(end)) = *journal.durable().borrow();
    let records = (end.0 + 1).saturating_sub(journal.first_retained().0);
    (end, journal.usage().used_bytes.div_ceil(records.max(1)))
}
