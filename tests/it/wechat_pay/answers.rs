//! Answers that are wrong: none of them is believed, and each says what the caller does about it.

use std::time::{Duration, Instant};

use mallcore::platform::wechat::pay::{Closing, PayCode, PayError, TradeRef, TradeState, Unverified};
use mallcore::platform::wechat::sandbox::pay::{AnswerFault, Faults};

use super::world::{World, number, order};

fn next(fault: AnswerFault) -> Faults {
    Faults { next_answers: [fault].into(), ..Faults::default() }
}

#[actix_web::test]
async fn an_answer_without_a_proof_is_not_believed() {
    let (world, number) = (World::start(Faults::default()), number());
    world.prepay(&number, 990).await;
    for (fault, reason) in [
        (AnswerFault::Unsigned, "header"),
        (AnswerFault::WrongSignature, "signature"),
        (AnswerFault::UnknownSerial, "serial"),
        (AnswerFault::Clock { seconds: -400 }, "clock"),
        (AnswerFault::Clock { seconds: 400 }, "clock"),
    ] {
        world.sandbox.set_faults(next(fault.clone()));
        let error = world.client.trade(TradeRef::OutTradeNo(&number)).await.unwrap_err();
        let PayError::Unverified { status: 200, cause, .. } = &error else { panic!("{fault:?}: {error:?}") };
        assert_eq!(cause.reason(), reason, "{fault:?}");
        assert!(!error.is_transient());
    }
    assert!(world.client.trade(TradeRef::OutTradeNo(&number)).await.is_ok(), "the next one is as it should be");
}

#[actix_web::test]
async fn a_clock_may_be_a_few_minutes_off() {
    let (world, number) = (World::start(next(AnswerFault::Clock { seconds: -200 })), number());
    world.prepay(&number, 990).await;
}

#[actix_web::test]
async fn a_forged_refusal_closes_nothing() {
    let (world, unknown) = (World::start(next(AnswerFault::WrongSignature)), number());
    let forged = world.client.close(&unknown).await.unwrap_err();
    assert!(
        matches!(&forged, PayError::Unverified { status: 404, code: Some(PayCode::OrderNotExist), cause: Unverified::Signature }),
        "{forged:?}"
    );
    assert_eq!(world.client.close(&unknown).await.unwrap(), Closing::Closed);
}

#[actix_web::test]
async fn what_may_work_later_says_so() {
    let (world, number) = (World::start(Faults::default()), number());
    for (status, code) in [(500, "SYSTEM_ERROR"), (429, "FREQUENCY_LIMITED"), (503, "ANYTHING"), (403, "BIZERR_NEED_RETRY")] {
        world.sandbox.set_faults(next(AnswerFault::Status { status, code: code.to_owned() }));
        let error = world.client.prepay(&order(&number, 990)).await.unwrap_err();
        assert!(error.is_transient(), "{status} {code}: {error:?}");
    }
    world.sandbox.set_faults(next(AnswerFault::Status { status: 403, code: "NO_AUTH".to_owned() }));
    let error = world.client.prepay(&order(&number, 990)).await.unwrap_err();
    assert_eq!((error.refusal(), error.is_transient()), (Some(&PayCode::NoAuth), false));
    world.prepay(&number, 990).await;
}

#[actix_web::test]
async fn a_lost_answer_leaves_what_was_done() {
    let (world, number) = (World::start(next(AnswerFault::Lost)), number());
    let error = world.client.prepay(&order(&number, 990)).await.unwrap_err();
    assert!(error.is_transient(), "{error:?}");
    assert_eq!(world.client.trade(TradeRef::OutTradeNo(&number)).await.unwrap().state, TradeState::NotPay);
}

#[actix_web::test]
async fn a_late_answer_is_waited_for_and_not_for_ever() {
    let (world, number) = (World::start(next(AnswerFault::Delay { millis: 300 })), number());
    world.prepay(&number, 990).await;
    world.sandbox.set_faults(next(AnswerFault::Delay { millis: 60_000 }));
    let began = Instant::now();
    let error = world.client.trade(TradeRef::OutTradeNo(&number)).await.unwrap_err();
    assert!(error.is_transient() && began.elapsed() < Duration::from_secs(30), "{error:?}");
}

#[actix_web::test]
async fn an_absent_wechat_pay_is_transient() {
    let world = World::with(Faults::default(), |settings| {
        settings.api_base = Some(format!("http://127.0.0.1:{}", crate::redis::server::free_port()));
    });
    assert!(world.client.prepay(&order(&number(), 990)).await.unwrap_err().is_transient());
}

#[actix_web::test]
async fn a_request_that_the_merchant_has_not_signed_does_nothing() {
    let (world, number) = (World::start(Faults::default()), number());
    let folder = world.settings.key_folder.clone();
    let key = include_str!("vectors/go-testing-key.pem").replace("TESTING KEY", "PRIVATE KEY");
    let serial =
        mallcore::platform::wechat::pay::Certificate::of_pem(&std::fs::read(folder.join("apiclient_cert.pem")).unwrap()).unwrap().serial;
    std::fs::remove_file(folder.join("apiclient_cert.pem")).unwrap();
    std::fs::write(folder.join("apiclient_key.pem"), key).unwrap();
    let settings = mallcore::platform::config::WechatPay { serial: Some(serial), ..world.settings.clone() };
    let stranger = mallcore::platform::wechat::pay::WechatPay::new(&settings).unwrap();
    assert_eq!(stranger.prepay(&order(&number, 990)).await.unwrap_err().refusal(), Some(&PayCode::SignError));
    assert_eq!(world.client.trade(TradeRef::OutTradeNo(&number)).await.unwrap_err().refusal(), Some(&PayCode::OrderNotExist));
    let unsigned =
        crate::client().get(format!("{}/v3/pay/transactions/out-trade-no/{number}?mchid=1900000000", world.base)).send().await.unwrap();
    assert_eq!(unsigned.status(), 401);
}
