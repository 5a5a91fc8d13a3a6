//! What the detail of an order shows of its refunds and of what can still be applied for.

use mallcore_actors::after_sales::{Command, Freight, Settlement};
use serde_json::{Value, json};

use super::super::app::{Person, Sale, TestApp, until};
use super::super::checkout::shelf;
use super::super::engines::on_both_explained;
use super::{application, applied, becomes, merchant, paid, placed, received};

async fn detail(shopper: &Person<'_>, order: impl std::fmt::Display) -> Value {
    shopper.get(&format!("/v1/orders/{order}")).await.body
}

/// Of each line what is left, the fen for it, and whether it can be sent back.
fn left(detail: &Value) -> Vec<(u64, u64, bool)> {
    let lines = detail["after_sale"]["lines"].as_array().unwrap_or_else(|| panic!("{detail}"));
    let number = |line: &Value, field: &str| line[field].as_u64().unwrap();
    let of = |line: &Value| (number(line, "refundable_quantity"), number(line, "refundable_fen"), line["is_returnable"] == true);
    lines.iter().map(of).collect()
}

#[actix_web::test]
async fn an_order_shows_what_can_still_be_applied_for_and_its_refunds() {
    on_both_explained(|_| {}, what_is_left).await;
}

async fn what_is_left(app: &TestApp) {
    let shopper = app.shopper();
    let [(a, price_a), (b, price_b), _] = shelf(app).await[..] else { unreachable!() };
    let unpaid = placed(&shopper, 1, &[(a, price_a, 1)]).await;
    assert_eq!(left(&detail(&shopper, unpaid).await), [(0, 0, false)], "nothing of what is not paid");

    let order = paid(app, &shopper, 2, &[(a, price_a, 3), (b, price_b, 1)]).await;
    let shown = detail(&shopper, order).await;
    assert_eq!(left(&shown), [(3, price_a * 3, false), (1, price_b, false)]);
    assert_eq!((&shown["after_sale"]["until"], &shown["after_sale"]["lines"][0]["sku_id"]), (&Value::Null, &json!(a)));
    received(app, &shopper, order, &[(a, 3), (b, 1)]).await;
    // Read from rows, too.
    app.caught_up().await;
    let shown = detail(&shopper, order).await;
    assert_eq!(left(&shown), [(3, price_a * 3, true), (1, price_b, true)]);
    assert!(shown["after_sale"]["until"].as_str().unwrap() > shown["updated_at"].as_str().unwrap(), "{shown}");

    // A case claims its pieces at once; its refund is shown when the order has made it.
    let case = applied(&shopper, "one", application(order, "refund", &[(a, 2)])).await;
    let shown = detail(&shopper, order).await;
    assert_eq!((left(&shown), &shown["refunds"]), (vec![(1, price_a, true), (1, price_b, true)], &json!([])));
    let settlement = Settlement { restock: true, freight: Freight::ByRule };
    merchant(app, case, Command::Approve(Some(settlement))).await.unwrap();
    becomes(&shopper, case, "done").await;
    let shown = detail(&shopper, order).await;
    assert_eq!(left(&shown), [(1, price_a, true), (1, price_b, true)]);
    let refund = &shown["refunds"][0];
    // This payment did not come through the sandbox, so nothing goes back through WeChat Pay.
    assert_eq!((&refund["refund_no"], &refund["reason"], &refund["state"]), (&Value::Null, &json!("refunded"), &json!("done")));
    assert_eq!((&refund["amount_fen"], &refund["items"]), (&json!(price_a * 2), &json!([{ "sku_id": a, "quantity": 2 }])));
    assert_eq!(refund["done_at"], refund["refunded_at"]);
    assert_eq!(shown["refunds"].as_array().unwrap().len(), 1);
}

#[actix_web::test]
async fn after_the_last_day_nothing_can_be_applied_for() {
    let app = TestApp::with(Sale { quota: 10, limit: 1 }, |config| {
        config.after_sales.window_days = 0;
        // The test asks again and again.
        config.rate_limits.enabled = false;
    })
    .await;
    let shopper = app.shopper();
    let (a, price) = shelf(&app).await[0];
    let order = paid(&app, &shopper, 1, &[(a, price, 1)]).await;
    assert_eq!(left(&detail(&shopper, order).await), [(1, price, false)]);
    received(&app, &shopper, order, &[(a, 1)]).await;
    until("the time is over", async || left(&detail(&shopper, order).await) == [(0, 0, false)]).await;
    assert!(detail(&shopper, order).await["after_sale"]["until"].is_string());
}
