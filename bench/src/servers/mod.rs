//! A MariaDB, a Redis and a RabbitMQ of our own: on free ports, in a folder of our own, each behind a proxy that can cut it off.
//! - V1 nothing here touches a server that somebody else runs.
//! - V2 none of them outlives the value that stands for it, nor this process (`child.rs`).
//!
//! Not here: what is done to them (`drills`, `compare`).

mod child;
mod mariadb;
pub mod proxy;
mod rabbitmq;
mod redis;

use std::path::Path;

pub use child::Child;
pub use mariadb::MariaDb;
pub use proxy::{Proxy, Way};
pub use rabbitmq::RabbitMq;
pub use redis::{Appends, Redis};

use crate::error::{Attempt as _, Error};
use crate::server_process::Setup;

/// The schema of the shop.
pub const SCHEMA: &str = "mall_bench";

/// One of the three.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// The database server, MariaDB.
    Database,
    /// The broker, RabbitMQ.
    Broker,
    /// The cache server, Redis.
    Redis,
}

impl Which {
    /// In the order in which a drill goes through them.
    pub const ALL: [Self; 3] = [Self::Database, Self::Broker, Self::Redis];

    /// The product's name, for messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Database => "database",
            Self::Broker => "broker",
            Self::Redis => "redis",
        }
    }
}

/// All three, running.
pub struct Servers {
    /// The server that has the shop's tables.
    pub database: MariaDb,
    /// Where events go.
    pub broker: RabbitMq,
    /// Shared limits and caches.
    pub redis: Redis,
    proxies: [(Which, Proxy); 3],
}

impl Servers {
    /// Makes and starts them below `folder`; a missing program is named with its package.
    pub fn start(folder: &Path) -> Result<Self, Error> {
        // The broker takes longest to come up, so it comes first and is waited for last.
        let mut broker = RabbitMq::launch(&folder.join("rabbitmq"))?;
        let redis = Redis::start(&folder.join("redis"), Appends::EverySecond)?;
        let database = MariaDb::start(&folder.join("mariadb"))?;
        broker.child_mut().wait_until_it_answers()?;
        let proxies = [
            (Which::Database, Proxy::start(database.child().port())?),
            (Which::Broker, Proxy::start(broker.child().port())?),
            (Which::Redis, Proxy::start(redis.child().port())?),
        ];
        Ok(Self { database, broker, redis, proxies })
    }

    /// One of them.
    pub fn child_mut(&mut self, which: Which) -> &mut Child {
        match which {
            Which::Database => self.database.child_mut(),
            Which::Broker => self.broker.child_mut(),
            Which::Redis => self.redis.child_mut(),
        }
    }

    /// The proxy before one of them.
    pub fn proxy(&self, which: Which) -> &Proxy {
        let place = Which::ALL.iter().position(|other| *other == which).unwrap_or_default();
        &self.proxies[place].1
    }

    /// Process ids (leaders of their groups) of those that run.
    pub fn pids(&self) -> Vec<u32> {
        [self.database.child(), self.broker.child(), self.redis.child()].into_iter().filter_map(Child::pid).collect()
    }

    /// Tells the shop where its servers are: directly, or through the proxies, which cost a little and can cut off.
    pub fn configure(&self, setup: &mut Setup, through_proxies: bool) -> Result<(), Error> {
        // The mode's file has to be there; what it would say is said here.
        let folder = setup.data_dir.join("config");
        child::make(&folder)?;
        let file = folder.join("testing.env");
        std::fs::write(&file, "# Everything is in the environment.\n").attempt(|| format!("write {}", file.display()))?;
        setup.set("CONFIG_DIR", &folder.display().to_string());
        let port = |which: Which, own: u16| if through_proxies { self.proxy(which).port() } else { own };
        setup.set("APP_ENV", "testing");
        setup.set("SESSION_SECRET", crate::server_process::SECRET);
        setup.set("DATA_KEYS", &format!("1:{}", crate::server_process::DATA_KEY));
        setup.set("BLIND_INDEX_KEY", crate::server_process::DATA_KEY);
        setup.set("DB_HOST", "127.0.0.1");
        setup.set("DB_PORT", &port(Which::Database, self.database.child().port()).to_string());
        setup.set("DB_USERNAME", mariadb::USER);
        setup.set("DB_PASSWORD", mariadb::PASSWORD);
        setup.set("DB_DATABASE", SCHEMA);
        setup.set("REDIS_HOST", "127.0.0.1");
        setup.set("REDIS_PORT", &port(Which::Redis, self.redis.child().port()).to_string());
        setup.set("REDIS_DB", "0");
        setup.set("RABBITMQ_URL", &rabbitmq::url(port(Which::Broker, self.broker.child().port())));
        setup.books = self.database.url(SCHEMA);
        Ok(())
    }
}
