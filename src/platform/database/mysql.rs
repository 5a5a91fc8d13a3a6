//! Connections and transactions of MySQL and MariaDB.
//! - M1 A connection whose statement was given up (its future dropped) is closed: nobody waits on it again, and its place in the pool is
//!   free within seconds even if the server never answers.
//! - M2 A connection that cannot be had says the real reason: the pool itself only knows that time has passed.
//! - M3 A session depends on no setting of the server: isolation, SQL mode, time limits and waits for locks are set for each one.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::{Stream, StreamExt};
use sqlx::mysql::{MySqlArguments, MySqlQueryResult, MySqlRow};
use sqlx::pool::PoolConnection;
use sqlx::{Connection as _, Executor as _, MySql, MySqlConnection, MySqlPool, SqlStr};
use tokio::runtime::Handle;
use tokio::time::timeout;

use super::Error;
use super::connect::Connections;

/// READ COMMITTED is the connections' level, so a snapshot is asked for transaction by transaction.
pub(super) const SNAPSHOT: &str = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY";
/// Not BEGIN: with sql_mode=ORACLE that opens a block of PL/SQL.
pub(super) const WRITE: &str = "START TRANSACTION";

/// The SQL mode of every session: values that do not fit are refused, whatever the server's own mode is.
const MODE: &str = "SET SESSION sql_mode = 'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,NO_ZERO_DATE,NO_ZERO_IN_DATE,PIPES_AS_CONCAT'";
/// A transaction that was dropped is undone within this time, or its connection is closed.
const ROLLBACK_WITHIN: Duration = Duration::from_secs(5);
/// "Unknown system variable".
const UNKNOWN_VARIABLE: u16 = 1193;

/// Prepares a new session for the shop's statements.
pub(super) async fn prepare(session: &mut MySqlConnection, connections: &Connections) -> Result<(), sqlx::Error> {
    // The only writer of hot rows needs no gap locks; readers ask for their snapshot by name.
    session.execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED").await?;
    session.execute(MODE).await?;
    let lock_seconds = whole_seconds(connections.lock_wait_max);
    // The first is for rows, the second for tables whose definition somebody changes or locks: the servers' default for that is days.
    sqlx::query("SET SESSION innodb_lock_wait_timeout = ?, lock_wait_timeout = ?")
        .bind(lock_seconds)
        .bind(lock_seconds)
        .execute(&mut *session)
        .await?;
    limit_statements(session, connections.statement_max).await?;
    if let Some(seconds) = connections.silent_max_seconds {
        sqlx::query("SET SESSION wait_timeout = ?").bind(seconds).execute(session).await?;
    }
    Ok(())
}

/// How long the server works on one statement, at most; without a limit, as long as it takes. MySQL limits only what reads.
pub(super) async fn limit_statements(session: &mut MySqlConnection, max: Option<Duration>) -> Result<(), sqlx::Error> {
    let seconds = max.map_or(0, whole_seconds);
    match sqlx::query("SET SESSION max_statement_time = ?").bind(seconds).execute(&mut *session).await {
        Err(sqlx::Error::Database(refusal)) if number(&*refusal) == Some(UNKNOWN_VARIABLE) => {
            let millis = seconds.saturating_mul(1_000);
            sqlx::query("SET SESSION max_execution_time = ?").bind(millis).execute(session).await.map(drop)
        }
        other => other.map(drop),
    }
}

/// At least one, so that it is never the servers' word for "for ever".
fn whole_seconds(duration: Duration) -> u32 {
    u32::try_from(duration.as_secs()).unwrap_or(u32::MAX).max(1)
}

fn number(refusal: &dyn sqlx::error::DatabaseError) -> Option<u16> {
    refusal.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>().map(sqlx::mysql::MySqlDatabaseError::number)
}

/// A connection of the pool.
pub(super) async fn acquire(pool: &MySqlPool) -> Result<PoolConnection<MySql>, Error> {
    match pool.acquire().await {
        Ok(connection) => Ok(connection),
        Err(sqlx::Error::PoolTimedOut) => Err(why_timed_out(pool).await),
        Err(cause) => Err(cause.into()),
    }
}

/// Why the pool had no connection in time: it tries again and again, and keeps to itself what it was told. One more try, outside of it, tells.
pub(super) async fn why_timed_out(pool: &MySqlPool) -> Error {
    let waited = pool.options().get_acquire_timeout();
    let attempt = async {
        let mut connection = MySqlConnection::connect_with(&pool.connect_options()).await?;
        prepare(&mut connection, &Connections::READ).await?;
        connection.close().await
    };
    let told = match timeout(super::connect::diagnosis_within(waited), attempt).await {
        Ok(Err(cause)) => return cause.into(),
        Ok(Ok(())) => format!("all {} connections were in use for {waited:?}", pool.options().get_max_connections()),
        Err(_) => format!("the server has not answered a new connection within {waited:?}"),
    };
    sqlx::Error::Io(std::io::Error::new(std::io::ErrorKind::TimedOut, told)).into()
}

/// Whether the server lets the shop write as it has to, as far as its variables say.
pub(super) async fn fitness(pool: &MySqlPool) -> Result<(), Error> {
    let mut connection = acquire(pool).await?;
    // Servers without a binary log, or without the choice, may not have the variables.
    let asked = sqlx::query_as::<_, (i64, String)>("SELECT CAST(@@log_bin AS SIGNED), CAST(@@SESSION.binlog_format AS CHAR)");
    match asked.fetch_one(&mut *connection).await {
        Ok((1, format)) if format.eq_ignore_ascii_case("STATEMENT") => Err(Error::Unfit {
            setting: "binlog_format",
            found: format,
            remedy: "set binlog_format=ROW (or MIXED) in the server's configuration and with SET GLOBAL; statements at READ COMMITTED cannot be logged as text",
        }),
        Ok(_) => Ok(()),
        Err(sqlx::Error::Database(refusal)) if number(&*refusal) == Some(UNKNOWN_VARIABLE) => Ok(()),
        Err(cause) => Err(cause.into()),
    }
}

/// An open transaction; dropped without [`MySqlTx::commit`] it is undone.
#[derive(Debug)]
pub struct MySqlTx {
    /// None once it is committed.
    connection: Option<PoolConnection<MySql>>,
    /// A statement was sent whose answer has not been read to its end.
    busy: AtomicBool,
}

impl MySqlTx {
    /// Begins one with this statement.
    pub(super) async fn begin(pool: &MySqlPool, statement: &'static str) -> Result<Self, Error> {
        let mut tx = Self { connection: Some(acquire(pool).await?), busy: AtomicBool::new(false) };
        tx.plain(statement).await?;
        Ok(tx)
    }

    /// Makes it so.
    pub(super) async fn commit(mut self) -> Result<(), Error> {
        self.plain("COMMIT").await?;
        self.connection = None;
        Ok(())
    }

    async fn plain(&mut self, statement: &'static str) -> Result<(), Error> {
        let Self { connection: Some(connection), busy } = self else { return Err(Self::over()) };
        busy.store(true, Ordering::Relaxed);
        let done = connection.execute(statement).await;
        settled(busy, &done);
        Ok(done.map(drop)?)
    }

    pub(super) async fn execute(&mut self, text: SqlStr, values: MySqlArguments) -> Result<MySqlQueryResult, Error> {
        let Self { connection: Some(connection), busy } = self else { return Err(Self::over()) };
        busy.store(true, Ordering::Relaxed);
        let done = sqlx::query_with(text, values).execute(&mut **connection).await;
        settled(busy, &done);
        Ok(done?)
    }

    pub(super) fn stream(
        &mut self,
        text: SqlStr,
        values: MySqlArguments,
    ) -> Result<impl Stream<Item = Result<MySqlRow, Error>> + Send, Error> {
        let Self { connection: Some(connection), busy } = self else { return Err(Self::over()) };
        let busy: &AtomicBool = busy;
        busy.store(true, Ordering::Relaxed);
        let rows = sqlx::query_with(text, values).fetch(&mut **connection);
        let rows = rows.inspect(|row| {
            if row.is_err() {
                settled(busy, row);
            }
        });
        let end = futures_util::stream::poll_fn(|_| {
            busy.store(false, Ordering::Relaxed);
            std::task::Poll::Ready(None)
        });
        Ok(rows.map(|row| Ok(row?)).chain(end))
    }

    /// Nobody has a committed transaction: committing takes it.
    fn over() -> Error {
        Error::Refused(sqlx::Error::PoolClosed)
    }
}

/// The answer was read to its end, unless the connection itself failed.
fn settled<T>(busy: &AtomicBool, answer: &Result<T, sqlx::Error>) {
    if matches!(answer, Ok(_) | Err(sqlx::Error::Database(_))) {
        busy.store(false, Ordering::Relaxed);
    }
}

impl Drop for MySqlTx {
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.take() else { return };
        let Ok(runtime) = Handle::try_current() else {
            // Without a runtime nobody can wait for the server; it undoes what a closed connection had begun.
            return drop(connection.detach());
        };
        if self.busy.load(Ordering::Relaxed) {
            return connection.close_on_drop();
        }
        runtime.spawn(async move {
            if !matches!(timeout(ROLLBACK_WITHIN, connection.execute("ROLLBACK")).await, Ok(Ok(_))) {
                connection.close_on_drop();
            }
        });
    }
}
