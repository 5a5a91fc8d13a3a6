//! What the journal costs: queueing alone, whole groups with their sync, checking a million records.
//! `cargo bench -p mall-bench --bench journal`; files go to the folder named by TMPDIR, so let it be on the disk in question.
#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a benchmark that cannot go on has no figures; criterion's macros document nothing; lints see it as a test and as none"
)]

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use mallcore_actors::journal::{
    Durable, Journal, Sequence,
    inspect::verify,
    memory::MemoryJournal,
    os_disk::OsDisk,
    segment_log::{Options, SegmentLog},
};

const PAYLOAD: [u8; 200] = [0x5A; 200];

fn open(folder: &tempfile::TempDir) -> SegmentLog {
    let disk = Arc::new(OsDisk::create_folder(folder.path()).unwrap());
    let options = Options { budget_bytes: 2 << 30, retain: Duration::ZERO, segments_ahead: 2, ..Options::default() };
    SegmentLog::open(disk, options).unwrap().0
}

fn enqueue(journal: &dyn Journal) -> Sequence {
    loop {
        // Full for a moment: a segment is being prepared.
        if let Ok(sequence) = journal.enqueue(&PAYLOAD) {
            return sequence;
        }
        std::thread::yield_now();
    }
}

fn is_through(durable: Durable, wanted: Sequence) -> bool {
    matches!(durable, Durable::Through(through) if through >= wanted)
}

/// Queues so many records and waits until they are durable.
fn groups(log: &SegmentLog, group: u64) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let last = (0..group).map(|_| enqueue(log)).last().unwrap();
    let mut durable = log.durable();
    runtime.block_on(durable.wait_for(|durable| is_through(*durable, last))).unwrap();
    log.release(last);
}

fn queueing(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("journal/enqueue");
    group.throughput(Throughput::Elements(1));
    group.bench_function("segment_log", |bencher| {
        bencher.iter_custom(|iterations| {
            let mut spent = Duration::ZERO;
            let mut left = iterations;
            while left > 0 {
                // Without threads, so that this is the caller's part alone; a new journal before the queue is full.
                let folder = tempfile::tempdir().unwrap();
                let disk = Arc::new(OsDisk::create_folder(folder.path()).unwrap());
                let (log, _steps, _) = SegmentLog::open_stepped(disk, Options::default()).unwrap();
                let records = left.min(100_000);
                let began = Instant::now();
                for _ in 0..records {
                    log.enqueue(&PAYLOAD).unwrap();
                }
                spent += began.elapsed();
                left -= records;
            }
            spent
        });
    });
    group.bench_function("memory", |bencher| {
        let journal = MemoryJournal::durable_at_once();
        bencher.iter(|| {
            let sequence = journal.enqueue(&PAYLOAD).unwrap();
            journal.release(sequence);
        });
    });
    group.finish();
}

fn durable_groups(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let log = open(&folder);
    let mut benches = criterion.benchmark_group("journal/durable_group");
    benches.sample_size(20);
    for group in [1_u64, 16, 64, 256, 1024, 4096] {
        benches.throughput(Throughput::Elements(group));
        benches.bench_with_input(BenchmarkId::from_parameter(group), &group, |bencher, group| bencher.iter(|| groups(&log, *group)));
    }
    benches.finish();
}

fn reading(criterion: &mut Criterion) {
    const RECORDS: u64 = 1_000_000;
    let folder = tempfile::tempdir().unwrap();
    let log = open(&folder);
    let last = (0..RECORDS).map(|_| enqueue(&log)).last().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(log.durable().wait_for(|durable| is_through(*durable, last))).unwrap();
    let mut benches = criterion.benchmark_group("journal/million_records");
    benches.sample_size(10).throughput(Throughput::Elements(RECORDS));
    // What opening does before it appends.
    benches.bench_function("recover", |bencher| bencher.iter(|| verify(&OsDisk::existing(folder.path()).unwrap()).unwrap()));
    benches.bench_function("read", |bencher| {
        bencher.iter(|| {
            let (mut from, mut bytes) = (Sequence(1), 0);
            while from <= last {
                from = log.read(from, 1 << 20, &mut |_, payload| bytes += payload.len()).unwrap();
            }
            bytes
        });
    });
    benches.finish();
}

criterion_group!(benches, queueing, durable_groups, reading);
criterion_main!(benches);
