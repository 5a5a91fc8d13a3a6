//! One's own profile and password.

use reqwest::Method;
use serde_json::{Value, json};

use super::super::app::{Reply, TestApp};
use super::super::engines::each_on_both;
use super::world::{Desk, PASSWORD, PROFILE, create, try_to_log_in};

each_on_both! {
    a_profile_keeps_masks_only,
    each_wrong_field_of_a_profile_is_named,
    a_new_password_ends_every_other_session,
    what_is_no_new_password_is_refused,
    wrong_old_passwords_end_the_tries,
}

const PATH: &str = "/v1/admin/auth/password";

async fn a_profile_keeps_masks_only(app: &TestApp) {
    create(app, "me", "operator").await;
    let desk = Desk::of(app, "me").await;
    assert_eq!((&desk.profile["phone"], &desk.profile["real_name"]), (&Value::Null, &Value::Null));
    let body = json!({
        "real_name": " 王丽 ", "email": "wang.li@example.com", "phone": "+86 13912345678", "avatar": "https://img.example.com/a.png",
    });
    let changed = desk.send(Method::PUT, PROFILE, body).await;
    let fields = |body: &Value| ["real_name", "email", "phone", "avatar"].map(|field| body[field].clone());
    let expected = ["王丽", "w***@example.com", "139****5678", "https://img.example.com/a.png"].map(Value::from);
    assert_eq!((changed.status.as_u16(), fields(&changed.body)), (200, expected.clone()));
    assert_eq!(fields(&desk.get(PROFILE).await.body), expected);
    let database = app.database().await;
    let mut tx = database.snapshot().await.unwrap();
    let row = tx.first("SELECT email, phone FROM admins WHERE username = 'me'", Vec::new()).await.unwrap().unwrap();
    assert_eq!((row.text(0).unwrap(), row.text(1).unwrap()), ("w***@example.com".to_owned(), "139****5678".to_owned()));
    tx.commit().await.unwrap();
    database.close().await;

    // A page sends back what it was shown; what it leaves out is empty.
    let kept = desk.send(Method::PUT, PROFILE, json!({ "email": "w***@example.com", "phone": "139****5678" })).await;
    assert_eq!(fields(&kept.body), [Value::Null, "w***@example.com".into(), "139****5678".into(), Value::Null]);
    let empty = desk.send(Method::PUT, PROFILE, json!({})).await;
    assert_eq!(fields(&empty.body), [Value::Null, Value::Null, Value::Null, Value::Null]);
    desk.send(Method::PUT, PROFILE, json!({ "phone": "139****5678" })).await.is_problem(422, "validation_failed", &["phone"]);
}

async fn each_wrong_field_of_a_profile_is_named(app: &TestApp) {
    create(app, "me", "operator").await;
    let desk = Desk::of(app, "me").await;
    for (field, wrong) in [
        ("real_name", json!("")),
        ("real_name", json!("a\nb")),
        ("real_name", json!("名".repeat(51))),
        ("email", json!("nowhere")),
        ("email", json!("x".repeat(101))),
        ("phone", json!("12345678901")),
        ("phone", json!(13_912_345_678_u64)),
        ("avatar", json!("http://img.example.com/a.png")),
        ("avatar", json!(format!("https://example.com/{}", "a".repeat(255)))),
        ("username", json!("other")),
        ("status", json!(0)),
    ] {
        desk.send(Method::PUT, PROFILE, json!({ field: wrong })).await.is_problem(422, "validation_failed", &[field]);
    }
    let malformed = desk.request(Method::PUT, PROFILE).header("X-CSRF-Token", &desk.csrf).body("{");
    Reply::of(malformed).await.is_problem(400, "malformed_json", &["body"]);
    assert_eq!(desk.get(PROFILE).await.body, desk.profile, "nothing has changed");
}

async fn a_new_password_ends_every_other_session(app: &TestApp) {
    const NEW: &str = "another long password";
    create(app, "me", "operator").await;
    create(app, "somebody", "operator").await;
    let (desk, elsewhere, somebody) = (Desk::of(app, "me").await, Desk::of(app, "me").await, Desk::of(app, "somebody").await);
    let reply = desk.send(Method::PUT, PATH, json!({ "old_password": PASSWORD, "new_password": NEW })).await;
    let anew = Desk::from(app, reply);
    assert!(anew.cookie != desk.cookie && anew.csrf != desk.csrf);
    for ended in [&desk, &elsewhere] {
        ended.get(PROFILE).await.is_problem(401, "admin_signed_out", &[]);
    }
    assert_eq!((anew.get(PROFILE).await.status.as_u16(), somebody.get(PROFILE).await.status.as_u16()), (200, 200));
    try_to_log_in(app, "me", PASSWORD).await.is_problem(401, "admin_login_failed", &[]);
    assert_eq!(try_to_log_in(app, "me", NEW).await.status, 200);
}

async fn what_is_no_new_password_is_refused(app: &TestApp) {
    create(app, "mei-li", "operator").await;
    let desk = Desk::of(app, "mei-li").await;
    let set = async |old: &str, new: &str| desk.send(Method::PUT, PATH, json!({ "old_password": old, "new_password": new })).await;
    for weak in ["short", "aaaaaaaaaaaaaaaa", "i am Mei-Li of mall", &"abcdefgh".repeat(9), PASSWORD] {
        set(PASSWORD, weak).await.is_problem(422, "validation_failed", &["new_password"]);
    }
    set("wrong", "another long password").await.is_problem(422, "old_password_wrong", &[]);
    for (body, field) in [
        (json!({ "old_password": PASSWORD }), "new_password"),
        (json!({ "new_password": PASSWORD }), "old_password"),
        (json!({ "old_password": "", "new_password": "another long password" }), "old_password"),
        (json!({ "old_password": PASSWORD, "new_password": "x".repeat(300) }), "new_password"),
    ] {
        desk.send(Method::PUT, PATH, body).await.is_problem(422, "validation_failed", &[field]);
    }
    assert_eq!(desk.get(PROFILE).await.status, 200);
    Desk::of(app, "mei-li").await;
}

async fn wrong_old_passwords_end_the_tries(app: &TestApp) {
    create(app, "me", "operator").await;
    let desk = Desk::of(app, "me").await;
    let set = async |old: &str| desk.send(Method::PUT, PATH, json!({ "old_password": old, "new_password": "another long password" })).await;
    for _ in 0..5 {
        set("wrong").await.is_problem(422, "old_password_wrong", &[]);
    }
    set(PASSWORD).await.is_problem(429, "admin_login_locked", &[]);
    assert_eq!(desk.get(PROFILE).await.status, 200, "the session goes on");
}
