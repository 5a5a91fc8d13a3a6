//! `mall-bench compare`: the real server and the baseline in turn on the same machine, so that both meet the same weather.
//! - M1 only ratios within one round are judged: the host's speed drifts.
//! - M2 before the baseline's turn the server has nothing left to do (its projection is up to date), and the other way round.
//! - M3 the baseline renders a body as long as the server's.
//!
//! Not here: the figures' meaning (docs/BENCHMARKS.md), rates that last (`sustain`).

mod rounds;
mod scenario;

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use serde::Serialize;

use rounds::{Round, Summary};
pub use scenario::Scenario;

use crate::error::{Attempt as _, Error, Verdict};
use crate::load::LoadPlan;
use crate::load::pace::Pace;
use crate::measured::{self, Measured};
use crate::server_process::{self, Process};

/// How long a server may take to bring its database up to date after a round.
const PROJECTION_TIMEOUT: Duration = Duration::from_secs(600);

/// Options of `mall-bench compare`.
#[derive(Debug, Args)]
pub struct Options {
    /// The server's binary; without: `mallcore` beside this one.
    #[arg(long)]
    pub server: Option<PathBuf>,
    /// Which scenarios, with commas between.
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = Scenario::ALL)]
    pub scenarios: Vec<Scenario>,
    /// Rounds of each.
    #[arg(long, default_value_t = 5)]
    pub rounds: usize,
    /// Seconds of each side in a round.
    #[arg(long, default_value_t = 8)]
    pub seconds: u64,
    /// Seconds of the warm-up of each side.
    #[arg(long, default_value_t = 3)]
    pub warm_up: u64,
    /// Connections.
    #[arg(long, default_value_t = 256)]
    pub connections: usize,
    /// Users.
    #[arg(long, default_value_t = 10_000)]
    pub users: u64,
    /// HTTP workers of both sides; without: each side's default.
    #[arg(long)]
    pub workers: Option<usize>,
    /// Data folders are made below this one; it should lie on the disk that is measured.
    #[arg(long, default_value = ".")]
    pub folder: PathBuf,
    /// Write all rounds as JSON.
    #[arg(long)]
    pub json: Option<PathBuf>,
}

/// Both sides of one scenario, with everything that its rounds need.
struct Pair {
    setup: server_process::Setup,
    server: Process,
    baseline: Process,
    plan: LoadPlan,
    baseline_plan: LoadPlan,
    _folder: tempfile::TempDir,
}

/// All rounds of one scenario.
#[derive(Serialize)]
struct Outcome {
    scenario: Scenario,
    rounds: Vec<Round>,
    summary: Summary,
    /// (rate, p99 with the server, p99 with the baseline) of each round at half of the peak; only of the hot scenario.
    half_rate: Vec<HalfRate>,
    /// Milliseconds of one write with fdatasync: (median, p99).
    sync_ms: (f64, f64),
}

#[derive(Serialize)]
struct HalfRate {
    per_second: f64,
    server: Measured,
    baseline: Measured,
}

/// Runs the scenarios and prints their rounds. Broken: a round in which something was answered wrongly.
pub fn run(options: &Options) -> Result<Verdict, Error> {
    let binary = server_process::binary(options.server.as_deref())?;
    let mut outcomes = Vec::new();
    for scenario in &options.scenarios {
        println!("== {} ==", scenario.describe());
        let pair = scenario.set_up(&binary, options)?;
        outcomes.push(run_scenario(*scenario, &pair, options)?);
    }
    if let Some(path) = &options.json {
        let text = serde_json::to_string_pretty(&outcomes).map_err(|cause| Error::Unexpected(cause.to_string()))?;
        std::fs::write(path, text).attempt(|| format!("write {}", path.display()))?;
    }
    Ok(Verdict::of(outcomes.iter().all(|outcome| outcome.rounds.iter().all(|round| round.server.report.errors == 0))))
}

fn run_scenario(scenario: Scenario, pair: &Pair, options: &Options) -> Result<Outcome, Error> {
    let warm_up = Some(Duration::from_secs(options.warm_up));
    pair.turn(&LoadPlan { duration: warm_up, ..pair.plan.clone() }, &pair.server)?;
    pair.turn(&LoadPlan { duration: warm_up, ..pair.baseline_plan.clone() }, &pair.baseline)?;
    let probe = measured::sync_probe(&options.folder)?;
    let sync_ms = (probe[probe.len() / 2], probe[probe.len() * 99 / 100]);
    let mut rounds = Vec::new();
    for number in 1..=options.rounds {
        let server = pair.turn(&pair.plan, &pair.server)?;
        let drained = pair.setup.wait_projected(PROJECTION_TIMEOUT)?;
        let baseline = pair.turn(&pair.baseline_plan, &pair.baseline)?;
        let round = Round {
            ratio: scenario.rate(&server) / baseline.report.answers_per_second,
            drain_seconds: drained.as_secs_f64(),
            server,
            baseline,
        };
        println!("round {number}: {}", round.line(scenario));
        rounds.push(round);
    }
    let summary = Summary::of(scenario, &rounds).ok_or_else(|| Error::Unexpected("no rounds were asked for".to_owned()))?;
    println!("{summary}");
    let half_rate =
        if scenario == Scenario::Hot { half_rate(pair, options, summary.server_rate.median / 2.0, sync_ms)? } else { Vec::new() };
    Ok(Outcome { scenario, rounds, summary, half_rate, sync_ms })
}

fn half_rate(pair: &Pair, options: &Options, per_second: f64, sync_ms: (f64, f64)) -> Result<Vec<HalfRate>, Error> {
    println!(
        "-- open loop at half of the median peak, {per_second:.0}/s; one write with fdatasync: median {:.2}, p99 {:.2} ms --",
        sync_ms.0, sync_ms.1
    );
    let pace = Pace::Open { per_second };
    let mut rounds = Vec::new();
    for number in 1..=options.rounds {
        let server = pair.turn(&LoadPlan { pace, ..pair.plan.clone() }, &pair.server)?;
        pair.setup.wait_projected(PROJECTION_TIMEOUT)?;
        let baseline = pair.turn(&LoadPlan { pace, ..pair.baseline_plan.clone() }, &pair.baseline)?;
        let (ours, theirs) = (&server.report, &baseline.report);
        println!(
            "round {number}: server p50 {:.2} p99 {:.2} p99.9 {:.2} ms ({} unsent)   base p50 {:.2} p99 {:.2} ms",
            ours.buy_latency.p50_ms,
            ours.buy_latency.p99_ms,
            ours.buy_latency.p999_ms,
            ours.unsent,
            theirs.buy_latency.p50_ms,
            theirs.buy_latency.p99_ms
        );
        rounds.push(HalfRate { per_second, server, baseline });
    }
    let p99: Vec<f64> = rounds.iter().map(|round| round.server.report.buy_latency.p99_ms).collect();
    if let Some(p99) = crate::stats::spread(&p99) {
        println!("p99 at half of the peak: median {:.2} ms [{:.2}-{:.2}]", p99.median, p99.min, p99.max);
    }
    Ok(rounds)
}

impl Pair {
    /// One side's turn, with keys of its own.
    fn turn(&self, plan: &LoadPlan, side: &Process) -> Result<Measured, Error> {
        self.setup.wait_projected(PROJECTION_TIMEOUT)?;
        measured::run(&LoadPlan { run: rand::random(), ..plan.clone() }, side)
    }
}
