use super::app::TestApp;

#[actix_web::test]
async fn products_are_listed_and_shown() {
    let app = TestApp::start().await;
    let list = app.anonymous().get("/v1/products?size=1").await;
    assert_eq!(list.status, 200);
    let product = &list.body["items"][0];
    let shown = app.anonymous().get(&format!("/v1/products/{}", product["id"])).await;
    assert_eq!((shown.status.as_u16(), &shown.body["name"]), (200, &product["name"]));
    assert!(shown.body["skus"][0]["price_fen"].as_u64().is_some());
}

#[actix_web::test]
async fn a_product_that_is_not_there_is_unknown() {
    let app = TestApp::start().await;
    app.anonymous().get("/v1/products/9007199254740991").await.is_problem(404, "unknown_product", &["id"]);
}

#[actix_web::test]
async fn every_wrong_parameter_is_named() {
    let app = TestApp::start().await;
    let refused = app.anonymous().get("/v1/products?size=0&sise=2&category_id=x&cursor=-1").await;
    refused.is_problem(400, "validation_failed", &["sise", "category_id", "cursor", "size"]);
    let blanks = "%20".repeat(51);
    app.anonymous().get(&format!("/v1/products?keyword={blanks}")).await.is_problem(400, "validation_failed", &["keyword"]);
    app.anonymous().get("/v1/products/0").await.is_problem(400, "validation_failed", &["id"]);
    app.anonymous().get("/v1/products/9007199254740992").await.is_problem(400, "validation_failed", &["id"]);
    app.anonymous().get("/v1/products?size=1&size=2").await.is_problem(400, "validation_failed", &["size"]);
}
