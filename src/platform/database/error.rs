//! Why the database did not do it, by what the caller does about it.

use sqlx::migrate::MigrateError;

/// A failed statement or connection.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Transient: unreachable, busy, locked, out of space. The same statement may work later.
    #[error("the database is not available: {0}")]
    Unavailable(#[source] sqlx::Error),
    /// The statement itself was refused: a constraint, a type, a syntax. Repeating it does not help.
    #[error("the database refused a statement: {0}")]
    Refused(#[source] sqlx::Error),
    /// The server has a setting under which the shop's statements fail. It works once a person has changed the setting; nothing else helps.
    #[error("the database server has {setting}={found}, with which the shop cannot write: {remedy}")]
    Unfit {
        /// The server's variable.
        setting: &'static str,
        /// The value that the server has.
        found: String,
        /// What to do.
        remedy: &'static str,
    },
    /// A row holds what no release has written.
    #[error("unexpected value in column {column} of a row: {found}")]
    Unexpected {
        /// The column's place in the statement.
        column: usize,
        /// What was found instead.
        found: String,
    },
    /// The schema could not be brought up to date.
    #[error("failed to migrate the schema")]
    Migrate(#[source] MigrateError),
}

impl Error {
    /// Whether the same statement may work later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unavailable(_) => true,
            Self::Migrate(MigrateError::Execute(cause) | MigrateError::ExecuteMigration(cause, _)) => is_transient(cause),
            Self::Refused(_) | Self::Unfit { .. } | Self::Unexpected { .. } | Self::Migrate(_) => false,
        }
    }

    /// Whether the account lacks a right, or the schema a column: it is mended at the server, and then the same statement works.
    pub fn is_denied(&self) -> bool {
        let Self::Refused(sqlx::Error::Database(refusal)) = self else { return false };
        let my = refusal.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>();
        my.is_some_and(|my| MYSQL_DENIED.contains(&my.number()))
    }

    /// Whether another row has a value that has to be unique.
    pub fn is_duplicate(&self) -> bool {
        matches!(self, Self::Refused(sqlx::Error::Database(refusal)) if refusal.is_unique_violation())
    }

    /// Whether a table that the statement names does not exist: as long as a schema is being restored, or before the first migration.
    pub fn is_missing_table(&self) -> bool {
        let (Self::Unavailable(cause) | Self::Refused(cause)) = self else { return false };
        match cause {
            sqlx::Error::Database(refusal) => match refusal.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>() {
                Some(my) => my.number() == MYSQL_NO_SUCH_TABLE,
                None => refusal.message().starts_with("no such table"),
            },
            _ => false,
        }
    }

    /// The database did not answer in time: whether it did what it was asked is not known.
    pub fn timed_out() -> Self {
        Self::Unavailable(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()))
    }
}

impl From<sqlx::Error> for Error {
    fn from(cause: sqlx::Error) -> Self {
        if is_transient(&cause) { Self::Unavailable(cause) } else { Self::Refused(cause) }
    }
}

fn is_transient(cause: &sqlx::Error) -> bool {
    match cause {
        // A connection that was never made, was lost (the clients' 2002, 2003, 2006, 2013), or speaks nonsense because it was cut.
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::BeginFailed => true,
        sqlx::Error::Database(refusal) => {
            if let Some(my) = refusal.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>() {
                MYSQL_TRANSIENT.iter().any(|(number, _)| *number == my.number())
            } else {
                // SQLite's extended codes carry the primary one in their low byte.
                let code = refusal.code().and_then(|code| code.parse::<u32>().ok()).map_or(0, |code| code & 0xff);
                SQLITE_TRANSIENT.contains(&code)
            }
        }
        _ => false,
    }
}

/// BUSY, LOCKED, NOMEM, READONLY, INTERRUPT, IOERR, FULL, CANTOPEN, PROTOCOL.
const SQLITE_TRANSIENT: [u32; 9] = [5, 6, 7, 8, 9, 10, 13, 14, 15];

const MYSQL_NO_SUCH_TABLE: u16 = 1146;

/// Unknown column; command denied on a table, on a column; more rights needed; routine denied; access denied without a password.
const MYSQL_DENIED: [u16; 6] = [1054, 1142, 1143, 1227, 1370, 1698];

/// What MySQL, MariaDB, TiDB and the proxies before them say when the statement is good and cannot be done now. Everything else is the
/// statement's own fault: a duplicate key (1062), a value out of range (1264), a packet too large (1153) …
pub const MYSQL_TRANSIENT: [(u16, &str); 68] = [
    (3, "failed to write a file: the disk is full"),
    (1020, "record has changed since it was read (MariaDB, snapshot isolation)"),
    (1021, "disk full"),
    (1026, "failed to write a file"),
    (1030, "the storage engine failed, as it does on a full disk"),
    (1037, "out of memory"),
    (1038, "out of sort memory"),
    (1040, "too many connections"),
    (1041, "out of memory"),
    (1042, "cannot tell the host's name"),
    (1043, "bad handshake: cut off while connecting"),
    (1044, "access to the schema denied while accounts change"),
    (1045, "access denied while accounts change"),
    (1047, "not ready for queries (Galera)"),
    (1049, "unknown schema while it is being restored"),
    (1053, "the server is shutting down"),
    (1077, "normal shutdown"),
    (1079, "shutdown complete"),
    (1105, "unknown error: what proxies and TiDB say when a server behind them is away"),
    (1114, "table full"),
    (1129, "host blocked"),
    (1130, "host not allowed while accounts change"),
    (1146, "missing table while a schema is being restored"),
    (1152, "aborted connection"),
    (1158, "network read error"),
    (1159, "network read time-out"),
    (1160, "network write error"),
    (1161, "network write time-out"),
    (1180, "failed to commit"),
    (1203, "too many connections of this user"),
    (1205, "lock wait time-out"),
    (1206, "too many locks"),
    (1213, "deadlock"),
    (1226, "the user's hourly limit"),
    (1243, "unknown prepared statement: a proxy has switched to another server"),
    (1290, "read only"),
    (1297, "temporary error of the storage engine"),
    (1317, "statement killed"),
    (1412, "the table's definition has changed"),
    (1461, "too many prepared statements on the server"),
    (1613, "transaction rolled back: too long"),
    (1614, "transaction rolled back: deadlock"),
    (1615, "the statement has to be prepared again"),
    (1637, "too many transactions"),
    (1665, "binlog_format=STATEMENT does not take READ COMMITTED"),
    (1792, "read-only transaction"),
    (1820, "the account's password has expired"),
    (1836, "read-only mode"),
    (1862, "the account's password has expired"),
    (1927, "connection killed (MariaDB)"),
    (1969, "statement time exceeded (MariaDB)"),
    (2006, "a proxy has lost its server"),
    (2013, "a proxy has lost its server in the middle of a statement"),
    (3024, "statement time exceeded"),
    (3032, "the server is offline for its clients"),
    (3100, "group replication: the transaction could not be broadcast"),
    (3101, "group replication: the transaction was rolled back while it was committed"),
    (3118, "the account is locked"),
    (3159, "encrypted connections only, while that is being changed"),
    (3168, "the server is not ready"),
    (4031, "disconnected by the server"),
    (4151, "the account is locked (MariaDB)"),
    (8027, "the schema is out of date (TiDB)"),
    (8028, "the schema has changed (TiDB)"),
    (9001, "no server behind the proxy (ProxySQL), or its placement driver does not answer (TiDB)"),
    (9002, "the store does not answer (TiDB)"),
    (9003, "the store is busy (TiDB)"),
    (9005, "a region is not available (TiDB)"),
];
