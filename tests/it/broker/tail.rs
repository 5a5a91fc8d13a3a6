//! `events tail`, without its terminal.

use mallcore::platform::broker::{Outgoing, Publisher, Source, tail};
use mallcore_actors::time::Timestamp;

use super::rig::{Rig, SOON};

#[tokio::test]
async fn it_shows_what_fits_its_patterns_from_now_on() {
    let rig = Rig::new().await;
    let target = rig.target();
    let publisher = Publisher::spawn(target.clone(), "test").unwrap();
    let publishing = tokio::spawn(async move {
        for number in 0.. {
            for kind in ["order.placed", "quota.carved"] {
                let body = format!("{kind} {number}").into_bytes();
                let message =
                    Outgoing { id: number.to_string(), kind: kind.into(), occurred_at: Timestamp::default(), headers: vec![], body };
                publisher.publish(&message).await.unwrap();
            }
        }
    });
    let mut shown = Vec::new();
    let mut show = |body: &[u8]| {
        shown.push(String::from_utf8(body.to_vec()).unwrap());
        shown.len() < 3
    };
    let source = Source::Patterns(vec!["order.*".to_owned()]);
    tokio::time::timeout(SOON, tail(&target, &source, &mut show)).await.expect("nothing was shown").unwrap();
    publishing.abort();
    assert_eq!(shown.len(), 3);
    assert!(shown.iter().all(|body| body.starts_with("order.placed")), "{shown:?}");
}
