//! Drills: the server is hurt on purpose, and the shoppers' receipts must still agree with its books.

pub mod cart_lag;
pub mod carts;
pub mod catchup;
pub mod hangup;
pub mod kill9;
pub mod outage;
pub mod payments;
pub mod restart;
pub mod restore;
mod sale;
pub mod syscalls;
mod trace;

use std::time::{Duration, Instant};

use clap::Subcommand;

use crate::checks::Checks;
use crate::error::{Error, Verdict};
use crate::events::{self, EventConsumer};
use crate::reconcile::{self, Receipts, Rules};
use crate::testbed::{PROJECTION_TIMEOUT, TestBed};

/// The broker has everything by now; a longer silence of its queue is its end.
const EVENTS_PAUSE_MAX: Duration = Duration::from_secs(20);

/// The drill to be run.
#[derive(Debug, Subcommand)]
pub enum Drill {
    /// Kill the server with -9 in the middle of a sale, again and again; no receipt may be lost, no piece sold twice.
    Kill9(kill9::Options),
    /// Clients that hang up at random points; nothing may stay held.
    Hangup(hangup::Options),
    /// Kill the server with many records that the database has not seen, and time its restart.
    Restart(restart::Options),
    /// Database, broker and Redis stopped and cut off in the middle of a sale, alone and together; then the server killed without any of them.
    Outage(outage::Options),
    /// The database put back to an earlier moment, under the running server and before its start.
    Restore(restore::Options),
    /// The database comes back after many orders, and catches up.
    Catchup(catchup::Options),
    /// Very many carts: killed while they are filled and afterwards; none may be lost.
    Carts(carts::Options),
    /// The tables of the carts locked in the middle of a sale: purchases go on, changes of carts come again later.
    CartLag(cart_lag::Options),
    /// Very many orders paid through the sandbox of WeChat Pay with bad notifications, some after their order was closed, the server killed in the
    /// middle: each paid once or given back, to the fen.
    Payments(payments::Options),
    /// Trace the server's system calls: no 201 before the fdatasync that covers it.
    Syscalls(syscalls::Options),
}

/// Runs one drill.
pub fn run(drill: &Drill) -> Result<Verdict, Error> {
    match drill {
        Drill::Kill9(options) => kill9::run(options),
        Drill::Hangup(options) => hangup::run(options),
        Drill::Restart(options) => restart::run(options),
        Drill::Outage(options) => outage::run(options),
        Drill::Restore(options) => restore::run(options),
        Drill::Catchup(options) => catchup::run(options),
        Drill::Carts(options) => carts::run(options),
        Drill::CartLag(options) => cart_lag::run(options),
        Drill::Payments(options) => payments::run(options),
        Drill::Syscalls(options) => syscalls::run(options),
    }
}

/// Waits for everybody to catch up, then holds receipts, books, events and the sale's page against each other.
fn reconcile(
    testbed: &TestBed,
    events: Option<&EventConsumer>,
    in_flight: u64,
    limit: Option<u64>,
    stock: Option<u64>,
    checks: &mut Checks,
) -> Result<(), Error> {
    testbed.setup.wait_projected(PROJECTION_TIMEOUT)?;
    let items = testbed.setup.items()?;
    let receipts = Receipts::read(&[testbed.acks()])?;
    let books = reconcile::read_books(testbed.database())?;
    let rules = Rules { in_flight, limit: limit.map(|limit| limit as i64), stock: stock.map(|stock| stock as i64), items: Some(&items) };
    reconcile::judge(&receipts, &books, rules, checks);
    if let Some(events) = events {
        let last = books.checkpoint as u64;
        // What is missing when nothing comes any more is told by the checks.
        events.wait_for(last, EVENTS_PAUSE_MAX);
        events::judge(&events.ledger(), &receipts, &books, last, checks);
    }
    Ok(())
}

/// Asks again and again until `done`; `false` when `timeout` has passed.
fn wait_until(timeout: Duration, mut done: impl FnMut() -> Result<bool, Error>) -> Result<bool, Error> {
    let begin = Instant::now();
    while !done()? {
        if begin.elapsed() > timeout {
            return Ok(false);
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    Ok(true)
}
