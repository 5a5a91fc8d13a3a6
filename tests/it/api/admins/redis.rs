//! What lies in Redis of administrators: captchas, sessions, permissions, tries.

use mallcore::platform::config::Config;
use mallcore::platform::redis::Link;
use reqwest::Method;
use serde_json::{Value, json};

use super::super::app::{Sale, TestApp, until};
use super::super::cold_writes::{is_done, mallcore};
use super::super::engines::database;
use super::world::{Desk, LOGIN, PASSWORD, PROFILE, captcha, create, try_to_log_in};
use crate::database::scratch::{self, Scratch};
use crate::redis::server::{Server, link};

/// A shop with what it stands on. Fields are dropped in this order: the shop before its servers.
struct World {
    app: TestApp,
    link: Link,
    server: Server,
    _scratch: Option<Scratch>,
}

/// Shops with Redis, on SQLite and on MariaDB.
async fn shops() -> Vec<World> {
    let mut shops = Vec::new();
    for scratch in [None, Some(scratch::mysql().await)] {
        let server = Server::start().await;
        let change = |config: &mut Config| {
            config.redis = Some(server.settings());
            config.database = scratch.as_ref().map(database);
            config.rate_limits.enabled = false;
        };
        let app = TestApp::with(Sale { quota: 10, limit: 1 }, change).await;
        let link = link(&server.settings()).await;
        until("the shop reaches Redis", async || app.anonymous().get("/v1/admin/auth/captcha").await.status == 200).await;
        shops.push(World { app, link, server, _scratch: scratch });
    }
    shops
}

async fn get(link: &Link, key: &str) -> Option<String> {
    link.query(redis::cmd("GET").arg(key)).await.unwrap()
}

async fn lives(link: &Link, key: &str) -> i64 {
    link.query(redis::cmd("PTTL").arg(key)).await.unwrap()
}

async fn keys(link: &Link, pattern: &str) -> Vec<String> {
    link.query(redis::cmd("KEYS").arg(pattern)).await.unwrap()
}

#[actix_web::test]
async fn a_captcha_lies_in_redis_without_its_answer_and_is_taken_once() {
    for World { app, link, .. } in &shops().await {
        create(app, "me", "operator").await;
        let (id, letters) = captcha(app).await;
        let key = format!("captcha:{id}");
        let kept = get(link, &key).await.unwrap();
        assert!(kept.len() == 64 && !kept.to_uppercase().contains(&letters), "{kept} tells {letters}");
        assert!((290_000..=300_000).contains(&lives(link, &key).await));
        let body = json!({ "username": "me", "password": PASSWORD, "captcha_id": id, "captcha": "0000" });
        app.anonymous().send(Method::POST, LOGIN, None, body).await.is_problem(422, "captcha_wrong", &[]);
        assert_eq!(get(link, &key).await, None, "one try, whatever the outcome");
    }
}

#[actix_web::test]
async fn permissions_lie_in_redis_and_follow_the_roles() {
    for World { app, link, .. } in &shops().await {
        let id = create(app, "me", "customer_service").await;
        let desk = Desk::of(app, "me").await;
        let key = format!("admin_permissions:{id}");
        let value = async || -> Value { get(link, &key).await.map_or(Value::Null, |text| serde_json::from_str(&text).unwrap()) };
        let first = value().await;
        assert!(first["version"].as_u64().unwrap() > 1_700_000_000_000, "{first}");
        assert_eq!((&first["roles"], &first["codes"]), (&json!(["customer_service"]), &desk.profile["permissions"]));
        assert!((500_000..=600_000).contains(&lives(link, &key).await));
        is_done(&mallcore(app, "admin role grant me order_manager --wait").await);
        let second = value().await;
        assert_eq!(second["roles"], json!(["customer_service", "order_manager"]));
        assert!(second["version"].as_u64() > first["version"].as_u64());
        assert!(second["codes"].as_array().unwrap().contains(&"order:ship".into()), "{second}");
        // What lies there decides nothing.
        let _: String = link.query(redis::cmd("SET").arg(&key).arg("{\"codes\":[\"admin:update\"]}")).await.unwrap();
        assert!(!desk.get(PROFILE).await.body["permissions"].as_array().unwrap().contains(&"admin:update".into()));
        is_done(&mallcore(app, "admin disable me --wait").await);
        assert_eq!((value().await, keys(link, "admin_session:*").await.len()), (Value::Null, 0));
        desk.get(PROFILE).await.is_problem(401, "admin_signed_out", &[]);
    }
}

#[actix_web::test]
async fn a_flush_only_signs_people_out() {
    for World { app, link, .. } in &shops().await {
        let id = create(app, "me", "operator").await;
        let desk = Desk::of(app, "me").await;
        let sessions = keys(link, "admin_session:*").await;
        assert_eq!(sessions.len(), 1);
        let token = desk.cookie.strip_prefix("admin_session=").unwrap();
        assert!(!sessions[0].contains(token) && !get(link, &sessions[0]).await.unwrap().contains(token), "the store gives no cookie away");
        assert!((1_790_000..=1_800_000).contains(&lives(link, &sessions[0]).await));
        let _: String = link.query(&redis::cmd("FLUSHALL")).await.unwrap();
        desk.get(PROFILE).await.is_problem(401, "admin_signed_out", &[]);
        let again = Desk::of(app, "me").await;
        assert_eq!(again.profile["permissions"], desk.profile["permissions"]);
        assert_eq!(again.get(PROFILE).await.status, 200);
        until("permissions are there again", async || get(link, &format!("admin_permissions:{id}")).await.is_some()).await;
    }
}

#[actix_web::test]
async fn tries_are_counted_without_names_and_end_by_themselves() {
    for World { app, link, .. } in &shops().await {
        create(app, "somebody", "operator").await;
        for _ in 0..5 {
            try_to_log_in(app, "somebody", "wrong").await.is_problem(401, "admin_login_failed", &[]);
        }
        try_to_log_in(app, "somebody", PASSWORD).await.is_problem(429, "admin_login_locked", &[]);
        let counts = keys(link, "admin_tries:*").await;
        assert_eq!(counts.len(), 2, "the name's and the address's: {counts:?}");
        for key in counts {
            assert!(!key.contains("somebody") && !key.contains("127.0.0.1"), "{key}");
            assert!((890_000..=900_000).contains(&lives(link, &key).await));
        }
    }
}

#[actix_web::test]
async fn without_redis_nobody_signs_in_and_everything_else_goes_on() {
    for World { app, server, .. } in &mut shops().await {
        create(app, "me", "operator").await;
        let desk = Desk::of(app, "me").await;
        server.kill();
        until("the shop has noticed", async || desk.get(PROFILE).await.status == 503).await;
        desk.get(PROFILE).await.is_problem(503, "sessions_unavailable", &[]);
        app.anonymous().get("/v1/admin/auth/captcha").await.is_problem(503, "sessions_unavailable", &[]);
        assert_eq!(app.shopper().buy(1, "key").await.status, 201);
    }
}
