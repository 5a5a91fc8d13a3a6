use reqwest::Method;

use super::app::{Reply, Sale, TestApp};

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
    assert_eq!(refused.header("allow"), "GET, HEAD");
    app.anonymous().get("/v1/nothing/here").await.is_problem(404, "not_found", &[]);
}

/// Each GET of the document and the pages beside it: the same head, and nothing behind it.
#[actix_web::test]
async fn head_is_get_without_the_body() {
    let app = TestApp::start().await;
    let document = app.anonymous().get("/docs/openapi.json").await;
    let operations = document.body["paths"].as_object().unwrap().iter();
    let documented = operations.filter(|(_, methods)| methods.get("get").is_some()).map(|(path, _)| path.replace("{id}", "1"));
    let beside = ["/docs/", "/docs/openapi.json", "/v1/nothing"].map(str::to_owned);
    let shopper = app.shopper();
    for path in documented.chain(beside) {
        let got = shopper.get(&path).await;
        let head = Reply::of(shopper.request(Method::HEAD, &path)).await;
        assert_eq!((head.status, head.body.as_str()), (got.status, Some("")), "{path}");
        assert_eq!(head.header("content-type"), got.header("content-type"), "{path}");
        assert!(head.headers.contains_key("content-length"), "{path}: {head:?}");
    }
    let refused = Reply::of(shopper.request(Method::HEAD, "/v1/seckill/items/1/orders")).await;
    assert_eq!((refused.status.as_u16(), refused.header("allow")), (405, "POST"));
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
