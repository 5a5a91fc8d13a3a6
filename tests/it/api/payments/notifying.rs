//! Notifications at the front door: how long they may be, and how many may come.

use mallcore::platform::config::Bucket;
use mallcore::platform::wechat::pay::NOTIFICATION_BYTES_MAX;
use serde_json::Value;

use super::super::app::Person;
use super::till::Till;
use super::{begin, order, status};

/// A payment of a new order as WeChat Pay reports it.
async fn right(till: &Till, shopper: &Person<'_>) -> (mallcore_actors::ids::OrderId, Value) {
    let (order, price) = order(till, shopper).await;
    begin(shopper, order).await;
    let no = shopper.get(&format!("/v1/orders/{order}")).await.body["order_no"].as_str().unwrap().to_owned();
    (order, till.trade(&format!("{no}1"), price, &format!("{}.{order}", shopper.user())))
}

/// A signature whose first letter is another one.
fn forged(signature: &str) -> String {
    let first = if signature.starts_with('A') { 'B' } else { 'A' };
    format!("{first}{}", &signature[1..])
}

#[actix_web::test]
async fn a_notification_may_be_longer_than_other_bodies_up_to_its_own_limit() {
    let till = Till::start(|_| {}).await;
    let shopper = till.app.shopper();
    let (order, mut trade) = right(&till, &shopper).await;
    // Encrypted and in Base64 it has about 20 KiB.
    trade["promotion_detail"] = "x".repeat(14 << 10).into();
    assert_eq!(till.report(&trade, forged).await, 403, "the signature is looked at");
    assert_eq!(status(&shopper, order).await, "pending_payment");
    assert_eq!(till.report(&trade, str::to_owned).await, 204);
    assert_eq!(status(&shopper, order).await, "paid");
    for path in ["/v1/payments/wechat/notify", "/v1/payments/wechat/refund-notify"] {
        assert_eq!(till.send(path, vec![b'x'; NOTIFICATION_BYTES_MAX], &[]).await, 403, "{path}");
        assert_eq!(till.send(path, vec![b'x'; NOTIFICATION_BYTES_MAX + 1], &[]).await, 413, "{path}");
    }
    // All other routes have the limit that they had.
    assert_eq!(till.send("/v1/auth/login", vec![b'x'; 20 << 10], &[]).await, 413);
    till.app.caught_up().await;
}

#[actix_web::test]
async fn a_burst_of_notifications_is_taken_and_one_of_forgeries_has_to_wait() {
    let bucket = Bucket { per_second: 1, burst: 60 };
    let till = Till::start(|config| {
        config.rate_limits.enabled = true;
        config.rate_limits.ip = bucket;
    })
    .await;
    let shopper = till.app.shopper();
    let (_, trade) = right(&till, &shopper).await;
    for _ in 0..3 * bucket.burst {
        assert_eq!(till.report(&trade, str::to_owned).await, 204);
    }
    // What nobody has signed counts for the address, until it has to wait.
    let mut refused = 0;
    while till.report(&trade, forged).await == 403 {
        refused += 1;
        assert!(refused < 10 * bucket.burst, "forgeries are not bounded");
    }
    assert!(refused > 0, "the signed ones have left it something");
    assert_eq!(till.report(&trade, forged).await, 429);
    assert_eq!(till.report(&trade, str::to_owned).await, 204, "WeChat Pay need not wait");
    let mut unseen = Vec::new();
    for _ in 0..4 {
        unseen.push(till.send("/v1/payments/wechat/notify?again=1", Vec::new(), &[]).await);
    }
    assert!(unseen.contains(&429), "requests that no handler sees are limited as ever: {unseen:?}");
    till.app.caught_up().await;
}
