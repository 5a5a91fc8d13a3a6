//! The end of an account.

use reqwest::Method;
use serde_json::json;

use super::super::app::Person;
use super::super::sandbox;
use super::world::{Login, World, new_phone};

async fn cancel(person: &Person<'_>) -> super::super::app::Reply {
    person.send(Method::DELETE, "/v1/user", None, json!({})).await
}

#[actix_web::test]
async fn an_account_with_an_open_order_is_not_cancelled() {
    for world in World::both().await {
        let login = world.log_in(None).await;
        let order = world.holder(&login).buy(1, "key").await.body["order_no"].as_str().unwrap().to_owned();
        cancel(&world.holder(&login)).await.is_problem(409, "open_orders", &[]);
        world.app.caught_up().await;
        cancel(&world.holder(&login)).await.is_problem(409, "open_orders", &[]);
        assert_eq!(world.holder(&login).get("/v1/user/profile").await.status, 200, "nothing has changed");
        assert_eq!(world.holder(&login).post(&format!("/v1/orders/{order}/cancel")).await.status, 200);
        assert_eq!(cancel(&world.holder(&login)).await.status, 204);
        cancel(&world.app.anonymous()).await.is_problem(401, "token_missing", &["Authorization"]);
    }
}

#[actix_web::test]
async fn a_cancelled_account_leaves_nothing_that_says_who_it_was() {
    for world in World::both().await {
        let (name, phone) = (Some("mallory"), new_phone());
        let login = world.log_in(name).await;
        let shopper = world.holder(&login);
        let code = sandbox::running().sandbox.phone_code(Some(&phone));
        assert_eq!(shopper.send(Method::POST, "/v1/user/phone", None, json!({ "code": code })).await.status, 200);
        shopper.send(Method::PUT, "/v1/user/profile", None, json!({ "nickname": "小红" })).await;
        let sku = super::super::checkout::shelf(&world.app).await[0].0;
        shopper.send(Method::POST, "/v1/cart/add", Some("k"), json!({ "sku_id": sku })).await;
        assert_eq!(cancel(&shopper).await.status, 204);
        shopper.get("/v1/user/profile").await.is_problem(401, "token_revoked", &["Authorization"]);
        world.refresh(login.refresh_token()).await.is_problem(401, "session_revoked", &["refresh_token"]);

        let database = world.app.database().await;
        let mut tx = database.snapshot().await.unwrap();
        let text = "SELECT openid, nickname, phone, phone_index, phone_sealed, unionid, avatar_url FROM users WHERE id = ?";
        let row = tx.first(text, vec![login.user_id().into()]).await.unwrap().unwrap();
        assert!(row.text(0).unwrap().starts_with("cancelled:"));
        assert!([1, 2, 5, 6].iter().all(|column| row.text_or_null(*column).unwrap().is_none()));
        assert!([3, 4].iter().all(|column| row.bytes_or_null(*column).unwrap().is_none()));
        let key = tx.first("SELECT wrapped FROM user_keys WHERE user_id = ?", vec![login.user_id().into()]).await.unwrap().unwrap();
        assert_eq!(key.bytes_or_null(0).unwrap(), None, "the data key is destroyed");
        tx.commit().await.unwrap();

        let anew = world.log_in(name).await;
        assert_eq!(anew.0["is_new"], true);
        assert_ne!(anew.user_id(), login.user_id());
        assert_eq!(world.holder(&anew).get("/v1/cart").await.body["items"], json!([]));
        let sms = world.code_for(&phone).await;
        let by_phone = Login(world.post("/v1/auth/login", json!({ "phone": phone, "sms_code": sms })).await.body);
        assert_eq!(by_phone.0["is_new"], true, "the phone is free");
        assert_eq!(cancel(&world.holder(&anew)).await.status, 204);
    }
}
