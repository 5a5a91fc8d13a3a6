//! Why the database did not do it, by what the caller does about it.

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
    Migrate(#[source] sqlx::migrate::MigrateError),
}

impl Error {
    /// Whether the same statement may work later.
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

impl From<sqlx::Error> for Error {
    fn from(cause: sqlx::Error) -> Self {
        let transient = match &cause {
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::BeginFailed => true,
            sqlx::Error::Database(refusal) => {
                if let Some(my) = refusal.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>() {
                    MYSQL_TRANSIENT.contains(&my.number())
                } else {
                    // SQLite's extended codes carry the primary one in their low byte.
                    let code = refusal.code().and_then(|code| code.parse::<u32>().ok()).map_or(0, |code| code & 0xff);
                    SQLITE_TRANSIENT.contains(&code)
                }
            }
            _ => false,
        };
        if transient { Self::Unavailable(cause) } else { Self::Refused(cause) }
    }
}

/// BUSY, LOCKED, NOMEM, READONLY, INTERRUPT, IOERR, FULL, CANTOPEN, PROTOCOL.
const SQLITE_TRANSIENT: [u32; 9] = [5, 6, 7, 8, 9, 10, 13, 14, 15];

/// Disk full, out of memory, too many connections, access denied while accounts change, host unknown or blocked, server going down,
/// network read and write errors, lock wait, table full, deadlock, read only, statement killed, unknown database while it is being restored.
const MYSQL_TRANSIENT: [u16; 22] =
    [1021, 1037, 1038, 1040, 1041, 1042, 1044, 1045, 1049, 1053, 1077, 1114, 1129, 1130, 1158, 1159, 1160, 1161, 1205, 1213, 1290, 1317];
