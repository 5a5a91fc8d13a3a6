//! What time does to cases that nobody acts on.

use mallcore_actors::after_sales::Command;
use mallcore_actors::time::Timestamp;

use super::super::app::TestApp;
use super::super::checkout::{available, shelf};
use super::super::engines::on_both;
use super::{application, applied, becomes, case, kinds, merchant, paid, received};

/// As if somebody had had to act long ago.
async fn is_due(app: &TestApp, id: u64) {
    let database = app.database().await;
    let mut tx = database.begin().await.unwrap();
    let long_ago = Timestamp::from_millis(1_600_000_000_000);
    tx.execute("UPDATE after_sales SET due_at = ? WHERE id = ?", vec![long_ago.into(), id.into()]).await.unwrap();
    tx.commit().await.unwrap();
    database.close().await;
}

#[actix_web::test]
async fn a_return_that_is_not_sent_in_time_expires_and_nothing_else_does() {
    on_both(
        |_| {},
        async |app| {
            let shopper = app.shopper();
            let (a, price) = shelf(app).await[0];
            let order = paid(app, &shopper, 1, &[(a, price, 2)]).await;
            received(app, &shopper, order, &[(a, 2)]).await;
            let unanswered = applied(&shopper, "one", application(order, "refund", &[(a, 1)])).await;
            let unsent = applied(&shopper, "two", application(order, "return", &[(a, 1)])).await;
            merchant(app, unsent, Command::Approve(None)).await.unwrap();
            is_due(app, unanswered).await;
            is_due(app, unsent).await;
            let expired = becomes(&shopper, unsent, "expired").await;
            assert_eq!(kinds(&expired).last().unwrap(), &("expired".to_owned(), "time".to_owned()));
            assert_eq!(case(&shopper, unanswered).await["status"], "applied", "time does not approve unless the shop wants it");
            applied(&shopper, "three", application(order, "return", &[(a, 1)])).await;
        },
    )
    .await;
}

#[actix_web::test]
async fn what_is_not_answered_in_time_is_approved_where_the_shop_wants_it() {
    on_both(
        |config| config.after_sales.approves_by_time = true,
        async |app| {
            let shopper = app.shopper();
            let (a, price) = shelf(app).await[0];
            let order = paid(app, &shopper, 1, &[(a, price, 2)]).await;
            received(app, &shopper, order, &[(a, 2)]).await;
            let before = available(app, a).await;
            let unanswered = applied(&shopper, "one", application(order, "refund", &[(a, 1)])).await;
            is_due(app, unanswered).await;
            let done = becomes(&shopper, unanswered, "done").await;
            assert_eq!(kinds(&done)[1], ("approved".to_owned(), "time".to_owned()));
            assert_eq!((&done["refunded_fen"], available(app, a).await), (&price.into(), before), "nobody has looked at the goods");

            let back = applied(&shopper, "two", application(order, "return", &[(a, 1)])).await;
            is_due(app, back).await;
            becomes(&shopper, back, "awaiting_return").await;
            let parcel = serde_json::json!({ "carrier": "SF", "tracking_no": "SF1" });
            let shipped = shopper.send(reqwest::Method::POST, &format!("/v1/after-sales/{back}/ship"), None, parcel).await;
            assert_eq!(shipped.body["status"], "returning", "{shipped:?}");
            is_due(app, back).await;
            let done = becomes(&shopper, back, "done").await;
            assert_eq!(kinds(&done)[3], ("received".to_owned(), "time".to_owned()));
        },
    )
    .await;
}
