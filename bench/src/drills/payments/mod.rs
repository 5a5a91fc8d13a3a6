//! `mall-bench drill payments`: very many orders are paid through the sandbox of WeChat Pay, whose notifications are repeated, late, lost and
//! corrupted, while the server is killed in the middle. Some payments arrive only after their order was closed; of those whose notification is
//! lost the shop learns by the bill. The sandbox's own ledger is the other side of the books.
//! - M1 every order that was paid there is paid here, once; every other one is closed.
//! - M2 money in less money out by the sandbox's ledger is what the orders here have kept, to the fen.
//! - M3 every payment that arrives after its order was closed is stray here, and has gone back whole.
//! - M4 the bill of the day agrees with the books in the end.
//!
//! The sandbox runs in the server's process and dies with it; its ledger is what it begins with again.

mod ledger;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use clap::Args;
use ledger::Ledger;
use mallcore::platform::wechat::pay::wall_clock;
use mallcore_actors::values::day::BusinessDay;
use serde_json::{Value, json};

use crate::checks::Checks;
use crate::error::{Attempt as _, Error, Verdict};
use crate::fetch;
use crate::load::shoppers::Shopper;
use crate::ports;
use crate::reconcile::{self, Money};
use crate::server_process::{LIMIT_MAX, Seed};
use crate::testbed::{ModeOptions, PROJECTION_TIMEOUT, READY_TIMEOUT, TestBed, TestBedOptions};

/// Shoppers whom the demo shop has, with an openid each.
const SHOPPERS: u64 = 50;
/// Whoever is told to come again, or finds nobody there, does so after this long.
const AGAIN_AFTER: Duration = Duration::from_millis(100);
/// Everything is over by then.
const SETTLED_WITHIN: Duration = Duration::from_secs(600);
/// Notifications are late by so many milliseconds beyond the time in which an order has to be paid.
const LATE_MILLIS: u64 = 15_000;
/// A payment that arrives after its order was closed does so this long after that: longer than the server is away.
const ARRIVES_AFTER_MILLIS: u64 = 5_000;
/// Notifications that are late and refused at first have come by then.
const REPORTED_AFTER: Duration = Duration::from_secs(30);
/// A running shop has carried out within this time what was settled.
const TAKEN_WITHIN: Duration = Duration::from_secs(120);
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
    /// Percent of payments that arrive only after their order was closed.
    #[arg(long, default_value_t = 5)]
    late_percent: u8,
    /// Where the draws of the sandbox's faults begin.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

impl Options {
    /// By how much a late notification is late.
    const fn late_millis(&self) -> u64 {
        self.pay_window * 1_000 + LATE_MILLIS
    }
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
        let faults = json!({
            "repeat_percent": 10, "delay_percent": 5, "delay_millis": options.late_millis(), "drop_percent": 5, "reorder_percent": 5,
            "corrupt_percent": 1, "pay_after_close_percent": options.late_percent, "pay_after_close_millis": ARRIVES_AFTER_MILLIS,
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
    let settled = super::wait_until(SETTLED_WITHIN, || {
        Ok(open(&testbed)? == 0 && money(&testbed)?.pending == 0 && Ledger::read(&testbed)?.on_their_way() == 0)
    })?;
    checks.check("everything comes to an end", settled, format!("after {:.1} s", begin.elapsed().as_secs_f64()));
    let late = Ledger::read(&testbed)?.delayed.len() as u64;
    super::wait_until(Duration::from_millis(options.late_millis()) + REPORTED_AFTER, || Ok(money(&testbed)?.strays == late))?;
    let reported = money(&testbed)?.strays;
    let taken = take_by_bill(&testbed)?;
    println!("  {late} payments after the closing: {reported} were reported, {taken} stood in the bill only");
    super::wait_until(TAKEN_WITHIN, || money(&testbed).map(|money| money.strays == late && money.pending == 0))?;
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

fn money(testbed: &TestBed) -> Result<Money, Error> {
    reconcile::money(testbed.database())
}

/// The differences between today's bill and the books, as `mallcore reconcile` finds them.
fn differences(testbed: &TestBed) -> Result<Vec<Value>, Error> {
    let day = BusinessDay::of(wall_clock()).to_string();
    let report = testbed.setup.report(&["reconcile", "payments", "--json", "--date", &day])?;
    let document: Value =
        serde_json::from_str(&report).map_err(|cause| Error::Unexpected(format!("`reconcile payments` printed {report:?}: {cause}")))?;
    let rows = document["differences"].as_array().cloned().unwrap_or_default();
    Ok(rows.into_iter().filter(|row| row["state"] != "settled").collect())
}

/// Has the shop take the payments that the bill has and nobody has reported; how many there are.
fn take_by_bill(testbed: &TestBed) -> Result<usize, Error> {
    let unknown = differences(testbed)?;
    let unknown: Vec<&Value> = unknown.iter().filter(|row| row["class"] == "state_differs" && row["subject"] == "payment").collect();
    for row in &unknown {
        let note = "the drill has lost its notification";
        let id = row["id"].to_string();
        let arguments = ["reconcile", "settle", &id, "--action", "take", "--note", note, "--operator", "drill"];
        testbed.setup.report(&arguments)?;
    }
    Ok(unknown.len())
}

/// The ledger against the orders.
fn judge(options: &Options, testbed: &TestBed, confirmed: u64, checks: &mut Checks) -> Result<(), Error> {
    let (ledger, money) = (Ledger::read(testbed)?, money(testbed)?);
    let (came, late) = (ledger.came.len() as u64, ledger.delayed.len() as u64);
    let (in_ledger, back): (u64, u64) = (ledger.came.values().sum(), ledger.back.values().sum());
    checks.check("every payment at the cashier is in the ledger", came == confirmed, format!("{came} of {confirmed}"));
    let settled = money.paid_orders + money.strays;
    checks.check("M1 each is taken once, or stray", settled == confirmed, format!("{} paid, {} stray", money.paid_orders, money.strays));
    let all = money.paid_orders + money.closed_orders;
    checks.check("M1 every order is paid or closed", all == options.orders, format!("{} closed", money.closed_orders));
    let kept = in_ledger - back;
    checks.check("M2 money in less money out", money.kept_fen == kept, format!("{} fen here, {kept} by the ledger", money.kept_fen));
    let is_tried = late > 0 || options.late_percent == 0;
    let seen = format!("{} stray of {late} after the closing", money.strays);
    checks.check("M3 each payment after the closing is stray", is_tried && money.strays == late, seen);
    let kept = ledger.not_given_back();
    checks.check("M3 each of them has gone back whole", kept.is_empty(), format!("{} of {late} have not", kept.len()));
    checks.check("M3 nothing else has gone back", money.stray_fen == back, format!("{} fen here, {back} by the ledger", money.stray_fen));
    let unsettled = differences(testbed)?;
    checks.check(
        "M4 the bill agrees with the books",
        unsettled.is_empty(),
        format!("{} differences: {:?}", unsettled.len(), unsettled.first()),
    );
    Ok(())
}
