//! Money back: once for each number, never more than was paid, also when something goes wrong; and the bills of all that.

use mallcore::platform::wechat::pay::{
    BadNotification, FundEntry, Notification, PayCode, PayError, RefundRequest, RefundState, TradeEntryKind, TradeRef, TradeState,
    WechatRefund, wall_clock,
};
use mallcore::platform::wechat::sandbox::pay::{AnswerFault, Faults};
use mallcore_actors::values::day::BusinessDay;
use serde_json::json;

use super::world::{World, fen, number};
use crate::api::app::until;

fn request<'a>(transaction_id: &'a str, out_refund_no: &'a str, refund: u64) -> RefundRequest<'a> {
    RefundRequest { transaction_id, out_refund_no, reason: "七天无理由", refund: fen(refund), total: fen(990) }
}

async fn state_of(world: &World, out_refund_no: &str) -> RefundState {
    world.client.refund_status(out_refund_no).await.unwrap().state
}

#[actix_web::test]
async fn a_part_is_paid_back_and_both_sides_know() {
    let (world, number) = (World::start(Faults::default()), number());
    let transaction_id = world.paid(&number, 990).await;
    world.shop.heard(1).await;
    let asked = world.client.refund(&request(&transaction_id, "R1", 90)).await.unwrap();
    assert_eq!((asked.state, asked.refund, asked.total, asked.success_time), (RefundState::Processing, fen(90), fen(990), None));
    let heard = world.shop.heard(2).await;
    assert_eq!(heard[1].path, "/v1/payments/wechat/refund-notify");
    let Ok(Notification::Refund(told)) = &heard[1].outcome else { panic!("{heard:?}") };
    let expected = WechatRefund { state: RefundState::Success, success_time: told.success_time, ..asked };
    assert_eq!((told, told.success_time.is_some()), (&expected, true));
    assert_eq!(world.client.refund_status("R1").await.unwrap(), expected);
    assert_eq!(world.client.trade(TradeRef::OutTradeNo(&number)).await.unwrap().state, TradeState::Refund);
}

#[actix_web::test]
async fn a_number_is_paid_back_once_and_never_more_than_was_paid() {
    let (world, number) = (World::start(Faults::default()), number());
    let transaction_id = world.paid(&number, 990).await;
    let first = world.client.refund(&request(&transaction_id, "R1", 600)).await.unwrap();
    let again = world.client.refund(&request(&transaction_id, "R1", 600)).await.unwrap();
    assert_eq!(again.refund_id, first.refund_id);
    let refused = async |out_refund_no, refund| world.client.refund(&request(&transaction_id, out_refund_no, refund)).await.unwrap_err();
    assert_eq!(refused("R1", 1).await.refusal(), Some(&PayCode::InvalidRequest), "the number stands for another refund");
    assert_eq!(refused("R2", 391).await.refusal(), Some(&PayCode::InvalidRequest), "390 fen are left");
    world.client.refund(&request(&transaction_id, "R3", 390)).await.unwrap();
    assert_eq!(refused("R4", 1).await.refusal(), Some(&PayCode::InvalidRequest));
    let unpaid = world.client.refund(&request("4200000000", "R5", 1)).await.unwrap_err();
    assert_eq!(unpaid.refusal(), Some(&PayCode::ResourceNotExists));
    assert_eq!(world.client.refund_status("R5").await.unwrap_err().refusal(), Some(&PayCode::ResourceNotExists));
}

#[actix_web::test]
async fn a_refund_whose_answer_is_lost_is_asked_for_again() {
    let (world, number) = (World::start(Faults::default()), number());
    let transaction_id = world.paid(&number, 990).await;
    world.sandbox.set_faults(Faults { next_answers: [AnswerFault::Lost].into(), ..Faults::default() });
    let lost = world.client.refund(&request(&transaction_id, "R1", 990)).await.unwrap_err();
    assert!(lost.is_transient(), "{lost}");
    let again = world.client.refund(&request(&transaction_id, "R1", 990)).await.unwrap();
    assert_eq!(again.refund, fen(990));
    let ledger = std::fs::read_to_string(world.folder.path().join("ledger.jsonl")).unwrap();
    assert_eq!(ledger.matches(r#""event":"refund_asked""#).count(), 1, "{ledger}");
}

#[actix_web::test]
async fn a_refund_may_fail_in_every_way() {
    let (world, number) = (World::start(Faults::default()), number());
    let transaction_id = world.paid(&number, 990).await;
    world.sandbox.set_faults(Faults {
        next_answers: [AnswerFault::Status { status: 403, code: "NOT_ENOUGH".to_owned() }].into(),
        next_refunds: [RefundState::Closed, RefundState::Abnormal].into(),
        ..Faults::default()
    });
    let poor = world.client.refund(&request(&transaction_id, "R1", 990)).await.unwrap_err();
    assert_eq!(poor.refusal(), Some(&PayCode::NotEnough));
    world.client.refund(&request(&transaction_id, "R1", 990)).await.unwrap();
    until("it is closed", async || state_of(&world, "R1").await == RefundState::Closed).await;
    world.client.refund(&request(&transaction_id, "R2", 990)).await.unwrap();
    until("it is abnormal", async || state_of(&world, "R2").await == RefundState::Abnormal).await;
    assert_eq!(world.post("/sandbox/refunds/R2", json!({ "state": "SUCCESS" })).await.0, 204, "a person has acted");
    let states = world.shop.heard(4).await.into_iter().filter_map(|heard| match heard.outcome {
        Ok(Notification::Refund(refund)) => Some(refund.state),
        Ok(Notification::Paid(_)) | Err(_) => None,
    });
    // Each is sent by itself.
    let mut states: Vec<String> = states.map(|state| format!("{state:?}")).collect();
    states.sort();
    assert_eq!(states, ["Abnormal", "Closed", "Success"]);
}

#[actix_web::test]
async fn the_bills_of_the_day_have_every_fen() {
    let (world, number) = (World::start(Faults::default()), number());
    // Before anything is paid, so that midnight does not divide them.
    let day = BusinessDay::of(wall_clock());
    let none = world.client.trade_bill(day).await.unwrap_err();
    assert_eq!(none.refusal(), Some(&PayCode::NoStatementExist));
    let transaction_id = world.paid(&number, 990).await;
    world.client.refund(&request(&transaction_id, "R1", 90)).await.unwrap();
    world.shop.heard(2).await;
    let bill = world.client.trade_bill(day).await.unwrap();
    let [payment, refund] = bill.entries.as_slice() else { panic!("{bill:?}") };
    assert_eq!(payment.kind, TradeEntryKind::Payment { total: fen(990), settled: fen(990) });
    assert_eq!((payment.out_trade_no.as_str(), payment.fee_millifen), (number.as_str(), 6_000));
    assert!(
        matches!(&refund.kind, TradeEntryKind::Refund { out_refund_no, refund, state, .. } if (out_refund_no.as_str(), *refund, state.as_str()) == ("R1", fen(90), "SUCCESS")),
        "{refund:?}"
    );
    let funds = world.client.fund_bill(day).await.unwrap();
    let movements: Vec<(i64, i64)> =
        funds.entries.iter().map(|FundEntry { change_fen, balance_fen, .. }| (*change_fen, *balance_fen)).collect();
    assert_eq!(movements, [(990, 990), (-6, 984), (-90, 894)]);
}

#[actix_web::test]
async fn a_refund_of_another_merchant_is_not_believed() {
    // Signed as it should be, for the merchant of the sandbox; the shop is somebody else's.
    let (world, number) = (World::start(Faults::default()), number());
    let transaction_id = world.paid(&number, 990).await;
    world.client.refund(&request(&transaction_id, "R1", 990)).await.unwrap();
    let heard = world.shop.heard(2).await;
    let mut settings = world.settings.clone();
    settings.mchid = "1900000001".to_owned();
    let other = mallcore::platform::wechat::pay::WechatPay::new(&settings).unwrap();
    for notification in heard {
        let header =
            |name: &str| notification.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str());
        let headers = mallcore::platform::wechat::pay::NotifyHeaders::of(header);
        let outcome = other.notification(&headers, &notification.body, wall_clock()).await;
        assert_eq!(outcome, Err(BadNotification::OtherMerchant));
    }
    assert!(matches!(other.trade(TradeRef::OutTradeNo(&number)).await, Err(PayError::Refused(_))));
}
