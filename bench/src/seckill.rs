//! `mall-bench seckill`: shoppers who press "buy", against a server that is already there.
//! Not here: starting servers (`compare`, `drill`), the generator itself (`load`).

use std::net::{SocketAddr, ToSocketAddrs as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use crate::error::{Attempt as _, Error, Verdict};
use crate::fetch;
use crate::load::pace::Pace;
use crate::load::plan::Mix;
use crate::load::{self, Live, LoadPlan, shoppers};
use crate::report::Report;

/// Options of `mall-bench seckill`.
#[derive(Debug, Args)]
pub struct Options {
    /// Where the server listens: http://host:port or host:port.
    #[arg(long, default_value = "http://127.0.0.1:3000")]
    pub url: String,
    /// Bearer tokens, one a line (`mallcore token --users 1-10000`).
    #[arg(long)]
    pub tokens: PathBuf,
    /// Take only so many of the tokens.
    #[arg(long)]
    pub users: Option<usize>,
    /// Item ids with commas between; without: all items of the running sale.
    #[arg(long, value_delimiter = ',')]
    pub items: Vec<u64>,
    /// Connections over all threads.
    #[arg(long, default_value_t = 256)]
    pub connections: usize,
    /// Threads of the client.
    #[arg(long, default_value_t = 1)]
    pub threads: usize,
    /// No purchase begins after so many seconds (10 without --requests).
    #[arg(long)]
    pub duration: Option<f64>,
    /// So many purchases.
    #[arg(long)]
    pub requests: Option<u64>,
    /// Purchases a second on a fixed schedule (open loop); without: closed loop.
    #[arg(long)]
    pub rate: Option<f64>,
    /// Pieces a purchase.
    #[arg(long, default_value_t = 1)]
    pub quantity: u32,
    /// Exponent of Zipf's law over the items; 0: all alike.
    #[arg(long, default_value_t = 0.0)]
    pub hot_skew: f64,
    /// Of 100 purchases, so many repeat an earlier key and must get the first answer.
    #[arg(long, default_value_t = 0.0)]
    pub repeat_percent: f64,
    /// Of 100 purchases, so many hang up at a random point.
    #[arg(long, default_value_t = 0.0)]
    pub hang_up_percent: f64,
    /// Send a purchase again, with its key, when the connection breaks or the server answers 503.
    #[arg(long)]
    pub reconnect: bool,
    /// Give up when nothing is answered for so many seconds.
    #[arg(long, default_value_t = 30.0)]
    pub idle_timeout: f64,
    /// Append `user_id,order_no,item_id,key,quantity` for each acknowledgement.
    #[arg(long)]
    pub ack_file: Option<PathBuf>,
    /// Write the report as JSON.
    #[arg(long)]
    pub json: Option<PathBuf>,
    /// Seed of the random choices and first part of each key; random when not given.
    #[arg(long)]
    pub run: Option<u32>,
}

/// Runs the load and prints the report. Broken: an answer that must not be.
pub fn run(options: Options) -> Result<Verdict, Error> {
    let server = address(&options.url)?;
    let json = options.json.clone();
    let plan = plan(options, server)?;
    let result = watched(&plan, &Arc::default())?;
    let report = Report::of(&result);
    println!("{report}");
    if let Some(path) = json {
        let text = serde_json::to_string_pretty(&report).map_err(|cause| Error::Unexpected(cause.to_string()))?;
        std::fs::write(&path, text).attempt(|| format!("write {}", path.display()))?;
    }
    Ok(Verdict::of(report.errors == 0))
}

fn plan(options: Options, server: SocketAddr) -> Result<LoadPlan, Error> {
    let items = if options.items.is_empty() { fetch::running_items(server)?.iter().map(|item| item.id).collect() } else { options.items };
    let duration = if options.requests.is_none() { Some(options.duration.unwrap_or(10.0)) } else { options.duration };
    Ok(LoadPlan {
        server,
        shoppers: Arc::new(shoppers::read(&options.tokens, options.users)?),
        items,
        quantity: options.quantity,
        connections: options.connections,
        threads: options.threads,
        duration: duration.map(seconds).transpose()?,
        requests: options.requests,
        pace: options.rate.map_or(Pace::Closed, |per_second| Pace::Open { per_second }),
        mix: Mix { hot_skew: options.hot_skew, repeat_percent: options.repeat_percent, hang_up_percent: options.hang_up_percent },
        reconnect: options.reconnect,
        ack_file: options.ack_file,
        idle_timeout: seconds(options.idle_timeout)?,
        run: options.run.unwrap_or_else(rand::random),
    })
}

fn seconds(number: f64) -> Result<Duration, Error> {
    Duration::try_from_secs_f64(number).map_err(|cause| Error::Unexpected(format!("{number} seconds: {cause}")))
}

/// The socket address of a plain http URL.
pub fn address(url: &str) -> Result<SocketAddr, Error> {
    let host = url.strip_prefix("http://").unwrap_or(url).trim_end_matches('/');
    let mut found = host.to_socket_addrs().attempt(|| format!("resolve {host}"))?;
    found.next().ok_or_else(|| Error::Unexpected(format!("{host} has no address")))
}

/// Runs a plan under a progress bar, which hides itself where there is no terminal.
pub fn watched(plan: &LoadPlan, live: &Arc<Live>) -> Result<load::LoadResult, Error> {
    let bar = match plan.requests {
        Some(requests) => ProgressBar::new(requests),
        None => ProgressBar::no_length(),
    };
    let form = "{elapsed_precise} {wide_bar} {pos}/{len} purchases, {per_sec}, {msg}";
    bar.set_style(ProgressStyle::with_template(form).unwrap_or_else(|_| ProgressStyle::default_bar()));
    let result = load::run(plan, live, |live| {
        bar.set_position(live.ended.load(Ordering::Relaxed));
        bar.set_message(format!("{} bought", live.bought.load(Ordering::Relaxed)));
    });
    bar.finish_and_clear();
    Ok(result?)
}
