//! A shop of each kind, and what one has to know of WeChat and of phones to be somebody in it.

use std::sync::atomic::{AtomicU32, Ordering};

use mallcore::platform::config::Config;
use reqwest::Method;
use serde_json::{Value, json};

use super::super::app::{Person, Reply, Sale, TestApp, until};
use super::super::engines::database;
use super::super::sandbox;
use super::sms::SmsService;
use crate::database::scratch::{self, Scratch};
use crate::redis::server::Server;

/// A shop with the services around it. Fields are dropped in this order: the shop before its servers.
pub struct World {
    pub app: TestApp,
    pub sms: SmsService,
    pub servers: Option<Servers>,
}

/// MariaDB and Redis.
pub struct Servers {
    pub redis: Server,
    pub scratch: Scratch,
}

impl Servers {
    pub async fn start() -> Self {
        Self { redis: Server::start().await, scratch: scratch::mysql().await }
    }

    /// Configures a shop for them.
    pub fn configure(&self, config: &mut Config) {
        config.redis = Some(self.redis.settings());
        config.database = Some(database(&self.scratch));
    }
}

/// A number that no other test uses.
pub fn new_phone() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("138{:08}", NEXT.fetch_add(1, Ordering::Relaxed))
}

impl World {
    /// Embedded, and with servers.
    pub async fn both() -> [Self; 2] {
        [Self::embedded(|_| {}).await, Self::with_servers(Servers::start().await, |_| {}).await]
    }

    pub async fn embedded(change: impl FnOnce(&mut Config)) -> Self {
        Self::start(None, change).await
    }

    pub async fn with_servers(servers: Servers, change: impl FnOnce(&mut Config)) -> Self {
        Self::start(Some(servers), change).await
    }

    async fn start(servers: Option<Servers>, change: impl FnOnce(&mut Config)) -> Self {
        let sms = SmsService::start();
        let app = Self::shop(servers.as_ref(), &sms, change).await;
        Self { app, sms, servers }
    }

    /// An embedded shop that shares this Redis with others.
    pub async fn beside(redis: &Server) -> Self {
        let settings = redis.settings();
        Self::start(None, |config| config.redis = Some(settings)).await
    }

    async fn shop(servers: Option<&Servers>, sms: &SmsService, change: impl FnOnce(&mut Config)) -> TestApp {
        let app = TestApp::with(Sale { quota: 10, limit: 1 }, |config| {
            config.rate_limits.enabled = false;
            config.sms = sms.settings();
            if let Some(servers) = servers {
                servers.configure(config);
            }
            change(config);
        })
        .await;
        until("redis serves, if there is one", async || {
            let ready = app.anonymous().get("/health/ready").await.body;
            ready["checks"].as_array().unwrap().iter().all(|check| check["part"] != "redis" || check["health"] == "pass")
        })
        .await;
        app
    }

    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.app.anonymous().send(Method::POST, path, None, body).await
    }

    /// Logs a user of the sandbox in; a new one where none is named.
    pub async fn log_in(&self, user: Option<&str>) -> Login {
        let reply = self.post("/v1/auth/login", json!({ "code": sandbox::running().sandbox.login_code(user) })).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        Login(reply.body)
    }

    /// Asks for a code and returns what came by SMS.
    pub async fn code_for(&self, phone: &str) -> String {
        let reply = self.post("/v1/auth/sms-code", json!({ "phone": phone })).await;
        assert_eq!(reply.status, 202, "{reply:?}");
        self.sms.last_code(phone).unwrap()
    }

    pub async fn refresh(&self, token: &str) -> Reply {
        self.post("/v1/auth/refresh", json!({ "refresh_token": token })).await
    }

    pub fn holder(&self, login: &Login) -> Person<'_> {
        self.app.holder_of(login.access_token())
    }
}

/// What a log-in or a refresh was answered with.
#[derive(Debug)]
pub struct Login(pub Value);

impl Login {
    pub fn access_token(&self) -> &str {
        self.0["access_token"].as_str().unwrap()
    }

    pub fn refresh_token(&self) -> &str {
        self.0["refresh_token"].as_str().unwrap()
    }

    pub fn user_id(&self) -> u64 {
        self.0["user"]["user_id"].as_u64().unwrap()
    }
}
