//! `mall-bench compare`: the real server and others in turn on the same machine, so that all run under the same conditions.
//! - M1 only ratios within one round are judged: the host's speed drifts.
//! - M2 before anybody's turn no server has anything left to do: all projections are up to date.
//! - M3 the baseline and the peer render a body as long as the server's.
//!
//! Not here: the figures' meaning (docs/BENCHMARKS.md), rates that last (`sustain`).

mod rounds;
mod scenario;
mod side;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use serde::Serialize;

use rounds::{Round, Summary, Turn};
pub use scenario::Scenario;
use side::Field;

use crate::error::{Attempt as _, Error, Verdict};
use crate::load::LoadPlan;
use crate::load::pace::Pace;
use crate::measured;
use crate::server_process;
use crate::testbed::ModeOptions;

/// How long a server may take to bring its database up to date after a round.
const PROJECTION_TIMEOUT: Duration = Duration::from_secs(600);

/// Whom the server is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Opponent {
    /// The same route without any state: what HTTP and JSON leave.
    Base,
    /// The same server in its embedded mode.
    Embedded,
    /// actix-web and a Lua script in a Redis that syncs every append (`mall-bench peer redis`).
    PeerRedis,
    /// The same where what is sold can also be read, closed and handed on (`mall-bench peer redis --orders`).
    PeerRedisOrders,
}

/// Options of `mall-bench compare`.
#[derive(Debug, Args)]
pub struct Options {
    /// The server's binary; without: `mallcore` beside this one.
    #[arg(long)]
    pub server: Option<PathBuf>,
    /// The server's mode.
    #[command(flatten)]
    pub mode: ModeOptions,
    /// Whom with, with commas between; they take turns in every round.
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [Opponent::Base])]
    pub against: Vec<Opponent>,
    /// Connections to Redis of each worker of the peer.
    #[arg(long, default_value_t = 1)]
    pub pipelines: usize,
    /// Broken when the median ratio to any opponent is below this.
    #[arg(long)]
    pub ratio_min: Option<f64>,
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
    /// HTTP connections at a time.
    #[arg(long, default_value_t = 256)]
    pub connections: usize,
    /// Users that take turns buying.
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

/// All rounds of one scenario.
#[derive(Serialize)]
struct Outcome {
    scenario: Scenario,
    rounds: Vec<Round>,
    summary: Summary,
    /// Each side's turns at half of the server's peak; only of the hot scenario.
    half_rate: Vec<Round>,
    /// Milliseconds of one write with fdatasync: (median, p99).
    sync_ms: (f64, f64),
}

/// Runs the scenarios and prints their rounds. Broken: something was answered wrongly, or a ratio is below what was asked for.
pub fn run(options: &Options) -> Result<Verdict, Error> {
    let binary = server_process::binary(options.server.as_deref())?;
    let mut outcomes = Vec::new();
    for scenario in &options.scenarios {
        println!("== {} ==", scenario.describe());
        let field = side::set_up(*scenario, &binary, options)?;
        outcomes.push(run_scenario(*scenario, &field, options)?);
    }
    if let Some(path) = &options.json {
        let text = serde_json::to_string_pretty(&outcomes).map_err(|cause| Error::Unexpected(cause.to_string()))?;
        std::fs::write(path, text).attempt(|| format!("write {}", path.display()))?;
    }
    let is_right = |outcome: &Outcome| outcome.rounds.iter().all(|round| round.turns.iter().all(|turn| turn.measured.report.errors == 0));
    let reaches = |outcome: &Outcome| outcome.summary.ratios().all(|ratio| options.ratio_min.is_none_or(|min| ratio >= min));
    Ok(Verdict::of(outcomes.iter().all(|outcome| is_right(outcome) && reaches(outcome))))
}

fn run_scenario(scenario: Scenario, field: &Field, options: &Options) -> Result<Outcome, Error> {
    for place in 0..field.sides.len() {
        field.turn(place, |plan| LoadPlan { duration: Some(Duration::from_secs(options.warm_up)), ..plan })?;
    }
    let probe = measured::sync_probe(&options.folder)?;
    let sync_ms = (probe[probe.len() / 2], probe[probe.len() * 99 / 100]);
    let mut rounds = Vec::new();
    for number in 1..=options.rounds {
        let round = field.round(|plan| plan)?;
        println!("round {number}:");
        round.lines(scenario).iter().for_each(|line| println!("  {line}"));
        rounds.push(round);
    }
    let summary = Summary::of(scenario, &rounds).ok_or_else(|| Error::Unexpected("no rounds were asked for".to_owned()))?;
    println!("{summary}");
    let half_rate = if scenario == Scenario::Hot { half_rate(field, options, summary.peak() / 2.0, sync_ms)? } else { Vec::new() };
    Ok(Outcome { scenario, rounds, summary, half_rate, sync_ms })
}

fn half_rate(field: &Field, options: &Options, per_second: f64, sync_ms: (f64, f64)) -> Result<Vec<Round>, Error> {
    println!(
        "-- open loop at half of the server's median peak, {per_second:.0}/s; one write with fdatasync: median {:.2}, p99 {:.2} ms --",
        sync_ms.0, sync_ms.1
    );
    let mut rounds = Vec::new();
    for number in 1..=options.rounds {
        let round = field.round(|plan| LoadPlan { pace: Pace::Open { per_second }, ..plan })?;
        let times: Vec<String> = round.turns.iter().map(Turn::times).collect();
        println!("round {number}: {}", times.join("   "));
        rounds.push(round);
    }
    let p99: Vec<f64> = rounds.iter().map(|round| round.turns[0].measured.report.buy_latency.p99_ms).collect();
    if let Some(p99) = crate::stats::spread(&p99) {
        println!("p99 of the server at half of its peak: median {:.2} ms [{:.2}-{:.2}]", p99.median, p99.min, p99.max);
    }
    Ok(rounds)
}
