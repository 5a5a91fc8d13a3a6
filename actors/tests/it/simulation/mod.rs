//! A deterministic world in one thread: the real machines, journal and protocols under a seeded scheduler, clock, disk and database.
//! `SIM_SEEDS=n` runs that many worlds, `SIM_SEED=n` one of them (see docs/TESTING.md).

mod auditor;
mod database;
mod ports;
mod process;
mod world;

use std::cell::Cell;
use std::panic::{catch_unwind, set_hook, take_hook};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, Once};
use std::thread;

use world::Summary;

/// Worlds in an ordinary test run.
const SEEDS: u64 = 2_000;

thread_local! {
    /// The world that this thread runs, and the panics in it: a host catches those of commands, but here each is a broken promise.
    static WORLD: Cell<Option<u64>> = const { Cell::new(None) };
    static PANICS: Cell<usize> = const { Cell::new(0) };
}

/// Panics in this thread's world so far.
fn panics() -> usize {
    PANICS.get()
}

/// Runs a world. Its seed is told even if it ends by aborting the process.
fn run(seed: u64) -> Summary {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = take_hook();
        set_hook(Box::new(move |panic| {
            before(panic);
            if let Some(seed) = WORLD.get() {
                PANICS.set(PANICS.get() + 1);
                eprintln!("a promise was broken; again with SIM_SEED={seed}");
            }
        }));
    });
    WORLD.set(Some(seed));
    PANICS.set(0);
    let summary = world::run(seed);
    WORLD.set(None);
    summary
}

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().unwrap_or_else(|_| panic!("{name} is a number, not {value}")))
}

#[test]
fn books_balance_after_any_crash() {
    if let Some(seed) = setting("SIM_SEED") {
        let summary = run(seed);
        println!("seed {seed}: {summary:?}");
        return;
    }
    let seeds = setting("SIM_SEEDS").unwrap_or(SEEDS);
    let (next, failed, total) = (AtomicU64::new(0), Mutex::new(Vec::new()), Mutex::new(Summary::default()));
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds || !failed.lock().unwrap().is_empty() {
                        return;
                    }
                    match catch_unwind(|| run(seed)) {
                        Ok(summary) => add(&mut total.lock().unwrap(), summary),
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
        let busy = total.acknowledged > 10_000
            && total.restarts > 5_000
            && total.passivations > 1_000
            && total.killed > 1_000
            && total.adjusted > 1_000
            && total.refunds > 1_000
            && total.attempts > 1_000
            && total.traded > 100
            && total.strays > 20
            && total.cart_changes > 10_000
            && total.bought_from_carts > 1_000
            && total.carts_left > 1_000;
        assert!(busy, "the worlds are too quiet to prove anything: {total:?}");
    }
}

#[test]
fn one_seed_is_one_world() {
    assert_eq!(format!("{:?}", run(1)), format!("{:?}", run(1)));
}

fn add(total: &mut Summary, summary: Summary) {
    total.acknowledged += summary.acknowledged;
    total.restarts += summary.restarts;
    total.passivations += summary.passivations;
    total.records += summary.records;
    total.adjusted += summary.adjusted;
    total.killed += summary.killed;
    total.refunds += summary.refunds;
    total.attempts += summary.attempts;
    total.traded += summary.traded;
    total.strays += summary.strays;
    total.cart_changes += summary.cart_changes;
    total.bought_from_carts += summary.bought_from_carts;
    total.carts_left += summary.carts_left;
}
