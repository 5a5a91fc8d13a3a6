//! The load generator: threads of connections that buy, and the figures they bring home.
//! - G1 an acknowledgement is noted before its purchase counts.
//! - G2 a run ends: when nothing is answered for `idle_timeout`, what is under way is given up and counted as unanswered.
//!
//! One runtime of one thread holds all connections of that thread, so that a request costs the client two system calls and little else:
//! client and server share the machine. Not here: starting servers (`server_process.rs`), lines for people (`report.rs`).

pub mod acks;
pub mod connection;
pub mod measurements;
pub mod pace;
pub mod plan;
pub mod shopper;
pub mod shoppers;
pub mod wire;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use measurements::Measurements;
use pace::Pace;
use plan::{ItemChooser, Mix};
use shopper::Worker;
use shoppers::Shopper;
use wire::RequestTemplate;

use crate::process_cpu::{self, CpuUse};

/// How often the calling thread looks at the counters.
const LOOK_INTERVAL: Duration = Duration::from_millis(100);

/// Everything that describes a run.
#[derive(Clone)]
pub struct LoadPlan {
    /// Where the server listens.
    pub server: SocketAddr,
    /// The users who buy, each with a token.
    pub shoppers: Arc<Vec<Shopper>>,
    /// Item ids, hottest first.
    pub items: Vec<u64>,
    /// Pieces a purchase.
    pub quantity: u32,
    /// Connections over all threads.
    pub connections: usize,
    /// Threads of the client.
    pub threads: usize,
    /// No purchase begins after this long.
    pub duration: Option<Duration>,
    /// No more purchases than this begin.
    pub requests: Option<u64>,
    /// Open or closed loop.
    pub pace: Pace,
    /// How often each kind of request is made.
    pub mix: Mix,
    /// Send a purchase again, with its key, until the server says yes or no.
    pub reconnect: bool,
    /// Acknowledgements are appended here.
    pub ack_file: Option<PathBuf>,
    /// A run without any answer for this long is over.
    pub idle_timeout: Duration,
    /// Makes the keys, and the random choices, of this run.
    pub run: u32,
}

/// Counters that may be read while the run goes on.
#[derive(Default)]
pub struct Live {
    /// The number of the next purchase.
    pub next: AtomicU64,
    /// Purchases that have been sent.
    pub begun: AtomicU64,
    /// Purchases that have been answered, or failed.
    pub ended: AtomicU64,
    /// New orders acknowledged.
    pub bought: AtomicU64,
    /// Set from outside: begin nothing new.
    pub stop: AtomicBool,
    abort: AtomicBool,
}

/// What a run brought home.
pub struct LoadResult {
    /// Counts and times.
    pub measurements: Measurements,
    /// From the first purchase to the last answer.
    pub elapsed: Duration,
    /// Purchases of the open loop's schedule that were never sent: above 0, the rate was not held.
    pub unsent: u64,
    /// What the whole client process used meanwhile.
    pub client_cpu: CpuUse,
}

/// A run that could not be made.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A plan that makes no sense.
    #[error("{0}")]
    Plan(&'static str),
    /// The runtime, a thread or the acknowledgement file.
    #[error("the load generator failed")]
    Io(#[from] std::io::Error),
    /// A histogram with impossible bounds.
    #[error("no histogram")]
    Histogram(#[from] hdrhistogram::CreationError),
    /// A bug of ours.
    #[error("a thread of the load generator panicked")]
    Panicked,
}

/// Runs `plan` to its end; `look` sees the counters ten times a second.
pub fn run(plan: &LoadPlan, live: &Arc<Live>, mut look: impl FnMut(&Live)) -> Result<LoadResult, LoadError> {
    check(plan)?;
    let template = Arc::new(RequestTemplate::new(&plan.server.to_string(), &plan.items, plan.run));
    let chooser = ItemChooser::new(plan.items.len(), plan.mix.hot_skew);
    let cpu_before = process_cpu::of_self()?;
    let start = Instant::now();
    let threads: Vec<_> = (0..plan.threads)
        .map(|thread| {
            let (plan, live, template, chooser) = (plan.clone(), live.clone(), template.clone(), chooser.clone());
            std::thread::Builder::new()
                .name(format!("load-{thread}"))
                .spawn(move || run_thread(thread, plan, live, template, chooser, start))
        })
        .collect::<Result<_, _>>()?;
    let (mut last_ended, mut last_change) = (0, start);
    while threads.iter().any(|thread| !thread.is_finished()) {
        std::thread::sleep(LOOK_INTERVAL);
        look(live);
        let ended = live.ended.load(Ordering::Relaxed);
        if ended != last_ended {
            (last_ended, last_change) = (ended, Instant::now());
        } else if last_change.elapsed() > plan.idle_timeout {
            live.abort.store(true, Ordering::Relaxed);
        }
    }
    let mut measurements = Measurements::new()?;
    let mut last_answer = start;
    for thread in threads {
        let (part, answered_at) = thread.join().map_err(|_| LoadError::Panicked)??;
        measurements.add(&part);
        last_answer = last_answer.max(answered_at);
    }
    let begun = live.begun.load(Ordering::Relaxed);
    measurements.record_unanswered(begun - live.ended.load(Ordering::Relaxed));
    let scheduled = plan.duration.and_then(|duration| plan.pace.due_before(duration));
    let unsent = scheduled.map_or(0, |due| due.min(plan.requests.unwrap_or(u64::MAX)).saturating_sub(begun));
    Ok(LoadResult { measurements, elapsed: last_answer - start, unsent, client_cpu: process_cpu::of_self()?.since(cpu_before) })
}

fn check(plan: &LoadPlan) -> Result<(), LoadError> {
    if plan.shoppers.is_empty() || plan.items.is_empty() {
        return Err(LoadError::Plan("a run needs shoppers and items"));
    }
    if plan.threads == 0 || plan.connections < plan.threads {
        return Err(LoadError::Plan("a run needs a thread, and a connection for each thread"));
    }
    if matches!(plan.pace, Pace::Open { per_second } if per_second.is_nan() || per_second <= 0.0) {
        return Err(LoadError::Plan("the rate must be above 0"));
    }
    Ok(())
}

fn run_thread(
    thread: usize,
    plan: LoadPlan,
    live: Arc<Live>,
    template: Arc<RequestTemplate>,
    chooser: ItemChooser,
    start: Instant,
) -> Result<(Measurements, Instant), LoadError> {
    let connections = plan.connections / plan.threads + usize::from(thread < plan.connections % plan.threads);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let worker = Rc::new(Worker::new(thread, plan, live, template, chooser, start)?);
    let tasks = tokio::task::LocalSet::new();
    for _ in 0..connections {
        tasks.spawn_local(shopper::shop(worker.clone()));
    }
    runtime.block_on(async {
        tokio::select! {
            () = tasks => {}
            () = aborted(&worker) => {}
        }
    });
    worker.finish()
}

async fn aborted(worker: &Worker) {
    while !worker.live.abort.load(Ordering::Relaxed) {
        tokio::time::sleep(LOOK_INTERVAL).await;
    }
}
