//! `mall-bench instructions`: instructions in user mode that a purchase costs, counted by valgrind. Unlike times they are the same on every
//! day and on every machine with the same instruction set. Server and baseline are counted alike, so that their difference means something.
//! Valgrind emulates neither SHA nor AVX-512 extensions and counts each step of a `rep stos`: the figure is larger than what a processor
//! executes, and SHA-256 has a share of it that it does not have in life.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use clap::Args;

use crate::error::{Attempt as _, Error, Verdict};
use crate::load::LoadPlan;
use crate::server_process::{LIMIT_MAX, Process, STOCK_MAX, Seed};
use crate::testbed::{ModeOptions, TestBed, TestBedOptions};
use crate::{fetch, measured};

/// A server under valgrind takes fifty times as long to start.
const READY_TIMEOUT: Duration = Duration::from_secs(120);
/// Purchases before counting begins: caches of prepared routes, hash maps, buffers are then as in life.
const WARM_UP: u64 = 500;

/// Options of `mall-bench instructions`.
#[derive(Debug, Args)]
pub struct Options {
    #[command(flatten)]
    testbed: TestBedOptions,
    /// Purchases that are counted.
    #[arg(long, default_value_t = 4_000)]
    requests: u64,
    /// HTTP connections at a time.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// Count the projection too, which otherwise waits.
    #[arg(long)]
    projection: bool,
}

/// Counts both and prints them.
pub fn run(options: &Options) -> Result<Verdict, Error> {
    let version = Command::new("valgrind").arg("--version").output();
    version.attempt(|| "run valgrind, which this needs: install it (apt-get install valgrind)".to_owned())?;
    let mut testbed =
        TestBed::fresh(&options.testbed, ModeOptions::default(), Seed { stock: STOCK_MAX, limit: LIMIT_MAX, items: 1 }, 10_000)?;
    testbed.setup.set("PROJECTION_PAUSED", if options.projection { "false" } else { "true" });
    let out = testbed.folder().join("server.callgrind");
    let mut server = testbed.setup.start(&valgrind(&out))?;
    server.wait_ready(READY_TIMEOUT)?;
    // Its index and dictionary are work of a start, more than all the purchases that are counted.
    fetch::wait_shown(testbed.setup.http(), "/v1/products/search?q=pro", READY_TIMEOUT)?;
    let items: Vec<u64> = testbed.setup.items()?.iter().map(|item| item.id).collect();
    let plan = measured::closed_loop(&server, &testbed.shoppers, &items, options.connections, Duration::ZERO);
    let ours = count(&plan, &server, &out, options.requests)?;
    drop(server);
    let out = testbed.folder().join("baseline.callgrind");
    let baseline = Process::baseline_below(&valgrind(&out), READY_TIMEOUT)?;
    let base = count(&LoadPlan { server: baseline.http, ..plan }, &baseline, &out, options.requests)?;
    println!("instructions a purchase: server {ours:.0}, baseline {base:.0}, difference {:.0}", ours - base);
    testbed.finish(Verdict::Holds);
    Ok(Verdict::Holds)
}

fn valgrind(out: &Path) -> Vec<String> {
    let out = format!("--callgrind-out-file={}", out.display());
    ["valgrind", "--quiet", "--tool=callgrind", "--instr-atstart=no", &out].map(str::to_owned).to_vec()
}

fn count(plan: &LoadPlan, process: &Process, out: &Path, requests: u64) -> Result<f64, Error> {
    let run = |requests| {
        let plan = LoadPlan { duration: None, requests: Some(requests), run: rand::random(), ..plan.clone() };
        measured::run(&plan, process).map(|measured| measured.report)
    };
    run(WARM_UP)?;
    control(process, &["-i", "on"])?;
    let report = run(requests)?;
    control(process, &["-d"])?;
    if report.buys != requests {
        return Err(Error::Unexpected(format!("{} of {requests} purchases were made", report.buys)));
    }
    // The dump on demand is the first one, numbered 1; the file without a number is written at the end.
    let mut dump = out.as_os_str().to_owned();
    dump.push(".1");
    let dump = PathBuf::from(dump);
    let text = std::fs::read_to_string(&dump).attempt(|| format!("read {}", dump.display()))?;
    let total = total(&text).ok_or_else(|| Error::Unexpected(format!("{} has no totals", dump.display())))?;
    Ok(total as f64 / requests as f64)
}

fn control(process: &Process, arguments: &[&str]) -> Result<(), Error> {
    let mut command = Command::new("callgrind_control");
    let status = command.args(arguments).arg(process.pid().to_string()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    let status = status.attempt(|| "run callgrind_control, which comes with valgrind".to_owned())?;
    if status.success() { Ok(()) } else { Err(Error::Unexpected(format!("callgrind_control {arguments:?} ended with {status}"))) }
}

/// The sum over all functions that a dump of callgrind states.
fn total(dump: &str) -> Option<u64> {
    dump.lines().find_map(|line| line.strip_prefix("summary: ").or_else(|| line.strip_prefix("totals: "))?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dump_states_its_sum() {
        assert_eq!(total("events: Ir\nsummary: 430564692\n\nob=(1) mallcore\n"), Some(430_564_692));
        assert_eq!(total("events: Ir\n0 5\ntotals: 7\n"), Some(7));
        assert_eq!(total("events: Ir\n"), None);
    }
}
