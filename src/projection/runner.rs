//! The projection's thread: waits for durable records, folds them, writes them, and tells how far it is.
//! - T1 It has its own thread of low priority and its own connection, so that a burst of orders is sold first and stored after.
//! - T2 It lingers a little when few records wait, and longer while many come: a page of an index is written once a batch however many of
//!   its rows are new, so fuller batches cost less each. Nobody sees rows later than 350 ms for it.
//! - T3 Weather is waited out with growing pauses; anything else is narrowed down to its record and halts.

use std::sync::Arc;
use std::time::{Duration, Instant};

use mallcore_actors::journal::{Durable, Journal, ReadError, Sequence};
use mallcore_actors::record::{DecodeError, Record};
use thread_priority::{NormalThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy, set_thread_priority_and_policy, thread_native_id};
use tokio::sync::watch;
use tracing::{error, info, warn};

use super::checkpoint::{AttachError, attach};
use super::fold::{Batch, FoldError};
use super::metrics;
use super::write::{WriteError, write};
use crate::database::{Connections, Database, Error, Settings};

/// How the projection goes about it.
#[derive(Debug, Clone)]
pub struct ProjectorSettings {
    /// Records a batch, about; at least 1.
    pub batch_records_max: usize,
    /// Begin paused: records stay in the journal until [`ProjectorHandle::resume`].
    pub paused: bool,
    /// Run only when nobody else wants the processor (Linux's SCHED_IDLE), so that whoever buys is never held up.
    pub idle: bool,
    /// How long few records may wait for more.
    pub linger: Duration,
    /// How long they may wait while [`BUSY_RECORDS`] come in each of those times.
    pub linger_busy: Duration,
}

impl Default for ProjectorSettings {
    fn default() -> Self {
        Self {
            batch_records_max: 8192,
            paused: false,
            idle: true,
            linger: Duration::from_millis(30),
            linger_busy: Duration::from_millis(300),
        }
    }
}

/// What the projection is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Waiting for records or writing them.
    Following,
    /// Told to wait.
    Paused,
    /// The database is not available; the text says why.
    Retrying(String),
    /// This record cannot be projected, or the two do not belong together; a person has to act.
    Halted(String),
    /// Told to stop.
    Stopped,
}

/// Starts projections.
#[derive(Debug)]
pub struct Projector;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Run,
    Pause,
    /// Write what is durable, then stop; give up at this moment.
    Drain(Instant),
}

/// A running projection. Dropping it lets the projection write what is durable and stop.
#[derive(Debug)]
pub struct ProjectorHandle {
    /// The last record that the database has.
    pub checkpoint: watch::Receiver<Sequence>,
    /// What it is doing.
    pub state: watch::Receiver<State>,
    order: watch::Sender<Order>,
}

/// Pauses between attempts: doubling from the first to the last.
const RETRY_FIRST: Duration = Duration::from_millis(50);
const RETRY_LAST: Duration = Duration::from_secs(5);
/// So many more records within a linger are worth another: at 5,000 a second, about what a small transaction costs anyway.
const BUSY_RECORDS: u64 = 150;
/// Bytes of payload a record, about; a batch asks for that many times its records.
const RECORD_BYTES: usize = 128;

impl Projector {
    /// Starts the thread. `checkpoint` begins at 0 and is right once the database was reached.
    pub fn spawn(settings: ProjectorSettings, database: Settings, journal: Arc<dyn Journal>) -> std::io::Result<ProjectorHandle> {
        let (publish, checkpoint) = watch::channel(Sequence::ZERO);
        let (tell, state) = watch::channel(State::Following);
        let (order, orders) = watch::channel(if settings.paused { Order::Pause } else { Order::Run });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        std::thread::Builder::new().name("projection".into()).spawn(move || {
            // Lowers the calling thread; the driver's thread is started by it and inherits.
            if settings.idle {
                let policy = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
                if let Err(refused) = set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Min, policy) {
                    warn!("failed to lower the projection's priority: {refused}");
                }
            }
            let runner = Runner { settings, database, journal, publish, tell, orders, connection: None };
            runtime.block_on(runner.run());
        })?;
        Ok(ProjectorHandle { checkpoint, state, order })
    }
}

impl ProjectorHandle {
    /// Lets records wait in the journal.
    pub fn pause(&self) {
        self.order.send_replace(Order::Pause);
    }

    /// Goes on.
    pub fn resume(&self) {
        self.order.send_replace(Order::Run);
    }

    /// Waits until the database has this record; `false` if the projection halts or stops before.
    pub async fn reached(&self, sequence: Sequence) -> bool {
        let (mut checkpoint, mut state) = (self.checkpoint.clone(), self.state.clone());
        tokio::select! {
            biased;
            reached = checkpoint.wait_for(|at| *at >= sequence) => reached.is_ok(),
            _ = state.wait_for(|state| matches!(state, State::Halted(_) | State::Stopped)) => *self.checkpoint.borrow() >= sequence,
        }
    }

    /// Writes what is durable by then and stops, giving up after `within`. Returns the last record that the database has.
    pub async fn stop(self, within: Duration) -> Sequence {
        self.order.send_replace(Order::Drain(Instant::now() + within));
        let mut checkpoint = self.checkpoint.clone();
        // A statement that the database never answers must not keep the process: its transaction is not committed.
        let grace = within + Duration::from_secs(1);
        let _ = tokio::time::timeout(grace, async { while checkpoint.changed().await.is_ok() {} }).await;
        *self.checkpoint.borrow()
    }
}

/// Why a batch did not get done.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error("failed to reach the database")]
    Connect(#[source] Error),
    #[error("failed to attach the projection")]
    Attach(#[source] AttachError),
    #[error("failed to read the journal")]
    Read(#[source] ReadError),
    #[error("failed to decode record {0}")]
    Decode(Sequence, #[source] DecodeError),
    #[error("failed to fold record {0}")]
    Fold(Sequence, #[source] FoldError),
    #[error("failed to write records {0} to {1}")]
    Write(Sequence, Sequence, #[source] WriteError),
}

impl Trouble {
    fn is_transient(&self) -> bool {
        match self {
            Self::Connect(cause) | Self::Attach(AttachError::Database(cause)) => cause.is_transient(),
            Self::Write(_, _, cause) => cause.is_transient(),
            Self::Read(ReadError::Io(_)) => true,
            Self::Attach(_) | Self::Read(_) | Self::Decode(..) | Self::Fold(..) => false,
        }
    }

    /// The error with its causes, for people.
    fn story(&self) -> String {
        let mut story = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(next) = cause {
            story.push_str(": ");
            story.push_str(&next.to_string());
            cause = next.source();
        }
        story
    }
}

struct Runner {
    settings: ProjectorSettings,
    database: Settings,
    journal: Arc<dyn Journal>,
    publish: watch::Sender<Sequence>,
    tell: watch::Sender<State>,
    orders: watch::Receiver<Order>,
    connection: Option<(Database, Sequence)>,
}

impl Runner {
    async fn run(mut self) {
        ::metrics::gauge!(metrics::HALTED, metrics::PROJECTION => super::NAME).set(0.0);
        let mut pause = RETRY_FIRST;
        // After a refused batch, up to its end: records are taken one by one, until the one at fault is alone.
        let mut narrow_through = Sequence::ZERO;
        loop {
            let narrowing = *self.publish.borrow() < narrow_through;
            match self.step(narrowing).await {
                Ok(Step::Stop) => break,
                Ok(Step::Wrote) => {
                    pause = RETRY_FIRST;
                    self.now(State::Following);
                }
                Ok(Step::Idle) => {}
                Err(trouble) if trouble.is_transient() => {
                    ::metrics::counter!(metrics::RETRIES_TOTAL, metrics::PROJECTION => super::NAME).increment(1);
                    self.now(State::Retrying(trouble.story()));
                    if self.rest(pause).await {
                        break;
                    }
                    pause = (pause * 2).min(RETRY_LAST);
                }
                Err(Trouble::Write(from, through, _)) if from != through => narrow_through = through,
                Err(trouble) => {
                    ::metrics::gauge!(metrics::HALTED, metrics::PROJECTION => super::NAME).set(1.0);
                    self.now(State::Halted(trouble.story()));
                    self.until_stopped().await;
                    break;
                }
            }
        }
        if let Some((database, _)) = self.connection.take() {
            database.close().await;
        }
        if !matches!(*self.tell.borrow(), State::Halted(_)) {
            self.now(State::Stopped);
        }
    }

    /// Waits for records, or for another order, and writes one batch.
    async fn step(&mut self, narrowing: bool) -> Result<Step, Trouble> {
        let mut durable = self.journal.durable();
        let end = through(*durable.borrow_and_update());
        // Shown first, so that the lag grows visibly while the database is away.
        self.show_lag(*self.publish.borrow(), end);
        let at = match &self.connection {
            Some((_, at)) => *at,
            None => self.connect().await?,
        };
        let order = *self.orders.borrow_and_update();
        let waiting = end.0.saturating_sub(at.0);
        match order {
            Order::Drain(until) if waiting == 0 || Instant::now() >= until => return Ok(Step::Stop),
            Order::Drain(_) => {}
            Order::Pause => {
                self.now(State::Paused);
                return Ok(self.news(&mut durable).await);
            }
            Order::Run if waiting == 0 => {
                self.now(State::Following);
                return Ok(self.news(&mut durable).await);
            }
            Order::Run => {
                if !narrowing {
                    self.linger(at, waiting).await;
                }
            }
        }
        self.write_batch(at, if narrowing { 1 } else { self.settings.batch_records_max }).await?;
        Ok(Step::Wrote)
    }

    /// Waits for a fuller batch, as long as one is coming.
    async fn linger(&mut self, at: Sequence, mut waiting: u64) {
        let until = Instant::now() + self.settings.linger_busy;
        while (waiting as usize) < self.settings.batch_records_max / 2 && Instant::now() < until {
            if tokio::time::timeout(self.settings.linger, self.orders.changed()).await.is_ok() {
                return;
            }
            let before = std::mem::replace(&mut waiting, through(*self.journal.durable().borrow()).0.saturating_sub(at.0));
            if waiting < before.saturating_add(BUSY_RECORDS) {
                return;
            }
        }
    }

    /// Waits for another order or more records. Without their senders nothing will come any more.
    async fn news(&mut self, durable: &mut watch::Receiver<Durable>) -> Step {
        let changed = tokio::select! {
            changed = self.orders.changed() => changed,
            changed = durable.changed() => changed,
        };
        if changed.is_err() { Step::Stop } else { Step::Idle }
    }

    async fn connect(&mut self) -> Result<Sequence, Trouble> {
        let database = self.database.connect(Connections::ONE).await.map_err(Trouble::Connect)?;
        let at = attach(&database, &*self.journal).await.map_err(Trouble::Attach)?;
        self.connection = Some((database, at));
        self.publish.send_replace(at);
        Ok(at)
    }

    async fn write_batch(&mut self, at: Sequence, records_max: usize) -> Result<(), Trouble> {
        let started = Instant::now();
        let batch = self.read(at, records_max)?;
        let Some((database, checkpoint)) = &mut self.connection else { return Ok(()) };
        if batch.records() == 0 {
            return Ok(());
        }
        let written = write(database, &batch).await;
        if let Err(cause) = written {
            // Whether a broken commit happened is only known by asking again.
            if cause.is_transient() {
                self.connection = None;
            }
            return Err(Trouble::Write(batch.from().next(), batch.through(), cause));
        }
        *checkpoint = batch.through();
        self.publish.send_replace(batch.through());
        self.journal.release(batch.through());
        ::metrics::histogram!(metrics::BATCH_RECORDS, metrics::PROJECTION => super::NAME).record(batch.records() as f64);
        ::metrics::histogram!(metrics::BATCH_DURATION_SECONDS, metrics::PROJECTION => super::NAME).record(started.elapsed().as_secs_f64());
        ::metrics::counter!(metrics::RECORDS_TOTAL, metrics::PROJECTION => super::NAME).increment(batch.records());
        Ok(())
    }

    fn read(&self, at: Sequence, records_max: usize) -> Result<Batch, Trouble> {
        let mut batch = Batch::after(at);
        let mut trouble = None;
        let bytes_max = if records_max == 1 { 1 } else { records_max.saturating_mul(RECORD_BYTES) };
        let mut visit = |sequence, payload: &[u8]| {
            // A journal may hand over more than was asked for; a record after one at fault is not wanted.
            if trouble.is_some() || batch.records() >= records_max as u64 {
                return;
            }
            match Record::decode(payload) {
                Ok(record) => trouble = batch.take(sequence, record).err().map(|cause| Trouble::Fold(sequence, cause)),
                Err(cause) => trouble = Some(Trouble::Decode(sequence, cause)),
            }
        };
        self.journal.read(at.next(), bytes_max, &mut visit).map_err(Trouble::Read)?;
        match trouble {
            // What comes before the record at fault is still written; the next batch begins with it.
            Some(trouble) if batch.records() == 0 => Err(trouble),
            _ => Ok(batch),
        }
    }

    fn show_lag(&self, at: Sequence, end: Sequence) {
        ::metrics::gauge!(metrics::LAG_RECORDS, metrics::PROJECTION => super::NAME).set(end.0.saturating_sub(at.0) as f64);
    }

    /// Tells the state and logs it, once each time that it changes.
    fn now(&self, state: State) {
        let changed = self.tell.send_if_modified(|current| {
            let differs = std::mem::discriminant(current) != std::mem::discriminant(&state);
            let was_retrying = matches!(current, State::Retrying(_));
            if differs && was_retrying && state == State::Following {
                info!("the database is back, the projection follows again");
            }
            *current = state.clone();
            differs
        });
        match state {
            State::Retrying(story) if changed => warn!("the projection waits for the database: {story}"),
            State::Halted(story) if changed => error!("the projection has halted, orders are safe in the journal: {story}"),
            State::Following | State::Paused | State::Retrying(_) | State::Halted(_) | State::Stopped => {}
        }
    }

    /// Pauses, or returns `true` if it is time to stop.
    async fn rest(&mut self, pause: Duration) -> bool {
        let order = *self.orders.borrow_and_update();
        let pause = match order {
            Order::Drain(until) if Instant::now() + pause >= until => return true,
            Order::Drain(_) | Order::Run | Order::Pause => pause,
        };
        matches!(tokio::time::timeout(pause, self.orders.changed()).await, Ok(Err(_)))
    }

    async fn until_stopped(&mut self) {
        let _ = self.orders.wait_for(|order| matches!(order, Order::Drain(_))).await;
    }
}

enum Step {
    Wrote,
    Idle,
    Stop,
}

const fn through(durable: Durable) -> Sequence {
    match durable {
        Durable::Through(sequence) | Durable::Failed(sequence) => sequence,
    }
}
