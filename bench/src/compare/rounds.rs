//! The figures of a scenario's rounds, and their lines.

use std::fmt;

use serde::Serialize;

use super::scenario::Scenario;
use crate::measured::Measured;
use crate::stats::{self, Spread};

/// One side's turn.
#[derive(Debug, Serialize)]
pub struct Turn {
    /// Name of the compared server.
    pub side: &'static str,
    /// What came of it.
    pub measured: Measured,
    /// Until the database had the turn's orders.
    pub drain_seconds: Option<f64>,
}

impl Turn {
    /// Its times in a few words.
    pub fn times(&self) -> String {
        let Self { side, measured, .. } = self;
        let latency = &measured.report.buy_latency;
        let unsent = if measured.report.unsent > 0 { format!(" ({} unsent)", measured.report.unsent) } else { String::new() };
        format!("{side}: p50 {:.2} p99 {:.2} p99.9 {:.2} ms{unsent}", latency.p50_ms, latency.p99_ms, latency.p999_ms)
    }
}

/// A turn of the server, then of each opponent.
#[derive(Debug, Serialize)]
pub struct Round {
    /// The server's first.
    pub turns: Vec<Turn>,
}

impl Round {
    /// The round in a line for each side.
    pub fn lines(&self, scenario: Scenario) -> Vec<String> {
        let line = |(place, turn): (usize, &Turn)| {
            let Turn { side, measured, drain_seconds } = turn;
            let latency = if scenario == Scenario::SoldOut { &measured.report.other_latency } else { &measured.report.buy_latency };
            let drained = drain_seconds.map_or(String::new(), |seconds| format!(", drained in {seconds:.1} s"));
            let ratio = if place > 0 { format!("   ratio {:.3}", self.ratio(scenario, place)) } else { String::new() };
            let errors = if measured.report.errors > 0 { format!("   ERRORS {:?}", measured.report.outcomes) } else { String::new() };
            format!(
                "{side:<12} {:>6.0}/s ({:.1} µs CPU + {:.1} stores, {:.2} switches, client {:.1}, p50 {:.1} p99 {:.1} ms{drained}){ratio}{errors}",
                scenario.rate(measured),
                measured.server_cpu_micros,
                measured.store_cpu_micros,
                measured.context_switches,
                measured.report.client_cpu_micros,
                latency.p50_ms,
                latency.p99_ms,
            )
        };
        self.turns.iter().enumerate().map(line).collect()
    }

    /// The server's rate by that of the side in this place.
    fn ratio(&self, scenario: Scenario, place: usize) -> f64 {
        scenario.rate(&self.turns[0].measured) / scenario.rate(&self.turns[place].measured)
    }
}

/// One side's medians and ranges over the rounds.
#[derive(Debug, Serialize)]
pub struct Line {
    /// Name of the compared server.
    pub side: &'static str,
    /// Buys a second; answers a second where not all buy.
    pub rate: Spread,
    /// The server's rate by this one's, of the same round; none for the server.
    pub ratio: Option<Spread>,
    /// CPU of its own an answer.
    pub server_cpu_micros: Spread,
    /// CPU of its stores an answer.
    pub store_cpu_micros: Spread,
    /// Context switches an answer.
    pub context_switches: Spread,
    /// Until the database had a turn's orders.
    pub drain_seconds: Option<Spread>,
}

/// All compared servers, side by side.
#[derive(Debug, Serialize)]
pub struct Summary {
    lines: Vec<Line>,
}

impl Summary {
    /// `None` without rounds.
    pub fn of(scenario: Scenario, rounds: &[Round]) -> Option<Self> {
        let line = |place: usize| {
            let over =
                |figure: &dyn Fn(&Turn) -> f64| stats::spread(&rounds.iter().map(|round| figure(&round.turns[place])).collect::<Vec<_>>());
            let ratios: Vec<f64> = rounds.iter().map(|round| round.ratio(scenario, place)).collect();
            let drains: Vec<f64> = rounds.iter().filter_map(|round| round.turns[place].drain_seconds).collect();
            Some(Line {
                side: rounds.first()?.turns[place].side,
                rate: over(&|turn| scenario.rate(&turn.measured))?,
                ratio: if place > 0 { stats::spread(&ratios) } else { None },
                server_cpu_micros: over(&|turn| turn.measured.server_cpu_micros)?,
                store_cpu_micros: over(&|turn| turn.measured.store_cpu_micros)?,
                context_switches: over(&|turn| turn.measured.context_switches)?,
                drain_seconds: stats::spread(&drains),
            })
        };
        let lines: Vec<Line> = (0..rounds.first()?.turns.len()).map(line).collect::<Option<_>>()?;
        Some(Self { lines })
    }

    /// The server's median rate.
    pub fn peak(&self) -> f64 {
        self.lines.first().map_or(0.0, |line| line.rate.median)
    }

    /// The median ratio to each opponent.
    pub fn ratios(&self) -> impl Iterator<Item = f64> {
        self.lines.iter().filter_map(|line| line.ratio.map(|ratio| ratio.median))
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = |spread: &Spread| format!("{:.0} [{:.0}-{:.0}]", spread.median, spread.min, spread.max);
        let fine = |spread: &Spread| format!("{:.2} [{:.2}-{:.2}]", spread.median, spread.min, spread.max);
        write!(out, "median [min-max] of the rounds:")?;
        for line in &self.lines {
            write!(out, "\n  {:<12} {}/s", line.side, whole(&line.rate))?;
            if let Some(ratio) = &line.ratio {
                write!(out, ", server ÷ it {}", fine(ratio))?;
            }
            write!(out, "; µs CPU an answer {} + stores {}", fine(&line.server_cpu_micros), fine(&line.store_cpu_micros))?;
            write!(out, ", {} switches", fine(&line.context_switches))?;
            if let Some(drain) = &line.drain_seconds {
                write!(out, ", drained in {} s", fine(drain))?;
            }
        }
        Ok(())
    }
}
