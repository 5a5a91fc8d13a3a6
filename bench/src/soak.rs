//! `mall-bench soak`: a steady rate for minutes, and the server's memory each second.
//! Memory is flat when, over the second half, it grows by no more than `--growth-max` of itself.
//! Orders are left unpaid and close by themselves after `--pay-window` seconds, so that what is open reaches a level.

use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;

use crate::arena::{Arena, ArenaOptions, ModeOptions, PROJECTION_TIMEOUT, READY_TIMEOUT};
use crate::error::{Attempt as _, Error, Verdict};
use crate::load::pace::Pace;
use crate::load::{Live, LoadPlan};
use crate::server_process::{LIMIT_MAX, STOCK_MAX, Seed};
use crate::{measured, process_cpu, stats};

const SAMPLE_INTERVAL: Duration = Duration::from_secs(1);
const MEBIBYTE: f64 = 1024.0 * 1024.0;

/// Options of `mall-bench soak`.
#[derive(Debug, Args)]
pub struct Options {
    #[command(flatten)]
    arena: ArenaOptions,
    #[command(flatten)]
    mode: ModeOptions,
    /// Purchases a second: half of what `sustain` found.
    #[arg(long)]
    rate: f64,
    /// How long.
    #[arg(long, default_value_t = 10.0)]
    minutes: f64,
    /// Seconds after which an unpaid order closes.
    #[arg(long, default_value_t = 30)]
    pay_window: u64,
    /// Items in the sale.
    #[arg(long, default_value_t = 1)]
    items: u64,
    /// Connections.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// Users.
    #[arg(long, default_value_t = 50_000)]
    users: u64,
    /// Allowed growth over the second half, as a share.
    #[arg(long, default_value_t = 0.05)]
    growth_max: f64,
}

/// Loads, watches, judges.
pub fn run(options: &Options) -> Result<Verdict, Error> {
    let mut arena =
        Arena::fresh(&options.arena, options.mode, Seed { stock: STOCK_MAX, limit: LIMIT_MAX, items: options.items }, options.users)?;
    arena.setup.set("FLASH_PAY_WINDOW_SECONDS", &options.pay_window.to_string());
    let (server, _) = arena.setup.start_ready(READY_TIMEOUT)?;
    let ids: Vec<u64> = arena.setup.items()?.iter().map(|item| item.id).collect();
    let resident = || process_cpu::resident_bytes(server.pid()).attempt(|| "read the server's memory".to_owned());
    let empty = resident()?;
    let duration = Duration::from_secs_f64(options.minutes * 60.0);
    let plan = measured::closed_loop(&server, &arena.shoppers, &ids, options.connections, duration);
    let plan = LoadPlan { pace: Pace::Open { per_second: options.rate }, ..plan };
    let begin = Instant::now();
    let mut sampled = begin;
    let mut samples = Vec::new();
    let measured = measured::run_watched(&plan, &server, &Arc::new(Live::default()), |_| {
        if sampled.elapsed() >= SAMPLE_INTERVAL {
            sampled = Instant::now();
            if let Ok(bytes) = resident() {
                samples.push((begin.elapsed().as_secs_f64(), bytes as f64));
            }
        }
    })?;
    println!("{}", measured.report);
    arena.setup.wait_projected(PROJECTION_TIMEOUT)?;
    let verdict = judge(&samples, empty, measured.report.buys, options.growth_max);
    drop(server);
    arena.finish(Verdict::Holds);
    Ok(verdict)
}

fn judge(samples: &[(f64, f64)], empty: u64, buys: u64, growth_max: f64) -> Verdict {
    let half = &samples[samples.len() / 2..];
    let (Some(first), Some(last)) = (half.first(), half.last()) else {
        println!("the run was too short to see memory");
        return Verdict::Broken;
    };
    let slope = stats::slope(half);
    let growth = slope * (last.0 - first.0) / first.1;
    println!(
        "memory: {:.1} MiB before, {:.1} MiB at the end; over the second half {:.0} bytes/s, {:.2} %; {:.0} bytes a purchase over all",
        empty as f64 / MEBIBYTE,
        last.1 / MEBIBYTE,
        slope,
        100.0 * growth,
        (last.1 - empty as f64) / buys.max(1) as f64,
    );
    Verdict::of(growth <= growth_max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_that_reaches_a_level_is_flat() {
        let rising = |seconds: i32| f64::from(seconds.min(40)) * 1e6 + 50e6;
        let samples: Vec<(f64, f64)> = (0..100).map(|second| (f64::from(second), rising(second))).collect();
        assert_eq!(judge(&samples, 50_000_000, 1, 0.05), Verdict::Holds);
        assert_eq!(judge(&samples[..40], 50_000_000, 1, 0.05), Verdict::Broken);
        assert_eq!(judge(&[], 0, 0, 0.05), Verdict::Broken);
    }
}
