//! Why the database did not do it, by what the caller does about it.

use sqlx::migrate::MigrateError;

/// A failed statement or connection.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The weather: unreachable, busy, locked, out of space. The same statement may work later.
    #[error("the database is not available")]
    Unavailable(#[source] sqlx::Error),
    /// The statement itself was refused: a constraint, a type, a missing table. Repeating it does not help.
    #[error("the database refused a statement")]
    Refused(#[source] sqlx::Error),
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
            Self::Migrate(MigrateError::Execute(cause) | MigrateError::ExecuteMigration(cause, _)) => is_weather(cause),
            Self::Refused(_) | Self::Unexpected { .. } | Self::Migrate(_) => false,
        }
    }

    /// The database did not answer in time: whether it did what it was asked is not known.
    pub fn timed_out() -> Self {
        Self::Unavailable(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()))
    }
}

impl From<sqlx::Error> for Error {
    fn from(cause: sqlx::Error) -> Self {
        if is_weather(&cause) { Self::Unavailable(cause) } else { Self::Refused(cause) }
    }
}

fn is_weather(cause: &sqlx::Error) -> bool {
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
                MYSQL_WEATHER.iter().any(|(number, _)| *number == my.number())
            } else {
                // SQLite's extended codes carry the primary one in their low byte.
                let code = refusal.code().and_then(|code| code.parse::<u32>().ok()).map_or(0, |code| code & 0xff);
                SQLITE_WEATHER.contains(&code)
            }
        }
        _ => false,
    }
}

/// BUSY, LOCKED, NOMEM, READONLY, INTERRUPT, IOERR, FULL, CANTOPEN, PROTOCOL.
const SQLITE_WEATHER: [u32; 9] = [5, 6, 7, 8, 9, 10, 13, 14, 15];

/// What MySQL and MariaDB say when the statement is good and the server cannot do it now. Everything else is the statement's own fault:
/// a duplicate key (1062), a missing table (1146), a value out of range (1264), a packet too large (1153) …
pub const MYSQL_WEATHER: [(u16, &str); 43] = [
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
    (1114, "table full"),
    (1129, "host blocked"),
    (1130, "host not allowed while accounts change"),
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
    (1290, "read only"),
    (1317, "statement killed"),
    (1412, "the table's definition has changed"),
    (1613, "transaction rolled back: too long"),
    (1614, "transaction rolled back: deadlock"),
    (1792, "read-only transaction"),
    (1836, "read-only mode"),
    (1927, "connection killed (MariaDB)"),
    (1969, "statement time exceeded (MariaDB)"),
    (3024, "statement time exceeded"),
    (4031, "disconnected by the server"),
];
