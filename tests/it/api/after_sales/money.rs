//! Money goes back: for what was never sent, for what came back, and line by line as the order's shares say.

use mallcore_actors::after_sales::{Command, Freight, Settlement};
use mallcore_actors::money::Money;
use serde_json::{Value, json};

use super::super::app::TestApp;
use super::super::checkout::{available, items, shelf};
use super::super::engines::on_both;
use super::{application, applied, apply, becomes, case, kinds, merchant, paid, preview, received};

async fn messages(app: &TestApp, kind: &'static str) -> Vec<Value> {
    let database = app.database().await;
    let mut tx = database.snapshot().await.unwrap();
    let rows = tx.all("SELECT payload FROM outbox WHERE kind = ? ORDER BY id", vec![kind.into()]).await.unwrap();
    tx.commit().await.unwrap();
    database.close().await;
    rows.iter().map(|row| serde_json::from_str(&row.text(0).unwrap()).unwrap()).collect()
}

#[actix_web::test]
async fn money_goes_back_for_pieces_that_were_never_sent() {
    on_both(
        |_| {},
        async |app| {
            let (shopper, stranger) = (app.shopper(), app.shopper());
            let [(a, price_a), (b, price_b), _] = shelf(app).await[..] else { unreachable!() };
            let order = paid(app, &shopper, 1, &[(a, price_a, 3), (b, price_b, 1)]).await;
            let before = available(app, a).await;

            let whole = preview(&shopper, json!({ "order_id": order.get() })).await;
            assert_eq!(whole.body["amount_fen"], price_a * 3 + price_b, "{whole:?}");
            let left: Vec<_> =
                whole.body["lines"].as_array().unwrap().iter().map(|line| (&line["sku_id"], &line["quantity_left"])).collect();
            assert_eq!(left, [(&json!(a), &json!(3)), (&json!(b), &json!(1))]);
            assert_eq!((&whole.body["until"], &whole.body["lines"][0]["is_returnable"]), (&Value::Null, &json!(false)));
            let one = preview(&shopper, json!({ "order_id": order.get(), "items": items(&[(a, 1)]) })).await;
            assert_eq!((&one.body["amount_fen"], &one.body["items"][0]["amount_fen"]), (&json!(price_a), &json!(price_a)), "{one:?}");

            let mut body = application(order, "refund", &[(a, 2)]);
            body["description"] = "坏了\n<b>两件</b>".into();
            body["pictures"] = json!(["https://img.example.com/1.jpg"]);
            let first = apply(&shopper, "one", body.clone()).await;
            assert_eq!(first.status, 201, "{first:?}");
            let id = first.body["id"].as_u64().unwrap();
            assert_eq!(first.header("location"), format!("/v1/after-sales/{id}"));
            assert_eq!((&first.body["description"], &first.body["pictures"]), (&body["description"], &body["pictures"]));
            assert_eq!((&first.body["reason_text"], &first.body["expected_fen"]), (&"质量问题".into(), &json!(price_a * 2)));
            let again = apply(&shopper, "one", body.clone()).await;
            assert_eq!((again.status.as_u16(), &again.body["id"]), (200, &json!(id)), "a repeat gets its case");
            body["description"] = Value::Null;
            apply(&shopper, "one", body).await.is_problem(422, "idempotency_mismatch", &["Idempotency-Key"]);
            apply(&shopper, "two", application(order, "refund", &[(a, 2)])).await.is_problem(409, "after_sale_pieces", &[]);

            let settlement = Settlement { restock: true, freight: Freight::ByRule };
            merchant(app, id, Command::Approve(Some(settlement))).await.unwrap().outbox.unwrap();
            let done = becomes(&shopper, id, "done").await;
            let expected = [("applied", "shopper"), ("approved", "merchant"), ("refunded", "order")]
                .map(|(kind, by)| (kind.to_owned(), by.to_owned()));
            assert_eq!(kinds(&done), expected);
            assert!(!done.to_string().contains("小王"), "names of people of the shop stay there: {done}");
            assert_eq!((&done["refunded_fen"], &done["items"][0]["refunded_fen"]), (&json!(price_a * 2), &json!(price_a * 2)));
            assert_eq!((&done["refunded_freight_fen"], &done["due_at"], &done["parcel"]), (&json!(0), &Value::Null, &Value::Null));
            let shown = shopper.get(&format!("/v1/orders/{order}")).await.body;
            assert_eq!((&shown["status"], &shown["refunds"][0]["amount_fen"]), (&"paid".into(), &json!(price_a * 2)));
            assert_eq!(available(app, a).await, before + 2, "the merchant put them back");
            assert_eq!(merchant(app, id, Command::Approve(Some(settlement))).await.unwrap().outbox, None, "a repeat changes nothing");

            let told = messages(app, "after_sale.completed").await;
            assert_eq!(told.len(), 1, "{told:?}");
            assert_eq!(
                (&told[0]["after_sale_id"], &told[0]["amount_fen"], &told[0]["restock"]),
                (&json!(id), &json!(price_a * 2), &json!(true))
            );
            assert_eq!(told[0]["lines"], json!([{ "sku_id": a, "quantity": 2, "amount_fen": price_a * 2 }]));
            assert_eq!(told[0]["refund_id"], (1_u64 << 52) + id);

            let path = format!("/v1/after-sales/{id}");
            stranger.get(&path).await.is_problem(404, "unknown_after_sale", &[]);
            stranger.post(&format!("{path}/cancel")).await.is_problem(404, "unknown_after_sale", &[]);
            let parcel = json!({ "carrier": "SF", "tracking_no": "SF2001" });
            let sent = stranger.send(reqwest::Method::POST, &format!("{path}/ship"), None, parcel).await;
            sent.is_problem(404, "unknown_after_sale", &[]);
            assert_eq!(stranger.get("/v1/after-sales").await.body["items"], json!([]));
            let third = applied(&shopper, "three", application(order, "refund", &[(b, 1), (a, 1)])).await;
            let page = shopper.get("/v1/after-sales?size=1").await.body;
            assert_eq!((&page["items"][0]["id"], page["next_cursor"].as_str()), (&json!(third), Some(&*third.to_string())));
            let rest = shopper.get(&format!("/v1/after-sales?size=1&cursor={third}")).await.body;
            assert_eq!((&rest["items"][0]["id"], &rest["next_cursor"]), (&json!(id), &Value::Null));
            let open = shopper.get("/v1/after-sales?status=applied").await.body;
            assert_eq!((open["items"].as_array().unwrap().len(), &open["items"][0]["id"]), (1, &json!(third)));
            assert_eq!(shopper.get("/v1/after-sales?status=expired").await.body["items"], json!([]));
            merchant(app, third, Command::Approve(None)).await.unwrap();
            becomes(&shopper, third, "done").await;
            assert_eq!(shopper.get(&format!("/v1/orders/{order}")).await.body["status"], "refunded");
            let nothing = preview(&shopper, json!({ "order_id": order.get() })).await.body;
            assert_eq!((&nothing["amount_fen"], &nothing["lines"][0]["quantity_left"]), (&json!(0), &json!(0)));
        },
    )
    .await;
}

#[actix_web::test]
async fn goods_come_back_before_the_money_does() {
    on_both(
        |_| {},
        async |app| {
            let shopper = app.shopper();
            let (a, price) = shelf(app).await[0];
            let order = paid(app, &shopper, 1, &[(a, price, 2)]).await;
            received(app, &shopper, order, &[(a, 2)]).await;
            // The order leaves memory, and comes back with all that happened to it.
            app.caught_up().await;
            let before = available(app, a).await;
            let asked = preview(&shopper, json!({ "order_id": order.get() })).await.body;
            assert!(asked["until"].is_string() && asked["lines"][0]["is_returnable"] == true, "{asked}");
            let id = applied(&shopper, "one", application(order, "return", &[(a, 2)])).await;
            let path = format!("/v1/after-sales/{id}");
            let parcel = json!({ "carrier": "SF", "tracking_no": "SF2002" });
            let ship = async |body: Value| shopper.send(reqwest::Method::POST, &format!("{path}/ship"), None, body).await;
            ship(parcel.clone()).await.is_problem(409, "after_sale_status", &[]);
            merchant(app, id, Command::Approve(None)).await.unwrap();
            let waiting = case(&shopper, id).await;
            assert_eq!((&waiting["status"], waiting["due_at"].is_string()), (&"awaiting_return".into(), true), "{waiting}");

            let shipped = ship(parcel.clone()).await;
            assert_eq!((shipped.status.as_u16(), &shipped.body["status"], &shipped.body["parcel"]), (200, &"returning".into(), &parcel));
            assert_eq!(ship(parcel.clone()).await.status, 200, "the same parcel again");
            ship(json!({ "carrier": "SF", "tracking_no": "SF2003" })).await.is_problem(409, "after_sale_status", &[]);
            shopper.post(&format!("{path}/cancel")).await.is_problem(409, "after_sale_status", &[]);
            let freight = Freight::Exactly(Money::from_fen(500).unwrap());
            merchant(app, id, Command::Receive(Settlement { restock: false, freight })).await.unwrap();
            let done = becomes(&shopper, id, "done").await;
            let all: Vec<_> = kinds(&done).into_iter().map(|(kind, _)| kind).collect();
            assert_eq!(all, ["applied", "approved", "shipped", "received", "refunded"]);
            assert_eq!(
                (&done["refunded_fen"], &done["refunded_freight_fen"]),
                (&json!(price * 2), &json!(0)),
                "no more freight than was paid"
            );
            assert_eq!(available(app, a).await, before, "the merchant did not put them back");
            assert_eq!(shopper.get(&format!("/v1/orders/{order}")).await.body["status"], "refunded");
        },
    )
    .await;
}

#[actix_web::test]
async fn what_was_refused_can_be_applied_for_again() {
    on_both(
        |_| {},
        async |app| {
            let shopper = app.shopper();
            let (a, price) = shelf(app).await[0];
            let order = paid(app, &shopper, 1, &[(a, price, 1)]).await;
            received(app, &shopper, order, &[(a, 1)]).await;
            let no = |text: &str| mallcore_actors::after_sales::Note::parse(text).unwrap();
            let body = || application(order, "return", &[(a, 1)]);

            let first = applied(&shopper, "one", body()).await;
            merchant(app, first, Command::Refuse(no("照片看不清"))).await.unwrap();
            let refused = case(&shopper, first).await;
            assert_eq!(
                (&refused["status"], &refused["note"], &refused["timeline"][1]["note"]),
                (&"refused".into(), &"照片看不清".into(), &"照片看不清".into())
            );
            let second = applied(&shopper, "two", body()).await;
            let cancelled = shopper.post(&format!("/v1/after-sales/{second}/cancel")).await;
            assert_eq!(cancelled.body["status"], "cancelled", "{cancelled:?}");
            assert_eq!(shopper.post(&format!("/v1/after-sales/{second}/cancel")).await.status, 200, "cancelling twice is cancelling once");
            let third = applied(&shopper, "three", body()).await;
            merchant(app, third, Command::Approve(None)).await.unwrap();
            let parcel = json!({ "carrier": "YTO", "tracking_no": "Y1" });
            shopper.send(reqwest::Method::POST, &format!("/v1/after-sales/{third}/ship"), None, parcel).await;
            merchant(app, third, Command::RefuseReturn(no("不是我们的商品"))).await.unwrap();
            assert_eq!(case(&shopper, third).await["status"], "return_refused");
            let fourth = applied(&shopper, "four", body()).await;
            let shown = shopper.get("/v1/after-sales").await.body;
            let all: Vec<_> = shown["items"].as_array().unwrap().iter().map(|case| case["status"].as_str().unwrap()).collect();
            assert_eq!((all, &shown["items"][0]["id"]), (vec!["applied", "return_refused", "cancelled", "refused"], &json!(fourth)));
            assert_eq!(shopper.get(&format!("/v1/orders/{order}")).await.body["refunds"], json!([]));
        },
    )
    .await;
}
