//! Shoppers who do more than buy in a flash sale: each number of a run is a journey, a few requests one after another on one connection.
//! - W1 every request ends in exactly one answer class: its status and problem code, or a connection failure.
//! - W2 in an open loop the time of a journey's first request counts from its place in the schedule (`load::pace`, L1).
//!
//! Not here: what a journey asks (each subcommand), starting servers (`server_process.rs`).

mod client;
mod measurements;

pub use client::{Client, Request};
pub use measurements::{Kind, Measurements};

use std::cell::RefCell;
use std::future::Future;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::load::LoadError;
use crate::load::connection::ConnectionError;
use crate::load::pace::Pace;

/// A connection that broke is opened again after this long.
const RECONNECT_PAUSE: Duration = Duration::from_millis(20);

/// What one number of a run does.
pub trait Journey: Send + Sync + 'static {
    /// Names of the requests that are counted and timed apart; `Request::kind` is a place in it.
    const KINDS: &'static [&'static str];

    /// Walks journey `number`. An error ends it; the next one has a new connection.
    fn walk(&self, client: &mut Client, number: u64) -> impl Future<Output = Result<(), ConnectionError>>;
}

/// How journeys follow each other.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Where the server listens.
    pub server: SocketAddr,
    /// Connections, each with one journey at a time.
    pub connections: usize,
    /// No journey begins after this long.
    pub duration: Option<Duration>,
    /// The first journey's number.
    pub first: u64,
    /// No more journeys than this begin.
    pub journeys: Option<u64>,
    /// Open or closed loop.
    pub pace: Pace,
}

/// Counters that may be read, and a switch that may be used, while the run goes on.
#[derive(Default)]
pub struct Progress {
    begun: AtomicU64,
    /// Journeys that ended without a connection failure.
    pub walked: AtomicU64,
    /// Set from outside: begin nothing new.
    pub stop: AtomicBool,
}

/// Walks to the end of the plan on one thread.
///
/// # Errors
/// A runtime or a histogram that cannot be made.
pub fn run<J: Journey>(journey: &Arc<J>, plan: Plan, progress: &Arc<Progress>) -> Result<Measurements, LoadError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let measurements = Rc::new(RefCell::new(Measurements::new(J::KINDS)?));
    let start = Instant::now();
    let tasks = tokio::task::LocalSet::new();
    for _ in 0..plan.connections {
        tasks.spawn_local(walk_all(Arc::clone(journey), plan, Arc::clone(progress), Rc::clone(&measurements), start));
    }
    runtime.block_on(tasks);
    let mut measurements = Rc::try_unwrap(measurements).map_err(|_| LoadError::Panicked)?.into_inner();
    measurements.elapsed = start.elapsed();
    measurements.walked = progress.walked.load(Ordering::Relaxed);
    let scheduled = plan.duration.and_then(|duration| plan.pace.due_before(duration));
    measurements.unsent = scheduled.map_or(0, |due| due.saturating_sub(progress.begun.load(Ordering::Relaxed)));
    Ok(measurements)
}

async fn walk_all<J: Journey>(
    journey: Arc<J>,
    plan: Plan,
    progress: Arc<Progress>,
    measurements: Rc<RefCell<Measurements>>,
    start: Instant,
) {
    let mut client = Client::new(plan.server, Rc::clone(&measurements));
    loop {
        if progress.stop.load(Ordering::Relaxed) || plan.duration.is_some_and(|duration| start.elapsed() >= duration) {
            return;
        }
        let number = progress.begun.fetch_add(1, Ordering::Relaxed);
        if plan.journeys.is_some_and(|journeys| number >= journeys) {
            progress.begun.fetch_sub(1, Ordering::Relaxed);
            return;
        }
        match plan.pace.due(number) {
            Some(due) => {
                tokio::time::sleep_until((start + due).into()).await;
                client.intend(start + due);
            }
            None => client.intend(Instant::now()),
        }
        match journey.walk(&mut client, plan.first + number).await {
            Ok(()) => {
                progress.walked.fetch_add(1, Ordering::Relaxed);
            }
            Err(_) => {
                measurements.borrow_mut().connection_failures += 1;
                client.leave();
                tokio::time::sleep(RECONNECT_PAUSE).await;
            }
        }
    }
}
