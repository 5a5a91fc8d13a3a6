//! Notifications that are repeated, late, lost, in another order, or corrupt.

use mallcore::platform::wechat::pay::{BadCiphertext, BadNotification, Notification, TradeRef, TradeState, Unverified};
use mallcore::platform::wechat::sandbox::pay::{Corruption, Faults};

use super::shop::Heard;
use super::world::{World, number};
use crate::api::app::until;

fn paid(heard: &Heard) -> Option<&str> {
    match &heard.outcome {
        Ok(Notification::Paid(trade)) => Some(&trade.out_trade_no),
        Ok(Notification::Refund(_)) | Err(_) => None,
    }
}

#[actix_web::test]
async fn a_corrupt_notification_is_refused_and_comes_again() {
    let serial = || Unverified::Serial("7777777777777777777777777777777777777777".to_owned());
    for (corruption, refused) in [
        (Corruption::Body, BadNotification::Unverified(Unverified::Signature)),
        (Corruption::Ciphertext, BadNotification::Encrypted(BadCiphertext::Tag)),
        (Corruption::Serial, BadNotification::Unverified(serial())),
        (Corruption::Probe, BadNotification::Unverified(Unverified::Probe)),
    ] {
        let world = World::start(Faults { corrupt_percent: 100, corruption: Some(corruption), ..Faults::default() });
        let number = number();
        world.paid(&number, 990).await;
        let heard = world.shop.heard(2).await;
        assert_eq!(heard[0].outcome, Err(refused), "{corruption:?}");
        assert_eq!(paid(&heard[1]), Some(number.as_str()), "{corruption:?}");
    }
}

#[actix_web::test]
async fn an_old_notification_is_refused() {
    let world = World::start(Faults { corrupt_percent: 100, corruption: Some(Corruption::Clock), ..Faults::default() });
    world.paid(&number(), 990).await;
    let heard = world.shop.heard(2).await;
    assert!(matches!(heard[0].outcome, Err(BadNotification::Unverified(Unverified::Clock(600..=610)))), "{:?}", heard[0].outcome);
    assert!(heard[1].outcome.is_ok());
}

#[actix_web::test]
async fn a_notification_comes_twice_or_not_at_all() {
    let twice = World::start(Faults { repeat_percent: 100, ..Faults::default() });
    let number = number();
    twice.paid(&number, 990).await;
    assert_eq!(twice.shop.heard(2).await.iter().map(paid).collect::<Vec<_>>(), [Some(number.as_str()); 2]);

    let never = World::start(Faults { drop_percent: 100, ..Faults::default() });
    never.paid(&number, 990).await;
    assert_eq!(never.client.trade(TradeRef::OutTradeNo(&number)).await.unwrap().state, TradeState::Success, "asking tells");
    never.sandbox.set_faults(Faults::default());
    let other = super::world::number();
    never.paid(&other, 990).await;
    assert_eq!(never.shop.heard(1).await.iter().map(paid).collect::<Vec<_>>(), [Some(other.as_str())], "the first never came");
}

#[actix_web::test]
async fn a_notification_overtakes_the_one_before() {
    let world = World::start(Faults { reorder_percent: 100, ..Faults::default() });
    let (alone, first, second) = (number(), number(), number());
    world.paid(&alone, 1).await;
    assert_eq!(paid(&world.shop.heard(1).await[0]), Some(alone.as_str()), "without a next one it does not wait for ever");
    world.paid(&first, 1).await;
    world.paid(&second, 1).await;
    let heard = world.shop.heard(3).await;
    let mut both: Vec<_> = heard[1..].iter().filter_map(paid).collect();
    both.sort_unstable();
    assert_eq!(both, [first.as_str(), second.as_str()]);
}

#[actix_web::test]
async fn a_late_notification_does_not_hold_the_next_one_up() {
    let world = World::start(Faults { delay_percent: 100, delay_millis: 3_600_000, ..Faults::default() });
    let (late, next) = (number(), number());
    world.paid(&late, 1).await;
    world.sandbox.set_faults(Faults::default());
    world.paid(&next, 1).await;
    assert_eq!(world.shop.heard(1).await.iter().map(paid).collect::<Vec<_>>(), [Some(next.as_str())]);
}

#[actix_web::test]
async fn faults_are_set_over_http_and_checked() {
    let world = World::start(Faults::default());
    let wish = serde_json::json!({ "drop_percent": 5, "next_answers": [{ "kind": "clock", "seconds": -400 }], "keys": "both" });
    let (status, set) = world.post("/sandbox/faults", wish).await;
    assert_eq!((status, &set["drop_percent"], &set["keys"]), (200, &5.into(), &"both".into()), "{set}");
    for wrong in [
        serde_json::json!({ "drop_percent": 101 }),
        serde_json::json!({ "drops": 1 }),
        serde_json::json!({ "next_refunds": ["PROCESSING"] }),
    ] {
        assert_eq!(world.post("/sandbox/faults", wrong.clone()).await.0, 400, "{wrong}");
    }
    assert_eq!(world.sandbox.faults().drop_percent, 5, "a wrong wish changes nothing");
}

#[actix_web::test]
async fn the_sandbox_notifies_a_shop_that_only_gets_its_port_later() {
    let world = World::with(Faults::default(), |settings| settings.notify_url = "http://127.0.0.1:0/v1".to_owned());
    world.sandbox.shop_listens(world.shop.base.trim_start_matches("http://").parse().unwrap());
    let number = number();
    world.paid(&number, 1).await;
    until("it was heard", async || !world.shop.heard(1).await.is_empty()).await;
    assert_eq!(paid(&world.shop.heard(1).await[0]), Some(number.as_str()));
}
