//! A mallcore server of our own on a data folder of its own: seeded, started, watched, killed.
//! - S1 a process that we started does not outlive the value that stands for it.
//!
//! Not here: what is done to it (`compare`, `sustain`, `drills`).

use std::fs::OpenOptions;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::error::{Attempt as _, Error};
use crate::fetch::{self, Item};
use crate::load::shoppers::{self, Shopper};
use crate::ports;

/// Signs the tokens of every server and baseline that we start; worth nothing elsewhere.
pub const SECRET: &str = "mall-bench-development-secret-0123456789";
/// Seals personal data there; worth nothing elsewhere either.
pub const DATA_KEY: &str = "bWFsbC1iZW5jaC1kZXZlbG9wbWVudC1kYXRhLWtleTE=";
/// Records that a projection has not seen yet: one sample a projection.
const LAG_SAMPLES: &str = "mallcore_projection_lag_records{";
/// 1 while a projection has halted.
const HALTED_SAMPLES: &str = "mallcore_projection_halted{";
/// Whoever calls us may have a shop of their own configured: ours is embedded, or knows only servers that we started.
const FOREIGN: [&str; 18] = [
    "APP_ENV",
    "NODE_ENV",
    "CONFIG_DIR",
    "DB_HOST",
    "DB_PORT",
    "DB_USERNAME",
    "DB_PASSWORD",
    "DB_DATABASE",
    "DB_TLS",
    "REDIS_HOST",
    "REDIS_PORT",
    "REDIS_PASSWORD",
    "REDIS_DB",
    "REDIS_TLS",
    "RABBITMQ_URL",
    "SESSION_SECRET",
    "DATA_KEYS",
    "BLIND_INDEX_KEY",
];
/// The largest quota of an item that `seed-demo` takes.
pub const STOCK_MAX: u64 = 10_000_000;
/// The largest limit a user, and the largest quantity of one purchase.
pub const LIMIT_MAX: u64 = 9_999;
const POLL_INTERVAL: Duration = Duration::from_millis(2);
/// The server tells its lag at least this often.
const LAG_TOLD_WITHIN: Duration = Duration::from_millis(500);
const LAG_POLL_INTERVAL: Duration = Duration::from_millis(50);
const STOP_TIMEOUT: Duration = Duration::from_secs(30);

/// How to run the server.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The `mallcore` binary.
    pub binary: PathBuf,
    /// The folder that `DATA_DIR` names.
    pub data_dir: PathBuf,
    /// `PORT` on 127.0.0.1.
    pub port: u16,
    /// The port that `METRICS_PORT` names.
    pub metrics_port: u16,
    /// Further environment variables, by name and value.
    pub settings: Vec<(String, String)>,
    /// The database, as `reconcile` wants it.
    pub books: String,
}

/// What the shop sells.
#[derive(Debug, Clone, Copy)]
pub struct Seed {
    /// Pieces of each item.
    pub stock: u64,
    /// Pieces that a user may have of each item.
    pub limit: u64,
    /// Items in the one running sale.
    pub items: u64,
}

/// What the shop sells outside the sale.
#[derive(Debug, Clone, Copy, Default)]
pub struct Goods {
    /// Products that there are at least; 0: those of the demo shop.
    pub products: u64,
    /// Pieces of each SKU; none: as many as the demo shop has.
    pub stock: Option<u64>,
}

/// A child that is killed when dropped.
pub struct Process {
    child: Child,
    /// Whether the child is a wrapper, such as strace, and the server is the wrapper's child.
    is_wrapped: bool,
    /// Where it listens.
    pub http: SocketAddr,
    /// Process ids of the stores behind it, whose work is counted beside its own.
    pub stores: Vec<u32>,
}

impl Setup {
    /// A server on `data_dir` and two free ports; limits are on, but wide enough for a load from one address.
    pub fn new(binary: &Path, data_dir: &Path) -> Result<Self, Error> {
        let wide = "1000000";
        let mut setup = Self {
            binary: binary.to_owned(),
            data_dir: data_dir.to_owned(),
            port: ports::free()?,
            metrics_port: ports::free()?,
            settings: Vec::new(),
            books: data_dir.join("mallcore.sqlite3").display().to_string(),
        };
        for name in ["RATE_LIMIT_USER_PER_SECOND", "RATE_LIMIT_USER_BURST", "RATE_LIMIT_IP_PER_SECOND", "RATE_LIMIT_IP_BURST"] {
            setup.set(name, wide);
        }
        setup.set("RATE_LIMIT_ENABLED", "true");
        setup.set("ORDER_UNPAID_MAX_PER_USER", "1000");
        setup.set("FLASH_PAY_WINDOW_SECONDS", "86400");
        Ok(setup)
    }

    /// Sets a variable of the server's environment.
    pub fn set(&mut self, name: &str, value: &str) {
        self.settings.retain(|(present, _)| present != name);
        self.settings.push((name.to_owned(), value.to_owned()));
    }

    /// Where its metrics are.
    pub fn metrics(&self) -> SocketAddr {
        local(self.metrics_port)
    }

    /// Where the server's own words go.
    pub fn log(&self) -> PathBuf {
        self.data_dir.join("server.log")
    }

    fn command(&self, wrapper: &[String]) -> Command {
        let mut command = below(wrapper, &self.binary);
        for variable in FOREIGN {
            command.env_remove(variable);
        }
        command
            .env("PORT", self.port.to_string())
            .env("METRICS_PORT", self.metrics_port.to_string())
            .env("DATA_DIR", &self.data_dir)
            .env("JWT_SECRET", SECRET)
            .envs(self.settings.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null());
        command
    }

    /// Runs a command of the binary on this shop to its end; what it printed.
    pub fn run(&self, arguments: &[String]) -> Result<String, Error> {
        let what = || format!("run {} {}", self.binary.display(), arguments.join(" "));
        let output = self.command(&[]).args(arguments).output().attempt(what)?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            return Err(Error::Unexpected(format!("{} {} failed: {said}", self.binary.display(), arguments.join(" "))));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Runs a command to its end whose status 1 is a finding and no failure; what it printed.
    pub fn report(&self, arguments: &[&str]) -> Result<String, Error> {
        let output = self.command(&[]).args(arguments).output().attempt(|| format!("run {} {arguments:?}", self.binary.display()))?;
        if !matches!(output.status.code(), Some(0 | 1)) {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            return Err(Error::Unexpected(format!("{} {arguments:?} failed: {said}", self.binary.display())));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Fills the empty data folder with the demo shop and one running sale.
    pub fn seed(&self, seed: Seed, goods: Goods) -> Result<(), Error> {
        let Seed { stock, limit, items } = seed;
        let mut arguments = vec!["seed-demo".to_owned()];
        let mut option = |name: &str, number: u64| arguments.extend([format!("--{name}"), number.to_string()]);
        option("flash-stock", stock);
        option("flash-limit", limit);
        // An older release does not know the options that are not needed.
        if items != 1 {
            option("flash-items", items);
        }
        if goods.products > 0 {
            option("products", goods.products);
        }
        if let Some(pieces) = goods.stock {
            option("stock", pieces);
        }
        self.run(&arguments).map(drop)
    }

    /// Shoppers 1 to `users`.
    pub fn shoppers(&self, users: u64) -> Result<Arc<Vec<Shopper>>, Error> {
        let tokens = self.run(&["token".into(), "--users".into(), format!("1-{users}")])?;
        Ok(Arc::new(shoppers::from_text(&tokens, Some(users as usize))?))
    }

    /// Starts `mallcore serve`, below the program `wrapper` when one is given. Does not wait until it is ready.
    pub fn start(&self, wrapper: &[String]) -> Result<Process, Error> {
        let log = OpenOptions::new().create(true).append(true).open(self.log()).attempt(|| "open the server's log".to_owned())?;
        let errors = log.try_clone().attempt(|| "open the server's log".to_owned())?;
        let mut command = self.command(wrapper);
        let child = command.arg("serve").stdout(log).stderr(errors).spawn();
        let child = child.attempt(|| format!("start {}", self.binary.display()))?;
        Ok(Process { child, is_wrapped: !wrapper.is_empty(), http: local(self.port), stores: Vec::new() })
    }

    /// Starts and waits; how long it took until it could sell.
    pub fn start_ready(&self, timeout: Duration) -> Result<(Process, Duration), Error> {
        let begin = Instant::now();
        let mut process = self.start(&[])?;
        process.wait_ready(timeout)?;
        Ok((process, begin.elapsed()))
    }

    /// Records in the journal that some projection does not have yet: of the one that is furthest behind.
    pub fn lag(&self) -> Result<f64, Error> {
        let behind = self.lags()?.into_iter().map(|(_, records)| records).reduce(f64::max);
        behind.ok_or_else(|| Error::Unexpected(format!("the metrics have no {LAG_SAMPLES}")))
    }

    /// Records that each projection does not have yet, by the text of its labels.
    pub fn lags(&self) -> Result<Vec<(String, f64)>, Error> {
        let (_, metrics) = fetch::get(self.metrics(), "/metrics").attempt(|| "read the metrics".to_owned())?;
        Ok(fetch::samples(&metrics, LAG_SAMPLES))
    }

    /// Whether a projection waits for a person.
    fn has_halted(&self) -> Result<bool, Error> {
        let (_, metrics) = fetch::get(self.metrics(), "/metrics").attempt(|| "read the metrics".to_owned())?;
        Ok(fetch::samples(&metrics, HALTED_SAMPLES).iter().any(|(_, halted)| *halted > 0.0))
    }

    /// Waits until every projection has everything; how long that took.
    pub fn wait_projected(&self, timeout: Duration) -> Result<Duration, Error> {
        let begin = Instant::now();
        let mut caught_up: Option<Instant> = None;
        loop {
            let lag = self.lag()?;
            // The server tells its lag a few times a second: one zero may be from before the last purchase.
            let since = (lag == 0.0).then(|| *caught_up.get_or_insert_with(Instant::now));
            caught_up = since;
            if let Some(since) = since
                && since.elapsed() >= LAG_TOLD_WITHIN
            {
                return Ok(since - begin);
            }
            if self.has_halted()? || begin.elapsed() > timeout {
                let said = self.ready().map_or_else(|cause| cause.to_string(), |(_, body)| body);
                return Err(Error::Unexpected(format!("{lag} records are not projected after {:?}: {said}", begin.elapsed())));
            }
            std::thread::sleep(LAG_POLL_INTERVAL);
        }
    }

    /// Where it listens.
    pub fn http(&self) -> SocketAddr {
        local(self.port)
    }

    /// What `/health/ready` says: status and body.
    pub fn ready(&self) -> io::Result<(u16, String)> {
        fetch::get(local(self.port), "/health/ready")
    }

    /// The running sale.
    pub fn items(&self) -> Result<Vec<Item>, Error> {
        fetch::running_items(local(self.port))
    }
}

impl Process {
    /// `mall-bench baseline` from this very binary.
    pub fn baseline(workers: Option<usize>, body_bytes: usize) -> Result<Self, Error> {
        Self::of_this_binary(&["baseline", "--body-bytes", &body_bytes.to_string()], workers)
    }

    /// The same below a program that becomes it, such as valgrind.
    pub fn baseline_below(wrapper: &[String], timeout: Duration) -> Result<Self, Error> {
        Self::own(wrapper, &["baseline"], None, timeout)
    }

    /// A server that is a subcommand of this very binary.
    pub fn of_this_binary(arguments: &[&str], workers: Option<usize>) -> Result<Self, Error> {
        Self::own(&[], arguments, workers, Duration::from_secs(30))
    }

    fn own(wrapper: &[String], arguments: &[&str], workers: Option<usize>, timeout: Duration) -> Result<Self, Error> {
        let own = std::env::current_exe().attempt(|| "find this binary".to_owned())?;
        let port = ports::free()?;
        let mut command = below(wrapper, &own);
        command.args(arguments).args(["--port", &port.to_string(), "--secret", SECRET]);
        if let Some(workers) = workers {
            command.args(["--workers", &workers.to_string()]);
        }
        let child = command.stdin(Stdio::null()).spawn().attempt(|| format!("start {arguments:?}"))?;
        let mut process = Self { child, is_wrapped: false, http: local(port), stores: Vec::new() };
        process.wait_ready(timeout)?;
        Ok(process)
    }

    /// Its process id; below a wrapper, the wrapper's.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits until `/health/ready` answers 200.
    pub fn wait_ready(&mut self, timeout: Duration) -> Result<(), Error> {
        let begin = Instant::now();
        loop {
            if matches!(fetch::get(self.http, "/health/ready"), Ok((200, _))) {
                return Ok(());
            }
            if let Some(status) = self.child.try_wait().attempt(|| "look after the server".to_owned())? {
                return Err(Error::Unexpected(format!("the server ended with {status} instead of serving; see its log")));
            }
            if begin.elapsed() > timeout {
                return Err(Error::Unexpected(format!("the server is not ready after {timeout:?}")));
            }
            std::thread::sleep(POLL_INTERVAL);
        }
    }

    /// SIGKILL, at once; returns when the process is gone.
    pub fn kill9(mut self) -> Result<(), Error> {
        self.child.kill().and_then(|()| self.child.wait()).map(drop).attempt(|| "kill the server".to_owned())
    }

    /// SIGTERM, and waits for the end; killed when that takes too long, which is an error.
    pub fn stop(mut self) -> Result<(), Error> {
        self.signal(Signal::TERM).attempt(|| "stop the server".to_owned())?;
        let begin = Instant::now();
        while begin.elapsed() < STOP_TIMEOUT {
            if self.child.try_wait().attempt(|| "look after the server".to_owned())?.is_some() {
                return Ok(());
            }
            std::thread::sleep(POLL_INTERVAL);
        }
        Err(Error::Unexpected(format!("the server did not stop within {STOP_TIMEOUT:?}")))
    }
}

impl Process {
    /// Signals the server itself: a wrapper that is killed would let it run on, and one that is not ends with it.
    fn signal(&self, signal: Signal) -> io::Result<()> {
        let own = Pid::from_child(&self.child);
        if !self.is_wrapped {
            return Ok(kill_process(own, signal)?);
        }
        let children = std::fs::read_to_string(format!("/proc/{0}/task/{0}/children", self.child.id()))?;
        let children = children.split_ascii_whitespace().filter_map(|child| Pid::from_raw(child.parse().ok()?));
        Ok(children.into_iter().try_for_each(|child| kill_process(child, signal))?)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Already gone is as good; there is nobody to tell.
        if self.is_wrapped {
            let _ = self.signal(Signal::KILL);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The server binary: as given, or the `mallcore` beside this binary.
pub fn binary(given: Option<&Path>) -> Result<PathBuf, Error> {
    let path = match given {
        Some(path) => path.to_owned(),
        None => std::env::current_exe().attempt(|| "find this binary".to_owned())?.with_file_name("mallcore"),
    };
    if path.is_file() {
        // The server runs with a folder of its own, so the path must not depend on ours.
        path.canonicalize().attempt(|| format!("find {}", path.display()))
    } else {
        Err(Error::Unexpected(format!("{} is not there: build it (cargo build --release) or name it with --server", path.display())))
    }
}

/// A program, run by another one when that is given.
fn below(wrapper: &[String], binary: &Path) -> Command {
    match wrapper.split_first() {
        Some((program, arguments)) => {
            let mut command = Command::new(program);
            command.args(arguments).arg(binary);
            command
        }
        None => Command::new(binary),
    }
}

fn local(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}
