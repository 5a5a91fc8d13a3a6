//! From an order to its payment, and every way not to pay it.

use mallcore::platform::wechat::pay::{Closing, Notification, PayCode, Prepay, PrepayId, TradeRef, TradeState, wall_clock};
use mallcore::platform::wechat::sandbox::APPID;
use mallcore::platform::wechat::sandbox::pay::{Faults, MCHID, PaySandbox};
use serde_json::json;

use super::world::{World, fen, number, order};
use crate::api::app::until;

#[actix_web::test]
async fn an_order_is_paid_and_both_sides_know() {
    let (world, number) = (World::start(Faults::default()), number());
    let prepay_id = world.prepay(&number, 990).await;
    let cashier = world.client.cashier(&prepay_id, wall_clock()).unwrap();
    let (status, shown) = world.post("/sandbox/request-payment", serde_json::to_value(&cashier).unwrap()).await;
    assert_eq!((status, &shown["order"]["total"]), (200, &json!(990)), "{shown}");
    let unpaid = world.client.trade(TradeRef::OutTradeNo(&number)).await.unwrap();
    assert_eq!((unpaid.state, unpaid.transaction_id, unpaid.total), (TradeState::NotPay, None, Some(fen(990))));

    assert_eq!(world.act(&prepay_id, "confirm").await, 200);
    let heard = world.shop.heard(1).await;
    assert_eq!(heard[0].path, "/v1/payments/wechat/notify");
    let Ok(Notification::Paid(told)) = &heard[0].outcome else { panic!("{heard:?}") };
    assert_eq!((told.out_trade_no.as_str(), told.mchid.as_str(), told.appid.as_str()), (number.as_str(), MCHID, APPID));
    assert_eq!((told.total, told.payer_total, told.currency.as_deref()), (Some(fen(990)), Some(fen(990)), Some("CNY")));
    assert_eq!((told.payer.as_deref(), told.attach.as_deref(), told.state), (Some("oAlice"), Some("a"), TradeState::Success));
    assert!(told.success_time.is_some_and(|at| wall_clock().millis_since(at) < 60_000));

    let transaction_id = told.transaction_id.clone().unwrap();
    for which in [TradeRef::OutTradeNo(&number), TradeRef::TransactionId(&transaction_id)] {
        assert_eq!(world.client.trade(which).await.unwrap(), *told, "asked by {which:?}");
    }
}

#[actix_web::test]
async fn a_cashier_that_the_merchant_has_not_signed_is_refused() {
    let world = World::start(Faults::default());
    let prepay_id = world.prepay(&number(), 990).await;
    let mut cashier = serde_json::to_value(world.client.cashier(&prepay_id, wall_clock()).unwrap()).unwrap();
    cashier["nonceStr"] = "another".into();
    assert_eq!(world.post("/sandbox/request-payment", cashier).await.0, 400);
}

#[actix_web::test]
async fn the_same_order_is_prepaid_again_and_another_one_is_not() {
    let (world, number) = (World::start(Faults::default()), number());
    let first = world.prepay(&number, 990).await;
    assert_eq!(world.prepay(&number, 990).await, first);
    let refused = world.client.prepay(&order(&number, 991)).await.unwrap_err();
    assert_eq!(refused.refusal(), Some(&PayCode::OutTradeNoUsed));
    world.act(&first, "confirm").await;
    assert_eq!(world.client.prepay(&order(&number, 990)).await.unwrap_err().refusal(), Some(&PayCode::OrderPaid));
}

#[actix_web::test]
async fn what_wechat_pay_does_not_take_is_refused() {
    let world = World::start(Faults::default());
    let (number, past) = (number(), wall_clock());
    for wrong in [
        Prepay { amount: fen(0), ..order(&number, 1) },
        Prepay { openid: "", ..order(&number, 1) },
        Prepay { description: "", ..order(&number, 1) },
        Prepay { time_expire: past, ..order(&number, 1) },
        order("short", 1),
    ] {
        assert_eq!(world.client.prepay(&wrong).await.unwrap_err().refusal(), Some(&PayCode::ParamError), "{wrong:?}");
    }
    assert_eq!(world.client.trade(TradeRef::OutTradeNo(&number)).await.unwrap_err().refusal(), Some(&PayCode::OrderNotExist));
    let no_number = world.client.trade(TradeRef::OutTradeNo("../certificates")).await.unwrap_err();
    assert!(no_number.refusal().is_none() && !no_number.is_transient(), "never sent: {no_number}");
}

#[actix_web::test]
async fn another_mini_programs_orders_are_refused() {
    let world = World::with(Faults::default(), |settings| settings.appid = "wxanother".to_owned());
    let refused = world.client.prepay(&order(&number(), 1)).await.unwrap_err();
    assert_eq!(refused.refusal(), Some(&PayCode::AppidMchidNotMatch));
}

#[actix_web::test]
async fn a_closed_order_cannot_be_paid() {
    let (world, number) = (World::start(Faults::default()), number());
    let prepay_id = world.prepay(&number, 990).await;
    for what in ["closed", "closed again"] {
        assert_eq!(world.client.close(&number).await.unwrap(), Closing::Closed, "{what}");
    }
    assert_eq!(world.act(&prepay_id, "confirm").await, 409);
    assert_eq!(world.client.trade(TradeRef::OutTradeNo(&number)).await.unwrap().state, TradeState::Closed);
    assert_eq!(world.client.prepay(&order(&number, 990)).await.unwrap_err().refusal(), Some(&PayCode::OrderClosed));
}

#[actix_web::test]
async fn closing_says_who_came_first() {
    let (world, paid, unknown) = (World::start(Faults::default()), number(), number());
    let prepay_id = world.prepay(&paid, 990).await;
    assert_eq!(world.act(&prepay_id, "begin").await, 200);
    assert_eq!(world.client.close(&paid).await.unwrap(), Closing::UserPaying);
    assert_eq!(world.client.trade(TradeRef::OutTradeNo(&paid)).await.unwrap().state, TradeState::UserPaying);
    assert_eq!(world.act(&prepay_id, "confirm").await, 200);
    assert_eq!(world.client.close(&paid).await.unwrap(), Closing::AlreadyPaid);
    assert_eq!(world.client.close(&unknown).await.unwrap(), Closing::Closed, "what was never prepaid cannot be paid");
}

#[actix_web::test]
async fn a_failed_payment_can_be_tried_again_until_its_time_is_over() {
    let (world, number) = (World::start(Faults::default()), number());
    let time_expire = wall_clock().plus_millis(2_000);
    let prepay_id = world.client.prepay(&Prepay { time_expire, ..order(&number, 990) }).await.unwrap();
    assert_eq!((world.act(&prepay_id, "fail").await, world.act(&prepay_id, "abandon").await), (200, 200));
    until("WeChat Pay has closed it", async || {
        world.client.trade(TradeRef::OutTradeNo(&number)).await.unwrap().state == TradeState::Closed
    })
    .await;
    assert_eq!(world.act(&prepay_id, "confirm").await, 409);
}

#[actix_web::test]
async fn paying_twice_is_paying_once() {
    let (world, number) = (World::start(Faults::default()), number());
    let prepay_id = world.prepay(&number, 990).await;
    assert_eq!((world.act(&prepay_id, "confirm").await, world.act(&prepay_id, "confirm").await), (200, 200));
    let ledger = std::fs::read_to_string(world.folder.path().join("ledger.jsonl")).unwrap();
    assert_eq!(ledger.matches(r#""event":"paid""#).count(), 1, "{ledger}");
    assert_eq!(world.act(&PrepayId::new("wx0"), "confirm").await, 404);
}

#[actix_web::test]
async fn an_order_is_paid_by_itself_if_that_is_turned_on() {
    let world = World::start(Faults { pay_after_millis: Some(0), ..Faults::default() });
    world.prepay(&number(), 990).await;
    assert!(matches!(&world.shop.heard(1).await[0].outcome, Ok(Notification::Paid(_))));
}

#[actix_web::test]
async fn the_shopper_pays_on_a_page() {
    let (world, number) = (World::start(Faults::default()), number());
    let page = format!("{}/pay/{}", world.base, world.prepay(&number, 990).await.as_str());
    let html = crate::client().get(&page).send().await.unwrap().text().await.unwrap();
    assert!(html.contains("¥9.90") && html.contains("茶杯") && html.contains("确认支付"), "{html}");
    let form = crate::client().post(&page).header("Content-Type", "application/x-www-form-urlencoded").body("action=confirm");
    let html = form.send().await.unwrap().text().await.unwrap();
    assert!(html.contains("支付成功") && !html.contains("确认支付"), "sent back to the page: {html}");
    assert_eq!(world.client.trade(TradeRef::OutTradeNo(&number)).await.unwrap().state, TradeState::Success);
}

#[actix_web::test]
async fn the_ledger_outlives_the_sandbox() {
    let (world, number) = (World::start(Faults::default()), number());
    let transaction_id = world.paid(&number, 990).await;
    let unpaid = super::world::number();
    let prepay_id = world.prepay(&unpaid, 500).await;
    // Half a line, as after a crash.
    let ledger = world.folder.path().join("ledger.jsonl");
    std::fs::write(&ledger, std::fs::read_to_string(&ledger).unwrap() + r#"{"at":1,"event":"cl"#).unwrap();
    let again = std::sync::Arc::new(PaySandbox::open(world.folder.path(), APPID, Faults::default()).unwrap());
    let base = format!("http://{}", super::world::serve(std::sync::Arc::clone(&again)));
    let client =
        mallcore::platform::wechat::pay::WechatPay::new(&again.merchant(base.clone(), "http://127.0.0.1:9/v1".to_owned())).unwrap();
    assert_eq!(client.trade(TradeRef::TransactionId(&transaction_id)).await.unwrap().out_trade_no, number);
    let confirm = crate::client().post(format!("{base}/pay/{}", prepay_id.as_str())).json(&json!({ "action": "confirm" }));
    assert_eq!(confirm.send().await.unwrap().status(), 200);
    assert_eq!(client.trade(TradeRef::OutTradeNo(&unpaid)).await.unwrap().state, TradeState::Success);
}
