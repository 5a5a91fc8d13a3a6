//! `mall-bench sustain`: the rate that lasts. A rate lasts when, open loop, nothing of the schedule is left unsent and the database
//! falls no further behind; it is found by halving the interval and then proved for minutes.
//! - U1 base and server are measured in the same run, and only their ratio is a result.
//!
//! Not here: peaks (`compare`), memory (`soak`).

use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;

use crate::error::{Error, Verdict};
use crate::load::pace::Pace;
use crate::load::{Live, LoadPlan};
use crate::measured::{self, Measured};
use crate::server_process::{LIMIT_MAX, Process, STOCK_MAX, Seed, Setup};
use crate::stats;
use crate::testbed::{ModeOptions, PROJECTION_TIMEOUT, READY_TIMEOUT, TestBed, TestBedOptions};

const BISECTIONS: usize = 5;
/// A proof that fails is repeated this much lower.
const STEP_DOWN: f64 = 0.9;
const PROOFS_MAX: usize = 4;
/// A lag that grows by less than this share of the rate is flat: it moves by whole batches.
const FLAT_SHARE: f64 = 0.01;
/// A lag below this many seconds of the rate is flat, however it grows.
const FLAT_SECONDS: f64 = 2.0;
/// In a burst the projection lets records wait and then writes them at once, so the lag moves in teeth of some 15 seconds: a step of the
/// search has to see several of them in each quarter of its time.
const PROBE_SECONDS: u64 = 120;
const SAMPLE_INTERVAL: Duration = Duration::from_secs(1);

/// Options of `mall-bench sustain`.
#[derive(Debug, Args)]
pub struct Options {
    #[command(flatten)]
    testbed: TestBedOptions,
    #[command(flatten)]
    mode: ModeOptions,
    /// Minutes for which the rate has to last.
    #[arg(long, default_value_t = 10.0)]
    minutes: f64,
    /// Seconds of each step of the search.
    #[arg(long, default_value_t = PROBE_SECONDS)]
    probe_seconds: u64,
    /// Seconds of the burst, and of the base.
    #[arg(long, default_value_t = 10)]
    burst_seconds: u64,
    /// Start with this rate instead of a search.
    #[arg(long, conflicts_with = "share")]
    rate: Option<f64>,
    /// Start with this share of the base that was just measured instead of a search.
    #[arg(long)]
    share: Option<f64>,
    /// HTTP connections at a time.
    #[arg(long, default_value_t = 256)]
    connections: usize,
    /// Users that take turns buying.
    #[arg(long, default_value_t = 50_000)]
    users: u64,
    /// Items in the sale: together they need a piece for every purchase of the run.
    #[arg(long, default_value_t = 10)]
    items: u64,
    /// The share of base that has to last.
    #[arg(long, default_value_t = 0.35)]
    share_min: f64,
}

/// One rate, tried.
struct Trial {
    measured: Measured,
    lag: Vec<(f64, f64)>,
}

impl Trial {
    /// Growth of the lag from the third to the last quarter, each taken by its mean, in records a second.
    fn growth(&self) -> f64 {
        let half = &self.lag[self.lag.len() / 2..];
        let (before, last) = half.split_at(half.len() / 2);
        stats::step(before, last)
    }

    fn last_lag(&self) -> f64 {
        self.lag.last().map_or(0.0, |sample| sample.1)
    }

    fn lasts(&self, rate: f64) -> bool {
        let report = &self.measured.report;
        let kept_up = report.unsent as f64 <= rate * 0.001 * report.elapsed_seconds && report.errors == 0;
        kept_up && (self.growth() <= FLAT_SHARE * rate || self.last_lag() <= FLAT_SECONDS * rate)
    }

    fn line(&self, rate: f64) -> String {
        format!(
            "{rate:.0}/s: {} (sent {:.0}/s, p99 {:.1} ms, lag {:.0} records, growing by {:.0}/s, {} unsent)",
            if self.lasts(rate) { "lasts" } else { "does not last" },
            self.measured.report.answers_per_second,
            self.measured.report.buy_latency.p99_ms,
            self.last_lag(),
            self.growth(),
            self.measured.report.unsent,
        )
    }
}

/// Measures base, burst and drain, searches, proves. Holds when the proved rate is the wanted share of base.
pub fn run(options: &Options) -> Result<Verdict, Error> {
    let testbed =
        TestBed::fresh(&options.testbed, options.mode, Seed { stock: STOCK_MAX, limit: LIMIT_MAX, items: options.items }, options.users)?;
    let (server, _) = testbed.setup.start_ready(READY_TIMEOUT)?;
    let ids: Vec<u64> = testbed.setup.items()?.iter().map(|item| item.id).collect();
    let burst = Duration::from_secs(options.burst_seconds);
    let plan = measured::closed_loop(&server, &testbed.shoppers, &ids, options.connections, burst);

    let base_before = base(&plan)?;
    let peak = measured::run(&plan, &server)?.report.buys_per_second;
    let drain = testbed.setup.wait_projected(PROJECTION_TIMEOUT)?;
    println!("a burst of {burst:?} at {peak:.0} buys/s is in the database {:.2} s after its end", drain.as_secs_f64());

    let rate = match options.rate.or(options.share.map(|share| share * base_before)) {
        Some(rate) => rate,
        None => search(&plan, &server, &testbed.setup, peak, Duration::from_secs(options.probe_seconds))?,
    };
    let proved = prove(&plan, &server, &testbed.setup, rate, Duration::from_secs_f64(options.minutes * 60.0))?;
    let base_after = base(&plan)?;
    let verdict = judge(proved, (base_before + base_after) / 2.0, options);
    drop(server);
    testbed.finish(Verdict::Holds);
    Ok(verdict)
}

fn judge(proved: Option<f64>, base: f64, options: &Options) -> Verdict {
    match proved {
        Some(rate) => {
            println!("{rate:.0}/s lasted {} minutes: {:.3} of base ({base:.0}/s)", options.minutes, rate / base);
            Verdict::of(rate / base >= options.share_min)
        }
        None => {
            println!("no rate that was tried lasted {} minutes; base {base:.0}/s", options.minutes);
            Verdict::Broken
        }
    }
}

fn base(plan: &LoadPlan) -> Result<f64, Error> {
    let baseline = Process::baseline(None, crate::baseline::BODY_BYTES)?;
    let report = measured::run(&LoadPlan { server: baseline.http, ..plan.clone() }, &baseline)?.report;
    println!("base: {:.0}/s", report.answers_per_second);
    Ok(report.answers_per_second)
}

fn search(plan: &LoadPlan, server: &Process, setup: &Setup, peak: f64, seconds: Duration) -> Result<f64, Error> {
    let (mut low, mut high) = (0.0, peak);
    for _ in 0..BISECTIONS {
        let rate = (low + high) / 2.0;
        let trial = attempt(plan, server, setup, rate, seconds)?;
        println!("  {}", trial.line(rate));
        if trial.lasts(rate) { low = rate } else { high = rate }
    }
    Ok(if low > 0.0 { low } else { high / 2.0 })
}

fn prove(plan: &LoadPlan, server: &Process, setup: &Setup, rate: f64, seconds: Duration) -> Result<Option<f64>, Error> {
    let mut rate = rate;
    for _ in 0..PROOFS_MAX {
        println!("proof, {:.1} minutes:", seconds.as_secs_f64() / 60.0);
        let trial = attempt(plan, server, setup, rate, seconds)?;
        println!("  {}\n{}", trial.line(rate), trial.measured.report);
        if trial.lasts(rate) {
            return Ok(Some(rate));
        }
        rate *= STEP_DOWN;
    }
    Ok(None)
}

/// Loads with `rate` for `duration`, with the lag seen once a second; begins and ends with an up-to-date database.
fn attempt(plan: &LoadPlan, server: &Process, setup: &Setup, rate: f64, duration: Duration) -> Result<Trial, Error> {
    let plan = LoadPlan { pace: Pace::Open { per_second: rate }, duration: Some(duration), run: rand::random(), ..plan.clone() };
    let lag = std::cell::RefCell::new(Vec::new());
    let begin = Instant::now();
    let mut sampled = begin;
    let measured = measured::run_watched(&plan, server, &Arc::new(Live::default()), |_| {
        if sampled.elapsed() >= SAMPLE_INTERVAL {
            sampled = Instant::now();
            // A scrape that fails leaves a gap in the samples; the slope does not mind.
            if let Ok(records) = setup.lag() {
                lag.borrow_mut().push((begin.elapsed().as_secs_f64(), records));
            }
        }
    })?;
    setup.wait_projected(PROJECTION_TIMEOUT)?;
    let lag = lag.into_inner();
    if lag.is_empty() {
        return Err(Error::Unexpected("the projection's lag could not be read".to_owned()));
    }
    Ok(Trial { measured, lag })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::LoadResult;
    use crate::load::measurements::Measurements;
    use crate::process_cpu::CpuUse;
    use crate::report::Report;

    fn trial_of(report: Report, lag: Vec<(f64, f64)>) -> Trial {
        Trial { measured: Measured { report, server_cpu_micros: 0.0, store_cpu_micros: 0.0, context_switches: 0.0 }, lag }
    }

    fn report(unsent: u64) -> Report {
        let elapsed = Duration::from_secs(20);
        Report::of(&LoadResult { measurements: Measurements::new().unwrap(), elapsed, unsent, client_cpu: CpuUse::default() })
    }

    fn lag(per_second: f64, level: f64) -> Vec<(f64, f64)> {
        (0..20).map(|second| (f64::from(second), level + per_second * f64::from(second))).collect()
    }

    #[test]
    fn a_rate_lasts_when_it_is_sent_and_the_lag_stays() {
        assert!(trial_of(report(0), lag(0.0, 500.0)).lasts(10_000.0));
        assert!(trial_of(report(0), lag(50.0, 100_000.0)).lasts(10_000.0));
        assert!(!trial_of(report(0), lag(5_000.0, 0.0)).lasts(10_000.0));
        assert!(!trial_of(report(5_000), lag(0.0, 0.0)).lasts(10_000.0));
    }

    #[test]
    fn teeth_of_one_height_are_flat_and_growing_ones_are_not() {
        let teeth =
            |growth: f64| (0..600).map(move |second| (f64::from(second), f64::from(second % 16) * 30_000.0 + growth * f64::from(second)));
        assert!(trial_of(report(0), teeth(0.0).collect()).lasts(33_000.0));
        assert!(!trial_of(report(0), teeth(700.0).collect()).lasts(33_000.0));
    }
}
