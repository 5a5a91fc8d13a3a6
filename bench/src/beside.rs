//! Journeys against the server and the same number of answers of the same size against the baseline, in turns: only ratios of the same round
//! mean something, because the speed of a machine drifts.

use std::sync::Arc;
use std::time::Duration;

use crate::error::{Error, Verdict};
use crate::journeys::{self, Client, Journey, Measurements, Plan, Request};
use crate::load::connection::ConnectionError;
use crate::load::pace::Pace;
use crate::load::shoppers::Shopper;
use crate::server_process::Process;
use crate::stats;

/// Journeys that show how large answers are.
const PROBES: u64 = 64;

/// How long, how often.
#[derive(Debug, Clone, Copy)]
pub struct Rounds {
    /// Rounds; the first is not counted when there are more.
    pub rounds: usize,
    /// Of each side in each round.
    pub seconds: f64,
    /// HTTP connections at a time.
    pub connections: usize,
}

/// Rates of both sides in each counted round.
#[derive(Debug, Default)]
pub struct Beside {
    ratios: Vec<f64>,
    ours: Vec<f64>,
    base: Vec<f64>,
}

impl Beside {
    /// Prints the ratio and says whether its median is at least `wanted`.
    pub fn judge(&self, name: &str, wanted: f64) -> Verdict {
        let spread = |values: &[f64]| stats::spread(values).map_or((0.0, 0.0, 0.0), |spread| (spread.median, spread.min, spread.max));
        let (ratio, low, high) = spread(&self.ratios);
        let holds = ratio >= wanted;
        println!(
            "  {} {name:<14} {ratio:.2} [{low:.2}–{high:.2}] of base, wanted {wanted:.2}: {:.0} of {:.0} journeys/s",
            if holds { "ok    " } else { "below " },
            spread(&self.ours).0,
            spread(&self.base).0
        );
        Verdict::of(holds)
    }
}

/// Walks `journey` against the server, and its shadow against the baseline, in turns.
///
/// # Errors
/// A refusal or a connection failure on either side: a ratio of such runs means nothing.
pub fn compare<J: Journey>(
    journey: &Arc<J>,
    server: &Process,
    baseline: &Process,
    shoppers: &Arc<Vec<Shopper>>,
    rounds: Rounds,
) -> Result<Beside, Error> {
    let plan = Plan {
        server: server.http,
        connections: rounds.connections,
        duration: Some(Duration::from_secs_f64(rounds.seconds)),
        first: 0,
        journeys: None,
        pace: Pace::Closed,
    };
    let probe = Plan { duration: None, journeys: Some(PROBES), connections: 1, ..plan };
    let mut next = PROBES;
    let seen = faultless(journeys::run(journey, probe, &Arc::default())?)?;
    let shadow = Arc::new(Shadow::of(&seen, shoppers));
    let mut beside = Beside::default();
    for round in 0..rounds.rounds {
        let ours = faultless(journeys::run(journey, Plan { first: next, ..plan }, &Arc::default())?)?;
        let base = faultless(journeys::run(&shadow, Plan { server: baseline.http, first: next, ..plan }, &Arc::default())?)?;
        next += ours.walked.max(base.walked) + rounds.connections as u64;
        if round == 0 && rounds.rounds > 1 {
            continue;
        }
        let rate = |measurements: &Measurements| measurements.walked as f64 / measurements.elapsed.as_secs_f64();
        beside.ours.push(rate(&ours));
        beside.base.push(rate(&base));
        beside.ratios.push(rate(&ours) / rate(&base));
    }
    Ok(beside)
}

fn faultless(measurements: Measurements) -> Result<Measurements, Error> {
    let refused = measurements.kinds.iter().any(|kind| kind.granted() != kind.count());
    if refused || measurements.connection_failures > 0 {
        return Err(Error::Unexpected(format!("answers other than those that are compared:\n{measurements}")));
    }
    Ok(measurements)
}

/// The same methods, tokens and answer sizes as another journey, without any state behind them.
struct Shadow {
    shoppers: Arc<Vec<Shopper>>,
    steps: Vec<Step>,
}

struct Step {
    path: String,
    is_post: bool,
    has_token: bool,
}

impl Shadow {
    fn of(seen: &Measurements, shoppers: &Arc<Vec<Shopper>>) -> Self {
        let steps = seen.kinds.iter().filter(|kind| kind.count() > 0).map(|kind| Step {
            path: format!("/v1/base/{}", kind.bytes / kind.count()),
            is_post: kind.is_post,
            has_token: kind.has_token,
        });
        Self { shoppers: Arc::clone(shoppers), steps: steps.collect() }
    }
}

impl Journey for Shadow {
    const KINDS: &'static [&'static str] = &["base"];

    async fn walk(&self, client: &mut Client, number: u64) -> Result<(), ConnectionError> {
        let token = &self.shoppers[number as usize % self.shoppers.len()].token;
        for step in &self.steps {
            let request = match step.is_post {
                true => Request::post(0, &step.path, token, None, "{\"quantity\": 1}"),
                false => Request::get(0, &step.path, step.has_token.then_some(token)),
            };
            client.ask(request).await?;
        }
        Ok(())
    }
}
