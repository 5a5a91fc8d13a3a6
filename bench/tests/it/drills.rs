//! The drills on the real server, as small as they still mean something: more rounds by hand (docs/BENCHMARKS.md).

use std::path::PathBuf;
use std::process::Command;

/// Cargo puts the server beside this binary's folder, since the workspace's own tests need it too.
fn server() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let server = tests.ancestors().nth(2).unwrap().join("mallcore");
    assert!(server.exists(), "{} is missing: `cargo build -p mallcore` first, or test the whole workspace", server.display());
    server
}

fn holds(arguments: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let mut drill = Command::new(env!("CARGO_BIN_EXE_mall-bench"));
    drill.arg("drill").args(arguments).arg("--server").arg(server()).arg("--folder").arg(folder.path());
    let output = drill.output().unwrap();
    if !output.status.success() {
        // What the drill kept to look into, it kept in here.
        let _ = folder.keep();
    }
    let (said, failed) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}\n{failed}");
}

#[test]
fn kill_nine_loses_no_receipt() {
    holds(&["kill9", "--rounds", "3", "--users", "2000", "--stock", "500"]);
}

#[test]
fn clients_that_hang_up_leave_nothing_held() {
    holds(&["hangup", "--clients", "1000", "--stock", "500", "--pay-window", "2"]);
}

#[test]
fn a_database_put_back_to_a_backup_catches_up() {
    holds(&["restore", "--orders", "300", "--rate", "300", "--users", "1000", "--connections", "16"]);
}

#[test]
fn a_database_that_was_away_catches_up_in_order() {
    holds(&["catchup", "--records", "5000", "--rate-min", "0", "--users", "1000", "--connections", "32"]);
}

#[test]
fn every_payment_counts_once_and_the_ledgers_agree() {
    holds(&["payments", "--orders", "100", "--pay-window", "10", "--late-percent", "10"]);
}

#[test]
fn kill_nine_loses_no_receipt_and_no_event_in_full_mode() {
    holds(&["kill9", "--full", "--rounds", "1", "--users", "1000", "--stock", "300"]);
}

#[test]
fn a_sale_outlives_its_servers_stopped_and_cut_off() {
    let short =
        ["--seconds", "3", "--between", "2", "--rate", "200", "--share-min", "0", "--users", "1000", "--limit", "2", "--connections", "16"];
    holds(&[&["outage", "--ways", "stopped,hanging", "--only-all"], short.as_slice()].concat());
}
