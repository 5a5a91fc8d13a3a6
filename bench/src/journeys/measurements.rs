//! Answers of journeys, by kind of request: counts by status and problem code, and times.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use hdrhistogram::{CreationError, Histogram};

use super::Request;
use crate::report::Percentiles;

/// The longest time that is told apart.
const LATENCY_MICROS_MAX: u64 = 120_000_000;
const SIGNIFICANT_DIGITS: u8 = 3;

/// One kind of request.
pub struct Kind {
    /// Its name in reports.
    pub name: &'static str,
    /// Answers by status, and problem code where there is one.
    pub answers: BTreeMap<String, u64>,
    /// Bytes of all bodies.
    pub bytes: u64,
    /// Whether it was asked with POST.
    pub is_post: bool,
    /// Whether it was asked with a token.
    pub has_token: bool,
    times: Histogram<u64>,
}

impl Kind {
    /// Answers of any class.
    pub fn count(&self) -> u64 {
        self.times.len()
    }

    /// Answers with this status, or status and code as in `"503 lag_shed"`.
    pub fn answered(&self, class: &str) -> u64 {
        self.answers.get(class).copied().unwrap_or_default()
    }

    /// Answers with a status below 400.
    pub fn granted(&self) -> u64 {
        self.answers.iter().filter(|(class, _)| class.starts_with(['2', '3'])).map(|(_, count)| count).sum()
    }

    /// Times of all answers.
    pub fn times(&self) -> Percentiles {
        Percentiles::of(&self.times)
    }
}

/// What a run brought home.
pub struct Measurements {
    /// By kind, in the journey's order.
    pub kinds: Vec<Kind>,
    /// Connections that could not be opened or broke.
    pub connection_failures: u64,
    /// Journeys that ended without a connection failure.
    pub walked: u64,
    /// Journeys of the schedule that never began.
    pub unsent: u64,
    /// From the start to the last answer.
    pub elapsed: Duration,
}

impl Measurements {
    pub(super) fn new(names: &[&'static str]) -> Result<Self, CreationError> {
        let kind = |name: &&'static str| {
            let times = Histogram::new_with_bounds(1, LATENCY_MICROS_MAX, SIGNIFICANT_DIGITS)?;
            Ok(Kind { name, answers: BTreeMap::new(), bytes: 0, is_post: false, has_token: false, times })
        };
        let kinds = names.iter().map(kind).collect::<Result<_, CreationError>>()?;
        Ok(Self { kinds, connection_failures: 0, walked: 0, unsent: 0, elapsed: Duration::ZERO })
    }

    pub(super) fn record(&mut self, request: &Request<'_>, status: u16, code: Option<&str>, bytes: usize, latency: Duration) {
        let kind = &mut self.kinds[request.kind];
        kind.bytes += bytes as u64;
        kind.is_post = request.method == "POST";
        kind.has_token = request.token.is_some();
        kind.times.saturating_record(u64::try_from(latency.as_micros()).unwrap_or(LATENCY_MICROS_MAX));
        let class = code.map_or_else(|| status.to_string(), |code| format!("{status} {code}"));
        *kind.answers.entry(class).or_default() += 1;
    }

    /// All answers of a second.
    pub fn per_second(&self) -> f64 {
        self.kinds.iter().map(Kind::count).sum::<u64>() as f64 / self.elapsed.as_secs_f64().max(1e-9)
    }
}

impl fmt::Display for Measurements {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:.2} s: {:.0} answers/s", self.elapsed.as_secs_f64(), self.per_second())?;
        for kind in self.kinds.iter().filter(|kind| kind.count() > 0) {
            write!(out, "\n  {:<12} {}  ", kind.name, kind.times())?;
            for (class, count) in &kind.answers {
                write!(out, " {class}: {count}")?;
            }
        }
        for (name, count) in [("connection failures", self.connection_failures), ("never begun", self.unsent)] {
            if count > 0 {
                write!(out, "\n  {name:<20} {count}")?;
            }
        }
        Ok(())
    }
}
