//! The profile and the phone.

use mallcore::platform::vault::{Indexed, KeySource, Vault};
use mallcore_actors::values::phone::PhoneNumber;
use reqwest::Method;
use serde_json::{Value, json};

use super::super::app::{Person, Reply};
use super::super::sandbox;
use super::world::{World, new_phone};

async fn put(person: &Person<'_>, body: Value) -> Reply {
    person.send(Method::PUT, "/v1/user/profile", None, body).await
}

async fn bind(person: &Person<'_>, body: Value) -> Reply {
    person.send(Method::POST, "/v1/user/phone", None, body).await
}

#[actix_web::test]
async fn a_profile_is_normalised_checked_and_replaced_whole() {
    for world in World::both().await {
        let login = world.log_in(None).await;
        let shopper = world.holder(&login);
        let body = json!({ "nickname": " Ame\u{301}lie ", "avatar_url": "https://img.example.com/a.png", "gender": "female" });
        let saved = put(&shopper, body).await;
        assert_eq!(saved.status, 200, "{saved:?}");
        for shown in [&saved.body, &shopper.get("/v1/user/profile").await.body] {
            assert_eq!((&shown["nickname"], &shown["gender"]), (&"Am\u{e9}lie".into(), &"female".into()));
            assert_eq!((&shown["avatar_url"], &shown["phone"]), (&"https://img.example.com/a.png".into(), &Value::Null));
        }
        for (body, fields) in [
            (json!({ "nickname": "a\u{202E}b" }), &["nickname"][..]),
            (json!({ "nickname": "名".repeat(33) }), &["nickname"]),
            (json!({ "avatar_url": "http://img.example.com/a.png" }), &["avatar_url"]),
            (json!({ "nickname": " ", "avatar_url": "javascript:alert(1)" }), &["nickname", "avatar_url"]),
            (json!({ "gender": "other" }), &["gender"]),
            (json!({ "gender": 1 }), &["gender"]),
            (json!({ "gender": ["female"] }), &["gender"]),
            (json!({ "phone": "13800138000" }), &["phone"]),
        ] {
            let refused = put(&shopper, body.clone()).await;
            refused.is_problem(422, "validation_failed", fields);
        }
        let long = put(&shopper, json!({ "nickname": "名".repeat(33) })).await;
        assert_eq!(long.body["errors"][0]["code"], "too_long");
        assert_eq!(shopper.get("/v1/user/profile").await.body, saved.body, "a refusal changes nothing");
        let emptied = put(&shopper, json!({})).await.body;
        assert_eq!((&emptied["nickname"], &emptied["avatar_url"], &emptied["gender"]), (&Value::Null, &Value::Null, &"unknown".into()));
        let named = put(&shopper, json!({ "nickname": "小明", "gender": "male" })).await.body;
        assert_eq!(named["gender"], "male");
        let nulls = put(&shopper, json!({ "nickname": null, "avatar_url": null, "gender": null })).await;
        assert_eq!((nulls.status.as_u16(), &nulls.body), (200, &emptied), "null is left out");
        put(&world.app.anonymous(), json!({})).await.is_problem(401, "token_missing", &["Authorization"]);
        world.app.anonymous().get("/v1/user/profile").await.is_problem(401, "token_missing", &["Authorization"]);
    }
}

#[actix_web::test]
async fn somebody_whom_the_database_does_not_know_has_no_profile() {
    for world in World::both().await {
        let token = mallcore::platform::auth::Verifier::new(super::super::app::SECRET);
        let token = token.issue(mallcore_actors::ids::UserId::new(1 << 40).unwrap(), std::time::Duration::from_secs(60)).unwrap();
        let stranger = world.app.holder_of(&token);
        stranger.get("/v1/user/profile").await.is_problem(404, "unknown_user", &[]);
        put(&stranger, json!({})).await.is_problem(404, "unknown_user", &[]);
        bind(&stranger, json!({ "code": sandbox::running().sandbox.phone_code(None) })).await.is_problem(404, "unknown_user", &[]);
    }
}

#[actix_web::test]
async fn a_phone_is_bound_by_wechat_or_by_code_and_belongs_to_one_account() {
    for world in World::both().await {
        let (one, other) = (world.log_in(None).await, world.log_in(None).await);
        let (first, second) = (new_phone(), new_phone());
        let code = || sandbox::running().sandbox.phone_code(Some(&first));
        let bound = bind(&world.holder(&one), json!({ "code": code() })).await;
        assert_eq!((bound.status.as_u16(), &bound.body["phone"]), (200, &format!("{}****{}", &first[..3], &first[7..]).into()));
        assert_eq!(bind(&world.holder(&one), json!({ "code": code() })).await.status, 200, "once more is the same");
        bind(&world.holder(&other), json!({ "code": code() })).await.is_problem(409, "phone_taken", &[]);
        bind(&world.holder(&other), json!({ "code": "nonsense" })).await.is_problem(422, "wechat_code_invalid", &[]);
        let abroad = sandbox::running().sandbox.phone_code(Some("5551234"));
        bind(&world.holder(&other), json!({ "code": abroad })).await.is_problem(422, "phone_unsupported", &[]);
        let sms = world.code_for(&second).await;
        let bound = bind(&world.holder(&one), json!({ "phone": second, "sms_code": sms })).await;
        assert_eq!((bound.status.as_u16(), &bound.body["phone"]), (200, &format!("{}****{}", &second[..3], &second[7..]).into()));
        assert_eq!(bind(&world.holder(&other), json!({ "code": code() })).await.status, 200, "the first number is free again");
        bind(&world.holder(&one), json!({ "phone": second, "sms_code": sms })).await.is_problem(422, "sms_code_wrong", &[]);
        bind(&world.app.anonymous(), json!({ "code": code() })).await.is_problem(401, "token_missing", &["Authorization"]);
        bind(&world.holder(&one), json!({})).await.is_problem(422, "validation_failed", &["code"]);
        // The phone leads to the account that has it.
        let sms = world.code_for(&first).await;
        let login = world.post("/v1/auth/login", json!({ "phone": first, "sms_code": sms })).await;
        assert_eq!((&login.body["user"]["user_id"], &login.body["is_new"]), (&other.user_id().into(), &false.into()));
    }
}

#[actix_web::test]
async fn an_access_token_that_wechat_refuses_is_fetched_anew() {
    let world = World::embedded(|_| {}).await;
    let login = world.log_in(None).await;
    let code = || sandbox::running().sandbox.phone_code(Some(&new_phone()));
    assert_eq!(bind(&world.holder(&login), json!({ "code": code() })).await.status, 200);
    sandbox::running().sandbox.change_access_token();
    assert_eq!(bind(&world.holder(&login), json!({ "code": code() })).await.status, 200);
}

#[actix_web::test]
async fn the_rows_hold_no_number() {
    for world in World::both().await {
        let phone = new_phone();
        let login = world.log_in(None).await;
        bind(&world.holder(&login), json!({ "code": sandbox::running().sandbox.phone_code(Some(&phone)) })).await;
        let database = world.app.database().await;
        let mut tx = database.snapshot().await.unwrap();
        let text = "SELECT phone, phone_sealed, phone_index FROM users WHERE id = ?";
        let row = tx.first(text, vec![login.user_id().into()]).await.unwrap().unwrap();
        assert_eq!(row.text(0).unwrap(), format!("{}****{}", &phone[..3], &phone[7..]));
        let sealed = row.bytes_or_null(1).unwrap().unwrap();
        assert!(!sealed.windows(11).any(|bytes| bytes == phone.as_bytes()));
        let keys = KeySource::File(world.app.data_dir().to_owned()).load().unwrap();
        let index = Vault::new(keys).blind_index(Indexed::Phone(&PhoneNumber::parse(&phone).unwrap()));
        assert_eq!(row.bytes_or_null(2).unwrap().unwrap(), index.as_bytes());
    }
}
