use super::app::{Sale, TestApp};
use super::engines::each_embedded_and_all_on_mariadb;

each_embedded_and_all_on_mariadb! {
    quota 10, limit 10;
    a_cancelled_order_gives_its_pieces_back,
    cancelling_twice_is_cancelling_once,
    anothers_order_is_unknown,
    an_order_is_found_by_id_and_by_number,
    a_list_goes_from_page_to_page_newest_first,
    orders_need_a_token,
}

async fn an_order_is_found_by_id_and_by_number(app: &TestApp) {
    let shopper = app.shopper();
    let receipt = shopper.buy(1, "key").await.body;
    let by_id = shopper.get(&format!("/v1/orders/{}", receipt["order_id"])).await;
    let by_no = shopper.get(&format!("/v1/orders/{}", receipt["order_no"].as_str().unwrap())).await;
    assert_eq!((by_id.status.as_u16(), by_id.body), (200, by_no.body));
}

async fn anothers_order_is_unknown(app: &TestApp) {
    let receipt = app.shopper().buy(1, "key").await.body;
    let (other, order_no) = (app.shopper(), receipt["order_no"].as_str().unwrap());
    other.get(&format!("/v1/orders/{order_no}")).await.is_problem(404, "unknown_order", &["id"]);
    other.get(&format!("/v1/orders/{}", receipt["order_id"])).await.is_problem(404, "unknown_order", &["id"]);
    other.post(&format!("/v1/orders/{order_no}/cancel")).await.is_problem(404, "unknown_order", &["id"]);
    assert_eq!(other.get("/v1/orders").await.body["items"].as_array().unwrap().len(), 0);
    assert_eq!(app.remaining().await, 9);
}

async fn a_cancelled_order_gives_its_pieces_back(app: &TestApp) {
    let shopper = app.shopper();
    let receipt = shopper.buy(1, "key").await.body;
    let path = format!("/v1/orders/{}", receipt["order_no"].as_str().unwrap());
    let cancelled = shopper.post(&format!("{path}/cancel")).await;
    assert_eq!((cancelled.status.as_u16(), &cancelled.body["status"]), (200, &"closed".into()), "{cancelled:?}");
    assert_eq!(shopper.get(&path).await.body["close_reason"], "cancelled");
    assert_eq!(app.remaining().await, 10);
}

async fn a_list_goes_from_page_to_page_newest_first(app: &TestApp) {
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

async fn cancelling_twice_is_cancelling_once(app: &TestApp) {
    let shopper = app.shopper();
    let receipt = shopper.buy(1, "key").await.body;
    let path = format!("/v1/orders/{}/cancel", receipt["order_no"].as_str().unwrap());
    let first = shopper.post(&path).await;
    assert_eq!(first.status, 200, "{first:?}");
    let second = shopper.post(&path).await;
    assert_eq!((second.status.as_u16(), &second.body), (200, &first.body));
    // The closed order may leave memory now; the answer stays.
    app.caught_up().await;
    let third = shopper.post(&path).await;
    assert_eq!((third.status.as_u16(), &third.body), (200, &first.body));
    assert_eq!(app.remaining().await, 10);
}

#[actix_web::test]
async fn more_orders_than_fit_a_page_are_each_shown_once() {
    let app = TestApp::with(Sale { quota: 230, limit: 230 }, |config| {
        config.rate_limits.enabled = false;
        config.orders.unpaid_max_per_user = 230;
    })
    .await;
    let shopper = app.shopper();
    let mut expected = Vec::new();
    for number in 0..230 {
        let bought = shopper.buy(1, &format!("key-{number}")).await;
        assert_eq!(bought.status, 201, "{bought:?}");
        let order = bought.body["order_id"].clone();
        // Closed orders leave memory, so that each page is made of memory and database.
        if number % 3 == 0 {
            assert_eq!(shopper.post(&format!("/v1/orders/{order}/cancel")).await.status, 200);
        }
        expected.insert(0, order);
    }
    let (mut shown, mut sizes, mut path) = (Vec::new(), Vec::new(), "/v1/orders?size=100".to_owned());
    loop {
        let page = shopper.get(&path).await;
        assert_eq!(page.status, 200, "{page:?}");
        let orders = page.body["items"].as_array().unwrap();
        sizes.push(orders.len());
        shown.extend(orders.iter().map(|order| order["order_id"].clone()));
        let Some(cursor) = page.body["next_cursor"].as_str() else { break };
        path = format!("/v1/orders?size=100&cursor={cursor}");
    }
    assert_eq!(sizes, [100, 100, 30]);
    assert_eq!(shown, expected);
}

async fn orders_need_a_token(app: &TestApp) {
    for path in ["/v1/orders", "/v1/orders/1"] {
        app.anonymous().get(path).await.is_problem(401, "token_missing", &["Authorization"]);
    }
    app.anonymous().post("/v1/orders/1/cancel").await.is_problem(401, "token_missing", &["Authorization"]);
}
