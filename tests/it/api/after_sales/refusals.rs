//! What is not admitted: by whom, of what, when, and in which words.

use mallcore_actors::time::Timestamp;
use reqwest::Method;
use serde_json::json;

use super::super::checkout::{items, shelf};
use super::super::engines::on_both;
use super::{application, applied, apply, paid, placed, preview, received, sent};

#[actix_web::test]
async fn what_cannot_be_applied_for_is_refused_by_name() {
    on_both(
        |_| {},
        async |app| {
            let shopper = app.shopper();
            let [(a, price_a), (b, price_b), (c, _)] = shelf(app).await[..] else { unreachable!() };
            let unpaid = placed(&shopper, 1, &[(a, price_a, 1)]).await;
            apply(&shopper, "one", application(unpaid, "refund", &[(a, 1)])).await.is_problem(409, "order_not_paid", &[]);
            preview(&shopper, json!({ "order_id": unpaid.get() })).await.is_problem(409, "order_not_paid", &[]);

            let order = paid(app, &shopper, 2, &[(a, price_a, 2), (b, price_b, 1)]).await;
            apply(&shopper, "one", application(order, "refund", &[(c, 1)])).await.is_problem(404, "unknown_order_line", &[]);
            apply(&app.shopper(), "one", application(order, "refund", &[(a, 1)])).await.is_problem(404, "unknown_order", &["order_id"]);
            preview(&app.shopper(), json!({ "order_id": order.get() })).await.is_problem(404, "unknown_order", &["order_id"]);
            apply(&shopper, "one", application(order, "refund", &[(a, 3)])).await.is_problem(409, "after_sale_pieces", &[]);
            apply(&shopper, "one", application(order, "return", &[(a, 1)])).await.is_problem(409, "not_sent", &[]);
            let mut unfit = application(order, "refund", &[(a, 1)]);
            unfit["reason"] = "without_reason".into();
            apply(&shopper, "one", unfit).await.is_problem(422, "reason_unfit", &[]);
            sent(app, &shopper, order, &[(a, 2)]).await;
            apply(&shopper, "one", application(order, "return", &[(a, 1), (b, 1)])).await.is_problem(409, "not_sent", &[]);
            applied(&shopper, "one", application(order, "return", &[(a, 1)])).await;

            let old = paid(app, &shopper, 3, &[(b, price_b, 1)]).await;
            received(app, &shopper, old, &[(b, 1)]).await;
            app.caught_up().await;
            let (database, long_ago) = (app.database().await, Timestamp::from_millis(1_600_000_000_000));
            let mut tx = database.begin().await.unwrap();
            tx.execute("UPDATE orders SET completed_at = ? WHERE id = ?", vec![long_ago.into(), old.get().into()]).await.unwrap();
            tx.commit().await.unwrap();
            database.close().await;
            apply(&shopper, "two", application(old, "refund", &[(b, 1)])).await.is_problem(409, "after_sale_closed", &[]);
            preview(&shopper, json!({ "order_id": old.get() })).await.is_problem(409, "after_sale_closed", &[]);
        },
    )
    .await;
}

#[actix_web::test]
async fn an_order_has_so_many_cases_and_no_more() {
    on_both(
        |_| {},
        async |app| {
            let shopper = app.shopper();
            let (a, price) = shelf(app).await[0];
            let order = paid(app, &shopper, 1, &[(a, price, 1)]).await;
            let id = applied(&shopper, "one", application(order, "refund", &[(a, 1)])).await;
            shopper.post(&format!("/v1/after-sales/{id}/cancel")).await;
            let database = app.database().await;
            let mut tx = database.begin().await.unwrap();
            tx.execute("UPDATE after_sale_orders SET cases = 50 WHERE order_id = ?", vec![order.get().into()]).await.unwrap();
            tx.commit().await.unwrap();
            database.close().await;
            apply(&shopper, "two", application(order, "refund", &[(a, 1)])).await.is_problem(409, "too_many_after_sales", &[]);
        },
    )
    .await;
}

#[actix_web::test]
async fn what_makes_no_sense_is_named_field_by_field() {
    on_both(
        |_| {},
        async |app| {
            let (shopper, visitor) = (app.shopper(), app.anonymous());
            let (a, price) = shelf(app).await[0];
            let order = paid(app, &shopper, 1, &[(a, price, 1)]).await;
            let good = application(order, "refund", &[(a, 1)]);
            let pictures = |count: usize| vec!["https://img.example.com/1.jpg"; count];
            for (field, value, named) in [
                ("order_id", json!(0), "order_id"),
                ("kind", json!("exchange"), "kind"),
                ("reason", json!("bored"), "reason"),
                ("items", json!([]), "items"),
                ("items", items(&[(a, 0)]), "items[0].quantity"),
                ("items", items(&[(a, 9_999), (a, 1)]), "items[1].quantity"),
                ("description", json!("长".repeat(501)), "description"),
                ("description", json!("a\u{0}b"), "description"),
                ("pictures", json!(pictures(10)), "pictures"),
                ("pictures", json!(["http://img.example.com/1.jpg"]), "pictures[0]"),
                ("x", json!(1), "x"),
            ] {
                let mut body = good.clone();
                body[field] = value;
                apply(&shopper, "one", body).await.is_problem(422, "validation_failed", &[named]);
            }
            let missing = json!({ "order_id": order.get(), "kind": "refund", "items": items(&[(a, 1)]) });
            apply(&shopper, "one", missing).await.is_problem(422, "validation_failed", &["reason"]);
            let keyless = shopper.send(Method::POST, "/v1/after-sales", None, good.clone()).await;
            keyless.is_problem(400, "header_missing", &["Idempotency-Key"]);
            assert_eq!(shopper.get("/v1/after-sales").await.body["items"], json!([]), "nothing was written");
            let id = applied(&shopper, "one", good.clone()).await;
            let path = format!("/v1/after-sales/{id}");
            for (body, named) in [
                (json!({ "carrier": "", "tracking_no": "1" }), "carrier"),
                (json!({ "carrier": "顺丰", "tracking_no": "1" }), "carrier"),
                (json!({ "carrier": "SF", "tracking_no": "1 2" }), "tracking_no"),
                (json!({ "carrier": "SF", "tracking_no": "1".repeat(65) }), "tracking_no"),
                (json!({ "carrier": "SF" }), "tracking_no"),
            ] {
                shopper.send(Method::POST, &format!("{path}/ship"), None, body).await.is_problem(422, "validation_failed", &[named]);
            }
            let bad = shopper.get("/v1/after-sales?status=lost&size=0&cursor=x&y=1").await;
            bad.is_problem(400, "validation_failed", &["y", "cursor", "size", "status"]);
            shopper.get("/v1/after-sales/x").await.is_problem(400, "validation_failed", &["id"]);
            shopper.get("/v1/after-sales/999999").await.is_problem(404, "unknown_after_sale", &[]);

            for path in ["/v1/after-sales", &path] {
                visitor.get(path).await.is_problem(401, "token_missing", &["Authorization"]);
            }
            for path in ["/v1/after-sales", "/v1/after-sales/preview", &format!("{path}/ship"), &format!("{path}/cancel")] {
                visitor.send(Method::POST, path, Some("k"), good.clone()).await.is_problem(401, "token_missing", &["Authorization"]);
            }
            let reasons = visitor.get("/v1/after-sales/reasons").await.body["items"].clone();
            let first = json!({ "code": "bought_by_mistake", "text": "多拍、错拍", "kinds": ["refund", "return"] });
            assert_eq!((reasons.as_array().unwrap().len(), &reasons[0]), (12, &first));
        },
    )
    .await;
}
