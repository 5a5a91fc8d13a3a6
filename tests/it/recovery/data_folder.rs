//! Somebody deletes or replaces parts of the data folder, under a running shop or before a start.

use std::fs;
use std::path::{Path, PathBuf};

use reqwest::StatusCode;

use super::process::{Process, Setup};

const DATABASE: &str = "mallcore.sqlite3";

/// A shop whose data lies in a folder below the one of its logs.
fn apart(folder: &Path) -> (Setup, PathBuf) {
    let data = folder.join("data");
    let mut setup = Setup::embedded(folder);
    setup.set("DATA_DIR", data.to_str().unwrap());
    (setup, data)
}

/// It stops with its own status and names what is not there any more.
async fn stops(process: &mut Process, path: &Path) {
    let status = process.ended().await;
    let log = process.log();
    assert_eq!(status.code(), Some(72), "{log}");
    assert!(log.contains(&format!("{} was deleted or replaced", path.display())), "{log}");
}

/// Moves a copy of the file over it.
fn replace(file: &Path) {
    let copy = file.with_extension("copy");
    fs::copy(file, &copy).unwrap();
    fs::rename(&copy, file).unwrap();
}

#[tokio::test]
async fn what_is_moved_away_or_replaced_under_a_running_shop_stops_it() {
    type Act = fn(&Path);
    let cases: [(&str, Act); 6] = [
        ("", |data| fs::rename(data, data.with_extension("aside")).unwrap()),
        ("journal", |journal| fs::rename(journal, journal.with_extension("aside")).unwrap()),
        ("journal/lock", |lock| fs::remove_file(lock).unwrap()),
        (DATABASE, |file| fs::remove_file(file).unwrap()),
        (DATABASE, replace),
        ("mallcore.sqlite3-wal", |log| fs::remove_file(log).unwrap()),
    ];
    for (name, act) in cases {
        let folder = tempfile::tempdir().unwrap();
        let (setup, data) = apart(folder.path());
        let mut process = setup.start().await;
        assert_eq!(process.buy(1, "k").await.0, StatusCode::CREATED);
        let path = if name.is_empty() { data } else { data.join(name) };
        act(&path);
        stops(&mut process, &path).await;
    }
}

#[tokio::test]
async fn a_folder_that_is_put_back_has_everything() {
    let folder = tempfile::tempdir().unwrap();
    let (setup, data) = apart(folder.path());
    let mut process = setup.start().await;
    let (placed, order) = process.buy(1, "k").await;
    assert_eq!(placed, StatusCode::CREATED);
    let aside = folder.path().join("aside");
    fs::rename(&data, &aside).unwrap();
    stops(&mut process, &data).await;
    fs::rename(&aside, &data).unwrap();
    let process = setup.start().await;
    let (repeated, same) = process.buy(1, "k").await;
    assert_eq!((repeated, &same["order_id"]), (StatusCode::OK, &order["order_id"]), "{same}");
}

#[tokio::test]
async fn deleting_the_database_alone_makes_no_fresh_shop() {
    let folder = tempfile::tempdir().unwrap();
    let setup = Setup::embedded(folder.path());
    let mut process = setup.start().await;
    let (_, order) = process.buy(1, "k").await;
    process.signal("TERM");
    assert_eq!(process.ended().await.code(), Some(0), "{}", process.log());
    let (file, copy) = (folder.path().join(DATABASE), folder.path().join("copy"));
    fs::rename(&file, &copy).unwrap();

    let (status, log) = setup.refused().await;
    assert_eq!(status.code(), Some(1), "{log}");
    assert!(log.contains("is missing, but the journal in") && log.contains("put the database back"), "{log}");
    assert!(!file.exists(), "a refused start leaves nothing behind");
    let seeded = setup.command(&["seed-demo"]).output().unwrap();
    let said = String::from_utf8_lossy(&seeded.stderr);
    assert!(!seeded.status.success() && said.contains("choose another DATA_DIR"), "{said}");
    assert!(!file.exists());

    let doctor = setup.command(&["doctor"]).output().unwrap();
    let said = String::from_utf8_lossy(&doctor.stdout);
    assert!(!doctor.status.success() && said.contains("does not exist, but the journal has records up to"), "{said}");

    // Somebody helps himself with an empty schema: it stays empty.
    assert!(setup.command(&["migrate"]).status().unwrap().success());
    let (status, log) = setup.refused().await;
    assert_eq!(status.code(), Some(1), "{log}");
    assert!(log.contains("has never followed a journal"), "{log}");

    for ending in ["", "-wal", "-shm"] {
        let made = folder.path().join(format!("{DATABASE}{ending}"));
        assert!(fs::remove_file(&made).is_ok() || !made.exists());
    }
    fs::rename(&copy, &file).unwrap();
    let process = setup.start().await;
    let (repeated, same) = process.buy(1, "k").await;
    assert_eq!((repeated, &same["order_id"]), (StatusCode::OK, &order["order_id"]), "{same}");
}
