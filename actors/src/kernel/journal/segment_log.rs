//! The journal on a local disk: segments, group commit, one writer.
//! Reading order: `queue` (what waits), `writer` (to disk), `retained` (where records are), `housekeeper` (segments come and go),
//! `recovery` (opening). How it looks on disk: `format`.

use std::{
    io,
    sync::Arc,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use parking_lot::{Condvar, Mutex};
use tokio::sync::watch;

use super::{
    Durable, EnqueueError, Identity, Journal, ReadError, Sequence, Usage,
    disk::{Disk, FolderLock},
    format::{Decoded, FRAME_BYTES_MAX, SegmentNumber},
    group_commit::GroupCommit,
    housekeeper::Housekeeper,
    metrics as names,
    queue::Queue,
    recovery::recover,
    retained::{Retained, Span},
    scan::Scan,
    writer::Writer,
};
pub use super::{
    options::{CutTail, Damage, OpenError, Options},
    recovery::Recovered,
};

/// Memory of one call of `read`.
const READ_BUFFER_BYTES: usize = 4 * FRAME_BYTES_MAX;

/// What callers, writer and housekeeper share. Locks are taken one at a time, never nested.
pub(super) struct Shared {
    pub disk: Arc<dyn Disk>,
    pub options: Options,
    pub identity: Identity,
    pub queue: Mutex<Queue>,
    pub writer_wake: Condvar,
    pub retained: Mutex<Retained>,
    housework: Mutex<Housework>,
    housework_wake: Condvar,
    pub durable: watch::Sender<Durable>,
}

#[derive(Default)]
struct Housework {
    is_due: bool,
    is_closing: bool,
}

impl Shared {
    /// Nothing is acknowledged from here on.
    pub fn fail(&self) {
        let durable = {
            let mut queue = self.queue.lock();
            queue.fail();
            queue.protocol.durable()
        };
        self.durable.send_replace(Durable::Failed(durable));
    }

    pub fn wake_housekeeper(&self) {
        self.housework.lock().is_due = true;
        self.housework_wake.notify_one();
    }

    pub fn is_closing(&self) -> bool {
        self.housework.lock().is_closing
    }

    /// Sleeps until there is work, at most so long; false when closing.
    pub fn wait_for_housework(&self, at_most: Duration) -> bool {
        let mut housework = self.housework.lock();
        if !housework.is_due && !housework.is_closing {
            self.housework_wake.wait_for(&mut housework, at_most);
        }
        housework.is_due = false;
        !housework.is_closing
    }

    /// Sleeps that long whatever is due; false when closing.
    pub fn pause_housework(&self, pause: Duration) -> bool {
        let until = Instant::now() + pause;
        let mut housework = self.housework.lock();
        while !housework.is_closing && !self.housework_wake.wait_until(&mut housework, until).timed_out() {}
        !housework.is_closing
    }

    fn usage(&self) -> Usage {
        Usage { used_bytes: self.retained.lock().used_bytes(), budget_bytes: self.options.budget_bytes }
    }
}

/// The journal. Closing or dropping it writes what is queued.
pub struct SegmentLog {
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    /// Last field: the folder is free after everything else is gone.
    lock: Box<dyn FolderLock>,
}

/// Writer and housekeeper without threads, for those who decide themselves when something happens: the simulator.
pub struct Steps {
    writer: Writer,
    housekeeper: Housekeeper,
}

impl Steps {
    /// Writes and syncs what is queued; false if nothing is, or the journal has failed.
    pub fn write_group(&mut self) -> bool {
        self.writer.write_group()
    }

    /// Prepares or removes one segment if that is due; false if not, or the disk refused.
    pub fn keep_house(&mut self) -> bool {
        self.housekeeper.step()
    }
}

impl SegmentLog {
    /// Opens or creates the journal in this folder and starts its threads.
    pub fn open(disk: Arc<dyn Disk>, options: Options) -> Result<(Self, Recovered), OpenError> {
        let (log, Steps { writer, housekeeper }, recovered) = Self::open_stepped(disk, options)?;
        names::BUDGET_BYTES.get().set(log.shared.options.budget_bytes as f64);
        let shared = log.shared.clone();
        log.start("journal-writer", move || {
            let _guard = FailOnPanic(shared);
            writer.run();
        })?;
        log.start("journal-housekeeper", move || housekeeper.run())?;
        Ok((log, recovered))
    }

    /// Opens without threads: nothing is written but by [`Steps`].
    pub fn open_stepped(disk: Arc<dyn Disk>, options: Options) -> Result<(Self, Steps, Recovered), OpenError> {
        options.check()?;
        let place = disk.place();
        let lock = disk.lock().map_err(|cause| match cause.kind() {
            io::ErrorKind::WouldBlock => OpenError::Locked(place.clone()),
            _ => OpenError::io(format!("lock {place}"))(cause),
        })?;
        let recovery = recover(disk.as_ref(), &options)?;
        let (recovered, fresh) = (recovery.recovered, recovery.fresh);
        let window_micros = u64::try_from(options.group_window.as_micros()).unwrap_or(u64::MAX);
        let protocol = GroupCommit::new(recovered.last, window_micros);
        let next_number = SegmentNumber(fresh.header.number.0 + 1);
        let shared = Arc::new(Shared {
            queue: Mutex::new(Queue::new(protocol, options.queue_bytes_max, options.segment_bytes)),
            writer_wake: Condvar::new(),
            retained: Mutex::new(Retained::new(recovery.segments)),
            housework: Mutex::default(),
            housework_wake: Condvar::new(),
            durable: watch::Sender::new(Durable::Through(recovered.last)),
            identity: recovered.identity,
            disk,
            options,
        });
        let steps = Steps {
            writer: Writer::new(shared.clone(), fresh, recovered.last),
            housekeeper: Housekeeper::new(shared.clone(), next_number),
        };
        Ok((Self { shared, threads: Mutex::default(), lock }, steps, recovered))
    }

    /// What was deleted or replaced under the open journal: the folder, its lock or a segment that is needed. Records that are acknowledged
    /// from then on are lost at the next start, so whoever hears of it has to [`abandon`](Self::abandon) the journal. Blocks on the disk.
    pub fn displaced(&self) -> io::Result<Option<String>> {
        if let Some(path) = self.lock.displaced()? {
            return Ok(Some(path));
        }
        let disk = &self.shared.disk;
        let named = |name: String| Some(format!("{}/{name}", disk.place()));
        let (needed, in_use) = {
            let retained = self.shared.retained.lock();
            (retained.needed(), retained.in_use())
        };
        if let (Some(file), Some(number)) = (in_use, needed.last())
            && !file.is_linked()?
        {
            return Ok(named(number.file_name()));
        }
        let present = disk.list()?;
        let mut missing = needed.into_iter().filter(|number| !present.contains(&number.file_name())).peekable();
        if missing.peek().is_none() {
            return Ok(None);
        }
        // Asked again: the housekeeper may have removed what is not needed any more.
        let still_needed = self.shared.retained.lock().needed();
        Ok(missing.find(|number| still_needed.contains(number)).and_then(|number| named(number.file_name())))
    }

    /// Acknowledges nothing from here on: whoever waits learns that the outcome is unknown. A group that is being written ends as it ends.
    pub fn abandon(&self) {
        self.shared.fail();
        self.shared.writer_wake.notify_all();
    }

    fn start(&self, name: &str, body: impl FnOnce() + Send + 'static) -> Result<(), OpenError> {
        let thread = thread::Builder::new().name(name.to_owned()).spawn(body).map_err(OpenError::io(format!("start {name}")))?;
        self.threads.lock().push(thread);
        Ok(())
    }

    /// Accepts no more, writes what is queued, ends the threads. `durable` then says how it went.
    pub fn close(&self) {
        {
            let mut queue = self.shared.queue.lock();
            queue.protocol.close();
            queue.wake_at = u64::MAX;
        }
        self.shared.writer_wake.notify_all();
        self.shared.housework.lock().is_closing = true;
        self.shared.housework_wake.notify_all();
        let threads = std::mem::take(&mut *self.threads.lock());
        for thread in threads {
            // A thread that panicked has already failed the journal.
            let _ = thread.join();
        }
    }

    fn read_span(&self, span: Span, wanted: Sequence, until: Sequence, budget: &mut Budget<'_>) -> Result<Sequence, ReadError> {
        let name = span.number.file_name();
        let file = match span.file {
            Some(file) => file,
            None => match self.shared.disk.open_to_read(&name) {
                Ok(file) => file,
                // Removed since we looked: it was released.
                Err(cause) if cause.kind() == io::ErrorKind::NotFound => {
                    return Err(ReadError::Gone { wanted, first: self.first_retained().max(wanted.next()) });
                }
                Err(cause) => return Err(ReadError::Io(cause)),
            },
        };
        let mut scan = Scan::new(file, span.seed, span.offset, span.end, READ_BUFFER_BYTES);
        let mut expected = span.sequence;
        while scan.offset() < span.end && expected <= until && !budget.is_spent() {
            let offset = scan.offset();
            match scan.step().map_err(ReadError::Io)? {
                Decoded::Frame(frame) if frame.sequence == expected => {
                    if expected >= wanted {
                        budget.visit(frame.sequence, frame.payload);
                    }
                }
                _ => return Err(ReadError::Damaged { sequence: expected, place: format!("byte {offset} of {name}") }),
            }
            expected = expected.next();
        }
        let stopped_at = scan.offset();
        self.shared.retained.lock().stopped(span.number, expected, stopped_at);
        Ok(expected.max(wanted))
    }
}

/// The reader's callback and how much it still takes.
struct Budget<'a> {
    visit: &'a mut dyn FnMut(Sequence, &[u8]),
    bytes_max: usize,
    /// None before the first record, which is always given.
    given_bytes: Option<usize>,
}

impl Budget<'_> {
    fn is_spent(&self) -> bool {
        self.given_bytes.is_some_and(|given| given >= self.bytes_max)
    }

    fn visit(&mut self, sequence: Sequence, payload: &[u8]) {
        (self.visit)(sequence, payload);
        self.given_bytes = Some(self.given_bytes.unwrap_or(0) + payload.len());
    }
}

impl Journal for SegmentLog {
    fn identity(&self) -> Identity {
        self.shared.identity
    }

    fn enqueue(&self, payload: &[u8]) -> Result<Sequence, EnqueueError> {
        let shared = &*self.shared;
        assert!(payload.len() <= shared.options.payload_bytes_max, "a record of {} bytes is too long", payload.len());
        let queued = shared.queue.lock().push(payload);
        let queued = queued.map_err(|refused| {
            refused.into_error(|| {
                let usage = shared.usage();
                (usage.used_bytes, usage.budget_bytes)
            })
        })?;
        if queued.wakes_writer {
            shared.writer_wake.notify_one();
        }
        if queued.took_segment {
            shared.wake_housekeeper();
        }
        Ok(queued.sequence)
    }

    fn last_enqueued(&self) -> Sequence {
        self.shared.queue.lock().protocol.last_queued()
    }

    fn durable(&self) -> watch::Receiver<Durable> {
        self.shared.durable.subscribe()
    }

    fn read(&self, from: Sequence, bytes_max: usize, visit: &mut dyn FnMut(Sequence, &[u8])) -> Result<Sequence, ReadError> {
        let (Durable::Through(until) | Durable::Failed(until)) = *self.shared.durable.borrow();
        let mut budget = Budget { visit, bytes_max, given_bytes: None };
        let mut wanted = from.max(Sequence(1));
        while wanted <= until && !budget.is_spent() {
            let span = {
                let retained = self.shared.retained.lock();
                retained.find(wanted).ok_or(ReadError::Gone { wanted, first: retained.first() })?
            };
            let next = self.read_span(span, wanted, until, &mut budget)?;
            assert!(next > wanted || budget.is_spent(), "J1: no record {wanted} where the index leads to");
            wanted = next;
        }
        Ok(wanted)
    }

    fn first_retained(&self) -> Sequence {
        self.shared.retained.lock().first()
    }

    fn release(&self, through: Sequence) {
        self.shared.retained.lock().release(through);
        self.shared.wake_housekeeper();
    }

    fn usage(&self) -> Usage {
        self.shared.usage()
    }
}

impl Drop for SegmentLog {
    fn drop(&mut self) {
        self.close();
    }
}

/// A writer that panics must not leave callers waiting for ever.
struct FailOnPanic(Arc<Shared>);

impl Drop for FailOnPanic {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.fail();
        }
    }
}
