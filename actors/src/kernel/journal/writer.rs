//! Carries groups to disk: one write, one sync, then the good news. The only thread that writes to segments in use.
//! - W1 `durable` is published after the sync that covers it, and after readers can find the records.
//! - W2 After a failed write or sync it never touches the disk again.

use std::{
    io,
    sync::Arc,
    time::{Duration, Instant},
};

use tracing::error;

use super::{
    Durable, Sequence,
    blocks::Blocks,
    disk::DiskFile,
    format::{self, FrameSeed, SegmentNumber},
    group_commit::Next,
    metrics as names,
    recovery::{Prepared, writers},
    segment_log::Shared,
    survey::INDEX_STRIDE_BYTES,
};

pub(super) struct Writer {
    shared: Arc<Shared>,
    active: Active,
    frames: Vec<u8>,
    /// Places of the current part, for the index.
    index: Vec<(Sequence, u64)>,
    durable: Sequence,
    started: Instant,
}

/// The segment in use.
struct Active {
    number: SegmentNumber,
    file: Arc<dyn DiskFile>,
    seed: FrameSeed,
    /// Its end, where the next frame goes.
    blocks: Blocks,
    indexed_at: Option<u64>,
}

impl Active {
    fn new(prepared: Prepared, segment_bytes: u64) -> Self {
        let Prepared { header, file } = prepared;
        Self { number: header.number, file, seed: header.seed(), blocks: Blocks::new(&header.encode(), segment_bytes), indexed_at: None }
    }
}

impl Writer {
    pub fn new(shared: Arc<Shared>, fresh: Prepared, durable: Sequence) -> Self {
        let active = Active::new(fresh, shared.options.segment_bytes);
        Self { shared, active, frames: Vec::new(), index: Vec::new(), durable, started: Instant::now() }
    }

    /// Until the journal is closed or fails.
    pub fn run(mut self) {
        while self.wait() {
            self.write_group();
        }
    }

    /// Sleeps until a group should be cut; false when none will come.
    fn wait(&mut self) -> bool {
        let shared = self.shared.clone();
        let mut queue = shared.queue.lock();
        loop {
            let now_micros = u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX);
            match queue.protocol.next(now_micros) {
                Next::Cut => return true,
                Next::Stop => return false,
                Next::Sleep => {
                    queue.wake_at = 1;
                    shared.writer_wake.wait(&mut queue);
                }
                Next::Gather { until_micros, records } => {
                    queue.wake_at = records;
                    shared.writer_wake.wait_for(&mut queue, Duration::from_micros(until_micros - now_micros));
                }
            }
            queue.wake_at = u64::MAX;
        }
    }

    /// Writes what waits; false if nothing does.
    pub fn write_group(&mut self) -> bool {
        let mut frames = std::mem::take(&mut self.frames);
        let group = self.shared.queue.lock().take_group(&mut frames);
        if let Some(group) = group {
            assert_eq!(group.first, self.durable.next(), "J1: a group does not follow what is durable");
            names::BATCH_RECORDS.get().record((group.last.0 - group.first.0 + 1) as f64);
            names::BATCH_BYTES.get().record(frames.len() as f64);
            if let Err(cause) = self.write_parts(&mut frames)
                && !self.shared.queue.lock().protocol.has_failed()
            {
                error!(segment = %self.active.number, cause = &cause as &dyn std::error::Error, "journal stopped: write or sync failed");
                self.shared.fail();
            }
        }
        self.frames = frames;
        group.is_some()
    }

    /// A part for each segment that the group reaches into; one, as a rule.
    fn write_parts(&mut self, mut frames: &mut [u8]) -> io::Result<()> {
        while !frames.is_empty() {
            let (bytes, next) = self.seal_what_fits(frames);
            if bytes == 0 {
                self.roll()?;
                continue;
            }
            debug_assert!(next > self.durable.next(), "J1: {bytes} bytes without a record");
            let (part, rest) = frames.split_at_mut(bytes);
            let began = Instant::now();
            self.active.blocks.append(self.active.file.as_ref(), part)?;
            let written = Instant::now();
            self.active.file.sync()?;
            names::WRITE_DURATION.get().record(written - began);
            names::SYNC_DURATION.get().record(written.elapsed());
            if !self.publish(next) {
                return Err(io::Error::other("the journal was abandoned"));
            }
            frames = rest;
        }
        Ok(())
    }

    /// Seals frames for the segment in use as long as there is room; their bytes, and the record after them.
    fn seal_what_fits(&mut self, frames: &mut [u8]) -> (usize, Sequence) {
        let end = self.active.blocks.end();
        let room = self.shared.options.segment_bytes - end;
        let (mut at, mut next) = (0, self.durable.next());
        while at < frames.len() {
            let bytes = format::own_frame_bytes(&frames[at..]);
            if (at + bytes) as u64 > room {
                break;
            }
            let offset = end + at as u64;
            format::seal(&mut frames[at..at + bytes], self.active.seed.at(offset), self.durable);
            if self.active.indexed_at.is_none_or(|indexed| offset - indexed >= INDEX_STRIDE_BYTES) {
                self.index.push((next, offset));
                self.active.indexed_at = Some(offset);
            }
            at += bytes;
            next = next.next();
        }
        (at, next)
    }

    fn roll(&mut self) -> io::Result<()> {
        // Q1 promises it; were that broken, stopping is the safe answer.
        let prepared = self.shared.queue.lock().next_segment().ok_or_else(|| io::Error::other("no prepared segment"))?;
        let options = &self.shared.options;
        assert_eq!(prepared.header.epoch, self.shared.identity.epoch, "R1: segment {} is of another opening", prepared.header.number);
        let segment = writers(&prepared, self.durable.next(), options.segment_bytes);
        self.shared.retained.lock().rolled(segment, options.clock.now());
        self.active = Active::new(prepared, options.segment_bytes);
        self.shared.wake_housekeeper();
        Ok(())
    }

    /// Tells of what is on disk; false if the journal was abandoned meanwhile, and nothing may be acknowledged any more.
    fn publish(&mut self, next: Sequence) -> bool {
        let used_bytes = {
            let mut retained = self.shared.retained.lock();
            retained.advanced(next, self.active.blocks.end(), &mut self.index);
            retained.used_bytes()
        };
        let durable = Sequence(next.0 - 1);
        {
            let mut queue = self.shared.queue.lock();
            if queue.protocol.has_failed() {
                return false;
            }
            queue.protocol.synced(durable);
        }
        // Whoever abandoned the journal since has told of this record too, and has the last word.
        self.shared.durable.send_if_modified(|told| {
            let goes_on = matches!(told, Durable::Through(_));
            if goes_on {
                debug_assert!(matches!(told, Durable::Through(before) if *before < durable), "J2: {durable} is told after {told:?}");
                *told = Durable::Through(durable);
            }
            goes_on
        });
        names::RECORDS.get().increment(durable.0 - self.durable.0);
        names::BYTES.get().set(used_bytes as f64);
        self.durable = durable;
        true
    }
}
