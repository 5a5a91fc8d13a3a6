use super::app::{Sale, TestApp};

#[actix_web::test]
async fn a_demo_shopper_can_buy_and_is_counted() {
    let app = TestApp::with(Sale { quota: 1, limit: 1 }, |_| {}).await;
    let shopper = app.anonymous().post("/demo/shopper").await;
    assert_eq!(shopper.status, 201);
    let code = serde_json::json!({ "code": shopper.body["code"] });
    let login = app.anonymous().send(reqwest::Method::POST, "/v1/auth/login", None, code).await;
    let shopper = app.holder_of(login.body["access_token"].as_str().unwrap());
    assert_eq!(shopper.buy(1, "one").await.status, 201);
    shopper.buy(1, "two").await.is_problem(409, "purchase_limit", &[]);
    let stats = app.anonymous().get("/demo/stats").await.body;
    assert_eq!((&stats["orders"], &stats["refusals"]), (&1.into(), &1.into()));
    assert_eq!(stats["refusals_by_code"]["purchase_limit"], 1);
}

#[actix_web::test]
async fn the_page_brings_nothing_from_elsewhere() {
    let app = TestApp::start().await;
    let page = app.anonymous().get("/").await;
    assert_eq!(page.status, 200);
    assert!(page.header("content-security-policy").contains("default-src 'none'"));
    assert_eq!(page.header("x-frame-options"), "DENY");
    let html = page.body.as_str().unwrap();
    assert!(html.contains("data-prefix=\"/v1\"") && !html.contains("https://"));
    for asset in ["/demo/app.js", "/demo/style.css"] {
        assert!(html.contains(asset));
        assert_eq!(app.anonymous().get(asset).await.status, 200);
    }
}

#[actix_web::test]
async fn with_servers_there_is_no_demo() {
    let app = TestApp::with(Sale { quota: 1, limit: 1 }, |config| config.http.demo = false).await;
    for path in ["/", "/demo/stats", "/demo/app.js"] {
        app.anonymous().get(path).await.is_problem(404, "not_found", &[]);
    }
    app.anonymous().post("/demo/shopper").await.is_problem(404, "not_found", &[]);
}
