//! A shop of one's own for each test, and people who visit it. When it is dropped, its books have to balance.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use mallcore::demo::seed::{SeedOptions, is_empty, seed};
use mallcore::features::accounts;
use mallcore::features::admins::Admins;
use mallcore::features::banners::Banners;
use mallcore::features::catalog::Catalog;
use mallcore::features::orders::Orders;
use mallcore::features::payments::{self, Payments};
use mallcore::features::zones::Zones;
use mallcore::platform::auth::Verifier;
use mallcore::platform::config::Config;
use mallcore::platform::database::{Connections, Database, Settings};
use mallcore::platform::http::state::State;
use mallcore::platform::redis::Link;
use mallcore::reconcile::reconcile;
use mallcore::shop::{Plan, Shop};
use mallcore_actors::ids::UserId;
use mallcore_actors::time::Timestamp;
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A projection that is not there by then has stopped; it also has to outlast a machine that is busy with something else.
const CAUGHT_UP_WITHIN: Duration = Duration::from_secs(120);
/// Projections have threads of their own. Those that went on without their test would keep their connections to MariaDB, which has 151, until
/// the process ends.
const STOPPED_WITHIN: Duration = Duration::from_secs(5);
/// No test lasts as long, also on a machine that is busy with something else.
const TOKENS_LAST: Duration = Duration::from_secs(3_600);

pub const SECRET: &[u8] = b"a secret of the tests, 32 bytes or more";

/// A running server on a port of its own, with one running sale.
pub struct TestApp {
    pub base: String,
    pub client: Client,
    verifier: Arc<Verifier>,
    users: AtomicU64,
    shop: Shop,
    state: Arc<State>,
    database: Settings,
    server: actix_web::dev::ServerHandle,
    folder: TempDir,
}

/// The sale that a shop opens with.
pub struct Sale {
    pub quota: u32,
    pub limit: u32,
}

impl TestApp {
    /// With 10 pieces, one a person.
    pub async fn start() -> Self {
        Self::with(Sale { quota: 10, limit: 1 }, |_| {}).await
    }

    /// With this sale and these changes of the embedded mode's settings.
    pub async fn with(sale: Sale, change: impl FnOnce(&mut Config)) -> Self {
        Self::for_seconds(3_600, sale, change).await
    }

    /// With a sale that ends so many seconds after it was planned.
    pub async fn for_seconds(sale_seconds: u64, sale: Sale, change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::embedded(folder.path()).unwrap();
        config.http.port = 0;
        config.http.workers = 1;
        config.journal.segment_bytes = 1 << 20;
        // The least that bcrypt takes: tests log in often.
        config.admins.password_cost = 4;
        change(&mut config);
        let link = config.redis.as_ref().map(|settings| Link::of(settings).unwrap());
        link.iter().for_each(|link| drop(link.start()));
        let verifier = Arc::new(Verifier::new(SECRET).remembering(1_024));
        let accounts = accounts::Settings {
            verifier: Some(Arc::clone(&verifier)),
            redis: link.clone(),
            sandbox: Some(Arc::clone(&super::sandbox::running().sandbox)),
            wechat: super::sandbox::settings(&config.wechat),
            ..accounts::Settings::of(&config)
        };
        let shop = open(&config, accounts, sale, sale_seconds, link.clone()).await;
        let state = State::new(&config, shop.clone(), verifier).with_redis(link);
        let state = Arc::new(state);
        let (address, server) = mallcore::shop::listen(&config.http, Arc::clone(&state)).unwrap();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        shop.begin().await.unwrap();
        let catalog = shop.provided::<Catalog>().unwrap();
        // Product 195 is the last one that the demo has reviews of: until it shows them, cards change by themselves.
        let is_rated = |product| catalog.product(product).is_some_and(|entry| entry.counted.rating.count > 0);
        until("the catalogue is loaded and rated", async || is_rated(195)).await;
        let (banners, zones) = (shop.provided::<Banners>().unwrap(), shop.provided::<Zones>().unwrap());
        until("banners and zones are loaded", async || banners.current().is_ok() && zones.current().is_ok()).await;
        Self {
            base: format!("http://{address}"),
            client: crate::client(),
            verifier: Arc::new(Verifier::new(SECRET)),
            users: AtomicU64::new(1),
            shop,
            state,
            database: Plan::of(&config).database,
            server: handle,
            folder,
        }
    }

    /// Somebody without a token.
    pub fn anonymous(&self) -> Person<'_> {
        Person { app: self, token: None, user: None }
    }

    /// Somebody new with a good token.
    pub fn shopper(&self) -> Person<'_> {
        let user = UserId::new(self.users.fetch_add(1, Ordering::Relaxed)).unwrap();
        Person { user: Some(user), ..self.holder_of(&self.verifier.issue(user, TOKENS_LAST).unwrap()) }
    }

    /// Somebody with this token.
    pub fn holder_of(&self, token: &str) -> Person<'_> {
        Person { app: self, token: Some(token.to_owned()), user: None }
    }

    /// Connections that are open, without those beyond a limit.
    pub fn open_connections(&self) -> usize {
        self.state.connections.open()
    }

    /// Where the shop keeps its data, for the binary to be run beside it.
    pub fn data_dir(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// Where the shop keeps its rows, for the binary to be run beside it.
    pub const fn database_settings(&self) -> &Settings {
        &self.database
    }

    /// Pieces left of the sale's first item.
    pub async fn remaining(&self) -> u64 {
        let activity = self.anonymous().get("/v1/seckill/activities/1").await;
        activity.body["items"][0]["remaining"].as_u64().unwrap()
    }

    /// The shop's database, over a connection of its own.
    pub async fn database(&self) -> Database {
        self.database.connect(Connections::ONE).await.unwrap()
    }

    /// The commands of orders that no route of a shopper leads to.
    pub fn orders(&self) -> Arc<Orders> {
        self.shop.provided::<Orders>().unwrap()
    }

    /// The sign-in of the back office, for captchas whose letters are known.
    pub fn admins(&self) -> Arc<Admins> {
        self.shop.provided::<Admins>().unwrap()
    }

    /// What every worker shares, for routes of the test's own.
    pub fn state(&self) -> Arc<State> {
        Arc::clone(&self.state)
    }

    /// Payments, for tasks of the test's own.
    pub fn payments(&self) -> Arc<Payments> {
        self.shop.provided::<Payments>().unwrap()
    }

    /// The catalogue that shoppers see.
    pub fn catalog(&self) -> Arc<Catalog> {
        self.shop.provided::<Catalog>().unwrap()
    }

    /// The test's own statements take this way to the database, those of the shop go on as configured.
    pub fn look_through(&mut self, database: Settings) {
        self.database = database;
    }

    /// Lets the database follow, for tests that hold it back.
    pub fn resume_projection(&self) {
        self.shop.resume_projection();
    }

    /// Waits until the database has everything that was answered so far.
    pub async fn caught_up(&self) {
        caught_up(&self.shop).await;
    }
}

/// The head of a purchase of the first item, for tests that write to the connection themselves; `framing` says how long the body is.
pub fn purchase_head(token: &str, framing: &str) -> String {
    format!(
        "POST /v1/seckill/items/1/orders HTTP/1.1\r\nHost: shop\r\nAuthorization: Bearer {token}\r\nIdempotency-Key: k\r\n{framing}\r\n\r\n"
    )
}

/// Asks until it is so.
pub async fn until(what: &str, is_so: impl AsyncFn() -> bool) {
    let begin = Instant::now();
    while !is_so().await {
        assert!(begin.elapsed() < CAUGHT_UP_WITHIN, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn caught_up(shop: &Shop) {
    until("the database has everything", async || shop.projection_lag() == 0).await;
}

/// The sums of the database once it has everything.
async fn balance(shop: &Shop, settings: &Settings) {
    caught_up(shop).await;
    let database = settings.connect(Connections::ONE).await.unwrap();
    let report = reconcile(&database).await.unwrap();
    assert!(report.differences.is_empty(), "{report:?}");
    database.close().await;
}

/// A shop over the demo's goods, with one running sale of one item.
async fn open(config: &Config, accounts: accounts::Settings, sale: Sale, sale_seconds: u64, redis: Option<Link>) -> Shop {
    let payments = payments::Settings::of(&config.wechat).unwrap();
    let mut plan = Plan { accounts, payments, redis, ..Plan::of(config) };
    // Threads of that priority get nothing while other tests compute, and may hold SQLite's only write lock meanwhile.
    plan.projector.idle = false;
    let database = plan.database.connect(Connections::ONE).await.unwrap();
    database.migrate().await.unwrap();
    let options = SeedOptions { flash_stock: sale.quota, flash_limit: sale.limit, flash_items: 1, sale_seconds, ..SeedOptions::default() };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    // A second process beside the first one finds the demo there.
    if is_empty(&database).await.unwrap() {
        seed(&database, options, Timestamp::from_millis(now.as_millis() as u64)).await.unwrap();
    }
    database.close().await;
    Shop::open(plan).await.unwrap()
}

impl Drop for TestApp {
    fn drop(&mut self) {
        let (shop, settings, has_failed) = (self.shop.clone(), self.database.clone(), std::thread::panicking());
        // A thread of its own, because a runtime may not wait inside another.
        let ended = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                // A test that has failed already says why itself.
                if !has_failed {
                    balance(&shop, &settings).await;
                }
                shop.stop(STOPPED_WITHIN).await;
            });
        });
        if let Err(differences) = ended.join()
            && !has_failed
        {
            std::panic::resume_unwind(differences);
        }
        // Nobody waits for it: the process or the test's runtime outlives its workers.
        drop(self.server.stop(false));
    }
}

/// A visitor with a token, or without.
pub struct Person<'a> {
    app: &'a TestApp,
    token: Option<String>,
    user: Option<UserId>,
}

impl Person<'_> {
    pub async fn get(&self, path: &str) -> Reply {
        Reply::of(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str) -> Reply {
        Reply::of(self.request(Method::POST, path)).await
    }

    /// Sends a body, under a key if one is given.
    pub async fn send(&self, method: Method, path: &str, key: Option<&str>, body: Value) -> Reply {
        let mut request = self.request(method, path);
        if let Some(key) = key {
            request = request.header("Idempotency-Key", key);
        }
        Reply::of(request.header("Content-Type", "application/json").body(body.to_string())).await
    }

    /// The user's id, as their token has it.
    pub fn user(&self) -> UserId {
        self.user.expect("somebody with a token of this shop")
    }

    /// Buys pieces of the sale's first item.
    pub async fn buy(&self, quantity: u32, key: &str) -> Reply {
        self.buy_with("1", Some(key), &json!({ "quantity": quantity }).to_string()).await
    }

    /// Sends any body under any key.
    pub async fn buy_with(&self, item: &str, key: Option<&str>, body: &str) -> Reply {
        let mut request = self.request(Method::POST, &format!("/v1/seckill/items/{item}/orders"));
        if let Some(key) = key {
            request = request.header("Idempotency-Key", key);
        }
        Reply::of(request.header("Content-Type", "application/json").body(body.to_owned())).await
    }

    /// Their token, for those who speak HTTP by hand.
    pub fn token(&self) -> String {
        self.token.clone().unwrap_or_default()
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.app.client.request(method, format!("{}{path}", self.app.base));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: reqwest::header::HeaderMap,
    pub body: Value,
}

impl Reply {
    pub async fn of(request: RequestBuilder) -> Self {
        let response: Response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.unwrap();
        Self { status, headers, body: serde_json::from_str(&text).unwrap_or(Value::String(text)) }
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// A problem document with this status and code that names these fields.
    #[track_caller]
    pub fn is_problem(&self, status: u16, code: &str, fields: &[&str]) {
        assert_eq!((self.status.as_u16(), self.body["code"].as_str()), (status, Some(code)), "{self:?}");
        assert_eq!(self.header("content-type"), "application/problem+json", "{self:?}");
        assert_eq!(self.body["status"], status);
        assert_eq!(self.body["type"], format!("urn:mallcore:problem:{code}"));
        let named: Vec<&str> = self.body["errors"].as_array().into_iter().flatten().filter_map(|error| error["field"].as_str()).collect();
        assert_eq!(named, fields, "{self:?}");
    }
}
