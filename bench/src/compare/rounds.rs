//! The figures of a scenario's rounds, and their lines.

use std::fmt;

use serde::Serialize;

use super::scenario::Scenario;
use crate::measured::Measured;
use crate::stats::{self, Spread};

/// Both sides' turns.
#[derive(Debug, Serialize)]
pub struct Round {
    /// The real server.
    pub server: Measured,
    /// The stateless one.
    pub baseline: Measured,
    /// The server's rate by the baseline's.
    pub ratio: f64,
    /// Until the database had the round's orders.
    pub drain_seconds: f64,
}

impl Round {
    /// The round in one line.
    pub fn line(&self, scenario: Scenario) -> String {
        let Self { server, baseline, ratio, drain_seconds } = self;
        let latency = if scenario == Scenario::SoldOut { &server.report.other_latency } else { &server.report.buy_latency };
        let errors = if server.report.errors > 0 { format!("   ERRORS {:?}", server.report.outcomes) } else { String::new() };
        format!(
            "server {:.0}/s ({:.1} µs CPU, {:.2} switches, p50 {:.1} p99 {:.1} ms, drained in {drain_seconds:.1} s)   base {:.0}/s ({:.1} µs)   \
             client {:.1} µs   ratio {ratio:.3}{errors}",
            scenario.rate(server),
            server.server_cpu_micros,
            server.context_switches,
            latency.p50_ms,
            latency.p99_ms,
            baseline.report.answers_per_second,
            baseline.server_cpu_micros,
            server.report.client_cpu_micros,
        )
    }
}

/// Medians and ranges over the rounds.
#[derive(Debug, Serialize)]
pub struct Summary {
    /// Buys a second; answers a second where not all buy.
    pub server_rate: Spread,
    /// Answers a second.
    pub baseline_rate: Spread,
    /// Of the same round.
    pub ratio: Spread,
    /// The server's CPU an answer.
    pub server_cpu_micros: Spread,
    /// The baseline's CPU an answer.
    pub baseline_cpu_micros: Spread,
    /// The server's context switches an answer.
    pub context_switches: Spread,
}

impl Summary {
    /// `None` without rounds.
    pub fn of(scenario: Scenario, rounds: &[Round]) -> Option<Self> {
        let over = |figure: &dyn Fn(&Round) -> f64| stats::spread(&rounds.iter().map(figure).collect::<Vec<_>>());
        Some(Self {
            server_rate: over(&|round| scenario.rate(&round.server))?,
            baseline_rate: over(&|round| round.baseline.report.answers_per_second)?,
            ratio: over(&|round| round.ratio)?,
            server_cpu_micros: over(&|round| round.server.server_cpu_micros)?,
            baseline_cpu_micros: over(&|round| round.baseline.server_cpu_micros)?,
            context_switches: over(&|round| round.server.context_switches)?,
        })
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = |spread: &Spread| format!("{:.0} [{:.0}-{:.0}]", spread.median, spread.min, spread.max);
        let fine = |spread: &Spread| format!("{:.2} [{:.2}-{:.2}]", spread.median, spread.min, spread.max);
        writeln!(
            out,
            "median [min-max]: server {}/s, base {}/s, ratio {}",
            whole(&self.server_rate),
            whole(&self.baseline_rate),
            fine(&self.ratio)
        )?;
        write!(
            out,
            "µs CPU an answer: server {}, base {}; context switches of the server an answer {}",
            fine(&self.server_cpu_micros),
            fine(&self.baseline_cpu_micros),
            fine(&self.context_switches)
        )
    }
}
