//! Records of a time that is still to come, because the machine's clock was ahead: told everywhere, and a way out.

use std::path::Path;
use std::process::Output;
use std::sync::Arc;
use std::time::Duration;

use mallcore::platform::clock::machine_now;
use mallcore_actors::facts::Record;
use mallcore_actors::journal::os_disk::OsDisk;
use mallcore_actors::journal::segment_log::{Options, SegmentLog};
use mallcore_actors::journal::{Durable, Journal};
use mallcore_actors::orders::{IdsFact, IdsReserved};
use reqwest::StatusCode;
use serde_json::Value;

use super::process::Setup;

const HOUR: Duration = Duration::from_secs(3_600);

/// A record as a server writes it whose machine's clock is so far ahead.
async fn append_from_the_future(data: &Path, ahead: Duration) {
    let disk = Arc::new(OsDisk::create_folder(data.join("journal")).unwrap());
    let (log, found) = SegmentLog::open(disk, Options { segment_bytes: 1 << 20, ..Options::default() }).unwrap();
    // The first order has reserved the ids up to 100,000.
    let reserved = IdsFact::Reserved(IdsReserved { first: 100_001, count: 1 });
    let mut payload = Vec::new();
    Record::system(machine_now().plus_millis(ahead.as_millis() as u64), reserved).encode_into(&mut payload);
    let sequence = log.enqueue(&payload).unwrap();
    assert_eq!(sequence, found.last.next());
    log.durable().wait_for(|durable| *durable == Durable::Through(sequence)).await.unwrap();
    log.close();
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// What `doctor` finds about the clock.
fn doctor(setup: &Setup) -> Value {
    let report = setup.command(&["doctor", "--json"]).output().unwrap();
    let report: Value = serde_json::from_slice(&report.stdout).unwrap();
    let finding = report["findings"].as_array().unwrap().iter().find(|finding| finding["part"] == "clock").cloned();
    finding.unwrap_or_else(|| panic!("{report}"))
}

#[tokio::test]
async fn a_shop_whose_last_records_are_from_the_future_is_told_and_rebased() {
    let folder = tempfile::tempdir().unwrap();
    let mut setup = Setup::embedded(folder.path());
    setup.set("FLASH_PAY_WINDOW_SECONDS", "8");
    let process = setup.start().await;
    let (placed, order) = process.buy(1, "before").await;
    assert_eq!(placed, StatusCode::CREATED, "{order}");
    // With the quota in the database an ended sale would give its pieces back at the next start.
    process.until("the database follows", async || process.detail("database").await.contains(" 0 records behind")).await;
    process.kill();
    // The demo's sale lasts a day: by this clock it is over.
    append_from_the_future(folder.path(), 30 * HOUR).await;

    let process = setup.start().await;
    let (status, readiness) = process.readiness().await.unwrap();
    assert_eq!((status, readiness["status"].as_str()), (StatusCode::OK, Some("degraded")), "{readiness}");
    let detail = process.detail("clock").await;
    assert!(detail.contains("ahead of the machine's") && detail.contains("mallcore clock rebase"), "{detail}");
    assert!(process.log().contains("which is still to come"), "{}", process.log());
    let (refused, problem) = process.buy(2, "meanwhile").await;
    assert_eq!((refused, problem["code"].as_str()), (StatusCode::CONFLICT, Some("ended")), "{problem}");
    let finding = doctor(&setup);
    assert_eq!(finding["outcome"], "fail");
    assert!(finding["remedy"].as_str().unwrap().contains("mallcore clock rebase"), "{finding}");
    let beside = setup.command(&["clock", "rebase", "--yes"]).output().unwrap();
    assert!(!beside.status.success() && said(&beside).contains("stop it first"), "{}", said(&beside));
    process.kill();

    let asked = setup.command(&["clock", "rebase"]).output().unwrap();
    assert!(!asked.status.success() && said(&asked).contains("nothing was changed"), "{}", said(&asked));
    assert_eq!(doctor(&setup)["outcome"], "fail");
    let rebased = setup.command(&["clock", "rebase", "--yes"]).output().unwrap();
    assert!(rebased.status.success(), "{}", said(&rebased));
    assert_eq!(doctor(&setup)["outcome"], "pass");

    // The sale goes on, and the order of before has its time to pay once more, then times out.
    let process = setup.start().await;
    let detail = process.detail("clock").await;
    assert!(detail.starts_with("within"), "{detail}");
    let (placed, fresh) = process.buy(2, "afterwards").await;
    assert_eq!(placed, StatusCode::CREATED, "{fresh}");
    let path = format!("/orders/{}", order["order_id"]);
    let (_, seen) = process.get(&path, 1).await;
    let (was, is) = (order["expires_at"].as_str().unwrap(), seen["expires_at"].as_str().unwrap());
    assert!(is > was, "{was} {seen}");
    process.until("the order times out", async || process.get(&path, 1).await.1["status"] == "closed").await;
    process.kill();

    // Later starts go by the records that came since.
    let process = setup.start().await;
    assert!(process.detail("clock").await.starts_with("within"));
    let again = setup.command(&["journal", "verify"]).output().unwrap();
    assert!(again.status.success(), "{}", said(&again));
    process.kill();
    let nothing = setup.command(&["clock", "rebase", "--yes"]).output().unwrap();
    assert!(nothing.status.success() && said(&nothing).contains("nothing was changed"), "{}", said(&nothing));
}

#[test]
fn a_journal_with_nothing_to_rebase_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let setup = Setup::embedded(folder.path());
    let none = setup.command(&["clock", "rebase", "--yes"]).output().unwrap();
    assert!(!none.status.success() && said(&none).contains("cannot be opened"), "{}", said(&none));
    std::fs::create_dir(folder.path().join("journal")).unwrap();
    let empty = setup.command(&["clock", "rebase", "--yes"]).output().unwrap();
    assert!(empty.status.success() && said(&empty).contains("no records"), "{}", said(&empty));
}
