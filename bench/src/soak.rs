//! `mall-bench soak`: sales at a steady rate for minutes, one after another, and the server's memory each second.
//! Who bought what is remembered for as long as its sale lasts, so memory follows each sale up and falls back after it. It is flat when,
//! over the second half of the sales, the most that each one takes grows by no more than `--growth-max` of itself.
//! Orders are left unpaid and close by themselves after `--pay-window` seconds.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use clap::Args;
use mallcore::platform::rfc3339::Rfc3339;
use mallcore_actors::time::Timestamp;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};

use crate::error::{Attempt as _, Error, Verdict};
use crate::load::pace::Pace;
use crate::load::{Live, LoadPlan};
use crate::server_process::{LIMIT_MAX, STOCK_MAX, Seed};
use crate::testbed::{ModeOptions, PROJECTION_TIMEOUT, READY_TIMEOUT, TestBed, TestBedOptions};
use crate::{measured, process_cpu, stats};

const SAMPLE_INTERVAL: Duration = Duration::from_secs(1);
const MEBIBYTE: f64 = 1024.0 * 1024.0;
/// Before the first sale: the server starts meanwhile.
const LEAD: Duration = Duration::from_secs(10);
/// Nobody buys in the last moments of a sale, lest the end be met by half of the shoppers.
const EARLY: Duration = Duration::from_secs(1);
/// More pieces than a sale sells at the rate that is asked for.
const QUOTA_SHARE: f64 = 1.5;

/// Options of `mall-bench soak`.
#[derive(Debug, Args)]
pub struct Options {
    #[command(flatten)]
    testbed: TestBedOptions,
    /// Purchases a second: half of what `sustain` found.
    #[arg(long)]
    rate: f64,
    /// How long the load lasts, in minutes.
    #[arg(long, default_value_t = 10.0)]
    minutes: f64,
    /// Seconds of each sale.
    #[arg(long, default_value_t = 30)]
    sale_seconds: u64,
    /// Seconds after which an unpaid order closes.
    #[arg(long, default_value_t = 10)]
    pay_window: u64,
    /// HTTP connections at a time.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// Users that take turns buying.
    #[arg(long, default_value_t = 50_000)]
    users: u64,
    /// Allowed growth over the second half, as a share.
    #[arg(long, default_value_t = 0.05)]
    growth_max: f64,
}

/// One sale to come.
struct Sale {
    item: u64,
    starts_at: Duration,
    ends_at: Duration,
}

/// Loads, watches, judges.
pub fn run(options: &Options) -> Result<Verdict, Error> {
    let mut testbed = TestBed::fresh(&options.testbed, ModeOptions::default(), Seed { stock: 1, limit: 1, items: 1 }, options.users)?;
    testbed.setup.set("FLASH_PAY_WINDOW_SECONDS", &options.pay_window.to_string());
    let sales = plan_sales(options, &testbed)?;
    let (server, _) = testbed.setup.start_ready(READY_TIMEOUT)?;
    let resident = || process_cpu::resident_bytes(server.pid()).attempt(|| "read the server's memory".to_owned());
    let empty = resident()?;
    let begin = Instant::now();
    let (mut peaks, mut buys) = (Vec::new(), 0);
    for (number, sale) in sales.iter().enumerate() {
        std::thread::sleep(sale.starts_at.saturating_sub(now()));
        let plan = measured::closed_loop(
            &server,
            &testbed.shoppers,
            &[sale.item],
            options.connections,
            sale.ends_at.saturating_sub(now() + EARLY),
        );
        let plan = LoadPlan { pace: Pace::Open { per_second: options.rate }, ..plan };
        let (mut sampled, mut peak) = (Instant::now(), 0);
        let measured = measured::run_watched(&plan, &server, &Arc::new(Live::default()), |_| {
            if sampled.elapsed() >= SAMPLE_INTERVAL {
                sampled = Instant::now();
                peak = peak.max(resident().unwrap_or(0));
            }
        })?;
        let report = &measured.report;
        println!(
            "sale {}: {:.0} buys/s, p99 {:.1} ms, {} errors, at most {:.1} MiB",
            number + 1,
            report.buys_per_second,
            report.buy_latency.p99_ms,
            report.errors,
            peak as f64 / MEBIBYTE
        );
        peaks.push((begin.elapsed().as_secs_f64(), peak as f64));
        buys += report.buys;
    }
    testbed.setup.wait_projected(PROJECTION_TIMEOUT)?;
    let verdict = judge(&peaks, empty, buys, options.growth_max);
    drop(server);
    testbed.finish(Verdict::Holds);
    Ok(verdict)
}

/// Sales one after another, each of a SKU of its own with pieces enough.
fn plan_sales(options: &Options, testbed: &TestBed) -> Result<Vec<Sale>, Error> {
    let length = Duration::from_secs(options.sale_seconds);
    let count = (options.minutes * 60.0 / length.as_secs_f64()).ceil().max(1.0) as u32;
    let skus = stock_up(testbed, count)?;
    let quota = (options.rate * length.as_secs_f64() * QUOTA_SHARE).ceil().min(STOCK_MAX as f64) as u64;
    // Each sale is put down by a process of its own.
    let first = now() + LEAD + Duration::from_millis(300) * count;
    let mut sales = Vec::with_capacity(skus.len());
    for (number, sku) in (0..).zip(skus) {
        let (starts_at, ends_at) = (first + length * number, first + length * (number + 1));
        let moment = |at: Duration| Rfc3339::from(Timestamp::from_millis(u64::try_from(at.as_millis()).unwrap_or(u64::MAX))).to_string();
        let values = [
            ("--name", format!("soak {}", number + 1)),
            ("--sku", sku.to_string()),
            ("--quota", quota.to_string()),
            ("--limit", LIMIT_MAX.to_string()),
            ("--price-fen", "100".to_owned()),
            ("--starts-at", moment(starts_at)),
            ("--ends-at", moment(ends_at)),
        ];
        let create = ["seckill".to_owned(), "create".to_owned()];
        testbed
            .setup
            .run(&create.into_iter().chain(values.into_iter().flat_map(|(name, value)| [name.to_owned(), value])).collect::<Vec<_>>())?;
        sales.push(Sale { item: item_of(testbed, sku)?, starts_at, ends_at });
    }
    Ok(sales)
}

/// Gives so many SKUs that are in no sale all the pieces there may be; their ids. The server has not seen this database yet.
fn stock_up(testbed: &TestBed, count: u32) -> Result<Vec<i64>, Error> {
    on_database(testbed, async |database| {
        let free = "SELECT id FROM skus WHERE id NOT IN (SELECT sku_id FROM seckill_items) ORDER BY id LIMIT ?";
        let skus: Vec<i64> = sqlx::query_scalar(free).bind(count).fetch_all(&mut *database).await?;
        for sku in &skus {
            sqlx::query("UPDATE skus SET available = ? WHERE id = ?").bind(STOCK_MAX as i64).bind(sku).execute(&mut *database).await?;
        }
        let sums = "UPDATE products SET stock = (SELECT SUM(available) FROM skus WHERE product_id = products.id) WHERE id IN (SELECT product_id FROM skus)";
        sqlx::query(sums).execute(&mut *database).await?;
        Ok(skus)
    })
}

fn item_of(testbed: &TestBed, sku: i64) -> Result<u64, Error> {
    let id: i64 = on_database(testbed, async |database| {
        Ok(sqlx::query_scalar("SELECT id FROM seckill_items WHERE sku_id = ?").bind(sku).fetch_one(database).await?)
    })?;
    u64::try_from(id).map_err(|cause| Error::Unexpected(cause.to_string()))
}

fn on_database<T>(testbed: &TestBed, work: impl AsyncFnOnce(&mut sqlx::SqliteConnection) -> Result<T, Error>) -> Result<T, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().attempt(|| "start a runtime".to_owned())?;
    runtime.block_on(async {
        let mut database = SqliteConnectOptions::new().filename(testbed.database()).busy_timeout(Duration::from_secs(5)).connect().await?;
        let done = work(&mut database).await?;
        database.close().await?;
        Ok(done)
    })
}

/// Since 1970: sales have hours.
fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

fn judge(peaks: &[(f64, f64)], empty: u64, buys: u64, growth_max: f64) -> Verdict {
    let half = &peaks[peaks.len() / 2..];
    let (Some(first), Some(last)) = (half.first(), half.last()) else {
        println!("the run was too short to see memory");
        return Verdict::Broken;
    };
    let growth = stats::slope(half) * (last.0 - first.0) / first.1;
    println!(
        "memory: {:.1} MiB before, {:.1} MiB at most in the last sale; over the second half the most of each sale grew by {:.2} %; {buys} buys",
        empty as f64 / MEBIBYTE,
        last.1 / MEBIBYTE,
        100.0 * growth,
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
