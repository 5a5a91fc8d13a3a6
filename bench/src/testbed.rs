//! The test bed of drills and long runs: a freshly seeded shop in a folder of its own.
//! - F1 the folder of a drill that failed stays, so that one can look into it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};
use tempfile::TempDir;

use crate::error::{Attempt as _, Error, Verdict};
use crate::events;
use crate::load::shoppers::Shopper;
use crate::server_process::{self, Goods, Seed, Setup};
use crate::servers::Servers;

/// How long a server may take until it can sell.
pub const READY_TIMEOUT: Duration = Duration::from_secs(120);
/// How long the database may take to catch up.
pub const PROJECTION_TIMEOUT: Duration = Duration::from_secs(900);

/// What the shop leans on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Nothing: SQLite in its data folder.
    #[default]
    Embedded,
    /// MariaDB, Redis and RabbitMQ, started by us in the same folder.
    Full,
}

/// The option that says what the shop leans on.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct ModeOptions {
    /// What the shop leans on; `full` starts servers of its own.
    #[arg(long, value_enum, default_value_t)]
    mode: Mode,
    /// Short for `--mode full`.
    #[arg(long, conflicts_with = "mode")]
    full: bool,
}

impl ModeOptions {
    /// The mode that was chosen.
    pub fn mode(self) -> Mode {
        if self.full { Mode::Full } else { self.mode }
    }
}

/// How the shop reaches its servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Where they listen.
    Directly,
    /// Through proxies that can cut them off.
    ThroughProxies,
}

/// Where drills and long runs find the server and the disk.
#[derive(Debug, Clone, Args)]
pub struct TestBedOptions {
    /// The server's binary; without: `mallcore` beside this one.
    #[arg(long)]
    pub server: Option<PathBuf>,
    /// Data folders are made below this one; it should lie on the disk that is measured.
    #[arg(long, default_value = ".")]
    pub folder: PathBuf,
    /// Keep the data folder even when all is well.
    #[arg(long)]
    pub keep: bool,
}

/// A seeded shop and its people.
pub struct TestBed {
    /// How to start its server; drills may change settings before they do.
    pub setup: Setup,
    /// Users 1 to n.
    pub shoppers: Arc<Vec<Shopper>>,
    /// In full mode; ended before the folder goes.
    pub servers: Option<Servers>,
    folder: TempDir,
    keep: bool,
}

impl TestBed {
    /// Seeds a shop; it does not run yet. In full mode its servers do.
    pub fn fresh(options: &TestBedOptions, mode: ModeOptions, seed: Seed, users: u64) -> Result<Self, Error> {
        Self::reaching(options, mode.mode(), Reach::Directly, seed, users)
    }

    /// The same, with these goods outside the sale.
    pub fn with_goods(options: &TestBedOptions, mode: ModeOptions, seed: Seed, users: u64, goods: Goods) -> Result<Self, Error> {
        Self::made(options, mode.mode(), Reach::Directly, seed, users, goods)
    }

    /// The same, in a mode and with a way to its servers.
    pub fn reaching(options: &TestBedOptions, mode: Mode, reach: Reach, seed: Seed, users: u64) -> Result<Self, Error> {
        Self::made(options, mode, reach, seed, users, Goods::default())
    }

    fn made(options: &TestBedOptions, mode: Mode, reach: Reach, seed: Seed, users: u64, goods: Goods) -> Result<Self, Error> {
        let binary = server_process::binary(options.server.as_deref())?;
        let parent = options.folder.canonicalize().attempt(|| format!("find {}", options.folder.display()))?;
        let folder = tempfile::Builder::new().prefix("mall-bench-").tempdir_in(&parent);
        let folder = folder.attempt(|| format!("make a folder in {}", parent.display()))?;
        let (setup, servers) = shop(&binary, folder.path(), mode, reach)?;
        setup.seed(seed, goods)?;
        let shoppers = setup.shoppers(users)?;
        Ok(Self { setup, shoppers, servers, folder, keep: options.keep })
    }

    /// The servers, in full mode.
    pub fn servers(&mut self) -> Result<&mut Servers, Error> {
        self.servers.as_mut().ok_or_else(|| Error::Unexpected("this drill needs --mode full".to_owned()))
    }

    /// Where this shop's files are.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The acknowledgement file beside the shop's own files.
    pub fn acks(&self) -> PathBuf {
        self.folder().join("acknowledgements")
    }

    /// The database, as `reconcile` wants it.
    pub fn database(&self) -> &str {
        &self.setup.books
    }

    /// Removes the folder unless the books are broken, or it was asked for. A figure that is merely too low leaves nothing to look into.
    pub fn finish(self, verdict: Verdict) {
        drop(self.servers);
        if self.keep || verdict == Verdict::Broken {
            println!("  the data folder is kept: {}", self.folder.keep().display());
        }
    }
}

/// How to run a shop of `mode` in `folder`, and the servers that it needs.
pub fn shop(binary: &Path, folder: &Path, mode: Mode, reach: Reach) -> Result<(Setup, Option<Servers>), Error> {
    let mut setup = Setup::new(binary, folder)?;
    if mode == Mode::Embedded {
        return Ok((setup, None));
    }
    let servers = Servers::start(&folder.join("servers"))?;
    servers.configure(&mut setup, reach == Reach::ThroughProxies)?;
    events::bind_bounded(&servers.broker.url())?;
    Ok((setup, Some(servers)))
}
