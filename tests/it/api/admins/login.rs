//! Logging in and out: captcha, tries, password, account, session.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mallcore::features::admins::edits;
use reqwest::Method;
use serde_json::{Value, json};

use super::super::app::{Reply, TestApp};
use super::super::engines::{each_on_both, on_both};
use super::world::{Desk, LOGIN, PASSWORD, PROFILE, captcha, create, name, now, try_to_log_in};

each_on_both! {
    an_administrator_logs_in_and_out,
    a_captcha_is_good_for_one_try,
    nobody_learns_whether_a_name_exists,
    five_wrong_tries_end_all_tries_of_a_name,
    each_wrong_field_of_a_log_in_is_named,
    a_page_of_another_site_logs_nobody_in,
}

const CAPTCHA: &str = "/v1/admin/auth/captcha";
const LOGOUT: &str = "/v1/admin/auth/logout";

/// Lines of the log: name, status, message, whether the administrator is known, and whether they logged out.
async fn log(app: &TestApp) -> Vec<(String, i64, String, bool, bool)> {
    let database = app.database().await;
    let mut tx = database.snapshot().await.unwrap();
    let text = "SELECT username, status, message, admin_id, logout_time, ip, user_agent FROM admin_login_logs WHERE id > 0 ORDER BY id";
    let rows = tx.all(text, Vec::new()).await.unwrap();
    tx.commit().await.unwrap();
    database.close().await;
    let line = |row: &mallcore::platform::database::Row| {
        assert_eq!(row.text(5).unwrap(), "127.0.0.1");
        let (is_known, is_out) = (row.int_or_null(3).unwrap().is_some(), row.time_or_null(4).unwrap().is_some());
        (row.text(0).unwrap(), row.int(1).unwrap(), row.text(2).unwrap(), is_known, is_out)
    };
    rows.iter().map(line).collect()
}

async fn an_administrator_logs_in_and_out(app: &TestApp) {
    let id = create(app, "Order-Desk", "order_manager").await;
    let shown = app.anonymous().get(CAPTCHA).await;
    assert_eq!((shown.status.as_u16(), shown.header("cache-control"), &shown.body["expires_in"]), (200, "no-store", &300.into()));
    let image = shown.body["image"].as_str().unwrap().strip_prefix("data:image/svg+xml;base64,").unwrap();
    let picture = String::from_utf8(STANDARD.decode(image).unwrap()).unwrap();
    assert!(picture.starts_with("<svg ") && picture.contains("<path ") && !picture.contains("<text"), "{picture}");

    let reply = try_to_log_in(app, " ORDER-desk ", PASSWORD).await;
    let cookie = reply.header("set-cookie").to_owned();
    assert!(cookie.starts_with("admin_session=") && cookie.ends_with("; Path=/v1/admin; HttpOnly; SameSite=Strict"), "{cookie}");
    let desk = Desk::from(app, reply);
    let profile = &desk.profile;
    assert_eq!((&profile["id"], &profile["username"], &profile["last_login_ip"]), (&id.into(), &"order-desk".into(), &"127.0.0.1".into()));
    assert_eq!(profile["roles"], json!([{ "code": "order_manager", "name": "订单管理员" }]));
    let permits = |code: &str| profile["permissions"].as_array().unwrap().contains(&code.into());
    assert!(permits("order:ship") && permits("order:list") && permits("order") && !permits("product:list") && !permits("admin:update"));
    let names =
        |menus: &Value| -> Vec<String> { menus.as_array().unwrap().iter().map(|menu| menu["name"].as_str().unwrap().to_owned()).collect() };
    assert_eq!(names(&profile["menus"]), ["dashboard", "order"]);
    let order = &profile["menus"][1];
    assert_eq!(names(&order["children"]), ["order:list", "after_sale:list", "review:list"]);
    assert_eq!((&order["path"], &order["meta"]["title"]), (&"/order".into(), &"订单管理".into()));
    assert!(profile.get("password").is_none() && !profile.to_string().contains("$2b$"), "{profile}");

    let again = desk.get(PROFILE).await;
    assert_eq!((again.status.as_u16(), &again.body), (200, profile));
    let other = Desk::of(app, "order-desk").await;
    assert_ne!(other.cookie, desk.cookie);
    let left = desk.send(Method::POST, LOGOUT, json!({})).await;
    assert_eq!(left.status, 204);
    assert!(left.header("set-cookie").starts_with("admin_session=; Max-Age=0; Path=/v1/admin;"), "{left:?}");
    let refused = desk.get(PROFILE).await;
    refused.is_problem(401, "admin_signed_out", &[]);
    assert_eq!(refused.header("www-authenticate"), "Cookie realm=\"admin\"");
    assert_eq!(other.get(PROFILE).await.status, 200, "another session goes on");
    let entered = |is_out: bool| ("order-desk".to_owned(), 1, "登录成功".to_owned(), true, is_out);
    assert_eq!(log(app).await, [entered(true), entered(false)]);
}

async fn a_captcha_is_good_for_one_try(app: &TestApp) {
    create(app, "one", "operator").await;
    let log_in = async |id: &str, letters: &str| {
        let body = json!({ "username": "one", "password": PASSWORD, "captcha_id": id, "captcha": letters });
        app.anonymous().send(Method::POST, LOGIN, None, body).await
    };
    let ((id, letters), (other, _)) = (captcha(app).await, captcha(app).await);
    log_in(&other, &letters).await.is_problem(422, "captcha_wrong", &[]);
    assert_eq!(log_in(&id, &format!(" {} ", letters.to_lowercase())).await.status, 200, "in any case");
    log_in(&id, &letters).await.is_problem(422, "captcha_wrong", &[]);
    let (id, letters) = captcha(app).await;
    log_in(&id, "0000").await.is_problem(422, "captcha_wrong", &[]);
    log_in(&id, &letters).await.is_problem(422, "captcha_wrong", &[]);
    for unknown in ["x", "ffffffffffffffffffffffffffffffff"] {
        log_in(unknown, &letters).await.is_problem(422, "captcha_wrong", &[]);
    }
    assert_eq!(log(app).await.len(), 1, "a wrong captcha is no try");
}

async fn nobody_learns_whether_a_name_exists(app: &TestApp) {
    create(app, "there", "operator").await;
    create(app, "off", "operator").await;
    let database = app.database().await;
    edits::set_status(&database, &name("off"), false, now()).await.unwrap();
    database.close().await;
    let mut answers = Vec::new();
    for (username, password) in
        [("there", "wrong"), ("nobody", PASSWORD), ("off", PASSWORD), ("a b", PASSWORD), ("there", &"x".repeat(200))]
    {
        let refused = try_to_log_in(app, username, password).await;
        refused.is_problem(401, "admin_login_failed", &[]);
        assert!(refused.headers.get("set-cookie").is_none());
        answers.push(refused.body);
    }
    assert!(answers.windows(2).all(|two| two[0] == two[1]), "{answers:?}");
    let failed = |username: &str, message: &str, is_known| (username.to_owned(), 0, message.to_owned(), is_known, false);
    let wrong = "用户名或密码错误";
    let expected = [
        failed("there", wrong, true),
        failed("nobody", wrong, false),
        failed("off", "账号已禁用", true),
        failed("a b", wrong, false),
        failed("there", wrong, true),
    ];
    assert_eq!(log(app).await, expected);
}

async fn five_wrong_tries_end_all_tries_of_a_name(app: &TestApp) {
    create(app, "locked", "operator").await;
    create(app, "other", "operator").await;
    for username in ["locked", "nobody"] {
        for _ in 0..5 {
            try_to_log_in(app, username, "wrong").await.is_problem(401, "admin_login_failed", &[]);
        }
        let refused = try_to_log_in(app, username, PASSWORD).await;
        refused.is_problem(429, "admin_login_locked", &[]);
        assert!((880..=900).contains(&refused.header("retry-after").parse::<u32>().unwrap()), "{refused:?}");
    }
    assert_eq!(log(app).await.iter().filter(|line| line.2 == "尝试次数过多，已暂时锁定").count(), 2);
    for _ in 0..4 {
        try_to_log_in(app, "other", "wrong").await.is_problem(401, "admin_login_failed", &[]);
    }
    Desk::of(app, "other").await;
    for _ in 0..4 {
        try_to_log_in(app, "other", "wrong").await.is_problem(401, "admin_login_failed", &[]);
    }
    // 18 wrong ones came from this address by now.
    Desk::of(app, "other").await;
}

#[actix_web::test]
async fn twenty_wrong_tries_end_all_tries_from_an_address() {
    let behind_a_proxy = |config: &mut mallcore::platform::config::Config| {
        config.http.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    };
    on_both(behind_a_proxy, async |app| {
        create(app, "one", "operator").await;
        let from = async |address: &str, username: &str, password: &str| {
            let (id, letters) = captcha(app).await;
            let body = json!({ "username": username, "password": password, "captcha_id": id, "captcha": letters });
            Reply::of(app.anonymous().request(Method::POST, LOGIN).header("X-Forwarded-For", address).json(&body)).await
        };
        for place in 0..20 {
            from("203.0.113.7", &format!("nobody-{place}"), "wrong").await.is_problem(401, "admin_login_failed", &[]);
        }
        from("203.0.113.7", "one", PASSWORD).await.is_problem(429, "admin_login_locked", &[]);
        assert_eq!(from("203.0.113.8", "one", PASSWORD).await.body["last_login_ip"], "203.0.113.8");
    })
    .await;
}

#[actix_web::test]
async fn an_address_asks_for_so_many_captchas_only() {
    on_both(
        |config| config.rate_limits.enabled = true,
        async |app| {
            let mut refused = None;
            for _ in 0..60 {
                let reply = app.anonymous().get(CAPTCHA).await;
                if reply.status != 200 {
                    refused = Some(reply);
                    break;
                }
            }
            let refused = refused.expect("a limit");
            refused.is_problem(429, "rate_limited", &[]);
            assert_eq!(refused.header("retry-after"), "1");
        },
    )
    .await;
}

async fn each_wrong_field_of_a_log_in_is_named(app: &TestApp) {
    let good = json!({ "username": "a", "password": "b", "captcha_id": "c", "captcha": "d" });
    for field in ["username", "password", "captcha_id", "captcha"] {
        for wrong in [Value::Null, "".into(), "x".repeat(300).into(), 1.into()] {
            let mut body = good.clone();
            body[field] = wrong;
            app.anonymous().send(Method::POST, LOGIN, None, body).await.is_problem(422, "validation_failed", &[field]);
        }
    }
    let mut body = good;
    body["remember"] = true.into();
    app.anonymous().send(Method::POST, LOGIN, None, body).await.is_problem(422, "validation_failed", &["remember"]);
    let request = app.anonymous().request(Method::POST, LOGIN).body("{");
    Reply::of(request).await.is_problem(400, "malformed_json", &["body"]);
    create(app, "a", "operator").await;
    Desk::of(app, "a").await;
}

async fn a_page_of_another_site_logs_nobody_in(app: &TestApp) {
    create(app, "one", "operator").await;
    for (site, status) in [("cross-site", 403), ("same-site", 200), ("same-origin", 200), ("none", 200)] {
        let (id, letters) = captcha(app).await;
        let body = json!({ "username": "one", "password": PASSWORD, "captcha_id": id, "captcha": letters });
        let reply = Reply::of(app.anonymous().request(Method::POST, LOGIN).header("Sec-Fetch-Site", site).json(&body)).await;
        assert_eq!(reply.status, status, "{site}: {reply:?}");
    }
}
