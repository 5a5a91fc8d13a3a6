//! `mall-bench footprint`: what one stock actor in memory costs, from the resident memory of two servers that differ in their number only.
//! A flash item pins its actor, so a sale of n items has n of them: with their quota, their gate, their mailbox and their place in the registry.

use clap::Args;

use crate::error::{Attempt as _, Error, Verdict};
use crate::server_process::{LIMIT_MAX, Seed};
use crate::testbed::{ModeOptions, READY_TIMEOUT, TestBed, TestBedOptions};
use crate::{fetch, process_cpu};

/// Actors in memory, as the server tells.
const RESIDENT_SAMPLE: &str = "mallcore_actors_resident";

/// Options of `mall-bench footprint`.
#[derive(Debug, Args)]
pub struct Options {
    #[command(flatten)]
    testbed: TestBedOptions,
    /// Items of the large sale.
    #[arg(long, default_value_t = 1_000)]
    items: u64,
    /// Pieces of each.
    #[arg(long, default_value_t = 1_000)]
    stock: u64,
}

/// Starts both and prints the difference.
pub fn run(options: &Options) -> Result<Verdict, Error> {
    let (few_actors, few_bytes) = resident(options, 1)?;
    let (many_actors, many_bytes) = resident(options, options.items)?;
    let (actors, bytes) = (many_actors - few_actors, many_bytes as f64 - few_bytes as f64);
    println!(
        "{few_actors:.0} actors: {few_bytes} bytes resident; {many_actors:.0} actors: {many_bytes}; {:.0} bytes an actor of {} pieces",
        bytes / actors,
        options.stock
    );
    Ok(Verdict::of(actors > 0.0))
}

fn resident(options: &Options, items: u64) -> Result<(f64, u64), Error> {
    let testbed = TestBed::fresh(&options.testbed, ModeOptions::default(), Seed { stock: options.stock, limit: LIMIT_MAX, items }, 1)?;
    let (server, _) = testbed.setup.start_ready(READY_TIMEOUT)?;
    // Every item is carved once the journal's records are in the database.
    testbed.setup.wait_projected(READY_TIMEOUT)?;
    let (_, metrics) = fetch::get(testbed.setup.metrics(), "/metrics").attempt(|| "read the metrics".to_owned())?;
    let actors = fetch::samples(&metrics, RESIDENT_SAMPLE).first().map(|(_, actors)| *actors);
    let actors = actors.ok_or_else(|| Error::Unexpected(format!("the metrics have no {RESIDENT_SAMPLE}")))?;
    let bytes = process_cpu::resident_bytes(server.pid()).attempt(|| "read the server's memory".to_owned())?;
    drop(server);
    testbed.finish(Verdict::Holds);
    Ok((actors, bytes))
}
