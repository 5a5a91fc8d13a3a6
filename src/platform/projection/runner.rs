//! What every projection has in common: it waits for durable records, hands them to its target, and tells how far it is.
//! - T1 It has its own thread, of low priority while little waits, and its own connection: a burst of orders is sold first and stored after,
//!   by waiting for its end: our priority does not reach into a server on the other side.
//! - T2 It lingers a little when few records wait, and longer while many come, where its target asks for that: fuller batches cost less
//!   each. Nobody sees rows later than that for it.
//! - T3 A transient failure is waited out with growing pauses; a record at fault is narrowed down to and halts. Nothing is skipped.
//! - T4 A target that was set back to an earlier moment is followed from there, as long as the journal has the records.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use mallcore_actors::journal::{Durable, Journal, Sequence};
use mallcore_actors::lag::Urgency;
use tokio::sync::watch;
use tracing::{error, info, warn};

use super::burst_backoff::BurstBackoff;
use super::contract::Projection;
use super::retention::registrations;
use super::settings::ProjectorSettings;
use super::store::Store;
use super::target::{Reaction, Target, TargetError};
use super::{metrics, priority};
use crate::platform::backoff::Backoff;
use crate::platform::database::Settings;

/// What a projection is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Waiting for records or writing them.
    Following,
    /// Told to wait.
    Paused,
    /// The other side is not available; the text says why.
    Retrying(String),
    /// The other side refuses for a reason that a person has to remove there. It is asked again now and then.
    Refused(String),
    /// This record cannot be projected, or the other side was exchanged for one that does not follow this journal; a person has to act.
    Halted(String),
    /// After a start without it, the other side turned out not to belong to the journal: what is sold may be sold already.
    Mismatched(String),
    /// Told to stop.
    Stopped,
}

impl State {
    /// Whether nothing is written any more in the life of this process.
    pub const fn is_final(&self) -> bool {
        matches!(self, Self::Halted(_) | Self::Mismatched(_) | Self::Stopped)
    }
}

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
    /// The last record up to which the other side lacks none.
    pub checkpoint: watch::Receiver<Sequence>,
    /// What it is doing.
    pub state: watch::Receiver<State>,
    /// The highest record that the other side ever had, as far as this process knows: memory may have let go of anything up to it.
    pub highest: Arc<AtomicU64>,
    order: watch::Sender<Order>,
}

/// How often a burst is looked at.
const BURST_LOOK: Duration = Duration::from_millis(50);
/// So many more records within a linger are worth another: 5,000 a second.
const BUSY_RECORDS: u64 = 150;
/// How often a target that refuses is asked again.
const ASK: Backoff = Backoff::between(Duration::from_secs(2), Duration::from_secs(30));

/// Starts projections and keeps their threads.
#[derive(Debug)]
pub struct Projector;

impl Projector {
    /// Starts the projection to the database as the only one of this journal; `attached` is as for [`Store::new`].
    pub fn spawn<P: Projection>(
        settings: ProjectorSettings,
        database: Settings,
        journal: Arc<dyn Journal>,
        attached: Option<Sequence>,
    ) -> std::io::Result<ProjectorHandle> {
        let [registration] = registrations(&journal);
        Self::follow(settings, Store::<P>::new(database, Arc::clone(&journal), registration, attached), journal)
    }

    /// Starts the thread. `checkpoint` begins with what is known, and is right once the other side was reached.
    pub fn follow<T: Target>(settings: ProjectorSettings, target: T, journal: Arc<dyn Journal>) -> std::io::Result<ProjectorHandle> {
        let known = target.known();
        let (publish, checkpoint) = watch::channel(known);
        let highest = Arc::new(AtomicU64::new(known.0));
        let (publish_state, state) = watch::channel(State::Following);
        let (order, orders) = watch::channel(if settings.paused { Order::Pause } else { Order::Run });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let burst_backoff = BurstBackoff::new(settings.burst_limits(), through(*journal.durable().borrow()));
        metrics::HALTED.with(&[(metrics::PROJECTION, T::NAME)]).set(0.0);
        let runner = Runner {
            settings,
            target,
            journal,
            publish,
            highest: Arc::clone(&highest),
            publish_state,
            orders,
            at: None,
            backoff: Backoff::default(),
            ask: ASK,
            narrow_through: Sequence::ZERO,
            burst_backoff,
            maintained: Instant::now(),
        };
        std::thread::Builder::new().name(T::THREAD.to_owned()).spawn(move || priority::run(runner, &runtime))?;
        Ok(ProjectorHandle { checkpoint, state, highest, order })
    }
}

impl ProjectorHandle {
    /// Lets records wait in the journal.
    pub fn pause(&self) {
        self.order.send_replace(Order::Pause);
    }

    /// Ends a pause: the projection goes on.
    pub fn resume(&self) {
        self.order.send_replace(Order::Run);
    }

    /// Waits until the other side has this record; `false` if the projection halts or stops before.
    pub async fn reached(&self, sequence: Sequence) -> bool {
        let (mut checkpoint, mut state) = (self.checkpoint.clone(), self.state.clone());
        tokio::select! {
            biased;
            reached = checkpoint.wait_for(|at| *at >= sequence) => reached.is_ok(),
            _ = state.wait_for(State::is_final) => *self.checkpoint.borrow() >= sequence,
        }
    }

    /// Writes what is durable by then and stops, giving up after `within`. Returns the last record that the other side has.
    pub async fn stop(self, within: Duration) -> Sequence {
        self.order.send_replace(Order::Drain(Instant::now() + within));
        let mut checkpoint = self.checkpoint.clone();
        // A statement that is never answered must not keep the process: its transaction is not committed.
        let grace = within + Duration::from_secs(1);
        let _ = tokio::time::timeout(grace, async { while checkpoint.changed().await.is_ok() {} }).await;
        *self.checkpoint.borrow()
    }
}

/// Why a run ended.
pub(super) enum End {
    /// Stopped until the process restarts.
    Stopped,
    /// To go on at another priority.
    Became(Urgency),
}

pub(super) struct Runner<T> {
    settings: ProjectorSettings,
    target: T,
    journal: Arc<dyn Journal>,
    publish: watch::Sender<Sequence>,
    highest: Arc<AtomicU64>,
    publish_state: watch::Sender<State>,
    orders: watch::Receiver<Order>,
    /// The last record that the target was handed, while it is attached.
    at: Option<Sequence>,
    backoff: Backoff,
    ask: Backoff,
    /// After a refused batch, up to its end: records are taken one by one, until the one at fault is alone.
    narrow_through: Sequence,
    burst_backoff: BurstBackoff,
    /// When the target last looked after its things.
    maintained: Instant,
}

enum Step {
    /// The other side has taken records, or answered that it is there.
    Reached,
    Idle,
    Stop,
    Became(Urgency),
}

impl<T: Target> Runner<T> {
    pub(super) const fn may_idle(&self) -> bool {
        self.settings.idle
    }

    /// Until it is told to stop, or its urgency changes.
    pub(super) async fn run(&mut self, urgency: Urgency) -> End {
        let end = loop {
            match self.step(urgency).await {
                Ok(Step::Stop) => break End::Stopped,
                Ok(Step::Became(next)) => break End::Became(next),
                Ok(Step::Reached) => {
                    (self.backoff, self.ask) = (Backoff::default(), ASK);
                    self.now(State::Following);
                }
                Ok(Step::Idle) => {}
                Err(error) => {
                    if self.meet(error).await {
                        break End::Stopped;
                    }
                }
            }
        };
        // What its drivers start has to have the next thread's priority.
        self.at = None;
        self.target.detach().await;
        if matches!(end, End::Stopped) && !self.publish_state.borrow().is_final() {
            self.now(State::Stopped);
        }
        end
    }

    /// Reacts to the error; `true` if it is time to stop.
    async fn meet(&mut self, error: TargetError) -> bool {
        let TargetError { reaction, reason } = error;
        let pause = match reaction {
            Reaction::Again => {
                self.at = None;
                self.target.detach().await;
                return false;
            }
            Reaction::Narrow(through) => {
                self.narrow_through = through;
                return false;
            }
            Reaction::Halt => return self.end(State::Halted(reason)).await,
            Reaction::Mismatch => return self.end(State::Mismatched(reason)).await,
            Reaction::Wait => {
                self.now(State::Retrying(reason));
                self.backoff.next_pause()
            }
            Reaction::Hold => {
                self.now(State::Retrying(reason));
                self.ask.next_pause()
            }
            Reaction::Ask => {
                self.now(State::Refused(reason));
                self.ask.next_pause()
            }
        };
        metrics::RETRIES_TOTAL.with(&[(metrics::PROJECTION, T::NAME)]).increment(1);
        if reaction != Reaction::Hold {
            self.at = None;
            self.target.detach().await;
        }
        self.rest(pause).await
    }

    async fn end(&mut self, state: State) -> bool {
        self.now(state);
        let _ = self.orders.wait_for(|order| matches!(order, Order::Drain(_))).await;
        true
    }

    /// Waits for records, or for another order, and writes one batch.
    async fn step(&mut self, urgency: Urgency) -> Result<Step, TargetError> {
        let mut durable = self.journal.durable();
        let end = through(*durable.borrow_and_update());
        // Shown first, so that the lag grows visibly while the other side is away.
        self.show_lag(*self.publish.borrow(), end);
        let at = match self.at {
            Some(at) => at,
            None => self.attach().await?,
        };
        let order = *self.orders.borrow_and_update();
        let waiting = end.0.saturating_sub(at.0);
        let narrowing = at < self.narrow_through;
        match order {
            Order::Drain(until) if waiting == 0 || Instant::now() >= until => return Ok(Step::Stop),
            Order::Drain(_) => {}
            Order::Pause => {
                self.now(State::Paused);
                return self.news(&mut durable, at).await;
            }
            Order::Run if waiting == 0 && urgency == Urgency::Calm => {
                self.now(State::Following);
                return self.news(&mut durable, at).await;
            }
            Order::Run => {
                let next = urgency.next(waiting, self.settings.urgent_above);
                if next != urgency && self.settings.idle {
                    return Ok(Step::Became(next));
                }
                if waiting == 0 {
                    return self.news(&mut durable, at).await;
                }
                if !narrowing && let Some(instead) = self.wait(at, waiting, end).await? {
                    return Ok(instead);
                }
            }
        }
        self.write(at, if narrowing { 1 } else { self.settings.batch_records_max }).await?;
        Ok(Step::Reached)
    }

    /// What is done instead of writing, while a burst goes on; nothing once what waits is to be written.
    async fn wait(&mut self, at: Sequence, waiting: u64, end: Sequence) -> Result<Option<Step>, TargetError> {
        if self.burst_backoff.goes_on(waiting, end) {
            if self.maintained.elapsed() >= T::MAINTAIN_EVERY {
                self.maintain(at).await?;
                return Ok(Some(Step::Reached));
            }
            let told = tokio::time::timeout(BURST_LOOK, self.orders.changed()).await;
            return Ok((!matches!(told, Ok(Err(_)))).then_some(Step::Idle));
        }
        let waiting = self.linger(at, waiting).await;
        // The first of a burst have come meanwhile.
        Ok(self.burst_backoff.goes_on(waiting, Sequence(at.0.saturating_add(waiting))).then_some(Step::Idle))
    }

    /// Also while nothing is written: nobody else would notice that the other side has gone.
    async fn maintain(&mut self, at: Sequence) -> Result<(), TargetError> {
        let maintained = self.target.maintain(at).await;
        self.maintained = Instant::now();
        self.is_at(at);
        maintained
    }

    /// Waits for a fuller batch, as long as one is coming; says how many wait then.
    async fn linger(&mut self, at: Sequence, mut waiting: u64) -> u64 {
        let until = Instant::now() + self.settings.linger_busy;
        while (waiting as usize) < self.settings.batch_records_max / 2 {
            if tokio::time::timeout(self.settings.linger, self.orders.changed()).await.is_ok() || Instant::now() >= until {
                break;
            }
            let before = std::mem::replace(&mut waiting, through(*self.journal.durable().borrow()).0.saturating_sub(at.0));
            if waiting < before.saturating_add(BUSY_RECORDS) {
                break;
            }
        }
        waiting
    }

    /// Waits for another order or more records, and lets the target keep its things in order. Without their senders nothing will come any more.
    async fn news(&mut self, durable: &mut watch::Receiver<Durable>, at: Sequence) -> Result<Step, TargetError> {
        let changed = tokio::select! {
            changed = self.orders.changed() => changed,
            changed = durable.changed() => changed,
            () = tokio::time::sleep(T::MAINTAIN_EVERY) => {
                self.maintain(at).await?;
                Ok(())
            }
        };
        Ok(if changed.is_err() { Step::Stop } else { Step::Idle })
    }

    async fn attach(&mut self) -> Result<Sequence, TargetError> {
        let at = self.target.attach().await?;
        let before = *self.publish.borrow();
        if at < before {
            warn!("the {} projection was at record {before} and is set back to {at}: it catches up from there", T::NAME);
            self.narrow_through = Sequence::ZERO;
        }
        self.is_at(at);
        Ok(at)
    }

    async fn write(&mut self, at: Sequence, records_max: usize) -> Result<(), TargetError> {
        let started = Instant::now();
        let through = {
            let mut writing = pin!(self.target.write(at, records_max));
            match tokio::time::timeout(self.settings.silent_after, writing.as_mut()).await {
                Ok(outcome) => outcome?,
                Err(_) => {
                    Self::turn(&self.publish_state, State::Retrying(format!("no answer for {} s", self.settings.silent_after.as_secs())));
                    writing.await?
                }
            }
        };
        self.is_at(through);
        let records = through.0.saturating_sub(at.0);
        if records == 0 {
            return Ok(());
        }
        self.burst_backoff.worked(started.elapsed());
        metrics::BATCH_RECORDS.with(&[(metrics::PROJECTION, T::NAME)]).record(records as f64);
        metrics::BATCH_DURATION_SECONDS.with(&[(metrics::PROJECTION, T::NAME)]).record(started.elapsed().as_secs_f64());
        metrics::RECORDS_TOTAL.with(&[(metrics::PROJECTION, T::NAME)]).increment(records);
        Ok(())
    }

    fn is_at(&mut self, at: Sequence) {
        self.at = Some(at);
        self.highest.fetch_max(self.target.stored(at).0, Ordering::AcqRel);
        let complete = self.target.complete(at);
        self.publish.send_if_modified(|published| std::mem::replace(published, complete) != complete);
    }

    fn show_lag(&self, at: Sequence, end: Sequence) {
        metrics::LAG_RECORDS.with(&[(metrics::PROJECTION, T::NAME)]).set(end.0.saturating_sub(at.0) as f64);
    }

    /// Tells the state and logs it, once each time that it changes.
    fn now(&self, state: State) {
        Self::turn(&self.publish_state, state);
    }

    fn turn(publish_state: &watch::Sender<State>, state: State) {
        let changed = publish_state.send_if_modified(|current| {
            let differs = std::mem::discriminant(current) != std::mem::discriminant(&state);
            if differs && state == State::Following && matches!(current, State::Retrying(_) | State::Refused(_)) {
                info!("the {} projection follows again", T::NAME);
            }
            *current = state.clone();
            differs
        });
        if !changed {
            return;
        }
        let stuck = matches!(state, State::Refused(_) | State::Halted(_) | State::Mismatched(_));
        metrics::HALTED.with(&[(metrics::PROJECTION, T::NAME)]).set(f64::from(u8::from(stuck)));
        match state {
            State::Retrying(reason) => warn!("the {} projection waits, the other side is not available: {reason}", T::NAME),
            State::Refused(reason) => error!("the {} projection is refused, records are safe in the journal: {reason}", T::NAME),
            State::Halted(reason) => error!("the {} projection has halted, records are safe in the journal: {reason}", T::NAME),
            State::Mismatched(reason) => error!("the target of the {} projection does not belong to this journal: {reason}", T::NAME),
            State::Following | State::Paused | State::Stopped => {}
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
}

const fn through(durable: Durable) -> Sequence {
    match durable {
        Durable::Through(sequence) | Durable::Failed(sequence) => sequence,
    }
}
