//! `mall-bench drill outage`: a sale at half load while database, broker and Redis go away: stopped, and cut off so that connections hang;
//! one after another, then all at once; then the shop is killed while all are away, started without any of them, and goes on selling.
//! - O1 in every phase purchases are answered as scheduled, and nothing but yes and no: what says 503 is asked again with its key.
//! - O2 the shop says that it can sell all the while, except when it is dead.
//! - O3 once everybody is back and has caught up, receipts, books and events agree to the piece, and nobody is above the limit.
//!
//! Not here: the account of the events (`events`), the books' (`reconcile`).

mod cancel;
mod health;
mod phase;

use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::sale::Sale;
use crate::checks::Checks;
use crate::error::{Error, Verdict};
use crate::events::EventConsumer;
use crate::load::LoadPlan;
use crate::load::pace::Pace;
use crate::load::shoppers::Shopper;
use crate::measured;
use crate::server_process::{Process, STOCK_MAX, Seed};
use crate::servers::{Servers, Way, Which};
use crate::testbed::{Mode, PROJECTION_TIMEOUT, READY_TIMEOUT, Reach, TestBed, TestBedOptions};
use phase::Phase;

/// So many shoppers buy without end, and reach every limit.
const GREEDY: usize = 20;
/// Of so many purchases one is a greedy shopper's.
const GREEDY_EVERY: usize = 20;

/// How a server goes away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Away {
    /// It is stopped; connections are refused.
    Stopped,
    /// Connections stay and new ones are taken, and nothing is ever answered.
    Hanging,
}

/// Options of `mall-bench drill outage`.
#[derive(Debug, Args)]
pub struct Options {
    #[command(flatten)]
    testbed: TestBedOptions,
    /// Seconds of each outage.
    #[arg(long, default_value_t = 120.0)]
    seconds: f64,
    /// Seconds between outages.
    #[arg(long, default_value_t = 30.0)]
    between: f64,
    /// How they go away, with commas between; each way is a round of its own.
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [Away::Stopped, Away::Hanging])]
    ways: Vec<Away>,
    /// Only all at once and the kill, not one after another.
    #[arg(long)]
    only_all: bool,
    /// Purchases a second; without: half of what a closed loop reaches in --probe-seconds.
    #[arg(long)]
    rate: Option<f64>,
    /// Seconds of that closed loop.
    #[arg(long, default_value_t = 10)]
    probe_seconds: u64,
    /// Pieces of an item that a user may have.
    #[arg(long, default_value_t = 50)]
    limit: u64,
    /// Users that take turns buying.
    #[arg(long, default_value_t = 50_000)]
    users: u64,
    /// HTTP connections at a time.
    #[arg(long, default_value_t = 128)]
    connections: usize,
    /// The share of a phase's schedule that has to be answered; not of the phase in which the shop is killed.
    #[arg(long, default_value_t = 0.95)]
    share_min: f64,
}

/// The drill's company.
struct Drill<'a> {
    options: &'a Options,
    testbed: TestBed,
    server: Option<Process>,
    plan: LoadPlan,
    checks: Checks,
    /// Purchases that nobody answered, over all phases.
    unanswered: u64,
    /// Orders cancelled on purpose.
    cancelled: u64,
}

/// Runs all phases, then holds everything against each other.
pub fn run(options: &Options) -> Result<Verdict, Error> {
    let seed = Seed { stock: STOCK_MAX, limit: options.limit, items: 10 };
    let mut testbed = TestBed::reaching(&options.testbed, Mode::Full, Reach::ThroughProxies, seed, options.users)?;
    // Bound before the shop starts: what it sets aside for the sale are its first events.
    let events = EventConsumer::start(&testbed.servers()?.broker.url())?;
    let mut drill = Drill::begin(options, testbed)?;
    drill.set_rate()?;
    drill.sell("everybody there", options.between, Phase::CALM)?;
    for way in &options.ways {
        drill.round(*way)?;
    }
    let drained = drill.testbed.setup.wait_projected(PROJECTION_TIMEOUT)?;
    println!("everybody has caught up after {:.1} s; {} orders were cancelled on the way", drained.as_secs_f64(), drill.cancelled);
    let Drill { testbed, server, mut checks, unanswered, .. } = drill;
    super::reconcile(&testbed, Some(&events), unanswered, Some(options.limit), None, &mut checks)?;
    drop(events);
    server.map_or(Ok(()), Process::stop)?;
    let verdict = checks.verdict();
    testbed.finish(verdict);
    Ok(verdict)
}

impl<'a> Drill<'a> {
    fn begin(options: &'a Options, testbed: TestBed) -> Result<Self, Error> {
        let (server, _) = testbed.setup.start_ready(READY_TIMEOUT)?;
        let ids: Vec<u64> = testbed.setup.items()?.iter().map(|item| item.id).collect();
        let shoppers = Arc::new(with_greedy_ones(&testbed.shoppers));
        let plan = measured::closed_loop(&server, &shoppers, &ids, options.connections, Duration::from_secs(options.probe_seconds));
        let plan = LoadPlan { reconnect: true, ack_file: Some(testbed.acks()), idle_timeout: READY_TIMEOUT, ..plan };
        Ok(Self { options, testbed, server: Some(server), plan, checks: Checks::default(), unanswered: 0, cancelled: 0 })
    }

    fn set_rate(&mut self) -> Result<(), Error> {
        let per_second = match self.options.rate {
            Some(rate) => rate,
            None => {
                let peak = Sale::begin(&self.plan).finish()?.answers_per_second;
                let drained = self.testbed.setup.wait_projected(PROJECTION_TIMEOUT)?;
                println!("peak {peak:.0}/s, drained {:.1} s later", drained.as_secs_f64());
                peak / 2.0
            }
        };
        println!("the sale runs at {per_second:.0} purchases a second");
        self.plan.pace = Pace::Open { per_second };
        Ok(())
    }

    /// One after another, all at once, and the kill.
    fn round(&mut self, way: Away) -> Result<(), Error> {
        let Options { seconds, between, only_all, .. } = *self.options;
        let word = if way == Away::Stopped { "stopped" } else { "hanging" };
        if !only_all {
            for which in Which::ALL {
                self.sell(&format!("{} {word}", which.name()), seconds, Phase::losing(&[which], way))?;
                self.bring_back(&[which])?;
                self.sell(&format!("{} back", which.name()), between, Phase::CALM)?;
            }
        }
        self.sell(&format!("all {word}"), seconds, Phase::losing(&Which::ALL, way))?;
        self.sell(&format!("all {word}, shop killed"), seconds, Phase::KILL)?;
        self.bring_back(&Which::ALL)?;
        self.sell("all back", between, Phase::CALM)
    }

    fn bring_back(&mut self, which: &[Which]) -> Result<(), Error> {
        let servers = self.testbed.servers()?;
        for which in which {
            let child = servers.child_mut(*which);
            if child.pid().is_none() {
                child.launch()?;
            }
        }
        for which in which {
            servers.child_mut(*which).wait_until_it_answers()?;
            servers.proxy(*which).set(Way::Pass);
        }
        Ok(())
    }
}

/// Takes a server away.
fn take_away(servers: &mut Servers, which: Which, way: Away) -> Result<(), Error> {
    match way {
        Away::Hanging => servers.proxy(which).set(Way::Hang),
        Away::Stopped => {
            servers.proxy(which).set(Way::Refuse);
            servers.child_mut(which).stop()?;
        }
    }
    Ok(())
}

/// Every twentieth purchase is one of a few people's, who soon have all that they may have.
fn with_greedy_ones(shoppers: &[Shopper]) -> Vec<Shopper> {
    let (greedy, others) = shoppers.split_at(GREEDY.min(shoppers.len() / 2));
    let turns = others.chunks(GREEDY_EVERY - 1).zip(greedy.iter().cycle());
    turns.flat_map(|(others, greedy)| others.iter().chain([greedy])).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greedy_come_again_and_again_and_the_others_once() {
        let shopper = |user_id| Shopper { user_id, token: String::new() };
        let line = with_greedy_ones(&(1..=1_000).map(shopper).collect::<Vec<_>>());
        let times = |user: u64| line.iter().filter(|shopper| shopper.user_id == user).count();
        assert!((1..=20).all(|user| times(user) >= 2), "{}", times(20));
        assert!((21..=1_000).all(|user| times(user) == 1));
    }
}
