//! The real binary on a data folder, killed when dropped.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use mallcore::platform::auth::Verifier;
use mallcore::platform::database::MySqlServer;
use mallcore_actors::ids::UserId;
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};

const SECRET: &str = "a secret of the tests, 32 bytes or more";
/// Outlasts a machine that is busy with something else.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// How the process is started.
pub struct Setup {
    pub folder: PathBuf,
    pub settings: Vec<(&'static str, String)>,
}

impl Setup {
    /// Alone, with SQLite in the folder.
    pub fn embedded(folder: &Path) -> Self {
        let mut setup = Self { folder: folder.to_owned(), settings: Vec::new() };
        setup
            .set("JWT_SECRET", SECRET)
            .set("JOURNAL_SEGMENT_BYTES", "1048576")
            .set("RATE_LIMIT_ENABLED", "false")
            .set("ADMIN_PASSWORD_COST", "4")
            .set("ORDER_UNPAID_MAX_PER_USER", "100");
        setup
    }

    /// With this database, and no other server.
    pub fn with_database(folder: &Path, server: &MySqlServer) -> Self {
        let mut setup = Self::embedded(folder);
        setup.set("APP_ENV", "testing").set("CONFIG_DIR", concat!(env!("CARGO_MANIFEST_DIR"), "/config/environments"));
        setup.set("DB_HOST", &server.host).set("DB_PORT", &server.port.to_string()).set("DB_USERNAME", &server.user);
        setup.set("DB_PASSWORD", &server.password).set("DB_DATABASE", server.database.as_deref().unwrap());
        setup.set("REDIS_HOST", "").set("RABBITMQ_URL", "").set("SESSION_SECRET", "another secret of the tests, 32 bytes");
        setup
    }

    pub fn set(&mut self, name: &'static str, value: &str) -> &mut Self {
        self.settings.retain(|(known, _)| *known != name);
        self.settings.push((name, value.to_owned()));
        self
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mallcore"));
        command.args(arguments).env_clear().env("PORT", "0").env("METRICS_PORT", "0").env("HOST", "127.0.0.1").env("LOG_LEVEL", "debug");
        command.env("DATA_DIR", &self.folder).envs(self.settings.iter().map(|(name, value)| (name, value)));
        command
    }

    fn spawn(&self) -> Process {
        let out = std::fs::File::create(self.folder.join("out.log")).unwrap();
        let log = std::fs::File::options().create(true).append(true).open(self.folder.join("err.log")).unwrap();
        let child = self.command(&["serve"]).stdout(out).stderr(log).stdin(Stdio::null()).spawn().unwrap();
        Process {
            child,
            folder: self.folder.clone(),
            base: String::new(),
            client: crate::client(),
            verifier: Verifier::new(SECRET.as_bytes()),
        }
    }

    /// Starts it and waits until it listens.
    pub async fn start(&self) -> Process {
        let mut process = self.spawn();
        let begin = Instant::now();
        loop {
            let said = std::fs::read_to_string(self.folder.join("out.log")).unwrap();
            if let Some(line) = said.lines().find_map(|line| line.trim().strip_prefix("API ")).filter(|line| line.contains("http://")) {
                process.base = line.trim().to_owned();
                return process;
            }
            assert!(process.child.try_wait().unwrap().is_none(), "it ended: {}", process.log());
            assert!(begin.elapsed() < PATIENCE, "it does not listen: {}", process.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Starts it although it will refuse: its status and what it said.
    pub async fn refused(&self) -> (ExitStatus, String) {
        let mut process = self.spawn();
        let status = process.ended().await;
        (status, process.log())
    }
}

pub struct Process {
    child: Child,
    folder: PathBuf,
    /// With the shop's prefix.
    pub base: String,
    client: Client,
    verifier: Verifier,
}

impl Process {
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("err.log")).unwrap_or_default()
    }

    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([format!("-{name}"), self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    pub async fn ended(&mut self) -> ExitStatus {
        let begin = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(begin.elapsed() < PATIENCE, "it does not end: {}", self.log());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    pub fn token(&self, user: u64) -> String {
        self.verifier.issue(UserId::new(user).unwrap(), Duration::from_secs(600)).unwrap()
    }

    pub async fn get(&self, path: &str, user: u64) -> (StatusCode, Value) {
        let response = self.client.get(format!("{}{path}", self.base)).bearer_auth(self.token(user)).send().await.unwrap();
        let status = response.status();
        (status, response.json().await.unwrap_or_default())
    }

    pub async fn send(&self, method: Method, path: &str, user: u64, key: Option<&str>, body: &Value) -> (StatusCode, Value) {
        let mut request = self.client.request(method, format!("{}{path}", self.base)).bearer_auth(self.token(user)).json(body);
        if let Some(key) = key {
            request = request.header("Idempotency-Key", key);
        }
        let response = request.send().await.unwrap();
        let status = response.status();
        (status, response.json().await.unwrap_or_default())
    }

    /// Of `/health/ready`; none if nobody answers.
    pub async fn readiness(&self) -> Option<(StatusCode, Value)> {
        let root = self.base.trim_end_matches("/v1");
        let response = self.client.get(format!("{root}/health/ready")).send().await.ok()?;
        let status = response.status();
        Some((status, response.json().await.ok()?))
    }

    /// What a part of the readiness says.
    pub async fn detail(&self, part: &str) -> String {
        let (_, body) = self.readiness().await.unwrap();
        let check = body["checks"].as_array().unwrap().iter().find(|check| check["part"] == part).cloned();
        check.unwrap_or_default()["detail"].as_str().unwrap_or_default().to_owned()
    }

    pub async fn until(&self, what: &str, is_so: impl AsyncFn() -> bool) {
        let begin = Instant::now();
        while !is_so().await {
            assert!(begin.elapsed() < PATIENCE, "waited in vain until {what}: {}", self.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Buys one piece of an item; a request that nobody answers is `Err`.
    pub async fn try_buy(&self, item: u64, user: u64, key: &str) -> Result<(StatusCode, Value), reqwest::Error> {
        let request = self.client.post(format!("{}/seckill/items/{item}/orders", self.base)).bearer_auth(self.token(user));
        let response = request.header("Idempotency-Key", key).json(&json!({ "quantity": 1 })).send().await?;
        let status = response.status();
        Ok((status, response.json().await?))
    }

    pub async fn buy(&self, user: u64, key: &str) -> (StatusCode, Value) {
        self.try_buy(1, user, key).await.unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
