//! Paying over real HTTP, against the sandbox of WeChat Pay with its own signatures: whatever is paid, abandoned, late, doubled, forged.

mod bill_text;
mod daily;
mod notifying;
mod reconciling;
pub mod till;

use mallcore::platform::wechat::pay::{Prepay, WechatPay};
use mallcore_actors::ids::{OrderId, PaymentId, RefundId, SkuId};
use mallcore_actors::kernel::Provenance;
use mallcore_actors::money::Money;
use mallcore_actors::orders::{ATTEMPTS_MAX, AttemptNumber, CloseReason, LinePieces, Payment, PaymentChannel, RefundCommand};
use mallcore_actors::quantity::Quantity;
use serde_json::{Value, json};

use super::app::{Person, until};
use super::checkout::{available, edit, place, shelf};
use super::engines::database;
use till::Till;

use crate::database::scratch;

/// Each with a till of its own on SQLite, and all with one till on MariaDB.
macro_rules! each_embedded_and_all_on_mariadb {
    ($($test:ident,)+) => {
        mod embedded {
            $(
                #[actix_web::test]
                async fn $test() {
                    super::$test(&super::Till::start(|_| {}).await).await;
                }
            )+
        }

        #[actix_web::test]
        async fn all_on_mariadb() {
            let scratch = scratch::mysql().await;
            let till = Till::start(|config| config.database = Some(database(&scratch))).await;
            $($test(&till).await;)+
            // Before its schema is dropped.
            drop(till);
            drop(scratch);
        }
    };
}

each_embedded_and_all_on_mariadb! {
    an_order_is_paid_once_wechat_pay_has_reported_it,
    a_shopper_who_cancels_waits_for_wechat_pay,
    money_for_a_closed_order_goes_back,
    a_second_payment_goes_back,
    a_wrong_notification_changes_nothing,
    refunds_reach_the_shopper_part_by_part,
    whoever_cannot_pay_any_more_is_told_why,
    while_somebody_else_pays_an_order_nobody_begins_to,
    an_order_that_costs_nothing_is_paid_at_once,
}

/// A new order of one piece; its id and what it costs.
async fn order(till: &Till, shopper: &Person<'_>) -> (OrderId, u64) {
    let (sku, price) = shelf(&till.app).await[0];
    let placed = place(shopper, "k", &[(sku, 1)], price).await;
    assert_eq!(placed.status, 201, "{placed:?}");
    (OrderId::new(placed.body["order_id"].as_u64().unwrap()).unwrap(), price)
}

/// Begins to pay; the reference at the sandbox.
async fn begin(shopper: &Person<'_>, order: OrderId) -> String {
    let begun = shopper.post(&format!("/v1/orders/{order}/pay")).await;
    assert_eq!(begun.status, 200, "{begun:?}");
    begun.body["cashier"]["package"].as_str().unwrap().strip_prefix("prepay_id=").unwrap().to_owned()
}

async fn status(shopper: &Person<'_>, order: OrderId) -> Value {
    shopper.get(&format!("/v1/orders/{order}")).await.body["status"].clone()
}

async fn becomes(shopper: &Person<'_>, order: OrderId, wanted: &str) {
    until(&format!("the order is {wanted}"), async || status(shopper, order).await == wanted).await;
}

/// What happened to the order, once the database has it.
async fn timeline(till: &Till, shopper: &Person<'_>, order: OrderId) -> Vec<String> {
    till.app.caught_up().await;
    let shown = shopper.get(&format!("/v1/orders/{order}")).await.body;
    shown["timeline"].as_array().unwrap().iter().map(|event| event["kind"].as_str().unwrap().to_owned()).collect()
}

/// The refunds of an order as its shopper sees them, once they are all done: reason and fen.
async fn refunded(shopper: &Person<'_>, order: OrderId, count: usize) -> Vec<(String, u64)> {
    let refunds =
        async || shopper.get(&format!("/v1/orders/{order}/payment")).await.body["refunds"].as_array().cloned().unwrap_or_default();
    until("the money is back", async || {
        let refunds = refunds().await;
        refunds.len() == count && refunds.iter().all(|refund| refund["state"] == "done")
    })
    .await;
    let refund = |refund: &Value| (refund["reason"].as_str().unwrap().to_owned(), refund["amount_fen"].as_u64().unwrap());
    refunds().await.iter().map(refund).collect()
}

async fn an_order_is_paid_once_wechat_pay_has_reported_it(till: &Till) {
    let shopper = till.app.shopper();
    let (order, price) = order(till, &shopper).await;
    let path = format!("/v1/orders/{order}");
    let first = begin(&shopper, order).await;
    assert_eq!(begin(&shopper, order).await, first, "the same attempt goes on");
    let begun = shopper.post(&format!("{path}/pay")).await;
    till.cashier_opens(&begun.body["cashier"]).await;
    assert_eq!(status(&shopper, order).await, "pending_payment");
    till.act(&first, "confirm").await;
    becomes(&shopper, order, "paid").await;
    let shown = shopper.get(&path).await.body;
    assert_eq!(shown["payment"], json!({ "channel": "wechat_pay", "amount_fen": price }));
    let standing = shopper.get(&format!("{path}/payment")).await.body;
    assert_eq!(
        (&standing["payment"], &standing["channel"], &standing["amount_fen"]),
        (&"paid".into(), &"wechat_pay".into(), &price.into())
    );
    assert!(standing["paid_at"].is_string(), "{standing}");
    assert_eq!(timeline(till, &shopper, order).await, ["placed", "payment_started", "paid"]);
    shopper.post(&format!("{path}/pay")).await.is_problem(409, "already_paid", &[]);
    let other = till.app.shopper();
    other.post(&format!("{path}/pay")).await.is_problem(404, "unknown_order", &["id"]);
    other.get(&format!("{path}/payment")).await.is_problem(404, "unknown_order", &["id"]);
    for refused in [till.app.anonymous().post(&format!("{path}/pay")).await, till.app.anonymous().get(&format!("{path}/payment")).await] {
        refused.is_problem(401, "token_missing", &["Authorization"]);
    }
}

#[actix_web::test]
async fn an_abandoned_attempt_ends_at_wechat_pay_before_the_pieces_are_free() {
    let till = Till::start(|config| config.orders.pay_window_seconds = 5).await;
    let shopper = till.app.shopper();
    let before = available(&till.app, shelf(&till.app).await[0].0).await;
    let (order, _) = order(&till, &shopper).await;
    let prepay = begin(&shopper, order).await;
    becomes(&shopper, order, "closed").await;
    assert_eq!(timeline(&till, &shopper, order).await, ["placed", "payment_started", "payment_ended", "closed"]);
    assert_eq!(till.try_to(&prepay, "confirm").await, 409, "nobody can pay it any more");
    assert_eq!(available(&till.app, shelf(&till.app).await[0].0).await, before);
    shopper.post(&format!("/v1/orders/{order}/pay")).await.is_problem(409, "order_closed", &[]);
}

#[actix_web::test]
async fn a_payment_whose_notification_never_comes_is_found_by_asking() {
    let till = Till::start(|config| config.orders.pay_window_seconds = 6).await;
    till.faults(json!({ "drop_percent": 100 })).await;
    let shopper = till.app.shopper();
    let (asked, _) = order(&till, &shopper).await;
    till.act(&begin(&shopper, asked).await, "confirm").await;
    until("the shopper who comes back sees it paid", async || {
        shopper.get(&format!("/v1/orders/{asked}/payment")).await.body["payment"] == "paid"
    })
    .await;
    // Nobody asks: at its deadline the order is paid, and not closed.
    let other = till.app.shopper();
    let (unasked, _) = order(&till, &other).await;
    till.act(&begin(&other, unasked).await, "confirm").await;
    becomes(&other, unasked, "paid").await;
    assert_eq!(timeline(&till, &other, unasked).await, ["placed", "payment_started", "paid"]);
}

async fn a_shopper_who_cancels_waits_for_wechat_pay(till: &Till) {
    let shopper = till.app.shopper();
    let (first, _) = order(till, &shopper).await;
    let prepay = begin(&shopper, first).await;
    let cancelled = shopper.post(&format!("/v1/orders/{first}/cancel")).await;
    assert_eq!((cancelled.status.as_u16(), &cancelled.body["close_reason"]), (200, &"cancelled".into()), "{cancelled:?}");
    assert_eq!(till.try_to(&prepay, "confirm").await, 409);
    // Somebody is paying at this moment: nothing changes, and the payment counts.
    let other = till.app.shopper();
    let (second, _) = order(till, &other).await;
    let prepay = begin(&other, second).await;
    till.act(&prepay, "begin").await;
    other.post(&format!("/v1/orders/{second}/cancel")).await.is_problem(409, "payment_open", &[]);
    assert_eq!(status(&other, second).await, "pending_payment");
    till.faults(json!({ "drop_percent": 100 })).await;
    till.act(&prepay, "confirm").await;
    // Paid, and nobody has said so: cancelling finds it out.
    other.post(&format!("/v1/orders/{second}/cancel")).await.is_problem(409, "wrong_status", &[]);
    assert_eq!(status(&other, second).await, "paid");
    till.faults(json!({ "drop_percent": 0 })).await;
}

async fn money_for_a_closed_order_goes_back(till: &Till) {
    let (shopper, (came, back)) = (till.app.shopper(), till.ledger());
    let (order, price) = order(till, &shopper).await;
    let prepay = begin(&shopper, order).await;
    // As if WeChat Pay had said that the attempt is over, and broken its word.
    let orders = till.app.orders();
    orders.commands().end_payment(Provenance::SYSTEM, shopper.user(), order, AttemptNumber::FIRST).await.unwrap().unwrap();
    orders.commands().close(Provenance::SYSTEM, shopper.user(), order, CloseReason::Cancelled).await.unwrap().unwrap();
    till.act(&prepay, "confirm").await;
    assert_eq!(refunded(&shopper, order, 1).await, [("late".to_owned(), price)]);
    assert_eq!(till.ledger(), (came + price, back + price));
    assert_eq!(status(&shopper, order).await, "closed");
    assert_eq!(timeline(till, &shopper, order).await, ["placed", "payment_started", "payment_ended", "closed", "payment_strayed"]);
    shopper.post(&format!("/v1/orders/{order}/pay")).await.is_problem(409, "order_closed", &[]);
}

#[actix_web::test]
async fn a_payment_that_arrives_after_the_closing_goes_back() {
    let till = Till::start(|_| {}).await;
    till.faults(json!({ "pay_after_close_percent": 100, "pay_after_close_millis": 100 })).await;
    let shopper = till.app.shopper();
    let (order, price) = order(&till, &shopper).await;
    let prepay = begin(&shopper, order).await;
    till.act(&prepay, "confirm").await;
    till.act(&prepay, "confirm").await;
    assert_eq!(status(&shopper, order).await, "pending_payment", "nobody sees yet that it was paid");
    let cancelled = shopper.post(&format!("/v1/orders/{order}/cancel")).await;
    assert_eq!(cancelled.status, 200, "{cancelled:?}");
    assert_eq!(refunded(&shopper, order, 1).await, [("late".to_owned(), price)]);
    let shown = shopper.get(&format!("/v1/orders/{order}")).await.body["refunds"].clone();
    assert_eq!((&shown[0]["reason"], &shown[0]["amount_fen"], &shown[0]["state"]), (&"late".into(), &price.into(), &"done".into()));
    assert_eq!((shown.as_array().unwrap().len(), &shown[0]["items"]), (1, &json!([])));
    assert_eq!(till.ledger(), (price, price));
    assert_eq!(timeline(&till, &shopper, order).await, ["placed", "payment_started", "payment_ended", "closed", "payment_strayed"]);
}

async fn a_second_payment_goes_back(till: &Till) {
    let shopper = till.app.shopper();
    let (order, price) = order(till, &shopper).await;
    let prepay = begin(&shopper, order).await;
    let amount = Money::from_fen(price).unwrap();
    let by_balance = Payment { id: PaymentId::new(7).unwrap(), channel: PaymentChannel::Balance, amount, payer: None };
    till.app.orders().commands().pay(Provenance::SYSTEM, shopper.user(), order, &by_balance).await.unwrap().unwrap();
    till.act(&prepay, "confirm").await;
    assert_eq!(refunded(&shopper, order, 1).await, [("double".to_owned(), price)]);
    let shown = shopper.get(&format!("/v1/orders/{order}")).await.body;
    assert_eq!((&shown["status"], &shown["payment"]["channel"]), (&"paid".into(), &"balance".into()));
}

async fn a_wrong_notification_changes_nothing(till: &Till) {
    let shopper = till.app.shopper();
    let (order, price) = order(till, &shopper).await;
    begin(&shopper, order).await;
    let no = shopper.get(&format!("/v1/orders/{order}")).await.body["order_no"].as_str().unwrap().to_owned();
    let right = till.trade(&format!("{no}1"), price, &format!("{}.{order}", shopper.user()));
    let change = |field: &str, value: Value| {
        let mut trade = right.clone();
        trade[field] = value;
        trade
    };
    assert_eq!(till.report(&right, |signature| signature.replace('A', "B")).await, 403, "a forged signature");
    assert_eq!(till.report_unsigned(&right).await, 403);
    for (what, wrong) in [
        ("another amount", change("amount", json!({ "total": price - 1, "payer_total": price - 1, "currency": "CNY" }))),
        ("another currency", change("amount", json!({ "total": price, "payer_total": price, "currency": "USD" }))),
        ("another merchant", change("mchid", "1900000001".into())),
        ("another mini-program", change("appid", "wx0000000000000001".into())),
        ("not paid", change("trade_state", "CLOSED".into())),
        ("an attempt that was never begun", change("out_trade_no", format!("{no}2").into())),
        ("another order", change("attach", format!("{}.{}", shopper.user(), order.get() + 1).into())),
        ("no order of ours", change("out_trade_no", "1217752501201407033233368018".into())),
    ] {
        assert_eq!(till.report(&wrong, str::to_owned).await, 422, "{what}");
        assert_eq!(status(&shopper, order).await, "pending_payment", "{what}");
    }
    for _ in 0..3 {
        assert_eq!(till.report(&right, str::to_owned).await, 204, "a repeat changes nothing");
    }
    assert_eq!(status(&shopper, order).await, "paid");
    assert_eq!(timeline(till, &shopper, order).await, ["placed", "payment_started", "paid"]);
}

async fn refunds_reach_the_shopper_part_by_part(till: &Till) {
    let (shopper, (came, went)) = (till.app.shopper(), till.ledger());
    let (sku, price) = shelf(&till.app).await[0];
    let placed = place(&shopper, "k", &[(sku, 3)], price * 3).await;
    let order = OrderId::new(placed.body["order_id"].as_u64().unwrap()).unwrap();
    till.act(&begin(&shopper, order).await, "confirm").await;
    becomes(&shopper, order, "paid").await;
    // It leaves memory, and comes back with its attempt.
    till.app.caught_up().await;
    // The first ends abnormally, and a person settles it at the merchant platform.
    till.faults(json!({ "next_refunds": ["ABNORMAL"] })).await;
    let refund = async |id: u64, count: u32| {
        let pieces = [LinePieces { sku: SkuId::new(sku).unwrap(), quantity: Quantity::new(count).unwrap() }].into_iter().collect();
        let command = RefundCommand { id: RefundId::new(id).unwrap(), pieces, freight: Money::ZERO, restock: true };
        till.app.orders().commands().refund(Provenance::SYSTEM, shopper.user(), order, &command).await.unwrap().unwrap();
    };
    refund(1, 1).await;
    let standing = async || shopper.get(&format!("/v1/orders/{order}/payment")).await.body;
    until("somebody has to look after it", async || standing().await["refunds"][0]["state"] == "delayed").await;
    let shown = async || shopper.get(&format!("/v1/orders/{order}")).await.body["refunds"].clone();
    assert_eq!((&shown().await[0]["state"], &shown().await[0]["done_at"]), (&"delayed".into(), &Value::Null));
    till.settle_refund(standing().await["refunds"][0]["refund_no"].as_str().unwrap(), "SUCCESS").await;
    refund(2, 2).await;
    refund(2, 2).await;
    let back = refunded(&shopper, order, 2).await;
    assert_eq!(back, [("refunded".to_owned(), price), ("refunded".to_owned(), price * 2)]);
    assert_eq!(till.ledger(), (came + price * 3, went + price * 3));
    let (shown, standing) = (shown().await, standing().await["refunds"].clone());
    for (refund, pieces) in [(0_usize, 1), (1, 2)] {
        let (shown, standing) = (&shown[refund], &standing[refund]);
        for field in ["refund_no", "reason", "amount_fen", "state", "done_at"] {
            assert_eq!(shown[field], standing[field], "{field} of {shown}");
        }
        assert_eq!((&shown["state"], &shown["items"]), (&"done".into(), &json!([{ "sku_id": sku, "quantity": pieces }])));
    }
    assert_eq!(status(&shopper, order).await, "refunded");
    assert_eq!(timeline(till, &shopper, order).await, ["placed", "payment_started", "paid", "refunded", "refunded"]);
}

async fn whoever_cannot_pay_any_more_is_told_why(till: &Till) {
    let shopper = till.app.shopper();
    let (order, _) = order(till, &shopper).await;
    let (path, orders) = (format!("/v1/orders/{order}/pay"), till.app.orders());
    for number in 1..=ATTEMPTS_MAX {
        let (user, attempt) = (shopper.user(), AttemptNumber::try_from(number).unwrap());
        orders.commands().start_payment(Provenance::SYSTEM, user, order).await.unwrap().unwrap();
        orders.commands().end_payment(Provenance::SYSTEM, user, order, attempt).await.unwrap().unwrap();
    }
    shopper.post(&path).await.is_problem(409, "too_many_attempts", &[]);
    // As somebody who has only ever logged in by phone.
    let database = till.app.database().await;
    let mut tx = database.begin().await.unwrap();
    tx.execute("UPDATE users SET openid = 'phone:1' WHERE id = ?", vec![shopper.user().get().into()]).await.unwrap();
    tx.commit().await.unwrap();
    database.close().await;
    shopper.post(&path).await.is_problem(409, "payer_unknown", &[]);
}

/// Two phones of one account: the payment at the cashier is another payer's, who types the password just now.
async fn while_somebody_else_pays_an_order_nobody_begins_to(till: &Till) {
    let shopper = till.app.shopper();
    let (order, _) = order(till, &shopper).await;
    let orders = till.app.orders();
    let begun = orders.commands().start_payment(Provenance::SYSTEM, shopper.user(), order).await.unwrap().unwrap().order;
    let attempt = begun.open_attempt().copied().unwrap();
    let prepay = Prepay {
        out_trade_no: &begun.trade_no(attempt.number).to_string(),
        description: "杯",
        amount: begun.payable,
        openid: "demo-openid-of-another-phone",
        time_expire: attempt.expires_at,
        attach: None,
    };
    let prepay = WechatPay::new(&till.merchant).unwrap().prepay(&prepay).await.unwrap();
    till.act(prepay.as_str(), "begin").await;
    let path = format!("/v1/orders/{order}/pay");
    shopper.post(&path).await.is_problem(409, "payment_open", &[]);
    assert_eq!(timeline(till, &shopper, order).await, ["placed", "payment_started"], "nothing has changed");
    till.act(prepay.as_str(), "fail").await;
    assert_eq!(shopper.post(&path).await.status, 200, "another attempt is begun");
    assert_eq!(timeline(till, &shopper, order).await, ["placed", "payment_started", "payment_ended", "payment_started"]);
}

async fn an_order_that_costs_nothing_is_paid_at_once(till: &Till) {
    let shopper = till.app.shopper();
    let (sku, _) = shelf(&till.app).await[0];
    edit(&till.app, sku, "UPDATE skus SET price_fen = 0 WHERE id = ?").await;
    let placed = place(&shopper, "k", &[(sku, 1)], 0).await;
    assert_eq!(placed.status, 201, "{placed:?}");
    let path = format!("/v1/orders/{}", placed.body["order_id"]);
    let paid = shopper.post(&format!("{path}/pay")).await;
    assert_eq!((paid.status.as_u16(), &paid.body["status"], &paid.body["cashier"]), (200, &"paid".into(), &Value::Null), "{paid:?}");
    assert_eq!(shopper.get(&path).await.body["payment"]["channel"], "free");
}
