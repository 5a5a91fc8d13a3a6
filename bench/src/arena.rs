//! A fresh shop in a folder of its own, ready to be loaded and broken.
//! - F1 the folder of a drill that failed stays, so that one can look into it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use tempfile::TempDir;

use crate::error::{Attempt as _, Error, Verdict};
use crate::load::shoppers::Shopper;
use crate::server_process::{self, Seed, Setup};

/// How long a server may take until it can sell.
pub const READY_TIMEOUT: Duration = Duration::from_secs(120);
/// How long the database may take to catch up.
pub const PROJECTION_TIMEOUT: Duration = Duration::from_secs(900);

/// Where drills and long runs find the server and the disk.
#[derive(Debug, Clone, Args)]
pub struct ArenaOptions {
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
pub struct Arena {
    /// How to start its server; drills may change settings before they do.
    pub setup: Setup,
    /// Users 1 to n.
    pub shoppers: Arc<Vec<Shopper>>,
    folder: TempDir,
    keep: bool,
}

impl Arena {
    /// Seeds a shop; no server runs yet.
    pub fn fresh(options: &ArenaOptions, seed: Seed, users: u64) -> Result<Self, Error> {
        let binary = server_process::binary(options.server.as_deref())?;
        let parent = options.folder.canonicalize().attempt(|| format!("find {}", options.folder.display()))?;
        let folder = tempfile::Builder::new().prefix("mall-bench-").tempdir_in(&parent);
        let folder = folder.attempt(|| format!("make a folder in {}", parent.display()))?;
        let setup = Setup::new(&binary, folder.path())?;
        setup.seed(seed)?;
        let shoppers = setup.shoppers(users)?;
        Ok(Self { setup, shoppers, folder, keep: options.keep })
    }

    /// Where this shop's files are.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The acknowledgement file beside the shop's own files.
    pub fn acks(&self) -> PathBuf {
        self.folder().join("acknowledgements")
    }

    /// Path of the embedded database, as `reconcile` wants it.
    pub fn database(&self) -> String {
        self.setup.database().display().to_string()
    }

    /// Removes the folder unless the books are broken, or it was asked for. A figure that is merely too low leaves nothing to look into.
    pub fn finish(self, verdict: Verdict) {
        if self.keep || verdict == Verdict::Broken {
            println!("  the data folder is kept: {}", self.folder.keep().display());
        }
    }
}
