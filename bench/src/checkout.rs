//! `mall-bench cart` and `mall-bench checkout`: changes of carts, and preview and order of three SKUs, beside base with the same answer sizes.

use std::sync::Arc;

use clap::Args;
use serde::Deserialize;

use crate::beside::{self, Rounds};
use crate::error::{Attempt as _, Error, Verdict};
use crate::fetch;
use crate::journeys::{Client, Journey, Request};
use crate::load::connection::ConnectionError;
use crate::load::shoppers::Shopper;
use crate::server_process::{Goods, Process, Seed, Setup};
use crate::testbed::{ModeOptions, READY_TIMEOUT, TestBed, TestBedOptions};

/// SKUs that are ordered from; the demo shop has more.
const SKUS: u64 = 97;
const CART_WANTED: f64 = 0.4;
const CHECKOUT_WANTED: f64 = 0.4;

/// What has to be there, for the end of `--help`.
const PREPARE: &str = "Prepare: cargo build --release --workspace (the server's binary lies beside this one, or --server names it). The shop is made \
by this command with `mallcore seed-demo --products N --stock 5000000` in a folder of its own below --folder. --full needs mariadbd, \
redis-server and rabbitmq-server to be installed. Leave the machine alone meanwhile.";

/// Options of `mall-bench cart` and `mall-bench checkout`.
#[derive(Debug, Args)]
#[command(after_help = PREPARE)]
pub struct Options {
    #[command(flatten)]
    testbed: TestBedOptions,
    #[command(flatten)]
    mode: ModeOptions,
    /// Products in the shop; 0: those of the demo shop.
    #[arg(long, default_value_t = 0)]
    products: u64,
    /// Rounds; the first is not counted.
    #[arg(long, default_value_t = 6)]
    rounds: usize,
    /// Seconds of each side in a round.
    #[arg(long, default_value_t = 2.0)]
    seconds: f64,
    /// Users that take turns.
    #[arg(long, default_value_t = 2_000)]
    users: u64,
    /// HTTP connections at a time.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// Part of base that the median has to reach.
    #[arg(long)]
    ratio_min: Option<f64>,
}

/// Adds to carts.
pub fn run_cart(options: &Options) -> Result<Verdict, Error> {
    measure(options, "cart add", CART_WANTED, |shoppers, _| Ok(Arc::new(AddToCart { shoppers: Arc::clone(shoppers), run: rand::random() })))
}

/// Previews and orders.
pub fn run(options: &Options) -> Result<Verdict, Error> {
    measure(options, "checkout", CHECKOUT_WANTED, |shoppers, setup| {
        let addresses = addresses(setup, shoppers)?;
        Ok(Arc::new(Checkout { shoppers: Arc::clone(shoppers), addresses, run: rand::random() }))
    })
}

fn measure<J: Journey>(
    options: &Options,
    name: &str,
    wanted: f64,
    journey: impl FnOnce(&Arc<Vec<Shopper>>, &Setup) -> Result<Arc<J>, Error>,
) -> Result<Verdict, Error> {
    let seed = Seed { stock: 1_000, limit: 1, items: 1 };
    let goods = Goods { products: options.products, stock: Some(PIECES) };
    let testbed = TestBed::with_goods(&options.testbed, options.mode, seed, options.users, goods)?;
    let (server, _) = testbed.setup.start_ready(READY_TIMEOUT)?;
    let baseline = Process::baseline(None, crate::baseline::BODY_BYTES)?;
    let journey = journey(&testbed.shoppers, &testbed.setup)?;
    let rounds = Rounds { rounds: options.rounds, seconds: options.seconds, connections: options.connections };
    let beside = beside::compare(&journey, &server, &baseline, &testbed.shoppers, rounds)?;
    let verdict = beside.judge(name, options.ratio_min.unwrap_or(wanted));
    server.stop()?;
    testbed.finish(Verdict::Holds);
    Ok(verdict)
}

/// Pieces of each SKU, so that none sells out.
const PIECES: u64 = 5_000_000;

#[derive(Deserialize)]
struct Created {
    id: u64,
}

/// An address of each shopper, in the region that freight templates of the demo shop know.
fn addresses(setup: &Setup, shoppers: &[Shopper]) -> Result<Vec<u64>, Error> {
    let body = "{\"receiver\":\"压测\",\"phone\":\"13800138000\",\"province\":\"浙江省\",\"city\":\"杭州市\",\"district\":\"西湖区\",\
                \"region_code\":\"330106\",\"detail\":\"文三路 1 号\"}";
    let address = |shopper: &Shopper| {
        let request = format!(
            "POST /v1/user/addresses HTTP/1.0\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            setup.http(),
            shopper.token,
            body.len()
        );
        let (status, text) = fetch::exchange(setup.http(), &request).attempt(|| "add an address".to_owned())?;
        let created: Option<Created> = serde_json::from_str(&text).ok().filter(|_| status == 201);
        Ok(created.ok_or_else(|| Error::Unexpected(format!("an address was answered with {status}: {text}")))?.id)
    };
    shoppers.iter().map(address).collect()
}

/// A piece more in the cart.
struct AddToCart {
    shoppers: Arc<Vec<Shopper>>,
    run: u32,
}

impl Journey for AddToCart {
    const KINDS: &'static [&'static str] = &["cart add"];

    async fn walk(&self, client: &mut Client, number: u64) -> Result<(), ConnectionError> {
        let shopper = &self.shoppers[number as usize % self.shoppers.len()];
        let (key, body) = (format!("{:08x}-{number}", self.run), format!("{{\"sku_id\":{}}}", number % SKUS + 1));
        client.ask(Request::post(0, "/v1/cart/add", &shopper.token, Some(&key), &body)).await.map(drop)
    }
}

/// Three SKUs: the preview, then the order at the price that it said.
struct Checkout {
    shoppers: Arc<Vec<Shopper>>,
    addresses: Vec<u64>,
    run: u32,
}

#[derive(Deserialize)]
struct Quoted {
    payable_fen: u64,
}

impl Journey for Checkout {
    const KINDS: &'static [&'static str] = &["preview", "order"];

    async fn walk(&self, client: &mut Client, number: u64) -> Result<(), ConnectionError> {
        let place = number as usize % self.shoppers.len();
        let (shopper, address) = (&self.shoppers[place], self.addresses[place]);
        let items: Vec<String> =
            (0..3).map(|line| format!("{{\"sku_id\":{},\"quantity\":1}}", (number * 31 + line * 7) % SKUS + 1)).collect();
        let wanted = format!("\"items\":[{}],\"address_id\":{address}", items.join(","));
        let (_, answer) = client.ask(Request::post(0, "/v1/orders/preview", &shopper.token, None, &format!("{{{wanted}}}"))).await?;
        // An answer of another kind is counted as such, and ends the journey.
        let Ok(Quoted { payable_fen }) = serde_json::from_slice(&answer) else { return Ok(()) };
        let (key, body) = (format!("{:08x}-{number}", self.run), format!("{{{wanted},\"expected_payable_fen\":{payable_fen}}}"));
        client.ask(Request::post(1, "/v1/orders", &shopper.token, Some(&key), &body)).await.map(drop)
    }
}
