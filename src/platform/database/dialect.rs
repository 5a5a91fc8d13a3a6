//! The two engines' differences, all of them: pools, transactions, and the few statements whose text cannot be the same.
//! Composed texts become statements here and nowhere else (`AssertSqlSafe`): they are made of constants, never of input.

use futures_util::{Stream, StreamExt, TryStreamExt};
use sea_query::{MysqlQueryBuilder, SqliteQueryBuilder};
use sqlx::{AssertSqlSafe, MySqlPool, SqlSafeStr as _, Sqlite, SqlitePool, Transaction};

use super::assignments;
use super::mysql::{self, MySqlTx};
use super::value::{to_mysql, to_sqlite};
use super::{Arguments, Error, Row, Value};

/// A pool of connections to one of the engines.
#[derive(Debug, Clone)]
pub enum Database {
    /// A file of this process.
    Sqlite(SqlitePool),
    /// A MySQL or MariaDB server.
    MySql(MySqlPool),
}

/// Which engine's words to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// The dialect of SQLite.
    Sqlite,
    /// MySQL and MariaDB.
    MySql,
}

/// An open transaction; dropped without [`Tx::commit`] it never happened.
#[derive(Debug)]
pub enum Tx {
    /// A transaction of SQLite.
    Sqlite(Transaction<'static, Sqlite>),
    /// A transaction of MySQL or MariaDB.
    MySql(MySqlTx),
}

impl Database {
    /// Which engine's words to use.
    pub const fn engine(&self) -> Engine {
        match self {
            Self::Sqlite(_) => Engine::Sqlite,
            Self::MySql(_) => Engine::MySql,
        }
    }

    /// Begins to read: every statement sees the same moment.
    pub async fn snapshot(&self) -> Result<Tx, Error> {
        Ok(match self {
            // Deferred: the moment is that of the first statement.
            Self::Sqlite(pool) => Tx::Sqlite(pool.begin_with("BEGIN").await?),
            Self::MySql(pool) => Tx::MySql(MySqlTx::begin(pool, mysql::SNAPSHOT).await?),
        })
    }

    /// Begins to write. SQLite's one write lock is taken now, so that it is never lost half-way.
    pub async fn begin(&self) -> Result<Tx, Error> {
        Ok(match self {
            Self::Sqlite(pool) => Tx::Sqlite(pool.begin_with("BEGIN IMMEDIATE").await?),
            Self::MySql(pool) => Tx::MySql(MySqlTx::begin(pool, mysql::WRITE).await?),
        })
    }

    /// Whether the server's settings let the shop write. A server that is away, or of another mind, is an error like any other.
    pub async fn check_fitness(&self) -> Result<(), Error> {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::MySql(pool) => mysql::fitness(pool).await,
        }
    }

    /// Whether a statement can be run now.
    pub async fn ping(&self) -> Result<(), Error> {
        let mut tx = self.snapshot().await?;
        tx.all("SELECT 1", Arguments::new()).await.map(drop)
    }

    /// Ends all connections.
    pub async fn close(&self) {
        match self {
            Self::Sqlite(pool) => pool.close().await,
            Self::MySql(pool) => pool.close().await,
        }
    }
}

impl Tx {
    /// Which engine's words to use.
    pub const fn engine(&self) -> Engine {
        match self {
            Self::Sqlite(_) => Engine::Sqlite,
            Self::MySql(_) => Engine::MySql,
        }
    }

    /// Makes it so.
    pub async fn commit(self) -> Result<(), Error> {
        match self {
            Self::Sqlite(tx) => Ok(tx.commit().await?),
            Self::MySql(tx) => tx.commit().await,
        }
    }

    /// SQLite: from now on this connection's commits write the log back into the file once it has so many pages. MySQL sees to that itself.
    pub async fn write_back_from(&mut self, pages: u32) -> Result<(), Error> {
        if self.engine() == Engine::Sqlite {
            self.all(format!("PRAGMA wal_autocheckpoint = {pages}"), Vec::new()).await?;
        }
        Ok(())
    }

    /// Runs a statement; returns how many rows it matched. A SET list that reads what it sets is refused.
    pub async fn execute(&mut self, text: impl Into<String>, values: Arguments) -> Result<u64, Error> {
        let text = text.into();
        assignments::check(&text)?;
        let text = AssertSqlSafe(text);
        Ok(match self {
            Self::Sqlite(tx) => sqlx::query_with(text, to_sqlite(values)?).execute(&mut **tx).await?.rows_affected(),
            Self::MySql(tx) => tx.execute(text.into_sql_str(), to_mysql(values)?).await?.rows_affected(),
        })
    }

    /// Inserts one row; returns the id that the database gave it.
    pub async fn insert(&mut self, text: impl Into<String>, values: Arguments) -> Result<u64, Error> {
        let text = AssertSqlSafe(text.into());
        Ok(match self {
            // Ids that the database gives are positive.
            Self::Sqlite(tx) => sqlx::query_with(text, to_sqlite(values)?).execute(&mut **tx).await?.last_insert_rowid() as u64,
            Self::MySql(tx) => tx.execute(text.into_sql_str(), to_mysql(values)?).await?.last_insert_id(),
        })
    }

    /// All rows of a bounded statement.
    pub async fn all(&mut self, text: impl Into<String>, values: Arguments) -> Result<Vec<Row>, Error> {
        self.stream(text, values)?.try_collect().await
    }

    /// All rows of a bounded statement, which nobody else changes before this transaction ends. SQLite's writer has the whole file.
    pub async fn lock(&mut self, text: impl Into<String>, values: Arguments) -> Result<Vec<Row>, Error> {
        let mut text = text.into();
        if self.engine() == Engine::MySql {
            text.push_str(" FOR UPDATE");
        }
        self.all(text, values).await
    }

    /// The first row, if there is any.
    pub async fn first(&mut self, text: impl Into<String>, values: Arguments) -> Result<Option<Row>, Error> {
        Ok(self.all(text, values).await?.into_iter().next())
    }

    /// Rows one by one, for statements with many.
    pub fn stream(&mut self, text: impl Into<String>, values: Arguments) -> Result<impl Stream<Item = Result<Row, Error>> + Send, Error> {
        let text = AssertSqlSafe(text.into());
        Ok(match self {
            Self::Sqlite(tx) => sqlx::query_with(text, to_sqlite(values)?).fetch(&mut **tx).map(|row| Ok(Row::Sqlite(row?))).boxed(),
            Self::MySql(tx) => tx.stream(text.into_sql_str(), to_mysql(values)?)?.map(|row| Ok(Row::MySql(row?))).boxed(),
        })
    }

    /// All rows of a statement that was put together with `sea_query`.
    pub async fn select(&mut self, statement: &sea_query::SelectStatement) -> Result<Vec<Row>, Error> {
        let (text, values) = match self.engine() {
            Engine::Sqlite => statement.build(SqliteQueryBuilder),
            Engine::MySql => statement.build(MysqlQueryBuilder),
        };
        let values = values.into_iter().map(bound).collect::<Result<_, _>>()?;
        self.all(text, values).await
    }
}

/// Of sea-query's many types, those that repositories use.
fn bound(value: sea_query::Value) -> Result<Value, Error> {
    use sea_query::Value as Sea;
    Ok(match value {
        Sea::BigInt(number) => number.into(),
        Sea::BigUnsigned(number) => number.into(),
        Sea::Int(number) => number.map(i64::from).into(),
        Sea::Unsigned(number) => number.into(),
        Sea::String(text) => text.into(),
        other => return Err(Error::Refused(sqlx::Error::Encode(format!("no such value is bound here: {other:?}").into()))),
    })
}

/// A column of the values that [`Rows::update`] joins. MySQL has to be told what a question mark stands for, or it compares ids as text.
#[derive(Debug, Clone, Copy)]
pub enum Column {
    /// A column of whole numbers.
    Int(&'static str),
    /// A column of times.
    Time(&'static str),
}

impl Column {
    const fn name(self) -> &'static str {
        match self {
            Self::Int(name) | Self::Time(name) => name,
        }
    }

    fn mysql(self) -> String {
        match self {
            Self::Int(name) => format!("CAST(? AS SIGNED) AS {name}"),
            Self::Time(name) => format!("CAST(? AS DATETIME(3)) AS {name}"),
        }
    }
}

/// Many rows in one statement.
#[derive(Debug, Clone, Copy)]
pub struct Rows;

impl Rows {
    /// `INSERT INTO orders (id, …) VALUES (?, …), …`. A row that is refused ends the caller's transaction, so SQLite is told (`OR FAIL`)
    /// that it need not be able to undo this one statement: it would copy every page that the statement touches.
    pub fn insert(engine: Engine, table: &str, columns: &[&str], rows: usize) -> String {
        let verb = match engine {
            Engine::Sqlite => "INSERT OR FAIL INTO",
            Engine::MySql => "INSERT INTO",
        };
        let mut text = format!("{verb} {table} ({}) VALUES ", columns.join(", "));
        text.push_str(&vec![format!("({})", Self::places(columns.len())); rows].join(", "));
        text
    }

    /// Updates one row of `table` (`t`) for each row of values (`n`). `change` sets from them and `fits` joins the two: every row of values
    /// must fit one row of the table, which the caller sees by the number of rows matched.
    pub fn update(engine: Engine, table: &str, columns: &[Column], change: &[(&str, &str)], fits: &str, rows: usize) -> String {
        let change = |prefix: &str| change.iter().map(|(name, to)| format!("{prefix}{name} = {to}")).collect::<Vec<_>>().join(", ");
        match engine {
            Engine::Sqlite => {
                let names = columns.iter().map(|column| column.name()).collect::<Vec<_>>().join(", ");
                let rows = vec![format!("({})", Self::places(columns.len())); rows].join(", ");
                format!("WITH n ({names}) AS (VALUES {rows}) UPDATE OR FAIL {table} AS t SET {} FROM n WHERE {fits}", change(""))
            }
            Engine::MySql => {
                let row = columns.iter().map(|column| column.mysql()).collect::<Vec<_>>().join(", ");
                let rows = vec![format!("SELECT {row}"); rows].join(" UNION ALL ");
                format!("UPDATE {table} AS t JOIN ({rows}) AS n ON {fits} SET {}", change("t."))
            }
        }
    }

    /// Inserts rows, or sets those that are there with the same `keys` to the same values; of a column in `rising` the larger value stays.
    /// How many rows it matched says nothing: the engines count differently.
    pub fn upsert(engine: Engine, table: &str, keys: &[&str], columns: &[&str], rising: &[&str], rows: usize) -> String {
        let set = |column: &str| match (engine, rising.contains(&column)) {
            (Engine::Sqlite, false) => format!("{column} = excluded.{column}"),
            (Engine::Sqlite, true) => format!("{column} = MAX({table}.{column}, excluded.{column})"),
            (Engine::MySql, false) => format!("{column} = VALUES({column})"),
            (Engine::MySql, true) => format!("{column} = GREATEST({column}, VALUES({column}))"),
        };
        let set = columns.iter().filter(|column| !keys.contains(*column)).map(|column| set(column)).collect::<Vec<_>>().join(", ");
        let conflict = match engine {
            Engine::Sqlite => format!("ON CONFLICT ({}) DO UPDATE SET", keys.join(", ")),
            Engine::MySql => "ON DUPLICATE KEY UPDATE".to_owned(),
        };
        let values = vec![format!("({})", Self::places(columns.len())); rows].join(", ");
        format!("INSERT INTO {table} ({}) VALUES {values} {conflict} {set}", columns.join(", "))
    }

    /// Inserts one row, unless there is one with the same `keys`, which stays as it is. How many rows it matched says nothing.
    pub fn insert_or_keep(engine: Engine, table: &str, keys: &[&str], columns: &[&str]) -> String {
        let keep = match engine {
            Engine::Sqlite => format!("ON CONFLICT ({}) DO NOTHING", keys.join(", ")),
            // Sets what is there: IGNORE would also let other errors pass.
            Engine::MySql => format!("ON DUPLICATE KEY UPDATE {0} = {0}", keys.first().unwrap_or(&"")),
        };
        format!("INSERT INTO {table} ({}) VALUES ({}) {keep}", columns.join(", "), Self::places(columns.len()))
    }

    /// So many placeholders, separated by commas: `?, ?, …`.
    pub fn places(count: usize) -> String {
        vec!["?"; count].join(", ")
    }
}
