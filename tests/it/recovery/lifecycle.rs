//! The process ends when it is told to, and owns its data folder alone.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use reqwest::StatusCode;

use super::process::Setup;

/// Three workers, whose threads carry the actors of twelve items: whatever ends too early is asked by somebody.
const ITEMS: u64 = 12;

async fn seeded(setup: &Setup) {
    let seeded = setup.command(&["seed-demo", "--flash-stock", "100000", "--flash-limit", "9999", "--flash-items", "12"]).status().unwrap();
    assert!(seeded.success());
}

#[tokio::test]
async fn a_signal_drains_and_nobody_in_flight_is_turned_away() {
    let folder = tempfile::tempdir().unwrap();
    let mut setup = Setup::embedded(folder.path());
    setup.set("HTTP_WORKERS", "3").set("DRAIN_SECONDS", "1");
    setup.set("ORDER_UNPAID_MAX_PER_USER", "1000");
    seeded(&setup).await;
    let mut process = setup.start().await;
    let token = {
        let issued = setup.command(&["token", "--users", "1-24"]).output().unwrap();
        String::from_utf8(issued.stdout).unwrap()
    };
    let tokens: Vec<String> = token.lines().map(ToOwned::to_owned).collect();
    assert_eq!(tokens.len(), 24);
    let (ended, placed) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let shoppers: Vec<_> = tokens
        .into_iter()
        .enumerate()
        .map(|(shopper, token)| {
            let (base, ended, placed) = (process.base.clone(), Arc::clone(&ended), Arc::clone(&placed));
            tokio::spawn(async move {
                let client = crate::client();
                for round in 0.. {
                    let item = 1 + (shopper as u64 + round) % ITEMS;
                    let request = client.post(format!("{base}/seckill/items/{item}/orders")).bearer_auth(&token);
                    let request =
                        request.header("Idempotency-Key", format!("{shopper}-{round}")).json(&serde_json::json!({ "quantity": 1 }));
                    match request.send().await {
                        Ok(answer) if answer.status() == StatusCode::CREATED => placed.fetch_add(1, Ordering::Relaxed),
                        Ok(answer) if answer.status() == StatusCode::CONFLICT => 0,
                        Ok(answer) => panic!("{} {}", answer.status(), answer.text().await.unwrap_or_default()),
                        // Refused while it still serves would be a fault; afterwards nobody is there.
                        Err(_) => break,
                    };
                    if ended.load(Ordering::Relaxed) {
                        break;
                    }
                }
            })
        })
        .collect();
    process.until("everybody buys", async || placed.load(Ordering::Relaxed) > 200).await;
    process.signal("TERM");
    process
        .until("readiness fails", async || process.readiness().await.is_none_or(|(status, _)| status == StatusCode::SERVICE_UNAVAILABLE))
        .await;
    let status = process.ended().await;
    ended.store(true, Ordering::Relaxed);
    for shopper in shoppers {
        shopper.await.unwrap();
    }
    assert_eq!(status.code(), Some(0), "{}", process.log());
    assert!(process.log().contains("stopped: the database has records up to"), "{}", process.log());
    // Every answer was true: the database has as many orders, and they balance.
    let report = setup.command(&["reconcile"]).output().unwrap();
    assert!(report.status.success(), "{report:?}");
    let said = String::from_utf8(report.stdout).unwrap();
    assert!(said.contains(&format!("{} orders", placed.load(Ordering::Relaxed))), "{said} {placed:?}");
}

#[tokio::test]
async fn a_second_signal_ends_it_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut setup = Setup::embedded(folder.path());
    setup.set("DRAIN_SECONDS", "300");
    let mut process = setup.start().await;
    process.signal("TERM");
    process
        .until("readiness fails", async || process.readiness().await.is_some_and(|(status, _)| status == StatusCode::SERVICE_UNAVAILABLE))
        .await;
    // During the grace whoever comes is served.
    let (status, _) = process.get("/seckill/activities", 1).await;
    assert_eq!(status, StatusCode::OK);
    process.signal("INT");
    assert_eq!(process.ended().await.code(), Some(128 + 2), "{}", process.log());
}

#[tokio::test]
async fn a_second_process_on_the_same_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let setup = Setup::embedded(folder.path());
    let process = setup.start().await;
    let second = setup.command(&["serve"]).output().unwrap();
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert_eq!(second.status.code(), Some(1), "{said}");
    assert!(said.contains("is in use by another process"), "{said}");
    // The first one goes on.
    let (status, _) = process.readiness().await.unwrap();
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn a_record_is_shown_as_json() {
    let folder = tempfile::tempdir().unwrap();
    let setup = Setup::embedded(folder.path());
    let process = setup.start().await;
    process.until("the quota is set aside", async || process.detail("sales").await == "1 actors in memory").await;
    let show = |sequence: &str| setup.command(&["journal", "inspect", "--sequence", sequence]).output().unwrap();
    process.until("there is a record", async || show("1").status.success()).await;
    let document: serde_json::Value = serde_json::from_slice(&show("1").stdout).unwrap();
    assert_eq!((document["sequence"].as_u64(), document["kind"].as_str()), (Some(1), Some("quota.carved")), "{document}");
    assert_eq!(document["event"]["item"], 1, "{document}");
    let missing = show("1000000");
    assert!(!missing.status.success() && String::from_utf8_lossy(&missing.stderr).contains("there is no record 1000000"));
}
