//! Configuration, read once at start: defaults, then `config/environments/<APP_ENV>.env`, then the real environment.
//! - C1 Every fault is shown at once, by the variable's name.
//! - C2 Secrets are never printed.
//! - C3 Inside, values are passed; nothing else looks at the environment.

mod admins;
mod after_sales;
mod banners;
mod broker_url;
mod cidr;
mod encryption;
mod env_file;
mod host;
mod http;
mod lag;
mod mode;
mod reader;
mod secret;
mod sections;
mod servers;
mod setting;
mod shipping;
mod sms;
mod wechat_pay;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

pub use admins::Admins;
pub use after_sales::AfterSales;
pub use banners::Banners;
pub use broker_url::BrokerUrl;
pub use cidr::{BadNetwork, Network};
pub use encryption::Encryption;
pub use http::Http;
pub use lag::Lag;
pub use mode::{ChosenMode, Mode};
pub use reader::Fault;
use reader::Reader;
pub use secret::Secret;
pub use sections::{Auth, Bucket, Journal, Orders, Outbox, RateLimits, Reconciliation, Reviews, Storage, Telemetry};
pub use servers::{Broker, Database, Objects, ObjectsKind, Redis, Wechat};
pub use setting::{Setting, Values};
pub use shipping::{Kuaidi100, Messages, Shipping, TrackingKind};
pub use sms::{Sms, SmsKind, TencentSms};
pub use wechat_pay::{API_KEY_BYTES, WechatPay};

/// Everything that can be set, a struct a concern.
#[derive(Debug, Clone)]
pub struct Config {
    /// Alone or with servers.
    pub mode: Mode,
    /// The variable that chose the mode; none for the embedded mode of a process that sets neither `APP_ENV` nor `NODE_ENV`.
    pub mode_variable: Option<&'static str>,
    /// Where the server listens, and its limits.
    pub http: Http,
    /// Sizes of the token buckets.
    pub rate_limits: RateLimits,
    /// Rules of orders that a shop may choose.
    pub orders: Orders,
    /// Whether reviews are moderated, and how long they may be written.
    pub reviews: Reviews,
    /// The time limits of after-sale.
    pub after_sales: AfterSales,
    /// When payments are reconciled.
    pub reconciliation: Reconciliation,
    /// Sizes and times of the journal.
    pub journal: Journal,
    /// How far what follows the journal may stay behind.
    pub lag: Lag,
    /// How the outbox carries effects on.
    pub outbox: Outbox,
    /// The data folder.
    pub storage: Storage,
    /// Keys that sign and check tokens.
    pub auth: Auth,
    /// How passwords of administrators are kept.
    pub admins: Admins,
    /// Keys of personal data.
    pub encryption: Encryption,
    /// Logs and error reports.
    pub telemetry: Telemetry,
    /// MySQL; none in the embedded mode.
    pub database: Option<Database>,
    /// Redis, if there is one.
    pub redis: Option<Redis>,
    /// RabbitMQ, if there is one.
    pub broker: Option<Broker>,
    /// The mini-program and merchant at WeChat.
    pub wechat: Wechat,
    /// How text messages are sent.
    pub sms: Sms,
    /// Who is asked where parcels are, and what WeChat is told of them.
    pub shipping: Shipping,
    /// Where pictures are stored.
    pub objects: Objects,
    /// Where banners may lead.
    pub banners: Banners,
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
        // A variable whose name is no text is none of ours.
        let environment: BTreeMap<String, OsString> =
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value))).collect();
        let folder = environment.get("CONFIG_DIR").filter(|folder| !folder.is_empty());
        Self::load(&environment, &folder.map_or_else(|| PathBuf::from(CONFIG_DIR), PathBuf::from))
    }

    /// From these variables, over the file in `folder` that belongs to the mode that they choose.
    pub fn load(environment: &BTreeMap<String, OsString>, folder: &Path) -> Result<Self, Faults> {
        let chosen = ChosenMode::read(environment).map_err(|fault| Faults(vec![fault]))?;
        let read = match file(chosen, folder) {
            Ok(mut variables) => {
                variables.extend(environment.iter().map(|(name, value)| (name.clone(), value.clone())));
                let (config, faults, _) = Self::read(chosen, variables);
                if faults.is_empty() { Ok(config) } else { Err(faults) }
            }
            Err(faults) => Err(faults),
        };
        read.map_err(|mut faults| {
            faults.extend(chosen.doubt().map(|reason| Fault { variable: "NODE_ENV", reason }));
            Faults(faults)
        })
    }

    /// The embedded mode with everything at its default, in this data folder: what a test starts from.
    pub fn embedded(data_dir: &Path) -> Result<Self, Faults> {
        let (mut config, faults, _) = Self::read(ChosenMode { mode: Mode::Embedded, variable: None }, BTreeMap::new());
        config.storage.data_dir = data_dir.to_owned();
        if faults.is_empty() { Ok(config) } else { Err(Faults(faults)) }
    }

    /// What to tell somebody whose start fails in a mode that they may not have meant.
    pub fn doubt(&self) -> Option<String> {
        ChosenMode { mode: self.mode, variable: self.mode_variable }.doubt()
    }

    /// Every variable that is read in any mode, with the defaults that it has in them.
    pub fn settings() -> BTreeMap<&'static str, Setting> {
        let words = |words: &[&str]| Values::Words(words.iter().map(|word| (*word).to_owned()).collect());
        // Read before there is a reader: they say what it reads.
        let mut settings = BTreeMap::from([
            ("APP_ENV", Setting::new(None, words(&mode::WORDS))),
            ("NODE_ENV", Setting::new(None, words(&mode::NODE_WORDS))),
            ("CONFIG_DIR", Setting::new(Some(&CONFIG_DIR), Values::Text)),
        ]);
        // Servers whose other variables are read only if they are there.
        let servers = [("REDIS_HOST", "localhost"), ("RABBITMQ_URL", "amqp://localhost")];
        for mode in [Mode::Embedded, Mode::Development, Mode::Testing, Mode::Production] {
            let servers = servers.iter().map(|(name, value)| ((*name).to_owned(), OsString::from(value))).collect();
            // What is not set is a fault in some modes; here only the questions count.
            let (_, _, asked) = Self::read(ChosenMode { mode, variable: Some("APP_ENV") }, servers);
            for (variable, setting) in asked {
                settings.entry(variable).or_insert_with(|| setting.clone()).defaults.extend(setting.defaults);
            }
        }
        settings
    }

    fn read(chosen: ChosenMode, variables: BTreeMap<String, OsString>) -> (Self, Vec<Fault>, BTreeMap<&'static str, Setting>) {
        let mut reader = Reader::new(variables);
        let mode = chosen.mode;
        let journal = Journal::read(&mut reader);
        let config = Self {
            mode,
            mode_variable: chosen.variable,
            http: Http::read(&mut reader, mode),
            rate_limits: RateLimits::read(&mut reader),
            orders: Orders::read(&mut reader),
            reviews: Reviews::read(&mut reader),
            after_sales: AfterSales::read(&mut reader),
            reconciliation: Reconciliation::read(&mut reader),
            journal,
            lag: Lag::read(&mut reader, journal.budget_bytes),
            outbox: Outbox::read(&mut reader),
            storage: Storage::read(&mut reader),
            auth: Auth::read(&mut reader, mode),
            admins: Admins::read(&mut reader, mode),
            encryption: Encryption::read(&mut reader, mode),
            telemetry: Telemetry::read(&mut reader, mode),
            database: Database::read(&mut reader, mode),
            redis: Redis::read(&mut reader, mode),
            broker: Broker::read(&mut reader, mode),
            wechat: Wechat::read(&mut reader, mode),
            sms: Sms::read(&mut reader, mode),
            shipping: Shipping::read(&mut reader, mode),
            objects: Objects::read(&mut reader),
            banners: Banners::read(&mut reader),
        };
        let (faults, settings) = reader.finish();
        (config, faults, settings)
    }
}

/// Folder of the files with variables, unless `CONFIG_DIR` names another.
const CONFIG_DIR: &str = "config/environments";

/// The variables of the mode's file; the embedded mode has none. Faults are those of the variable that chose the mode.
fn file(chosen: ChosenMode, folder: &Path) -> Result<BTreeMap<String, OsString>, Vec<Fault>> {
    let Some(variable) = chosen.variable.filter(|_| !chosen.mode.is_embedded()) else { return Ok(BTreeMap::new()) };
    let path = folder.join(format!("{}.env", chosen.mode.name()));
    let fault = |reason: String| Fault { variable, reason };
    let text = std::fs::read(&path).map_err(|cause| {
        let name = chosen.mode.name();
        let remedy = "start where that folder is, or set CONFIG_DIR to it";
        vec![fault(format!("is {name}, whose file {} cannot be read: {cause}; {remedy}", path.display()))]
    })?;
    match env_file::parse(&text) {
        Ok(variables) => Ok(variables.into_iter().map(|(name, value)| (name, value.into())).collect()),
        Err(lines) => {
            Err(lines.into_iter().map(|bad| fault(format!("its file {} line {} {}", path.display(), bad.number, bad.reason))).collect())
        }
    }
}

#[cfg(test)]
mod tests;
