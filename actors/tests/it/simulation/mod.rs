//! A deterministic world in one thread: the real machines, journal and protocols under a seeded scheduler, clock, disk and database.
//! `SIM_SEEDS=n` runs that many worlds, `SIM_SEED=n` one of them (see docs/TESTING.md).

mod auditor;
mod database;
mod process;
mod world;

use std::panic::catch_unwind;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use world::Tally;

/// Worlds in an ordinary test run.
const SEEDS: u64 = 2_000;

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().unwrap_or_else(|_| panic!("{name} is a number, not {value}")))
}

#[test]
fn books_balance_after_any_crash() {
    if let Some(seed) = setting("SIM_SEED") {
        let tally = world::run(seed);
        println!("seed {seed}: {tally:?}");
        return;
    }
    let seeds = setting("SIM_SEEDS").unwrap_or(SEEDS);
    let (next, failed, total) = (AtomicU64::new(0), Mutex::new(Vec::new()), Mutex::new(Tally::default()));
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds || !failed.lock().unwrap().is_empty() {
                        return;
                    }
                    match catch_unwind(|| world::run(seed)) {
                        Ok(tally) => add(&mut total.lock().unwrap(), tally),
                        Err(_) => failed.lock().unwrap().push(seed),
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    assert!(failed.is_empty(), "a promise was broken; again with SIM_SEED={}", failed[0]);
    let total = total.into_inner().unwrap();
    println!("{seeds} worlds: {total:?}");
    if seeds >= SEEDS {
        let busy = total.acknowledged > 10_000 && total.restarts > 5_000 && total.passivations > 1_000 && total.adjusted > 1_000;
        assert!(busy, "the worlds are too quiet to prove anything: {total:?}");
    }
}

#[test]
fn one_seed_is_one_world() {
    assert_eq!(format!("{:?}", world::run(1)), format!("{:?}", world::run(1)));
}

fn add(total: &mut Tally, tally: Tally) {
    total.acknowledged += tally.acknowledged;
    total.restarts += tally.restarts;
    total.passivations += tally.passivations;
    total.records += tally.records;
    total.adjusted += tally.adjusted;
}
