//! How a database is reached, and what each connection is told first.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::mysql::{MySqlConnectOptions, MySqlPoolOptions, MySqlSslMode};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use super::{Database, Error, mysql};

/// The database to be opened.
#[derive(Debug, Clone)]
pub enum Settings {
    /// A file, created if it is missing.
    Sqlite(PathBuf),
    /// A server of MySQL or MariaDB.
    MySql(MySqlServer),
}

/// A MySQL or MariaDB server and one of its schemas.
#[derive(Clone)]
pub struct MySqlServer {
    /// Name or address.
    pub host: String,
    /// TCP port of the server.
    pub port: u16,
    /// Name of the account.
    pub user: String,
    /// Its password; never printed.
    pub password: String,
    /// Schema, which has to exist; none only for creating one.
    pub database: Option<String>,
    /// Whether what is said can be overheard.
    pub encryption: Encryption,
}

/// Whether and how a connection is encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Encryption {
    /// In the clear: this machine, or a network that is trusted.
    Off,
    /// TLS; the server's certificate bears its host's name and is signed by one in this file (PEM), or by a public authority.
    Verified(Option<PathBuf>),
}

impl fmt::Debug for MySqlServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "mysql://{}:***@{}:{}/{}", self.user, self.host, self.port, self.database.as_deref().unwrap_or_default())
    }
}

/// How many connections, and how long one may be waited for.
#[derive(Debug, Clone, Copy)]
pub struct Connections {
    /// At most so many at a time.
    pub max: u32,
    /// How long one may be waited for, with the time to find out why there is none; then the statement is [`Error::Unavailable`].
    pub wait_max: Duration,
    /// MySQL: how long a statement waits for somebody else's lock on a row or on a table, in whole seconds; then it is
    /// [`Error::Unavailable`].
    pub lock_wait_max: Duration,
    /// MySQL: how long the server works on one statement, in whole seconds; then it is [`Error::Unavailable`]. None: as long as it takes.
    pub statement_max: Option<Duration>,
    /// SQLite: a commit is on disk when it is done. MySQL's always is.
    pub synced: bool,
    /// SQLite: KiB of pages that one connection keeps, at most.
    pub cache_kib: u32,
    /// MySQL: seconds without a word after which the server ends a connection, with its transaction and its locks. It may never hear of our
    /// death when the network is cut; none: as the server has it, hours.
    pub silent_max_seconds: Option<u32>,
}

impl Connections {
    /// One connection, kept for ever: the projection's own. The journal is the truth: what a power cut takes is projected again.
    /// It asks something every few seconds.
    pub const ONE: Self = Self {
        max: 1,
        wait_max: Duration::from_secs(5),
        lock_wait_max: Duration::from_secs(5),
        statement_max: Some(Duration::from_secs(25)),
        synced: false,
        cache_kib: WRITER_CACHE_KIB,
        silent_max_seconds: Some(60),
    };
    /// One connection that loads everything that is open or on sale: a start, and a first snapshot.
    pub const LOAD: Self = Self { statement_max: Some(Duration::from_secs(300)), ..Self::ONE };
    /// The outbox's relay: one for each destination and one for the counts.
    pub const COLD: Self = Self { max: 4, lock_wait_max: Duration::from_secs(5), ..Self::READ };
    /// One connection for a command's cold writes, of which there is no other copy. A person waits for it, and may end it.
    pub const COMMAND: Self = Self { synced: true, max: 1, lock_wait_max: Duration::from_secs(5), statement_max: None, ..Self::READ };
    /// For those who mostly read, and do not wait for long: a lock is given up before the one who asked has given up.
    pub const READ: Self = Self {
        max: 8,
        wait_max: Duration::from_secs(5),
        lock_wait_max: Duration::from_secs(2),
        statement_max: Some(Duration::from_secs(60)),
        synced: false,
        cache_kib: READER_CACHE_KIB,
        silent_max_seconds: None,
    };
}

/// Of the time that a connection may be waited for, a quarter is for finding out why there is none.
const fn acquire_within(connections: &Connections) -> Duration {
    Duration::from_millis((connections.wait_max.as_millis() * 3 / 4) as u64)
}

/// The quarter that belongs to this wait.
pub(super) fn diagnosis_within(waited: Duration) -> Duration {
    waited / 3
}

/// SQLite: pages of the log between checkpoints, 128 MiB: a small shop has a small log. The projection waits for more in a burst.
pub const LOG_PAGES: u32 = 32_768;

const READER_CACHE_KIB: u32 = 64 << 10;
/// Room for every page that the largest batch changes: with less they are spilled to the WAL and read again, several times each.
const WRITER_CACHE_KIB: u32 = 1 << 20;

/// Another writer of the file holds its lock for less: the projection's largest batch, with little of the processor, for some seconds.
const SQLITE_BUSY_TIMEOUT: Duration = Duration::from_secs(20);
/// Statements with fixed numbers of rows, the reading ones, and room to spare.
const STATEMENTS_CACHED: usize = 256;

impl Settings {
    /// Opens a first connection, so that a wrong address is known now.
    pub async fn connect(&self, connections: Connections) -> Result<Database, Error> {
        Ok(match self {
            Self::Sqlite(path) => Database::Sqlite(sqlite_pool(connections).connect_with(sqlite_options(path, connections)).await?),
            Self::MySql(server) => match mysql_pool(connections).connect_with(mysql_options(server)).await {
                Ok(pool) => Database::MySql(pool),
                Err(sqlx::Error::PoolTimedOut) => {
                    let pool = mysql_pool(connections).connect_lazy_with(mysql_options(server));
                    return Err(mysql::why_timed_out(&pool).await);
                }
                Err(cause) => return Err(cause.into()),
            },
        })
    }

    /// Opens a first connection to a database that is there: a file is not made.
    pub async fn connect_existing(&self, connections: Connections) -> Result<Database, Error> {
        match self {
            Self::Sqlite(path) => {
                let options = sqlite_options(path, connections).create_if_missing(false);
                Ok(Database::Sqlite(sqlite_pool(connections).connect_with(options).await?))
            }
            Self::MySql(_) => self.connect(connections).await,
        }
    }

    /// Connects with the first statement: for those who go on without the database.
    pub fn connect_lazily(&self, connections: Connections) -> Database {
        match self {
            Self::Sqlite(path) => Database::Sqlite(sqlite_pool(connections).connect_lazy_with(sqlite_options(path, connections))),
            Self::MySql(server) => Database::MySql(mysql_pool(connections).connect_lazy_with(mysql_options(server))),
        }
    }
}

fn sqlite_pool(connections: Connections) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections.max)
        .acquire_timeout(connections.wait_max)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
}

fn mysql_pool(connections: Connections) -> MySqlPoolOptions {
    MySqlPoolOptions::new()
        .max_connections(connections.max)
        .acquire_timeout(acquire_within(&connections))
        .idle_timeout(None)
        .after_connect(move |session, _| Box::pin(async move { mysql::prepare(session, &connections).await }))
}

fn sqlite_options(path: &Path, connections: Connections) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(if connections.synced { SqliteSynchronous::Full } else { SqliteSynchronous::Normal })
        .foreign_keys(true)
        .busy_timeout(SQLITE_BUSY_TIMEOUT)
        .statement_cache_capacity(STATEMENTS_CACHED)
        .pragma("cache_size", format!("-{}", connections.cache_kib))
        .pragma("temp_store", "MEMORY")
        .pragma("wal_autocheckpoint", LOG_PAGES.to_string())
        .pragma("journal_size_limit", "3221225472")
        .row_buffer_size(1024)
}

fn mysql_options(server: &MySqlServer) -> MySqlConnectOptions {
    let mut options = MySqlConnectOptions::new()
        .host(&server.host)
        .port(server.port)
        .username(&server.user)
        .charset("utf8mb4")
        // The whole SQL mode is set for each session (`mysql::prepare`).
        .pipes_as_concat(false)
        .no_engine_substitution(false)
        .statement_cache_capacity(STATEMENTS_CACHED);
    // An empty password that is sent counts as a wrong one.
    if !server.password.is_empty() {
        options = options.password(&server.password);
    }
    options = match &server.encryption {
        // Said, because the library's own choice is TLS without a look at the certificate where the server offers it: costly and no safer.
        Encryption::Off => options.ssl_mode(MySqlSslMode::Disabled),
        Encryption::Verified(authorities) => {
            let options = options.ssl_mode(MySqlSslMode::VerifyIdentity);
            authorities.iter().fold(options, |options, file| options.ssl_ca(file))
        }
    };
    match &server.database {
        Some(database) => options.database(database),
        None => options,
    }
}
