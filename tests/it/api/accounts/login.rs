//! Logging in by WeChat and by phone.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use serde_json::json;

use super::super::sandbox;
use super::world::{World, new_phone};

#[actix_web::test]
async fn the_first_log_in_registers_and_the_next_one_is_the_same_shopper() {
    for world in World::both().await {
        let first = world.log_in(Some("alice")).await;
        assert_eq!((&first.0["is_new"], &first.0["token_type"], &first.0["expires_in"]), (&true.into(), &"Bearer".into(), &900.into()));
        assert!(first.0.get("session_key").is_none() && first.0.get("openid").is_none(), "{first:?}");
        let again = world.log_in(Some("alice")).await;
        assert_eq!((again.user_id(), &again.0["is_new"]), (first.user_id(), &false.into()));
        assert_ne!(world.log_in(Some("bob")).await.user_id(), first.user_id());
        let profile = world.holder(&again).get("/v1/user/profile").await;
        assert_eq!((profile.status.as_u16(), &profile.body["user_id"]), (200, &first.user_id().into()));
        assert_eq!(world.holder(&again).buy(1, "key").await.status, 201, "the token buys");
    }
}

#[actix_web::test]
async fn what_is_no_way_to_log_in_is_refused() {
    for world in World::both().await {
        a_body_names_one_way_to_log_in(&world).await;
        asking_for_a_code_tells_nothing_about_the_phone(&world).await;
        a_message_that_is_not_taken_is_told(&world).await;
    }
}

#[actix_web::test]
async fn a_code_is_good_once() {
    for world in World::both().await {
        let code = sandbox::running().sandbox.login_code(None);
        assert_eq!(world.post("/v1/auth/login", json!({ "code": code })).await.status, 200);
        for wrong in [code.as_str(), "nonsense", &sandbox::running().sandbox.phone_code(None)] {
            world.post("/v1/auth/login", json!({ "code": wrong })).await.is_problem(422, "wechat_code_invalid", &[]);
        }
    }
}

async fn a_body_names_one_way_to_log_in(world: &World) {
    for (body, fields) in [
        (json!({}), &["code"][..]),
        (json!({ "code": "" }), &["code"]),
        (json!({ "code": "x".repeat(200) }), &["code"]),
        (json!({ "phone": "13800138000" }), &["sms_code"]),
        (json!({ "sms_code": "123456" }), &["phone"]),
        (json!({ "phone": "13800138000", "sms_code": "12345" }), &["sms_code"]),
        (json!({ "phone": "12345678901", "sms_code": "123456" }), &["phone"]),
        (json!({ "openid": "x" }), &["openid"]),
    ] {
        world.post("/v1/auth/login", body).await.is_problem(422, "validation_failed", fields);
    }
    // Two ways at once: both are named, with what is wanted.
    for (body, other) in [
        (json!({ "code": "x", "phone": "13800138000" }), "phone"),
        (json!({ "code": "x", "phone": "13800138000", "sms_code": "123456" }), "phone"),
        (json!({ "code": "x", "sms_code": "123456" }), "sms_code"),
    ] {
        let refused = world.post("/v1/auth/login", body).await;
        refused.is_problem(422, "validation_failed", &["code", other]);
        let error = &refused.body["errors"][1];
        assert_eq!(error["code"], "invalid");
        assert!(error["detail"].as_str().unwrap().contains("只能提供其中一种"), "{refused:?}");
    }
}

#[actix_web::test]
async fn many_first_log_ins_at_once_are_one_shopper() {
    for world in World::both().await {
        let logins = join_all((0..8).map(|_| world.log_in(Some("carol")))).await;
        assert_eq!(logins.iter().map(super::world::Login::user_id).collect::<BTreeSet<_>>().len(), 1);
        assert_eq!(logins.iter().filter(|login| login.0["is_new"] == true).count(), 1);
        for login in &logins {
            assert_eq!(world.holder(login).get("/v1/user/profile").await.status, 200);
        }
    }
}

#[actix_web::test]
async fn a_phone_logs_in_by_the_code_that_was_sent_to_it() {
    for world in World::both().await {
        let phone = new_phone();
        let code = world.code_for(&phone).await;
        let wrong = if code == "000000" { "000001" } else { "000000" };
        let log_in = async |phone: &str, code: &str| world.post("/v1/auth/login", json!({ "phone": phone, "sms_code": code })).await;
        log_in(&phone, wrong).await.is_problem(422, "sms_code_wrong", &[]);
        log_in(&new_phone(), &code).await.is_problem(422, "sms_code_wrong", &[]);
        let first = log_in(&format!("+86 {phone}"), &code).await;
        let mask = format!("{}****{}", &phone[..3], &phone[7..]);
        assert_eq!((first.status.as_u16(), &first.body["is_new"], &first.body["user"]["phone"]), (200, &true.into(), &mask.into()));
        log_in(&phone, &code).await.is_problem(422, "sms_code_wrong", &[]);
        let refused = world.post("/v1/auth/sms-code", json!({ "phone": phone })).await;
        refused.is_problem(429, "sms_rate_limited", &[]);
        assert!((1..=60).contains(&refused.header("retry-after").parse::<u32>().unwrap()), "{refused:?}");
        assert_eq!(world.sms.count(&phone), 1);
    }
}

async fn asking_for_a_code_tells_nothing_about_the_phone(world: &World) {
    let (known, unknown) = (new_phone(), new_phone());
    let login = world.log_in(None).await;
    let code = sandbox::running().sandbox.phone_code(Some(&known));
    assert_eq!(world.holder(&login).send(reqwest::Method::POST, "/v1/user/phone", None, json!({ "code": code })).await.status, 200);
    let [one, other] = [&known, &unknown].map(|phone| world.post("/v1/auth/sms-code", json!({ "phone": phone })));
    let (one, other) = (one.await, other.await);
    assert_eq!((one.status, &one.body), (other.status, &other.body));
    assert_eq!(one.body, json!({ "expires_in": 300, "retry_after": 60 }));
    for bad in ["", "1380013800", "+8513800138000", "23800138000"] {
        world.post("/v1/auth/sms-code", json!({ "phone": bad })).await.is_problem(422, "validation_failed", &["phone"]);
    }
}

async fn a_message_that_is_not_taken_is_told(world: &World) {
    world.sms.refuse(Some("FailedOperation.InsufficientBalanceInSmsPackage"));
    world.post("/v1/auth/sms-code", json!({ "phone": new_phone() })).await.is_problem(503, "sms_unavailable", &[]);
    world.sms.refuse(Some("LimitExceeded.PhoneNumberDailyLimit"));
    world.post("/v1/auth/sms-code", json!({ "phone": new_phone() })).await.is_problem(422, "phone_unsupported", &[]);
}

#[actix_web::test]
async fn five_wrong_codes_use_up_the_right_one() {
    for world in World::both().await {
        let phone = new_phone();
        let code = world.code_for(&phone).await;
        let wrong = if code == "000000" { "000001" } else { "000000" };
        for _ in 0..5 {
            world.post("/v1/auth/login", json!({ "phone": phone, "sms_code": wrong })).await.is_problem(422, "sms_code_wrong", &[]);
        }
        world.post("/v1/auth/login", json!({ "phone": phone, "sms_code": code })).await.is_problem(422, "sms_code_wrong", &[]);
    }
}
