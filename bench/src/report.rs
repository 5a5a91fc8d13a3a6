//! The figures of a run, for people and as JSON.
//! Not here: counting (`load::measurements`).

use std::collections::BTreeMap;
use std::fmt;

use hdrhistogram::Histogram;
use serde::Serialize;

use crate::load::LoadResult;
use crate::load::measurements::Outcome;

/// Milliseconds at the percentiles that matter.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Percentiles {
    /// How many answers were timed.
    pub count: u64,
    /// Half were faster.
    pub p50_ms: f64,
    /// 90 of 100.
    pub p90_ms: f64,
    /// 99 of 100.
    pub p99_ms: f64,
    /// 999 of 1,000.
    pub p999_ms: f64,
    /// Milliseconds of the slowest answer.
    pub max_ms: f64,
}

impl Percentiles {
    /// Of times in microseconds.
    pub fn of(micros: &Histogram<u64>) -> Self {
        let at = |quantile| micros.value_at_quantile(quantile) as f64 / 1000.0;
        if micros.is_empty() {
            return Self::default();
        }
        Self {
            count: micros.len(),
            p50_ms: at(0.5),
            p90_ms: at(0.9),
            p99_ms: at(0.99),
            p999_ms: at(0.999),
            max_ms: micros.max() as f64 / 1000.0,
        }
    }
}

/// What a run is judged by.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// From the first purchase to the last answer.
    pub elapsed_seconds: f64,
    /// Answers, yes or no.
    pub answers: u64,
    /// Answers a second.
    pub answers_per_second: f64,
    /// Orders that were placed.
    pub buys: u64,
    /// New orders a second; each was durable when it was told.
    pub buys_per_second: f64,
    /// Purchases by outcome; those that did not happen are left out.
    pub outcomes: BTreeMap<&'static str, u64>,
    /// What must not happen in a run without faults.
    pub errors: u64,
    /// Purchases of the schedule that were never sent.
    pub unsent: u64,
    /// Connections that broke or could not be opened.
    pub connection_failures: u64,
    /// 503 answers met with another try, by code.
    pub retried: BTreeMap<&'static str, u64>,
    /// Times of new orders.
    pub buy_latency: Percentiles,
    /// Times of all other answers.
    pub other_latency: Percentiles,
    /// Microseconds of CPU that the client used a purchase.
    pub client_cpu_micros: f64,
}

impl Report {
    /// Of one run.
    pub fn of(result: &LoadResult) -> Self {
        let measurements = &result.measurements;
        let seconds = result.elapsed.as_secs_f64();
        let per_second = |count: u64| if seconds > 0.0 { count as f64 / seconds } else { 0.0 };
        let (answers, buys) = (measurements.count_where(Outcome::is_answer), measurements.count_where(Outcome::is_buy));
        let by_name = |count: &dyn Fn(Outcome) -> u64| {
            Outcome::ALL.iter().map(|outcome| (outcome.name(), count(*outcome))).filter(|(_, count)| *count > 0).collect()
        };
        Self {
            elapsed_seconds: seconds,
            answers,
            answers_per_second: per_second(answers),
            buys,
            buys_per_second: per_second(buys),
            outcomes: by_name(&|outcome| measurements.count(outcome)),
            errors: measurements.count_where(Outcome::is_error),
            unsent: result.unsent,
            connection_failures: measurements.connection_failures,
            retried: by_name(&|outcome| measurements.retried(outcome)),
            buy_latency: Percentiles::of(&measurements.buys),
            other_latency: Percentiles::of(&measurements.others),
            client_cpu_micros: result.client_cpu.micros_per_request(measurements.count_where(|_| true)),
        }
    }
}

impl fmt::Display for Percentiles {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { count, p50_ms, p90_ms, p99_ms, p999_ms, max_ms } = self;
        write!(out, "{count:>9} answers   p50 {p50_ms:.2}   p90 {p90_ms:.2}   p99 {p99_ms:.2}   p99.9 {p999_ms:.2}   max {max_ms:.2} ms")
    }
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            out,
            "{:.2} s: {:.0} answers/s, {:.0} durable buys/s, client {:.1} µs CPU a purchase",
            self.elapsed_seconds, self.answers_per_second, self.buys_per_second, self.client_cpu_micros
        )?;
        for (name, count) in &self.outcomes {
            writeln!(out, "  {name:<20} {count:>10}")?;
        }
        for (name, count) in &self.retried {
            writeln!(out, "  {:<20} {count:>10}", format!("{name}, asked again"))?;
        }
        for (name, count) in [("connection failures", self.connection_failures), ("never sent", self.unsent)] {
            if count > 0 {
                writeln!(out, "  {name:<20} {count:>10}")?;
            }
        }
        writeln!(out, "  buys   {}", self.buy_latency)?;
        write!(out, "  others {}", self.other_latency)
    }
}
