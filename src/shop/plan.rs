//! What the configuration says the shop is made of.

use std::path::PathBuf;
use std::time::Duration;

use mallcore_actors::engine::Rules;
use mallcore_actors::journal::options::Options;
use mallcore_actors::lag::Budget;

use crate::features::{accounts, admins, payments, reconciliation};
use crate::platform::broker;
use crate::platform::clock::rebase;
use crate::platform::config::{self, AfterSales, Config, Reviews};
use crate::platform::database::{Encryption, MySqlServer, Settings};
use crate::platform::outbox::RelaySettings;
use crate::platform::projection::ProjectorSettings;
use crate::platform::redis::Link;
use crate::platform::vault::KeySource;
use crate::sale_snapshot::KeeperSettings;

/// What the shop is made of.
#[derive(Clone)]
pub struct Plan {
    /// Folder of the journal's segments.
    pub journal_folder: PathBuf,
    /// The journal's settings.
    pub journal: Options,
    /// The file in which an operator's rebase of the clock is kept.
    pub clock_rebase: PathBuf,
    /// The database; its schema is brought up to date when it is reached.
    pub database: Settings,
    /// Where is noted what it has; none for one that is never away alone.
    pub database_hint: Option<PathBuf>,
    /// How long a start waits for it.
    pub database_within: Duration,
    /// Snapshots of the running sales.
    pub keeper: KeeperSettings,
    /// Limits and windows.
    pub rules: Rules,
    /// Whether reviews are moderated, and how long they may be written.
    pub reviews: Reviews,
    /// The time limits of after-sale.
    pub after_sales: AfterSales,
    /// Who is asked where parcels are, and what WeChat is told of them.
    pub shipping: config::Shipping,
    /// How the projection works.
    pub projector: ProjectorSettings,
    /// How far the database may be behind.
    pub database_lag: Budget,
    /// The broker, if there is one.
    pub broker: Option<BrokerPlan>,
    /// The broker that gets the events of cold writes, if there is one.
    pub events: Option<broker::Target>,
    /// How the outbox is carried out.
    pub relay: RelaySettings,
    /// What accounts are made of.
    pub accounts: accounts::Settings,
    /// What the sign-in of administrators is made of.
    pub admins: admins::Settings,
    /// How orders are paid.
    pub payments: payments::Settings,
    /// How payments are reconciled.
    pub reconciliation: reconciliation::Settings,
    /// Where the keys come from that seal personal data.
    pub keys: KeySource,
    /// Where products are cached, if anywhere; whoever made the link starts it.
    pub redis: Option<Link>,
}

/// The broker that events go to.
#[derive(Debug, Clone)]
pub struct BrokerPlan {
    /// Address and exchange of the broker.
    pub target: broker::Target,
    /// Where its checkpoint lies.
    pub folder: PathBuf,
    /// How its projection works.
    pub projector: ProjectorSettings,
    /// How far it may be behind.
    pub lag: Budget,
}

/// Folder of the sale snapshots in the data folder. It keeps the name that it had first: a start looks for the snapshots of earlier releases.
const SNAPSHOT_FOLDER: &str = "pinned";
/// Messages that are on their way to the broker together: enough that its syncs are shared, few enough to lie in memory.
const BROKER_BATCH: usize = 2048;

/// A basket that has not got all its pieces by then gives up and says `busy`.
const HOLDING_MAX_MILLIS: u64 = 3_000;

impl Plan {
    /// What the configuration says.
    pub fn of(config: &Config) -> Self {
        let (journal, lag) = (&config.journal, &config.lag);
        let parts = Budget {
            records_max: u64::MAX,
            bytes_max: u64::MAX,
            memory_bytes_max: u64::MAX,
            alert_percent: lag.alert_percent,
            shed_percent: lag.shed_percent,
        };
        let usual = ProjectorSettings {
            urgent_above: lag.urgent_records,
            burst_per_second: Some(lag.burst_records_per_second),
            ..ProjectorSettings::default()
        };
        let database_lag = Budget {
            records_max: lag.database_records_max,
            bytes_max: lag.database_bytes_max,
            memory_bytes_max: lag.memory_bytes_max,
            ..parts
        };
        let broker_lag = Budget { records_max: lag.broker_records_max, bytes_max: lag.broker_bytes_max, ..parts };
        // One for all that publish: they share what they know of it.
        let events = config.broker.as_ref().map(broker::Target::from);
        let projector = match config.database {
            // Each page of an index that a batch touches is written twice, by WAL and checkpoint: few large batches touch fewer. One takes
            // seconds when buyers leave it little of the processor.
            None => ProjectorSettings {
                batch_records_max: 262_144,
                linger_busy: Duration::from_secs(1),
                silent_after: Duration::from_secs(20),
                ..usual.clone()
            },
            // A server's transactions have to stay short, for its undo log and its replicas.
            Some(_) => {
                ProjectorSettings { linger_busy: Duration::from_millis(300), eased_below: database_lag.alert_records(), ..usual.clone() }
            }
        };
        Self {
            journal_folder: config.storage.data_dir.join("journal"),
            journal: Options {
                segment_bytes: journal.segment_bytes,
                group_window: Duration::from_micros(u64::from(journal.group_window_micros)),
                budget_bytes: journal.budget_bytes,
                retain: Duration::from_secs(journal.retain_seconds),
                ..Options::default()
            },
            clock_rebase: config.storage.data_dir.join(rebase::FILE),
            database: database(config),
            database_hint: config.database.is_some().then(|| config.storage.data_dir.join("database-checkpoint.json")),
            database_within: Duration::from_secs(config.storage.database_wait_seconds),
            keeper: KeeperSettings {
                keeps: config.database.is_some(),
                burst_per_second: Some(lag.burst_records_per_second),
                ..KeeperSettings::new(config.storage.data_dir.join(SNAPSHOT_FOLDER), journal.segment_bytes)
            },
            rules: Rules {
                unpaid_max_per_user: config.orders.unpaid_max_per_user,
                flash_pay_window_millis: u64::from(config.orders.flash_pay_window_seconds) * 1000,
                pay_window_millis: u64::from(config.orders.pay_window_seconds) * 1000,
                holding_max_millis: HOLDING_MAX_MILLIS,
                auto_complete_after_millis: u64::from(config.orders.auto_complete_seconds) * 1000,
            },
            reviews: config.reviews,
            after_sales: config.after_sales,
            shipping: config.shipping.clone(),
            projector: ProjectorSettings { paused: config.storage.projection_paused, ..projector },
            database_lag,
            broker: events.clone().map(|target| BrokerPlan {
                target,
                folder: config.storage.data_dir.clone(),
                projector: ProjectorSettings { batch_records_max: BROKER_BATCH, eased_below: broker_lag.alert_records(), ..usual },
                lag: broker_lag,
            }),
            events,
            relay: RelaySettings { retain: Duration::from_secs(config.outbox.retain_seconds) },
            accounts: accounts::Settings::of(config),
            admins: admins::Settings::of(config),
            payments: payments::Settings::default(),
            reconciliation: reconciliation::Settings::of(config),
            keys: KeySource::of(config),
            redis: None,
        }
    }
}

/// The server that is configured, or the file in the data folder.
pub fn database(config: &Config) -> Settings {
    match &config.database {
        None => Settings::Sqlite(config.storage.data_dir.join("mallcore.sqlite3")),
        Some(server) => Settings::MySql(MySqlServer {
            host: server.host.clone(),
            port: server.port,
            user: server.username.clone(),
            password: server.password.as_ref().map(|secret| secret.expose().to_owned()).unwrap_or_default(),
            database: Some(server.name.clone()),
            encryption: if server.tls { Encryption::Verified(server.tls_ca_file.clone()) } else { Encryption::Off },
        }),
    }
}
