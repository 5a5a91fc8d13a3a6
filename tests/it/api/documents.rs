use super::app::{Sale, TestApp};

#[actix_web::test]
async fn the_document_and_its_page_are_served() {
    let app = TestApp::start().await;
    let document = app.anonymous().get("/docs/openapi.json").await;
    assert_eq!(document.body["openapi"], "3.1.0");
    assert!(document.body["paths"]["/v1/seckill/items/{id}/orders"]["post"].is_object());
    let page = app.anonymous().get("/docs/").await;
    assert!(page.body.as_str().unwrap().contains("swagger-ui"));
}

#[actix_web::test]
async fn the_prefix_moves_the_shop() {
    let app = TestApp::with(Sale { quota: 1, limit: 1 }, |config| config.http.api_prefix = "/shop/v2".to_owned()).await;
    assert_eq!(app.anonymous().get("/shop/v2/products").await.status, 200);
    app.anonymous().get("/v1/products").await.is_problem(404, "not_found", &[]);
    let document = app.anonymous().get("/docs/openapi.json").await;
    assert!(document.body["paths"]["/shop/v2/products"].is_object());
}

#[actix_web::test]
async fn another_method_is_told_what_is_allowed() {
    let app = TestApp::start().await;
    let refused = app.anonymous().post("/v1/products").await;
    refused.is_problem(405, "method_not_allowed", &[]);
    assert_eq!(refused.header("allow"), "GET");
    app.anonymous().get("/v1/nothing/here").await.is_problem(404, "not_found", &[]);
}

#[actix_web::test]
async fn every_answer_is_hardened() {
    let app = TestApp::start().await;
    for path in ["/v1/products", "/v1/nothing", "/health/live", "/"] {
        let reply = app.anonymous().get(path).await;
        assert_eq!(reply.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(reply.header("cache-control"), "no-store", "{path}");
    }
}
