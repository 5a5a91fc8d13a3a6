//! A MariaDB server of a test's own: for what can only be tried with the settings of a whole server.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use mallcore::platform::database::{Encryption, MySqlServer, Settings};
use sqlx::{Connection as _, MySqlConnection};
use tempfile::TempDir;

use crate::api::app::until;
use crate::redis::server::free_port;

pub const SCHEMA: &str = "mall";
/// Of an account that may do everything in [`SCHEMA`] and nothing with the server, so that `read_only` counts for it.
const USER: &str = "shop";
const PASSWORD: &str = "a password of the tests";

/// A running server; killed when dropped.
pub struct Private {
    process: Child,
    port: u16,
    _folder: TempDir,
}

impl Private {
    /// With these arguments, an empty schema and an account for it.
    pub async fn start(arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let user = String::from_utf8(Command::new("id").arg("-un").output().unwrap().stdout).unwrap();
        let common =
            ["--no-defaults".to_owned(), format!("--datadir={}", folder.path().join("data").display()), format!("--user={}", user.trim())];
        let installed = program("mariadb-install-db")
            .args(&common)
            .args(["--auth-root-authentication-method=normal", "--skip-test-db"])
            .args(arguments.iter().filter(|argument| argument.contains("innodb")))
            .env("TMPDIR", folder.path())
            .output()
            .expect("the tests need mariadb-install-db (Debian: apt-get install mariadb-server)");
        assert!(installed.status.success(), "{installed:?}");
        let port = free_port();
        let process = program("mariadbd")
            .args(&common)
            .args(["--socket=socket", "--bind-address=127.0.0.1", "--innodb-buffer-pool-size=32M", "--innodb-flush-log-at-trx-commit=0"])
            .arg(format!("--port={port}"))
            .arg(format!("--tmpdir={}", folder.path().display()))
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the tests need mariadbd (Debian: apt-get install mariadb-server)");
        let server = Self { process, port, _folder: folder };
        until("mariadbd answers", async || server.root().await.is_ok()).await;
        server.run(&format!("CREATE DATABASE {SCHEMA} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci")).await;
        for host in ["127.0.0.1", "localhost"] {
            server.run(&format!("CREATE USER '{USER}'@'{host}' IDENTIFIED BY '{PASSWORD}'")).await;
            server.run(&format!("GRANT ALL ON {SCHEMA}.* TO '{USER}'@'{host}'")).await;
        }
        server
    }

    async fn root(&self) -> Result<MySqlConnection, sqlx::Error> {
        MySqlConnection::connect(&format!("mysql://root@127.0.0.1:{}/mysql", self.port)).await
    }

    /// Runs a statement as root.
    pub async fn run(&self, text: &str) {
        let mut root = self.root().await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(text.to_owned())).execute(&mut root).await.unwrap();
    }

    pub fn server(&self) -> MySqlServer {
        MySqlServer {
            host: "127.0.0.1".into(),
            port: self.port,
            user: USER.into(),
            password: PASSWORD.into(),
            database: Some(SCHEMA.into()),
            encryption: Encryption::Off,
        }
    }

    pub fn settings(&self) -> Settings {
        Settings::MySql(self.server())
    }
}

/// Debian has the server where only root's path looks.
fn program(name: &str) -> Command {
    let there = ["/usr/sbin", "/usr/bin"].iter().map(|folder| Path::new(folder).join(name)).find(|path| path.exists());
    Command::new(there.unwrap_or_else(|| name.into()))
}

impl Drop for Private {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
