//! MariaDB in a folder of its own. Durable as in production: every commit is synced.

use std::path::{Path, PathBuf};

use sqlx::{Connection as _, Executor as _, MySqlConnection};

use super::SCHEMA;
use super::child::{self, Child, Greeting};
use crate::error::{Attempt as _, Error};
use crate::ports;

/// Made for the shop, so that it needs no rights of root.
pub const USER: &str = "mall";
/// Of `USER`; worth nothing elsewhere.
pub const PASSWORD: &str = "mall-bench";
const PACKAGE: &str = "mariadb-server";
/// The server speaks first; its packet begins with a length, so any byte will do.
const GREETING: Greeting = Greeting { said: b"", heard: b"" };

/// A MariaDB server of our own.
pub struct MariaDb {
    child: Child,
    data: PathBuf,
}

impl MariaDb {
    /// Makes its data folder, starts it, makes schema and user.
    pub fn start(folder: &Path) -> Result<Self, Error> {
        child::make(folder)?;
        let data = folder.join("data");
        let user = run_as()?;
        let install = std::process::Command::new(child::found("mariadb-install-db", PACKAGE)?)
            .args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db"])
            .arg(format!("--datadir={}", data.display()))
            .arg(format!("--user={user}"))
            // Two that are set up at once delete each other's temporary tables.
            .env("TMPDIR", folder)
            .output()
            .attempt(|| "run mariadb-install-db".to_owned())?;
        if !install.status.success() {
            let said = String::from_utf8_lossy(&install.stderr).into_owned();
            return Err(Error::Unexpected(format!("mariadb-install-db failed: {said}")));
        }
        let port = ports::free()?;
        let program = vec![
            child::found("mariadbd", PACKAGE)?,
            "--no-defaults".to_owned(),
            format!("--datadir={}", data.display()),
            format!("--tmpdir={}", folder.display()),
            // Relative to the data folder: the path of a socket may only have 107 bytes.
            "--socket=socket".to_owned(),
            format!("--port={port}"),
            "--bind-address=127.0.0.1".to_owned(),
            format!("--user={user}"),
            // For tables of tens of millions of orders, whose indexes are touched at random: with less the drills measure the disk.
            "--innodb-buffer-pool-size=4G".to_owned(),
            "--innodb-log-file-size=2G".to_owned(),
            "--innodb-flush-log-at-trx-commit=1".to_owned(),
        ];
        let mut child = Child::new("MariaDB", port, GREETING, folder.join("log"), program);
        child.start()?;
        let database = Self { child, data };
        let root = format!("mysql://root@127.0.0.1:{port}/mysql");
        let statements = [
            format!("CREATE DATABASE {SCHEMA} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci"),
            format!("CREATE USER '{USER}'@'127.0.0.1' IDENTIFIED BY '{PASSWORD}'"),
            format!("CREATE USER '{USER}'@'localhost' IDENTIFIED BY '{PASSWORD}'"),
            format!("GRANT ALL ON {SCHEMA}.* TO '{USER}'@'127.0.0.1', '{USER}'@'localhost'"),
        ];
        crate::runtime()?.block_on(async {
            let mut connection = MySqlConnection::connect(&root).await?;
            for statement in statements {
                connection.execute(sqlx::AssertSqlSafe(statement)).await?;
            }
            connection.close().await
        })?;
        Ok(database)
    }

    /// The server's process.
    pub fn child(&self) -> &Child {
        &self.child
    }

    /// The process, to be hurt.
    pub fn child_mut(&mut self) -> &mut Child {
        &mut self.child
    }

    /// As `reconcile` wants it; directly, not through a proxy.
    pub fn url(&self, schema: &str) -> String {
        format!("mysql://{USER}:{PASSWORD}@127.0.0.1:{}/{schema}", self.child.port())
    }

    /// Copies the files of the stopped server, as a cold backup does.
    pub fn back_up(&self, to: &Path) -> Result<(), Error> {
        self.while_stopped()?;
        copy(&self.data, to)
    }

    /// Puts the files of a backup back under the stopped server.
    pub fn restore(&self, from: &Path) -> Result<(), Error> {
        self.while_stopped()?;
        std::fs::remove_dir_all(&self.data).attempt(|| format!("remove {}", self.data.display()))?;
        copy(from, &self.data)
    }

    fn while_stopped(&self) -> Result<(), Error> {
        match self.child.pid() {
            None => Ok(()),
            Some(_) => Err(Error::Unexpected("the files of a running database are in no state to copy".to_owned())),
        }
    }
}

/// With owners and times, so that the server finds its files as it left them.
fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    let copied = std::process::Command::new("cp").arg("-a").arg(from).arg(to).output().attempt(|| "run cp".to_owned())?;
    if copied.status.success() {
        return Ok(());
    }
    Err(Error::Unexpected(format!("cp -a {} {}: {}", from.display(), to.display(), String::from_utf8_lossy(&copied.stderr))))
}

/// Who we are: MariaDB refuses to run as root unless told to.
fn run_as() -> Result<String, Error> {
    let output = std::process::Command::new("id").arg("-un").output().attempt(|| "run id".to_owned())?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
