//! Who may do what: strangers, CSRF, permissions of routes, and changes of roles and accounts by commands.

use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::{App, HttpResponse, web};
use mallcore::features::admins::{Administrator, Needs, Permitted};
use mallcore::platform::http::problem::Problem;
use reqwest::Method;
use serde_json::{Value, json};

use super::super::app::{Reply, TestApp, until};
use super::super::cold_writes::{is_done, mallcore};
use super::super::engines::{each_on_both, on_both};
use super::world::{Desk, PASSWORD, PROFILE, create, try_to_log_in};

each_on_both! {
    what_changes_something_wants_the_csrf_token,
    a_route_that_needs_a_permission_refuses_whoever_has_none,
    a_role_that_is_given_or_taken_counts_at_once,
    an_account_that_is_switched_off_is_signed_out,
    a_password_that_a_command_sets_ends_the_sessions,
}

/// No statement is sent for it, so there is none to explain.
#[actix_web::test]
async fn strangers_are_sent_to_the_log_in() {
    on_both(|_| {}, strangers).await;
}

async fn strangers(app: &TestApp) {
    let document = serde_json::to_value(mallcore::features::openapi("/v1")).unwrap();
    let mut asked = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let is_guarded = operation["security"].as_array().into_iter().flatten().any(|scheme| scheme.get("admin_session").is_some());
            assert!(is_guarded || !path.starts_with("/v1/admin/") || path.ends_with("/captcha") || path.ends_with("/login"), "{path}");
            if !is_guarded {
                continue;
            }
            let method: Method = method.to_uppercase().parse().unwrap();
            for cookie in ["", "admin_session=abc", "admin_session=abc; admin_session=def"] {
                let request = app.anonymous().request(method.clone(), path).header("Cookie", cookie).header("X-CSRF-Token", "abc");
                Reply::of(request.json(&json!({}))).await.is_problem(401, "admin_signed_out", &[]);
            }
            // A shopper is nobody here.
            app.shopper().send(method, path, None, json!({})).await.is_problem(401, "admin_signed_out", &[]);
            asked += 1;
        }
    }
    assert_eq!(asked, 4);
}

async fn what_changes_something_wants_the_csrf_token(app: &TestApp) {
    create(app, "me", "operator").await;
    let (desk, other) = (Desk::of(app, "me").await, Desk::of(app, "me").await);
    let body = json!({ "real_name": "王丽" });
    let send = || desk.request(Method::PUT, PROFILE).json(&body);
    for forged in [send(), send().header("X-CSRF-Token", ""), send().header("X-CSRF-Token", &other.csrf)] {
        Reply::of(forged).await.is_problem(403, "csrf_token_invalid", &["X-CSRF-Token"]);
    }
    let elsewhere = send().header("X-CSRF-Token", &desk.csrf).header("Sec-Fetch-Site", "cross-site");
    Reply::of(elsewhere).await.is_problem(403, "csrf_token_invalid", &["X-CSRF-Token"]);
    let twice = send().header("X-CSRF-Token", &desk.csrf).header("X-CSRF-Token", &desk.csrf);
    Reply::of(twice).await.is_problem(400, "header_repeated", &["X-CSRF-Token"]);
    Reply::of(desk.request(Method::POST, "/v1/admin/auth/logout")).await.is_problem(403, "csrf_token_invalid", &["X-CSRF-Token"]);
    let unchanged = desk.get(PROFILE).await;
    assert_eq!((unchanged.status.as_u16(), &unchanged.body["real_name"]), (200, &Value::Null));
    let page = send().header("X-CSRF-Token", &desk.csrf).header("Sec-Fetch-Site", "same-origin");
    assert_eq!(Reply::of(page).await.body["real_name"], "王丽");
}

struct ShipOrders;

impl Needs for ShipOrders {
    const CODE: &'static str = "order:ship";
}

async fn ship(_: Permitted<ShipOrders>) -> HttpResponse {
    HttpResponse::Ok().body("shipped")
}

async fn change_goods(administrator: Administrator) -> Result<HttpResponse, Problem> {
    administrator.require("product:update")?;
    Ok(HttpResponse::Ok().finish())
}

async fn a_route_that_needs_a_permission_refuses_whoever_has_none(app: &TestApp) {
    for (username, role) in
        [("root", "super_admin"), ("orders", "order_manager"), ("goods", "product_manager"), ("help", "customer_service")]
    {
        create(app, username, role).await;
    }
    let service = init_service(
        App::new()
            .app_data(web::Data::from(app.state()))
            .route("/ship", web::post().to(ship))
            .route("/ship", web::get().to(ship))
            .route("/manual", web::get().to(change_goods)),
    )
    .await;
    let ask = async |request: TestRequest| {
        let response = call_service(&service, request.to_request()).await;
        let status = response.status().as_u16();
        (status, String::from_utf8(read_body(response).await.to_vec()).unwrap())
    };
    for (username, may_ship, may_change_goods) in
        [("root", true, true), ("orders", true, false), ("goods", false, true), ("help", false, false)]
    {
        let desk = Desk::of(app, username).await;
        let cookie = ("Cookie", desk.cookie.as_str());
        let (status, body) = ask(TestRequest::get().uri("/ship").insert_header(cookie)).await;
        assert_eq!((status, body.contains("permission_denied")), if may_ship { (200, false) } else { (403, true) }, "{username}: {body}");
        let proved = TestRequest::post().uri("/ship").insert_header(cookie).insert_header(("X-CSRF-Token", desk.csrf.as_str()));
        assert_eq!(ask(proved).await.0, if may_ship { 200 } else { 403 }, "{username}");
        let (status, body) = ask(TestRequest::post().uri("/ship").insert_header(cookie)).await;
        assert_eq!((status, body.contains("csrf_token_invalid")), (403, true), "{username}: {body}");
        let (status, _) = ask(TestRequest::get().uri("/manual").insert_header(cookie)).await;
        assert_eq!(status, if may_change_goods { 200 } else { 403 }, "{username}");
    }
    let (status, body) = ask(TestRequest::get().uri("/ship")).await;
    assert_eq!((status, body.contains("admin_signed_out")), (401, true), "{body}");
}

fn permits(profile: &Value, code: &str) -> bool {
    profile["permissions"].as_array().unwrap().contains(&code.into())
}

async fn a_role_that_is_given_or_taken_counts_at_once(app: &TestApp) {
    create(app, "me", "product_manager").await;
    let desk = Desk::of(app, "me").await;
    assert!(permits(&desk.profile, "product:update") && !permits(&desk.profile, "order:ship"));
    is_done(&mallcore(app, "admin role grant ME order_manager --wait").await);
    let both = desk.get(PROFILE).await.body;
    assert!(permits(&both, "product:update") && permits(&both, "order:ship"), "{both}");
    is_done(&mallcore(app, "admin role revoke me product_manager --wait").await);
    let one = desk.get(PROFILE).await.body;
    assert!(!permits(&one, "product:update") && permits(&one, "order:ship"), "{one}");
    // A role that is off gives nothing; whoever changes the table by hand is heard of within seconds.
    let database = app.database().await;
    let mut tx = database.begin().await.unwrap();
    tx.execute("UPDATE roles SET status = 0 WHERE code = 'order_manager'", Vec::new()).await.unwrap();
    tx.commit().await.unwrap();
    database.close().await;
    until("the role gives nothing", async || desk.get(PROFILE).await.body["permissions"] == json!([])).await;
    let none = desk.get(PROFILE).await.body;
    assert_eq!((&none["roles"], &none["menus"]), (&json!([]), &json!([])));
}

async fn an_account_that_is_switched_off_is_signed_out(app: &TestApp) {
    create(app, "me", "operator").await;
    let desk = Desk::of(app, "me").await;
    is_done(&mallcore(app, "admin disable me --wait").await);
    desk.get(PROFILE).await.is_problem(401, "admin_signed_out", &[]);
    try_to_log_in(app, "me", PASSWORD).await.is_problem(401, "admin_login_failed", &[]);
    is_done(&mallcore(app, "admin enable me --wait").await);
    desk.get(PROFILE).await.is_problem(401, "admin_signed_out", &[]);
    Desk::of(app, "me").await;
}

async fn a_password_that_a_command_sets_ends_the_sessions(app: &TestApp) {
    create(app, "me", "operator").await;
    let desk = Desk::of(app, "me").await;
    let said = mallcore(app, "admin password me --wait").await;
    is_done(&said);
    let password = said.1.lines().find_map(|line| line.strip_prefix("password ")?.strip_suffix(" (shown once)")).unwrap();
    desk.get(PROFILE).await.is_problem(401, "admin_signed_out", &[]);
    try_to_log_in(app, "me", PASSWORD).await.is_problem(401, "admin_login_failed", &[]);
    assert_eq!(try_to_log_in(app, "me", password).await.status, 200);
    let listed = mallcore(app, "admin list").await.1;
    assert!(listed.contains("me on, roles operator, last log-in 20"), "{listed}");
    for (line, words) in [
        ("admin create --username me --role operator", "there is an administrator \"me\" already"),
        ("admin create --username you --role nothing", "there is no role \"nothing\""),
        ("admin password nobody", "there is no administrator \"nobody\""),
        ("admin create --username you --role operator --password-stdin", "12 characters or more"),
    ] {
        let (success, said) = mallcore(app, line).await;
        assert!(!success && said.contains(words), "{line}: {said}");
    }
    let roles = mallcore(app, "admin role list").await.1;
    assert!(roles.contains("super_admin 超级管理员: 37 permissions"), "{roles}");
}
