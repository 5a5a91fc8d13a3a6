//! The schema's steps: `migrations/`, built into the binary.
//! - G1 A schema that has every step of this release is left alone, so that the service runs as an account that may not change tables, and an
//!   older release starts again beside a newer schema.
//! - G2 A step that was applied with another text is a fault: nothing runs.
//! - G3 A step that was cut off in the middle, by a lock or a death, is run again: MySQL cannot undo it. Steps from 58 on are therefore safe to
//!   repeat.

use std::collections::BTreeMap;

use sqlx::MySqlConnection;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::mysql::MySqlDatabaseError;

use super::{Database, Error, mysql};

static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
static MYSQL: Migrator = sqlx::migrate!("migrations/mysql");

/// Numbers of steps, in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Steps {
    /// How many of this release the schema has.
    pub applied: usize,
    /// Those that it does not have.
    pub pending: Vec<i64>,
    /// Those that it has with another text.
    pub altered: Vec<i64>,
    /// Those that only a later release knows.
    pub unknown: Vec<i64>,
}

impl Database {
    /// Brings the schema up to date; repeating it changes nothing.
    pub async fn migrate(&self) -> Result<(), Error> {
        if self.pending_migrations().await?.is_empty() {
            return Ok(());
        }
        // It checks again, under a lock, what was applied and with which text.
        match self {
            Self::Sqlite(pool) => SQLITE.run(pool).await.map_err(Error::Migrate),
            Self::MySql(pool) => {
                let mut connection = mysql::acquire(pool).await?;
                // Given up in the middle or not, it is not one for other statements: it has no limit of time.
                connection.close_on_drop();
                mysql::limit_statements(&mut connection, None).await?;
                run(&mut connection).await.map_err(Error::Migrate)
            }
        }
    }

    /// Numbers of the steps that the schema does not have, or has with another text.
    pub async fn pending_migrations(&self) -> Result<Vec<i64>, Error> {
        let Steps { mut pending, altered, .. } = self.migrations().await?;
        pending.extend(altered);
        pending.sort_unstable();
        Ok(pending)
    }

    /// The steps of this release against those of the schema.
    pub async fn migrations(&self) -> Result<Steps, Error> {
        let known = match self {
            Self::Sqlite(_) => &SQLITE,
            Self::MySql(_) => &MYSQL,
        };
        let mut applied = self.applied_migrations().await?;
        let mut steps = Steps::default();
        for step in known.iter() {
            match applied.remove(&step.version) {
                None => steps.pending.push(step.version),
                Some(checksum) if checksum == hex(&step.checksum) => steps.applied += 1,
                Some(_) => steps.altered.push(step.version),
            }
        }
        steps.unknown = applied.into_keys().collect();
        Ok(steps)
    }

    /// Checksums of the steps that were applied, by number.
    async fn applied_migrations(&self) -> Result<BTreeMap<i64, String>, Error> {
        let mut tx = self.snapshot().await?;
        match tx.all("SELECT version, HEX(checksum) FROM _sqlx_migrations WHERE success = 1", Vec::new()).await {
            Ok(rows) => rows.iter().map(|row| Ok((row.int(0)?, row.text(1)?))).collect(),
            // The table comes with the first step.
            Err(error) if error.is_missing_table() => Ok(BTreeMap::new()),
            Err(Error::Refused(_)) => Ok(BTreeMap::new()),
            Err(error) => Err(error),
        }
    }
}

/// Runs the steps of MySQL, one that was cut off once more.
async fn run(connection: &mut MySqlConnection) -> Result<(), MigrateError> {
    let mut again = None;
    loop {
        match MYSQL.run(&mut *connection).await {
            Err(MigrateError::Dirty(step)) if again != Some(step) => {
                sqlx::query("DELETE FROM _sqlx_migrations WHERE version = ? AND success = 0").bind(step).execute(&mut *connection).await?;
                again = Some(step);
            }
            // All of the step had happened but for the note about it, and it is none that can be repeated, as one that adds a column.
            Err(MigrateError::ExecuteMigration(cause, step)) if again == Some(step) && is_there_already(&cause) => {
                sqlx::query("UPDATE _sqlx_migrations SET success = 1 WHERE version = ?").bind(step).execute(&mut *connection).await?;
            }
            ended => return ended,
        }
    }
}

/// A table, column or index of that name exists (errors 1050, 1060, 1061).
fn is_there_already(cause: &sqlx::Error) -> bool {
    let number = cause.as_database_error().and_then(|cause| cause.try_downcast_ref::<MySqlDatabaseError>()).map(MySqlDatabaseError::number);
    matches!(number, Some(1050 | 1060 | 1061))
}

/// As both engines' HEX spells it.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}
