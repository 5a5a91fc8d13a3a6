//! Platform certificates: fetched when they are needed, and both ways to verify while a merchant changes from one to the other.

use mallcore::platform::wechat::pay::{Notification, NotifyHeaders, PayError, TradeRef, Unverified, WechatPay, wall_clock};
use mallcore::platform::wechat::sandbox::pay::{AnswerFault, Faults, KeyMode, PUBLIC_KEY_ID};

use super::world::{World, number, order};

fn serial(headers: &[(String, String)]) -> &str {
    &headers.iter().find(|(name, _)| name == "wechatpay-serial").unwrap().1
}

#[actix_web::test]
async fn certificates_are_fetched_when_they_are_needed() {
    let (world, number) = (World::with_certificates(KeyMode::Certificate), number());
    world.paid(&number, 990).await;
    let heard = world.shop.heard(1).await;
    assert!(matches!(heard[0].outcome, Ok(Notification::Paid(_))) && !serial(&heard[0].headers).starts_with("PUB_KEY_ID_"));
}

#[actix_web::test]
async fn the_first_thing_that_is_heard_may_be_a_notification() {
    let (world, number) = (World::with_certificates(KeyMode::Certificate), number());
    world.paid(&number, 990).await;
    let heard = world.shop.heard(1).await;
    let header = |name: &str| heard[0].headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str());
    let fresh = WechatPay::new(&world.settings).unwrap();
    let outcome = fresh.notification(&NotifyHeaders::of(header), &heard[0].body, wall_clock()).await;
    assert!(matches!(outcome, Ok(Notification::Paid(_))), "{outcome:?}");
}

#[actix_web::test]
async fn while_a_merchant_changes_both_ways_are_verified() {
    // The client asks for answers by the public key; notifications come either way.
    let world = World::start(Faults { keys: KeyMode::Both, ..Faults::default() });
    for _ in 0..12 {
        world.paid(&number(), 1).await;
    }
    let heard = world.shop.heard(12).await;
    assert!(heard.iter().all(|heard| heard.outcome.is_ok()), "{heard:?}");
    let by_public_key = heard.iter().filter(|heard| serial(&heard.headers) == PUBLIC_KEY_ID).count();
    assert!((1..12).contains(&by_public_key), "{by_public_key} of 12 by public key, and the same each time: the seed is 0");
}

#[actix_web::test]
async fn made_up_serial_numbers_do_not_make_it_ask_again_and_again() {
    let world = World::with_certificates(KeyMode::Certificate);
    let order_no = number();
    world.paid(&order_no, 1).await;
    // The certificates were fetched a moment ago: an unknown number is refused without asking.
    world.sandbox.set_faults(Faults {
        keys: KeyMode::Certificate,
        next_answers: [AnswerFault::UnknownSerial, AnswerFault::Status { status: 500, code: "SYSTEM_ERROR".to_owned() }].into(),
        ..Faults::default()
    });
    let error = world.client.trade(TradeRef::OutTradeNo(&order_no)).await.unwrap_err();
    assert!(matches!(&error, PayError::Unverified { cause: Unverified::Serial(_), .. }), "{error:?}");
    assert_eq!(world.sandbox.faults().next_answers.len(), 1, "nothing else was asked");
}

#[actix_web::test]
async fn a_list_of_certificates_with_another_signature_is_not_believed() {
    let world = World::with_certificates(KeyMode::Certificate);
    world.sandbox.set_faults(Faults {
        keys: KeyMode::Certificate,
        // The first is the answer to the order, the second the list.
        next_answers: [AnswerFault::Delay { millis: 0 }, AnswerFault::WrongSignature].into(),
        ..Faults::default()
    });
    let error = world.client.prepay(&order(&number(), 1)).await.unwrap_err();
    assert!(matches!(&error, PayError::Unverified { cause: Unverified::Serial(_), .. }), "{error:?}");
}

#[actix_web::test]
async fn a_merchant_with_a_public_key_only_has_no_certificates() {
    let world = World::with_certificates(KeyMode::PublicKey);
    let error = world.client.prepay(&order(&number(), 1)).await.unwrap_err();
    assert!(matches!(&error, PayError::Unverified { cause: Unverified::Serial(id), .. } if id == PUBLIC_KEY_ID), "{error:?}");
}

#[actix_web::test]
async fn a_new_certificate_and_the_one_before_it_are_fetched_together() {
    let world = World::with_certificates(KeyMode::Certificate);
    assert_eq!(world.post("/sandbox/certificates", serde_json::Value::Null).await.0, 204);
    world.paid(&number(), 1).await;
    assert!(world.shop.heard(1).await[0].outcome.is_ok());
    let files = std::fs::read_dir(world.folder.path().join("platform")).unwrap().count();
    assert_eq!(files, 5, "the key of the public-key mode, and two certificates with their keys");
}
