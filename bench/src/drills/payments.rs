//! `mall-bench drill payments`: very many orders are paid through the sandbox of WeChat Pay, whose notifications are repeated, late, lost and
//! corrupted, while the server is killed in the middle. The sandbox's own ledger is the other side of the books.
//! - M1 every order that was paid there is paid here, once; every other one is closed.
//! - M2 money in less money out by the sandbox's ledger is what the orders here have kept, to the fen.
//!
//! The sandbox runs in the server's process and dies with it; its ledger is what it begins with again.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::{Value, json};

use crate::checks::Checks;
use crate::error::{Attempt as _, Error, Verdict};
use crate::fetch;
use crate::load::shoppers::Shopper;
use crate::ports;
use crate::reconcile;
use crate::server_process::{LIMIT_MAX, Seed};
use crate::testbed::{ModeOptions, PROJECTION_TIMEOUT, READY_TIMEOUT, TestBed, TestBedOptions};

/// Shoppers whom the demo shop has, with an openid each.
const SHOPPERS: u64 = 50;
/// Whoever is told to come again, or finds nobody there, does so after this long.
const AGAIN_AFTER: Duration = Duration::from_millis(100);
/// Everything is over by then.
const SETTLED_WITHIN: Duration = Duration::from_secs(600);
/// One order in so many is never paid.
const ABANDONED_EVERY: u64 = 20;

/// Options of `mall-bench drill payments`.
#[derive(Debug, Args)]
pub struct Options {
    #[command(flatten)]
    testbed: TestBedOptions,
    #[command(flatten)]
    mode: ModeOptions,
    /// Orders; one in twenty is abandoned.
    #[arg(long, default_value_t = 10_000)]
    orders: u64,
    /// Shoppers who order and pay at the same time.
    #[arg(long, default_value_t = 16)]
    shoppers: usize,
    /// Seconds in which an order has to be paid; late notifications come after that.
    #[arg(long, default_value_t = 30)]
    pay_window: u64,
    /// Where the draws of the sandbox's faults begin.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// The shop, its sandbox, and who is in them.
struct Street {
    shop: SocketAddr,
    sandbox: SocketAddr,
    shoppers: Arc<Vec<Shopper>>,
    item: u64,
    next: AtomicU64,
    orders: u64,
    paid: AtomicU64,
}

impl Street {
    /// Asks until there is an answer other than "later": its status and body.
    fn ask(&self, server: SocketAddr, method: &str, path: &str, token: Option<&str>, key: Option<&str>, body: &str) -> (u16, Value) {
        let token = token.map_or(String::new(), |token| format!("Authorization: Bearer {token}\r\n"));
        let key = key.map_or(String::new(), |key| format!("Idempotency-Key: {key}\r\n"));
        let head = format!("{method} {path} HTTP/1.0\r\nHost: {server}\r\n{token}{key}");
        let request = format!("{head}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        loop {
            match fetch::exchange(server, &request) {
                Ok((status, body)) if status < 500 && status != 429 => {
                    return (status, serde_json::from_str(&body).unwrap_or(Value::Null));
                }
                Ok(_) | Err(_) => std::thread::sleep(AGAIN_AFTER),
            }
        }
    }

    /// One order after the other, until there are enough.
    fn walk(&self) -> Result<(), Error> {
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            if number >= self.orders {
                return Ok(());
            }
            self.order(number)?;
        }
    }

    fn order(&self, number: u64) -> Result<(), Error> {
        let shopper = &self.shoppers[(number % self.shoppers.len() as u64) as usize];
        let (token, key) = (Some(shopper.token.as_str()), format!("pay-{number}"));
        let path = format!("/v1/seckill/items/{}/orders", self.item);
        let (status, placed) = self.ask(self.shop, "POST", &path, token, Some(&key), r#"{"quantity":1}"#);
        let order = placed["order_id"].as_u64().filter(|_| matches!(status, 200 | 201));
        let order = order.ok_or_else(|| Error::Unexpected(format!("order {number} was answered {status}: {placed}")))?;
        let (status, begun) = self.ask(self.shop, "POST", &format!("/v1/orders/{order}/pay"), token, None, "");
        let package = begun["cashier"]["package"].as_str().and_then(|package| package.strip_prefix("prepay_id="));
        // The server was away for longer than there is to pay.
        if status == 409 {
            return Ok(());
        }
        let Some(prepay) = package.filter(|_| status == 200) else {
            return Err(Error::Unexpected(format!("paying order {order} was answered {status}: {begun}")));
        };
        if number.is_multiple_of(ABANDONED_EVERY) {
            return Ok(());
        }
        let (status, shown) = self.ask(self.sandbox, "POST", &format!("/pay/{prepay}"), None, None, r#"{"action":"confirm"}"#);
        if status == 409 {
            return Ok(());
        }
        if status != 200 {
            return Err(Error::Unexpected(format!("the cashier answered {status}: {shown}")));
        }
        self.paid.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn misbehave(&self, options: &Options) -> Result<(), Error> {
        let late = (options.pay_window + 15) * 1_000;
        let faults = json!({
            "repeat_percent": 10, "delay_percent": 5, "delay_millis": late, "drop_percent": 5, "reorder_percent": 5, "corrupt_percent": 1,
            "seed": options.seed,
        });
        match self.ask(self.sandbox, "POST", "/sandbox/faults", None, None, &faults.to_string()) {
            (200, _) => Ok(()),
            (status, said) => Err(Error::Unexpected(format!("the sandbox answered {status}: {said}"))),
        }
    }
}

/// Orders, pays, kills, waits, compares.
pub fn run(options: &Options) -> Result<Verdict, Error> {
    let seed = Seed { stock: options.orders, limit: options.orders.min(LIMIT_MAX), items: 1 };
    let mut testbed = TestBed::fresh(&options.testbed, options.mode, seed, SHOPPERS)?;
    let sandbox_port = ports::free()?;
    testbed.setup.set("WECHAT_SANDBOX_PORT", &sandbox_port.to_string());
    testbed.setup.set("FLASH_PAY_WINDOW_SECONDS", &options.pay_window.to_string());
    testbed.setup.set("ORDER_UNPAID_MAX_PER_USER", "1000");
    let (server, _) = testbed.setup.start_ready(READY_TIMEOUT)?;
    let item = testbed.setup.items()?.first().map(|item| item.id).ok_or_else(|| Error::Unexpected("nothing is on sale".to_owned()))?;
    let street = Arc::new(Street {
        shop: testbed.setup.http(),
        sandbox: SocketAddr::from(([127, 0, 0, 1], sandbox_port)),
        shoppers: Arc::clone(&testbed.shoppers),
        item,
        next: AtomicU64::new(0),
        orders: options.orders,
        paid: AtomicU64::new(0),
    });
    street.misbehave(options)?;
    let begin = Instant::now();
    let walks: Vec<_> = (0..options.shoppers)
        .map(|_| {
            let street = Arc::clone(&street);
            std::thread::spawn(move || street.walk())
        })
        .collect();
    while street.paid.load(Ordering::Relaxed) < options.orders / 2 && walks.iter().any(|walk| !walk.is_finished()) {
        std::thread::sleep(Duration::from_millis(5));
    }
    println!("  killed after {} payments", street.paid.load(Ordering::Relaxed));
    server.kill9()?;
    let (server, ready) = testbed.setup.start_ready(READY_TIMEOUT)?;
    println!("  ready again after {:.0} ms", ready.as_secs_f64() * 1_000.0);
    street.misbehave(options)?;
    for walk in walks {
        walk.join().map_err(|_| Error::Unexpected("a shopper panicked".to_owned()))??;
    }
    println!("  {} orders in {:.1} s", options.orders, begin.elapsed().as_secs_f64());
    let mut checks = Checks::default();
    let settled = super::wait_until(SETTLED_WITHIN, || Ok(open(&testbed)? == 0 && reconcile::money(testbed.database())?.pending == 0))?;
    checks.check("everything comes to an end", settled, format!("after {:.1} s", begin.elapsed().as_secs_f64()));
    testbed.setup.wait_projected(PROJECTION_TIMEOUT)?;
    judge(options, &testbed, street.paid.load(Ordering::Relaxed), &mut checks)?;
    server.stop()?;
    let verdict = checks.verdict();
    testbed.finish(verdict);
    Ok(verdict)
}

/// Attempts that have not ended yet, as the server tells.
fn open(testbed: &TestBed) -> Result<u64, Error> {
    let (_, metrics) = fetch::get(testbed.setup.metrics(), "/metrics").attempt(|| "read the metrics".to_owned())?;
    let open = fetch::samples(&metrics, "mallcore_payment_attempts_records").first().map(|(_, value)| *value);
    // Not measured yet: everything may be open.
    Ok(open.map_or(u64::MAX, |open| open as u64))
}

/// The ledger against the orders.
fn judge(options: &Options, testbed: &TestBed, confirmed: u64, checks: &mut Checks) -> Result<(), Error> {
    let ledger = testbed.folder().join("wechat-sandbox/ledger.jsonl");
    let text = std::fs::read_to_string(&ledger).attempt(|| format!("read {}", ledger.display()))?;
    let (mut came, mut back) = (HashMap::new(), 0);
    for line in text.lines() {
        let entry: Value =
            serde_json::from_str(line).map_err(|cause| Error::Unexpected(format!("the ledger has another form: {cause}")))?;
        let fen = |name: &str| entry[name].as_u64().unwrap_or_default();
        match entry["event"].as_str() {
            Some("paid") => drop(came.insert(entry["out_trade_no"].as_str().unwrap_or_default().to_owned(), fen("total"))),
            Some("refund_ended") if entry["state"] == "SUCCESS" => back += fen("refund"),
            _ => {}
        }
    }
    let money = reconcile::money(testbed.database())?;
    let in_ledger: u64 = came.values().sum();
    checks.check("every payment at the cashier is in the ledger", came.len() as u64 == confirmed, format!("{} of {confirmed}", came.len()));
    let settled = money.paid_orders + money.strays;
    checks.check("M1 each is taken once, or stray", settled == confirmed, format!("{} paid, {} stray", money.paid_orders, money.strays));
    let all = money.paid_orders + money.closed_orders;
    checks.check("M1 every order is paid or closed", all == options.orders, format!("{} closed", money.closed_orders));
    checks.check("each stray payment has gone back", money.stray_fen == back, format!("{} fen, {back} by the ledger", money.stray_fen));
    let kept = in_ledger - back;
    checks.check("M2 money in less money out", money.kept_fen == kept, format!("{} fen here, {kept} by the ledger", money.kept_fen));
    Ok(())
}
