//! `mall-bench drill cart-lag`: the tables of the carts are locked for writers while a sale runs and carts are filled.
//! - G1 no purchase is refused or shed for it.
//! - G2 once the carts' lag budget is spent, changes of carts are told to come again (`lag_shed` or `lag_full`, with Retry-After).
//! - G3 when the lock is gone everything catches up, and changes of carts are taken again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use clap::Args;
use sqlx::{Connection as _, Executor as _, MySqlConnection};

use super::sale::Sale;
use crate::checks::Checks;
use crate::error::{Error, Verdict};
use crate::journeys::{self, Client, Journey, Plan, Progress, Request};
use crate::load::connection::ConnectionError;
use crate::load::pace::Pace;
use crate::load::shoppers::Shopper;
use crate::load::{LoadError, LoadPlan};
use crate::server_process::{LIMIT_MAX, STOCK_MAX, Seed};
use crate::testbed::{Mode, PROJECTION_TIMEOUT, READY_TIMEOUT, Reach, TestBed, TestBedOptions};
use crate::{fetch, measured};

const AGAIN_AFTER: Duration = Duration::from_millis(100);

/// Options of `mall-bench drill cart-lag`.
#[derive(Debug, Args)]
pub struct Options {
    #[command(flatten)]
    testbed: TestBedOptions,
    /// Seconds for which the tables of the carts are locked.
    #[arg(long, default_value_t = 300)]
    seconds: u64,
    /// Purchases a second; without it, half of what a closed loop of ten seconds reaches.
    #[arg(long)]
    purchases_per_second: Option<f64>,
    /// Changes of carts a second.
    #[arg(long, default_value_t = 500.0)]
    changes_per_second: f64,
    /// `LAG_DATABASE_RECORDS_MAX`: records that a projection may be behind; at three quarters of it shedding begins.
    #[arg(long, default_value_t = 5_000_000)]
    lag_records_max: u64,
    /// Users that take turns.
    #[arg(long, default_value_t = 10_000)]
    users: u64,
    /// Connections of the sale.
    #[arg(long, default_value_t = 128)]
    connections: usize,
}

/// Locks, sells, unlocks, waits, reconciles.
pub fn run(options: &Options) -> Result<Verdict, Error> {
    let mut checks = Checks::default();
    let seed = Seed { stock: STOCK_MAX, limit: LIMIT_MAX, items: 4 };
    let mut testbed = TestBed::reaching(&options.testbed, Mode::Full, Reach::Directly, seed, options.users)?;
    testbed.setup.set("LAG_DATABASE_RECORDS_MAX", &options.lag_records_max.to_string());
    let (server, _) = testbed.setup.start_ready(READY_TIMEOUT)?;
    let ids: Vec<u64> = testbed.setup.items()?.iter().map(|item| item.id).collect();
    let probe = measured::closed_loop(&server, &testbed.shoppers, &ids, options.connections, Duration::from_secs(10));
    let probe = LoadPlan { ack_file: Some(testbed.acks()), ..probe };
    let per_second = match options.purchases_per_second {
        Some(per_second) => per_second,
        None => measured::run(&probe, &server)?.report.buys_per_second / 2.0,
    };
    testbed.setup.wait_projected(PROJECTION_TIMEOUT)?;

    let runtime = crate::runtime()?;
    let mut lock = runtime.block_on(async {
        let mut connection = MySqlConnection::connect(testbed.database()).await?;
        connection.execute("LOCK TABLES carts READ, cart_items READ, cart_requests READ").await?;
        Ok::<_, sqlx::Error>(connection)
    })?;
    let duration = Duration::from_secs(options.seconds);
    println!(
        "  carts locked for {} s under {per_second:.0} purchases/s and {:.0} changes of carts/s",
        options.seconds, options.changes_per_second
    );
    let sale = Sale::begin(&LoadPlan { duration: Some(duration), pace: Pace::Open { per_second }, ..probe });
    let changes = Arc::new(Changes::new(&testbed.shoppers));
    let plan = Plan {
        server: testbed.setup.http(),
        connections: 32,
        duration: Some(duration),
        first: 0,
        journeys: None,
        pace: Pace::Open { per_second: options.changes_per_second },
    };
    let progress = Arc::new(Progress::default());
    let carts = {
        let (changes, progress) = (Arc::clone(&changes), Arc::clone(&progress));
        std::thread::spawn(move || journeys::run(&changes, plan, &progress))
    };
    let mut worst = 0.0_f64;
    let mut readiness = (200, String::new());
    let begin = Instant::now();
    while begin.elapsed() < duration {
        std::thread::sleep(Duration::from_secs(1));
        worst = testbed.setup.lags()?.iter().filter(|(name, _)| name.contains("carts")).map(|(_, lag)| *lag).fold(worst, f64::max);
        readiness = testbed.setup.ready().unwrap_or(readiness);
    }
    let carts = carts.join().map_err(|_| LoadError::Panicked)??;
    let report = sale.finish()?;
    println!("{report}\n{carts}\n  most records that carts were behind: {worst:.0}; readiness: {}", readiness.0);
    let kept_waiting: u64 = ["lag_shed", "lag_full"].iter().filter_map(|code| report.outcomes.get(code)).sum();
    let refused = report.answers - report.buys;
    checks.check("G1 no purchase is shed", kept_waiting == 0, format!("{kept_waiting} of {}", report.answers));
    checks.check(
        "G1 every purchase is taken",
        refused == 0 && report.errors == 0,
        format!("{refused} refused, {} errors, {} unsent", report.errors, report.unsent),
    );
    checks.check("G1 readiness stays 200", readiness.0 == 200, readiness.0);
    let shed: u64 = ["503 lag_shed", "503 lag_full"].iter().map(|class| carts.kinds[0].answered(class)).sum();
    checks.check("G2 changes of carts are told to come again", shed > 0, format!("{shed} of {}", carts.kinds[0].count()));
    let unheaded = changes.without_retry_after.load(Ordering::Relaxed);
    checks.check("G2 with Retry-After", unheaded == 0, format!("{unheaded} without"));

    runtime.block_on(async {
        lock.execute("UNLOCK TABLES").await?;
        lock.close().await
    })?;
    let caught_up = testbed.setup.wait_projected(PROJECTION_TIMEOUT)?;
    println!("  caught up {:.1} s after the lock was gone", caught_up.as_secs_f64());
    let plan = Plan { duration: None, journeys: Some(200), pace: Pace::Closed, ..plan };
    let after = journeys::run(&changes, plan, &Arc::default())?;
    checks.check("G3 changes of carts are taken again", after.kinds[0].granted() == 200, format!("{} of 200", after.kinds[0].granted()));
    super::reconcile(&testbed, None, 0, None, None, &mut checks)?;
    server.stop()?;
    let verdict = checks.verdict();
    testbed.finish(verdict);
    Ok(verdict)
}

/// Shoppers who add a piece each.
struct Changes {
    shoppers: Arc<Vec<Shopper>>,
    run: u32,
    without_retry_after: AtomicU64,
    looked: AtomicU64,
}

impl Changes {
    fn new(shoppers: &Arc<Vec<Shopper>>) -> Self {
        Self { shoppers: Arc::clone(shoppers), run: rand::random(), without_retry_after: AtomicU64::new(0), looked: AtomicU64::new(0) }
    }

    /// Asks once more over a connection of its own, to see the headers too.
    fn look_at_headers(&self, server: std::net::SocketAddr, shopper: &Shopper) {
        let body = "{\"sku_id\":1}";
        let request = format!(
            "POST /v1/cart/add HTTP/1.0\r\nHost: {server}\r\nAuthorization: Bearer {}\r\nIdempotency-Key: head-{}\r\nContent-Length: {}\r\n\r\n{body}",
            shopper.token,
            rand::random::<u64>(),
            body.len()
        );
        if let Ok(head) = fetch::head(server, &request)
            && head.starts_with("HTTP/1.1 503")
            && !head.to_ascii_lowercase().contains("\r\nretry-after: ")
        {
            self.without_retry_after.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Answers whose headers are looked at.
const LOOKED_MAX: u64 = 20;

impl Journey for Changes {
    const KINDS: &'static [&'static str] = &["cart add"];

    async fn walk(&self, client: &mut Client, number: u64) -> Result<(), ConnectionError> {
        let shopper = &self.shoppers[number as usize % self.shoppers.len()];
        let (key, body) = (format!("{:08x}-{number}", self.run), format!("{{\"sku_id\":{}}}", number % 97 + 1));
        let (status, _) = client.ask(Request::post(0, "/v1/cart/add", &shopper.token, Some(&key), &body)).await?;
        if status == 503 {
            if self.looked.fetch_add(1, Ordering::Relaxed) < LOOKED_MAX {
                self.look_at_headers(client.server(), shopper);
            }
            tokio::time::sleep(AGAIN_AFTER).await;
        }
        Ok(())
    }
}
