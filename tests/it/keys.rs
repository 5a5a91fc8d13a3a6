//! Master keys of personal data, with the real binary: replaced beside a running shop, missed at a start, named by `doctor`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mallcore::platform::vault::KEY_FILE;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::recovery::process::{Process, Setup};

fn key(id: u8) -> String {
    format!("{id}:{}", STANDARD.encode([id; 32]))
}

fn address() -> Value {
    json!({
        "receiver": "李雷", "phone": "13912345678", "province": "浙江省", "city": "杭州市", "district": "西湖区",
        "region_code": "330106", "detail": "文三路 1 号",
    })
}

async fn add(process: &Process, user: u64) {
    let (status, added) = process.send(Method::POST, "/user/addresses", user, None, &address()).await;
    assert_eq!(status, StatusCode::CREATED, "{added}");
}

async fn shows_an_address(process: &Process, user: u64) {
    let (status, shown) = process.get("/user/addresses", user).await;
    assert_eq!((status, &shown["items"][0]["detail"]), (StatusCode::OK, &address()["detail"]), "{shown} {}", process.log());
}

async fn stop(mut process: Process) {
    process.signal("TERM");
    assert!(process.ended().await.success());
}

/// What a command prints on both outputs, and whether it succeeded.
fn run(setup: &Setup, arguments: &[&str]) -> (bool, String) {
    let output = setup.command(arguments).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

/// What `doctor` says, whatever else it finds on this machine.
#[track_caller]
fn doctor_says(setup: &Setup, words: &str) {
    let (_, said) = run(setup, &["doctor", "--orders-per-second", "1"]);
    assert!(said.contains(words), "{words:?} in {said}");
}

#[track_caller]
fn says(setup: &Setup, arguments: &[&str], succeeds: bool, words: &[&str]) {
    let (succeeded, said) = run(setup, arguments);
    assert_eq!(succeeded, succeeds, "{said}");
    for words in words {
        assert!(said.contains(words), "{words:?} in {said}");
    }
}

#[actix_web::test]
async fn a_master_key_is_replaced_beside_a_running_shop() {
    let folder = tempfile::tempdir().unwrap();
    let mut setup = Setup::embedded(folder.path());
    setup.set("BLIND_INDEX_KEY", &STANDARD.encode([9; 32])).set("DATA_KEYS", &key(1));
    let process = setup.start().await;
    add(&process, 3).await;
    stop(process).await;

    setup.set("DATA_KEYS", &format!("{},{}", key(2), key(1)));
    let process = setup.start().await;
    add(&process, 4).await;
    says(&setup, &["keys", "list"], true, &["master key 2: 1 data keys, current", "master key 1: 1 data keys, older, needed until"]);
    doctor_says(&setup, "1 data keys are still under older ones");
    says(&setup, &["keys", "rotate"], true, &["done: 1 data keys were wrapped under master key 2, 0 could not be"]);
    says(&setup, &["keys", "rotate"], true, &["done: 0 data keys"]);
    says(&setup, &["keys", "list"], true, &["master key 2: 2 data keys", "master key 1: 0 data keys, older, no longer needed"]);
    for user in [3, 4] {
        shows_an_address(&process, user).await;
    }
    stop(process).await;

    setup.set("DATA_KEYS", &key(2));
    let process = setup.start().await;
    shows_an_address(&process, 3).await;
    stop(process).await;

    // Too early, or the wrong way round: nothing is served with keys that do not open what is stored.
    setup.set("DATA_KEYS", &key(1));
    let (status, said) = setup.refused().await;
    assert!(!status.success() && said.contains("wrapped under master key 2, which the ring does not have"), "{said}");
    says(&setup, &["keys", "list"], false, &["master key 2: 2 data keys, MISSING"]);
    says(&setup, &["keys", "rotate"], false, &["master key 2"]);
    doctor_says(&setup, "wrapped under master key 2");
    assert!(!said.contains(&key(1)[2..]) && !said.contains(&key(2)[2..]), "a key in the log");
}

#[actix_web::test]
async fn the_embedded_mode_keeps_its_keys_in_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let setup = Setup::embedded(folder.path());
    let process = setup.start().await;
    add(&process, 3).await;
    stop(process).await;
    let (file, aside) = (folder.path().join(KEY_FILE), folder.path().join("aside"));
    std::fs::rename(&file, &aside).unwrap();
    doctor_says(&setup, "there are no data keys");
    let (status, said) = setup.refused().await;
    assert!(!status.success() && said.contains("does not open under master key 1"), "{said}");
    std::fs::rename(&aside, &file).unwrap();
    let process = setup.start().await;
    shows_an_address(&process, 3).await;
    stop(process).await;
}
