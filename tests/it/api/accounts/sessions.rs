//! Refreshing, logging out, and what becomes of access tokens then.

use std::process::Command;

use serde_json::json;

use super::super::app::{SECRET, until};
use super::world::{Login, Servers, World};
use crate::redis::server::Server;

#[actix_web::test]
async fn a_refresh_brings_new_tokens_and_the_same_one_again_the_same_answer() {
    for world in World::both().await {
        let login = world.log_in(None).await;
        let first = world.refresh(login.refresh_token()).await;
        assert_eq!(first.status, 200, "{first:?}");
        let again = world.refresh(login.refresh_token()).await;
        assert_eq!((again.status.as_u16(), &again.body["refresh_token"]), (200, &first.body["refresh_token"]), "the answer was lost");
        let second = world.refresh(Login(first.body).refresh_token()).await;
        assert_eq!(second.status, 200, "{second:?}");
        assert_eq!(world.holder(&Login(second.body)).get("/v1/user/profile").await.status, 200);
    }
}

#[actix_web::test]
async fn a_refresh_token_that_was_used_before_ends_the_session() {
    for world in World::both().await {
        let user = Some("dave");
        let (login, other_device) = (world.log_in(user).await, world.log_in(user).await);
        let first = Login(world.refresh(login.refresh_token()).await.body);
        let second = Login(world.refresh(first.refresh_token()).await.body);
        assert_eq!(world.holder(&second).get("/v1/user/profile").await.status, 200);
        let stolen = world.refresh(login.refresh_token()).await;
        stolen.is_problem(401, "session_revoked", &["refresh_token"]);
        assert_eq!(stolen.header("www-authenticate"), "Bearer error=\"invalid_token\"");
        world.refresh(second.refresh_token()).await.is_problem(401, "session_revoked", &["refresh_token"]);
        world.holder(&second).get("/v1/user/profile").await.is_problem(401, "token_revoked", &["Authorization"]);
        let refreshed = Login(world.refresh(other_device.refresh_token()).await.body);
        assert_eq!(world.holder(&refreshed).get("/v1/user/profile").await.status, 200, "another device goes on");
    }
}

#[actix_web::test]
async fn logging_out_ends_one_session_and_every_access_token_at_once() {
    for world in World::both().await {
        let user = Some("erin");
        let (here, there) = (world.log_in(user).await, world.log_in(user).await);
        assert_eq!(world.holder(&there).buy(1, "key").await.status, 201, "the token is remembered");
        assert_eq!(world.holder(&here).post("/v1/auth/logout").await.status, 204);
        for login in [&here, &there] {
            world.holder(login).buy(1, "key").await.is_problem(401, "token_revoked", &["Authorization"]);
        }
        world.refresh(here.refresh_token()).await.is_problem(401, "session_revoked", &["refresh_token"]);
        let refreshed = Login(world.refresh(there.refresh_token()).await.body);
        assert_eq!(world.holder(&refreshed).buy(1, "key").await.status, 200);
        world.app.anonymous().post("/v1/auth/logout").await.is_problem(401, "token_missing", &["Authorization"]);
    }
}

#[actix_web::test]
async fn a_token_that_is_printed_after_a_log_out_counts() {
    let world = World::embedded(|_| {}).await;
    let login = world.log_in(None).await;
    assert_eq!(world.holder(&login).post("/v1/auth/logout").await.status, 204);
    let mut command = Command::new(env!("CARGO_BIN_EXE_mallcore"));
    command.args(["token", "--users", &login.user_id().to_string()]);
    command.env_clear().env("DATA_DIR", world.app.data_dir()).env("JWT_SECRET", std::str::from_utf8(SECRET).unwrap());
    let printed = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    assert!(printed.status.success(), "{printed:?}");
    let token = String::from_utf8(printed.stdout).unwrap();
    assert_eq!(world.app.holder_of(token.trim()).get("/v1/user/profile").await.status, 200);
}

#[actix_web::test]
async fn what_no_log_in_answered_is_no_refresh_token() {
    for world in World::both().await {
        let login = world.log_in(None).await;
        let forged = login.refresh_token().replace(".0.", ".1.");
        for token in ["nonsense", login.access_token(), forged.as_str()] {
            let reply = world.refresh(token).await;
            if token.len() > 160 {
                reply.is_problem(422, "validation_failed", &["refresh_token"]);
            } else {
                reply.is_problem(401, "session_revoked", &["refresh_token"]);
            }
        }
        world.post("/v1/auth/refresh", json!({})).await.is_problem(422, "validation_failed", &["refresh_token"]);
        assert_eq!(world.refresh(login.refresh_token()).await.status, 200, "the real one goes on");
    }
}

#[actix_web::test]
async fn an_access_token_expires_and_the_session_goes_on() {
    let world = World::embedded(|config| config.auth.access_token_seconds = 1).await;
    let login = world.log_in(None).await;
    until("the token has expired", async || world.holder(&login).get("/v1/user/profile").await.body["code"] == "token_expired").await;
    assert_eq!(world.refresh(login.refresh_token()).await.status, 200);
}

#[actix_web::test]
async fn another_process_hears_of_a_log_out() {
    let redis = Server::start().await;
    let (here, there) = (World::beside(&redis).await, World::beside(&redis).await);
    let login = here.log_in(None).await;
    let elsewhere = there.app.holder_of(login.access_token());
    assert_eq!(elsewhere.get("/v1/orders").await.status, 200, "both check tokens with the same key");
    assert_eq!(here.holder(&login).post("/v1/auth/logout").await.status, 204);
    until("the other process refuses the token", async || {
        // A message that is sent before the other one listens is lost; each log-in and log-out sends another one.
        let again = here.log_in(Some("frank")).await;
        let known = there.app.holder_of(again.access_token());
        known.get("/v1/orders").await;
        here.holder(&again).post("/v1/auth/logout").await;
        known.get("/v1/orders").await.body["code"] == "token_revoked"
    })
    .await;
}

#[actix_web::test]
async fn without_redis_nobody_logs_in_or_out_and_tokens_still_buy() {
    let mut world = World::with_servers(Servers::start().await, |_| {}).await;
    let login = world.log_in(None).await;
    if let Some(servers) = &mut world.servers {
        servers.redis.kill();
    }
    let code = json!({ "code": super::super::sandbox::running().sandbox.login_code(None) });
    world.post("/v1/auth/login", code).await.is_problem(503, "sessions_unavailable", &[]);
    world.refresh(login.refresh_token()).await.is_problem(503, "sessions_unavailable", &[]);
    world.holder(&login).post("/v1/auth/logout").await.is_problem(503, "sessions_unavailable", &[]);
    assert_eq!(world.holder(&login).buy(1, "key").await.status, 201);
}
