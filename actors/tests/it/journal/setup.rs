//! Small journals for the tests.

use std::{sync::Arc, time::Duration};

use mallcore_actors::{
    journal::{
        Durable, EnqueueError, Journal, ReadError, Sequence,
        disk::Disk,
        fault_disk::FaultDisk,
        segment_log::{Options, SegmentLog},
    },
    time::{Clock, Timestamp},
};

/// Time stands still, at a moment when every file of a fault disk is old.
pub struct FixedClock(pub u64);

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0)
    }
}

/// Segments of a few records, so that rolls are frequent.
pub fn tiny() -> Options {
    Options {
        segment_bytes: 1024,
        payload_bytes_max: 256,
        group_window: Duration::ZERO,
        queue_bytes_max: 4096,
        budget_bytes: 64 * 1024,
        retain: Duration::from_secs(3600),
        segments_ahead: 2,
        clock: Arc::new(FixedClock(0)),
        uuid_of_new: Some(uuid::Uuid::from_u128(7)),
    }
}

/// Opens on threads.
pub fn open(disk: &FaultDisk, options: Options) -> SegmentLog {
    SegmentLog::open(Arc::new(disk.clone()) as Arc<dyn Disk>, options).expect("opens").0
}

/// A record whose content says which life of the journal wrote it, of a length that varies.
pub fn payload(life: u64, sequence: u64) -> Vec<u8> {
    let mut bytes = format!("life {life} record {sequence} ").into_bytes();
    bytes.resize(bytes.len() + (sequence * 37 % 150) as usize, b'.');
    bytes
}

/// Queues, waiting while the journal is full for the moment.
pub fn enqueue(journal: &dyn Journal, payload: &[u8]) -> Sequence {
    loop {
        match journal.enqueue(payload) {
            Ok(sequence) => return sequence,
            Err(EnqueueError::Full { .. }) => std::thread::yield_now(),
            Err(stopped) => panic!("{stopped}"),
        }
    }
}

/// Waits until the journal is durable through `sequence` or has failed.
pub fn wait(journal: &dyn Journal, sequence: Sequence) -> Durable {
    let mut durable = journal.durable();
    let settled = durable.wait_for(|durable| match durable {
        Durable::Through(through) => *through >= sequence,
        Durable::Failed(_) => true,
    });
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    *runtime.block_on(settled).expect("the journal is open")
}

/// Everything from `from` on.
pub fn read_all(journal: &dyn Journal, from: Sequence) -> Result<Vec<(Sequence, Vec<u8>)>, ReadError> {
    let mut records = Vec::new();
    journal.read(from, usize::MAX, &mut |sequence, payload| records.push((sequence, payload.to_vec())))?;
    Ok(records)
}
