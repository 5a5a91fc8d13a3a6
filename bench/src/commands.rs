//! The command line: one subcommand for each thing that is measured, checked or broken.

use clap::{Parser, Subcommand};

use crate::drills::{self, Drill};
use crate::error::{Error, Verdict};
use crate::peer::{self, Peer};
use crate::{baseline, browse, checkout, compare, footprint, instructions, reconcile, seckill, soak, sustain};

/// Measures and breaks mallcore from outside. Exit code 0: what was checked holds; 1: it does not; 2: it could not be checked.
#[derive(Debug, Parser)]
#[command(name = "mall-bench", version)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Load a running server with purchases.
    Seckill(Box<seckill::Options>),
    /// Serve the purchase route without any state: what the HTTP layer alone can do.
    Baseline(baseline::Options),
    /// Serve the purchase route the way others do.
    #[command(subcommand)]
    Peer(Peer),
    /// The real server and others in turn, and the ratios of their rates.
    Compare(compare::Options),
    /// Hold acknowledgement files against the database, in plain SQL.
    Reconcile(reconcile::Options),
    /// Find the rate that lasts, and how long a burst takes to reach the database.
    Sustain(sustain::Options),
    /// Watch the server's memory under a steady rate.
    Soak(soak::Options),
    /// What one stock actor in memory costs.
    Footprint(footprint::Options),
    /// Instructions that a purchase costs, by valgrind.
    Instructions(instructions::Options),
    /// Pages of the shop that are read beside base: home, zones, lists, details, search.
    Browse(browse::Options),
    /// Changes of carts beside base.
    Cart(checkout::Options),
    /// Preview and order of three SKUs beside base.
    Checkout(checkout::Options),
    /// Hurt the server on purpose.
    #[command(subcommand)]
    Drill(Drill),
}

impl Cli {
    /// Runs the subcommand to its verdict.
    pub fn run(self) -> Result<Verdict, Error> {
        match self.command {
            Command::Seckill(options) => seckill::run(*options),
            Command::Baseline(options) => baseline::run(options),
            Command::Peer(peer) => peer::run(peer),
            Command::Compare(options) => compare::run(&options),
            Command::Reconcile(options) => reconcile::run(&options),
            Command::Sustain(options) => sustain::run(&options),
            Command::Soak(options) => soak::run(&options),
            Command::Footprint(options) => footprint::run(&options),
            Command::Instructions(options) => instructions::run(&options),
            Command::Browse(options) => browse::run(&options),
            Command::Cart(options) => checkout::run_cart(&options),
            Command::Checkout(options) => checkout::run(&options),
            Command::Drill(drill) => drills::run(&drill),
        }
    }
}
