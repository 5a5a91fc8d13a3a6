//! A sale that goes on by itself while the drill hurts what is around it.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::error::Error;
use crate::load::{self, Live, LoadError, LoadPlan, LoadResult};
use crate::report::Report;

const WATCH_INTERVAL: Duration = Duration::from_millis(20);

/// A load on a thread of its own.
pub struct Sale {
    live: Arc<Live>,
    thread: JoinHandle<Result<LoadResult, LoadError>>,
}

impl Sale {
    /// Begins with keys of its own.
    pub fn begin(plan: &LoadPlan) -> Self {
        let live = Arc::new(Live::default());
        let (plan, seen) = (LoadPlan { run: rand::random(), ..plan.clone() }, live.clone());
        Self { live, thread: std::thread::spawn(move || load::run(&plan, &seen, |_| ())) }
    }

    /// New orders so far.
    pub fn bought(&self) -> u64 {
        self.live.bought.load(Ordering::Relaxed)
    }

    /// Whether it has come to its end.
    pub fn is_over(&self) -> bool {
        self.thread.is_finished()
    }

    /// Waits until `pieces` more orders were acknowledged; not longer than `timeout`, nor than the sale.
    pub fn sells(&self, pieces: u64, timeout: Duration) -> bool {
        let (begin, wanted) = (Instant::now(), self.bought() + pieces);
        while self.bought() < wanted && begin.elapsed() < timeout && !self.is_over() {
            std::thread::sleep(WATCH_INTERVAL);
        }
        self.bought() >= wanted
    }

    /// Tells the shoppers to come no more, and waits for those who are there.
    pub fn close(self) -> Result<Report, Error> {
        self.live.stop.store(true, Ordering::Relaxed);
        self.finish()
    }

    /// Waits for its end.
    pub fn finish(self) -> Result<Report, Error> {
        let result = self.thread.join().map_err(|_| LoadError::Panicked)??;
        Ok(Report::of(&result))
    }
}
