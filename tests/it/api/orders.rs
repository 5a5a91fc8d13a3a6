use super::app::{Sale, TestApp};

#[actix_web::test]
async fn an_order_is_found_by_id_and_by_number() {
    let app = TestApp::start().await;
    let shopper = app.shopper();
    let receipt = shopper.buy(1, "key").await.body;
    let by_id = shopper.get(&format!("/v1/orders/{}", receipt["order_id"])).await;
    let by_no = shopper.get(&format!("/v1/orders/{}", receipt["order_no"].as_str().unwrap())).await;
    assert_eq!((by_id.status.as_u16(), by_id.body), (200, by_no.body));
}

#[actix_web::test]
async fn anothers_order_is_unknown() {
    let app = TestApp::start().await;
    let receipt = app.shopper().buy(1, "key").await.body;
    let (other, order_no) = (app.shopper(), receipt["order_no"].as_str().unwrap());
    other.get(&format!("/v1/orders/{order_no}")).await.is_problem(404, "unknown_order", &["id"]);
    other.get(&format!("/v1/orders/{}", receipt["order_id"])).await.is_problem(404, "unknown_order", &["id"]);
    other.post(&format!("/v1/orders/{order_no}/cancel")).await.is_problem(404, "unknown_order", &["id"]);
    assert_eq!(other.get("/v1/orders").await.body["items"].as_array().unwrap().len(), 0);
    assert_eq!(app.remaining().await, 9);
}

#[actix_web::test]
async fn a_cancelled_order_gives_its_pieces_back() {
    let app = TestApp::start().await;
    let shopper = app.shopper();
    let receipt = shopper.buy(1, "key").await.body;
    let path = format!("/v1/orders/{}", receipt["order_no"].as_str().unwrap());
    let cancelled = shopper.post(&format!("{path}/cancel")).await;
    assert_eq!((cancelled.status.as_u16(), &cancelled.body["status"]), (200, &"closed".into()), "{cancelled:?}");
    assert_eq!(shopper.get(&path).await.body["close_reason"], "cancelled");
    assert_eq!(app.remaining().await, 10);
}

#[actix_web::test]
async fn a_list_goes_from_page_to_page_newest_first() {
    let app = TestApp::with(Sale { quota: 10, limit: 10 }, |_| {}).await;
    let shopper = app.shopper();
    let mut expected = Vec::new();
    for key in ["a", "b", "c"] {
        expected.insert(0, shopper.buy(1, key).await.body["order_id"].clone());
    }
    let first = shopper.get("/v1/orders?size=2").await.body;
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = shopper.get(&format!("/v1/orders?size=2&cursor={cursor}")).await.body;
    let pages = [&first, &second];
    let ids: Vec<_> = pages.iter().flat_map(|page| page["items"].as_array().unwrap()).map(|order| order["order_id"].clone()).collect();
    assert_eq!(ids, expected);
    assert!(second["next_cursor"].is_null());
}

#[actix_web::test]
async fn orders_need_a_token() {
    let app = TestApp::start().await;
    for path in ["/v1/orders", "/v1/orders/1"] {
        app.anonymous().get(path).await.is_problem(401, "token_missing", &["Authorization"]);
    }
    app.anonymous().post("/v1/orders/1/cancel").await.is_problem(401, "token_missing", &["Authorization"]);
}
