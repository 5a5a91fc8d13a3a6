//! Empty databases of both engines, gone when dropped.
//! MySQL is at `DB_HOST` (127.0.0.1), `DB_PORT` (3306), as `DB_USER` (root) with `DB_PASSWORD` (empty): a missing server is a failure.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use mallcore::platform::database::{Connections, Database, Encryption, MySqlServer, Settings};

/// For statements about tables: each waits for the server's statistics of all schemas, which other tests change meanwhile. The shop's own
/// connections would give up after two seconds, which a busy disk takes.
const PATIENT: Connections = Connections {
    max: 1,
    wait_max: Duration::from_secs(120),
    lock_wait_max: Duration::from_secs(120),
    statement_max: None,
    ..Connections::READ
};

/// A migrated database without rows.
pub struct Scratch {
    pub settings: Settings,
    pub database: Database,
    schema: Option<(MySqlServer, String)>,
    _folder: tempfile::TempDir,
}

impl Scratch {
    /// A connection for statements about tables.
    pub async fn patient(&self) -> Database {
        self.settings.connect(PATIENT).await.unwrap()
    }
}

/// One of each engine.
pub async fn both() -> [Scratch; 2] {
    [sqlite().await, mysql().await]
}

pub async fn sqlite() -> Scratch {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings::Sqlite(folder.path().join("mallcore.sqlite3"));
    let database = settings.connect(Connections::READ).await.unwrap();
    database.migrate().await.unwrap();
    Scratch { settings, database, schema: None, _folder: folder }
}

pub async fn mysql() -> Scratch {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let schema = format!("mallcore_test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let server = server();
    statement(&server, format!("CREATE DATABASE {schema} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci")).await;
    let settings = Settings::MySql(MySqlServer { database: Some(schema.clone()), ..server.clone() });
    let database = settings.connect(Connections { max: 4, ..Connections::READ }).await.unwrap();
    let scratch = Scratch { settings, database, schema: Some((server, schema)), _folder: tempfile::tempdir().unwrap() };
    scratch.patient().await.migrate().await.unwrap();
    scratch
}

fn server() -> MySqlServer {
    let variable = |name: &str, default: &str| std::env::var(name).unwrap_or_else(|_| default.into());
    MySqlServer {
        host: variable("DB_HOST", "127.0.0.1"),
        port: variable("DB_PORT", "3306").parse().unwrap(),
        user: variable("DB_USER", "root"),
        password: variable("DB_PASSWORD", ""),
        database: None,
        encryption: Encryption::Off,
    }
}

/// Ends the test's connections first: one that was dropped inside a transaction would hold its tables for ever.
async fn drop_schema(server: &MySqlServer, schema: &str) {
    let settings = Settings::MySql(server.clone());
    let database = settings.connect(PATIENT).await.unwrap();
    let mut tx = database.begin().await.unwrap();
    let text = "SELECT id FROM information_schema.processlist WHERE db = ?";
    for row in tx.all(text, vec![schema.to_owned().into()]).await.unwrap() {
        // It may have ended by itself meanwhile.
        let _ = tx.execute(format!("KILL {}", row.int(0).unwrap()), Vec::new()).await;
    }
    tx.execute(format!("DROP DATABASE {schema}"), Vec::new()).await.unwrap();
}

async fn statement(server: &MySqlServer, text: String) {
    let settings = Settings::MySql(server.clone());
    let database = settings.connect(PATIENT).await.expect("the tests need a MySQL or MariaDB server, see docs/SCHEMA.md");
    let mut tx = database.begin().await.unwrap();
    tx.execute(text, Vec::new()).await.unwrap();
    tx.commit().await.unwrap();
    database.close().await;
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let Some((server, schema)) = self.schema.take() else { return };
        // A thread of its own, because a runtime may not wait inside another.
        let end = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(drop_schema(&server, &schema));
        };
        let _ = std::thread::spawn(end).join();
    }
}
