//! Keeps empty segments ready and removes old ones, on a thread of its own, so that the writer never waits for either.
//! - H1 Only released segments are removed, the oldest first, each removal durable before the next: a crash leaves no gap.
//! - H2 A disk without space is no failure: records are refused until a segment can be prepared again.

use std::{io, sync::Arc, time::Duration};

use tracing::{info, warn};

use super::{
    format::{SegmentHeader, SegmentNumber},
    recovery::prepare,
    segment_log::Shared,
};
use crate::time::Timestamp;

/// How often ages are looked at when nothing else happens.
const LOOK_EVERY: Duration = Duration::from_secs(60);
const RETRY_FIRST: Duration = Duration::from_millis(50);
const RETRY_LAST: Duration = Duration::from_secs(2);

pub(super) struct Housekeeper {
    shared: Arc<Shared>,
    next_number: SegmentNumber,
    /// Set while the disk refuses.
    retry_after: Option<Duration>,
}

impl Housekeeper {
    pub fn new(shared: Arc<Shared>, next_number: SegmentNumber) -> Self {
        Self { shared, next_number, retry_after: None }
    }

    /// Until the journal is closed.
    pub fn run(mut self) {
        loop {
            while !self.shared.is_closing() && self.step() {}
            let goes_on = match self.retry_after {
                Some(pause) => self.shared.pause_housework(pause),
                None => self.shared.wait_for_housework(LOOK_EVERY),
            };
            if !goes_on {
                return;
            }
        }
    }

    /// Does one thing that is due; false if there is none, or the disk refuses.
    pub fn step(&mut self) -> bool {
        let done = self.try_step();
        match done {
            Ok(worked) => {
                if self.retry_after.take().is_some() {
                    info!("journal's disk accepts segments again");
                }
                worked
            }
            Err(cause) => {
                if self.retry_after.is_none() {
                    warn!(cause = &cause as &dyn std::error::Error, "journal's disk refuses, trying again until it accepts");
                }
                self.retry_after = Some(self.retry_after.map_or(RETRY_FIRST, |last| (last * 2).min(RETRY_LAST)));
                false
            }
        }
    }

    fn try_step(&mut self) -> io::Result<bool> {
        let options = &self.shared.options;
        let retain_millis = u64::try_from(options.retain.as_millis()).unwrap_or(u64::MAX);
        let old = Timestamp::from_millis(options.clock.now().millis().saturating_sub(retain_millis));
        if self.remove_oldest(old)? {
            return Ok(true);
        }
        if self.shared.queue.lock().free_segments() >= options.segments_ahead {
            return Ok(false);
        }
        if self.shared.retained.lock().file_bytes() + options.segment_bytes > options.budget_bytes {
            // The budget presses: age does not count. If nothing is released, records are refused until something is.
            return self.remove_oldest(Timestamp::MAX);
        }
        match self.prepare_next() {
            Err(cause) if cause.kind() == io::ErrorKind::StorageFull && self.remove_oldest(Timestamp::MAX)? => Ok(true),
            prepared => prepared.map(|()| true),
        }
    }

    fn prepare_next(&mut self) -> io::Result<()> {
        let shared = &self.shared;
        let header = SegmentHeader { uuid: shared.identity.uuid, epoch: shared.identity.epoch, number: self.next_number };
        let prepared = prepare(shared.disk.as_ref(), header, shared.options.segment_bytes)?;
        self.next_number.0 += 1;
        shared.retained.lock().spare_added(shared.options.segment_bytes);
        shared.queue.lock().add_segment(prepared);
        Ok(())
    }

    /// Removes the oldest segment if it is released and was last written at `before` or earlier.
    fn remove_oldest(&self, before: Timestamp) -> io::Result<bool> {
        let number = {
            let retained = self.shared.retained.lock();
            let Some((number, _)) = retained.removable(before) else { return Ok(false) };
            assert!(!retained.needed().contains(&number), "H1: segment {number} is to be removed and still needed");
            number
        };
        match self.shared.disk.remove(&number.file_name()) {
            // Gone already: an earlier try failed after this.
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => return Err(cause),
            _ => self.shared.disk.sync_folder()?,
        }
        self.shared.retained.lock().removed(number);
        Ok(true)
    }
}
