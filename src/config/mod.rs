//! Configuration, read once at start: defaults, then `config/environments/<APP_ENV>.env`, then the real environment.
//! - C1 Every fault is shown at once, by the variable's name.
//! - C2 Secrets are never printed.
//! - C3 Inside, values are passed; nothing else looks at the environment.

mod broker_url;
mod cidr;
mod http;
mod lag;
mod mode;
mod reader;
mod secret;
mod sections;
mod servers;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

pub use broker_url::BrokerUrl;
pub use cidr::{BadNetwork, Network};
pub use http::Http;
pub use lag::Lag;
pub use mode::Mode;
pub use reader::Fault;
use reader::Reader;
pub use secret::Secret;
pub use sections::{Auth, Bucket, Journal, Orders, Outbox, RateLimits, Storage, Telemetry};
pub use servers::{Broker, Database, Objects, ObjectsKind, Redis, Wechat};

/// Everything that can be set, a struct a concern.
#[derive(Debug, Clone)]
pub struct Config {
    /// Alone or with servers.
    pub mode: Mode,
    /// Listening.
    pub http: Http,
    /// Token buckets.
    pub rate_limits: RateLimits,
    /// Rules of orders that a shop may choose.
    pub orders: Orders,
    /// The journal.
    pub journal: Journal,
    /// How far what follows the journal may stay behind.
    pub lag: Lag,
    /// The outbox.
    pub outbox: Outbox,
    /// The data folder.
    pub storage: Storage,
    /// Keys.
    pub auth: Auth,
    /// Logs and error reports.
    pub telemetry: Telemetry,
    /// MySQL; none in the embedded mode.
    pub database: Option<Database>,
    /// Redis, if there is one.
    pub redis: Option<Redis>,
    /// RabbitMQ, if there is one.
    pub broker: Option<Broker>,
    /// WeChat.
    pub wechat: Wechat,
    /// Pictures.
    pub objects: Objects,
}

/// All that is wrong with the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults(pub Vec<Fault>);

impl std::error::Error for Faults {}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the configuration has {} fault(s):", self.0.len())?;
        self.0.iter().try_for_each(|fault| write!(f, "\n  {fault}"))
    }
}

impl Config {
    /// From the process's environment and the files in `CONFIG_DIR` (`./config/environments`).
    pub fn from_environment() -> Result<Self, Faults> {
        let environment: BTreeMap<String, String> =
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))).collect();
        let folder = environment.get("CONFIG_DIR").map_or_else(|| PathBuf::from("config/environments"), PathBuf::from);
        Self::load(&environment, &folder)
    }

    /// From these variables, over the file in `folder` that belongs to the mode that they choose.
    pub fn load(environment: &BTreeMap<String, String>, folder: &Path) -> Result<Self, Faults> {
        let mode = Mode::read(environment).map_err(|fault| Faults(vec![fault]))?;
        let mut variables = if mode.is_embedded() { BTreeMap::new() } else { file(&folder.join(format!("{}.env", mode.name())))? };
        variables.extend(environment.iter().map(|(name, value)| (name.clone(), value.clone())));
        Self::read(mode, variables)
    }

    /// The embedded mode with everything at its default, in this data folder: what a test starts from.
    pub fn embedded(data_dir: &Path) -> Result<Self, Faults> {
        let mut config = Self::read(Mode::Embedded, BTreeMap::new())?;
        config.storage.data_dir = data_dir.to_owned();
        Ok(config)
    }

    fn read(mode: Mode, variables: BTreeMap<String, String>) -> Result<Self, Faults> {
        let mut reader = Reader::new(variables);
        let journal = Journal::read(&mut reader);
        let config = Self {
            mode,
            http: Http::read(&mut reader, mode),
            rate_limits: RateLimits::read(&mut reader),
            orders: Orders::read(&mut reader),
            journal,
            lag: Lag::read(&mut reader, journal.budget_bytes),
            outbox: Outbox::read(&mut reader),
            storage: Storage::read(&mut reader),
            auth: Auth::read(&mut reader, mode),
            telemetry: Telemetry::read(&mut reader, mode),
            database: Database::read(&mut reader, mode),
            redis: Redis::read(&mut reader, mode),
            broker: Broker::read(&mut reader, mode),
            wechat: Wechat::read(&mut reader, mode),
            objects: Objects::read(&mut reader),
        };
        let faults = reader.into_faults();
        if faults.is_empty() { Ok(config) } else { Err(Faults(faults)) }
    }
}

fn file(path: &Path) -> Result<BTreeMap<String, String>, Faults> {
    let fault = |reason: String| Faults(vec![Fault { variable: "APP_ENV", reason }]);
    let lines = dotenvy::from_path_iter(path).map_err(|cause| fault(format!("its file {path:?} cannot be read: {cause}")))?;
    // The library's message would show the line, and a line may hold a secret.
    lines.collect::<Result<_, _>>().map_err(|_| fault(format!("its file {path:?} has a line that is not NAME=value")))
}

#[cfg(test)]
mod tests;
