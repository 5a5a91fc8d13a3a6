//! The commands of the binary: what they make and what they never make, and how they end.

use std::ffi::OsStr;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use mallcore::platform::database::Settings;

use crate::database::scratch;
use crate::redis::server::free_port;

/// Outlasts a machine that is busy with something else.
const PATIENCE: Duration = Duration::from_secs(120);

/// The binary on this data folder, embedded unless something else is set. Its budget is small: `doctor` fails on a disk with less room than the
/// budget, and the disk of a test machine may be nearly full.
fn mallcore(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mallcore"));
    command
        .args(arguments)
        .env_clear()
        .env("DATA_DIR", folder)
        .env("JOURNAL_BUDGET_BYTES", "268435456")
        .env("ADMIN_PASSWORD_COST", "4")
        .stdin(Stdio::null());
    command
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    mallcore(folder, arguments).output().unwrap()
}

#[track_caller]
fn succeeds(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Ends with 1 and says these words on standard error.
#[track_caller]
fn refuses(mut command: Command, words: &str) {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{command:?}: {said}");
    assert!(said.contains(words), "{command:?}: {said}");
}

fn seeded() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    succeeds(folder.path(), &["seed-demo"]);
    folder
}

fn sale<'a>(starts_at: &'a str, ends_at: &'a str) -> Vec<&'a str> {
    let sale = ["seckill", "create", "--name", "夜场", "--sku", "20", "--quota", "1", "--price-fen", "100"];
    [&sale[..], &["--starts-at", starts_at, "--ends-at", ends_at]].concat()
}

const LOOKING: [&[&str]; 12] = [
    &["reconcile"],
    &["product", "show", "1"],
    &["product", "adjust-stock", "1", "--by", "1", "--reason", "x"],
    &["seckill", "list"],
    &["outbox", "list"],
    &["admin", "list"],
    &["admin", "create", "--username", "root", "--role", "super_admin"],
    &["keys", "list"],
    &["keys", "rotate"],
    &["token", "--users", "1"],
    &["journal", "verify"],
    &["journal", "inspect"],
];

#[test]
fn a_command_in_the_wrong_folder_makes_no_shop() {
    let parent = tempfile::tempdir().unwrap();
    let [missing, empty] = ["missing", "empty"].map(|name| parent.path().join(name));
    std::fs::create_dir(&empty).unwrap();
    for folder in [&missing, &empty] {
        for arguments in LOOKING {
            refuses(mallcore(folder, arguments), folder.to_str().unwrap());
        }
        refuses(mallcore(folder, &sale("now", "2999-01-01T00:00:00Z")), "there is no shop");
        let report = succeeds(folder, &["doctor", "--orders-per-second", "1"]);
        assert!(report.contains("there is no shop in this folder yet"), "{report}");
    }
    assert!(!missing.exists());
    assert_eq!(std::fs::read_dir(&empty).unwrap().count(), 0);
}

#[test]
fn a_shop_that_was_made_by_migrate_or_seed_demo_is_found() {
    for maker in ["migrate", "seed-demo"] {
        let folder = tempfile::tempdir().unwrap();
        succeeds(folder.path(), &[maker]);
        assert!(succeeds(folder.path(), &["reconcile"]).contains("0 differences"));
        assert_eq!(succeeds(folder.path(), &["token", "--users", "1-3"]).lines().count(), 3);
    }
}

#[test]
fn the_demo_shop_gets_one_administrator_whose_password_is_shown_once() {
    let folder = tempfile::tempdir().unwrap();
    let said = succeeds(folder.path(), &["seed-demo"]);
    assert!(said.contains("administrator admin\npassword "), "{said}");
    assert!(succeeds(folder.path(), &["admin", "list"]).starts_with("admin on, roles super_admin, last log-in never"));
    assert!(succeeds(folder.path(), &["admin", "role", "list"]).contains("customer_service 客服: 8 permissions"));
    // One's own password comes by standard input, and is not shown.
    let create = ["admin", "create", "--username", "Root", "--role", "super_admin", "--password-stdin"];
    let mut command = mallcore(folder.path(), &create);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"correct horse battery\n").unwrap();
    let said = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    assert!(said.contains("root with the role super_admin") && !said.contains("password"), "{said}");
    refuses(mallcore(folder.path(), &create), "12 characters or more");
    refuses(mallcore(folder.path(), &["admin", "disable", "nobody"]), "there is no administrator \"nobody\"");
}

#[tokio::test]
async fn a_command_on_an_empty_or_older_schema_migrates_nothing() {
    let (scratch, folder) = (scratch::mysql().await, tempfile::tempdir().unwrap());
    let Settings::MySql(server) = scratch.settings.clone() else { panic!("a server is wanted") };
    let command = |arguments: &[&str]| {
        let mut command = mallcore(folder.path(), arguments);
        command.env("APP_ENV", "testing").env("CONFIG_DIR", concat!(env!("CARGO_MANIFEST_DIR"), "/config/environments"));
        command.env("DB_HOST", &server.host).env("DB_PORT", server.port.to_string()).env("DB_USERNAME", &server.user);
        command.env("DB_PASSWORD", &server.password).env("DB_DATABASE", server.database.as_deref().unwrap());
        command
    };
    let change = async |text: &str| {
        let mut tx = scratch.database.begin().await.unwrap();
        tx.execute(text.to_owned(), Vec::new()).await.unwrap();
        tx.commit().await.unwrap();
    };
    change("UPDATE _sqlx_migrations SET version = 9999 WHERE version = 21").await;
    refuses(command(&["reconcile"]), "(steps 21): run `mallcore migrate`");
    change("DELETE FROM _sqlx_migrations").await;
    refuses(command(&["outbox", "list"]), "there is no shop in mysql://");
    assert_eq!(scratch.database.migrations().await.unwrap().applied, 0);
}

#[test]
fn a_reader_who_stops_reading_ends_a_command_quietly() {
    let folder = seeded();
    let commands: [&[&str]; 8] = [
        &["config", "check"],
        &["config", "list"],
        &["doctor"],
        &["seckill", "list"],
        &["product", "show", "1"],
        &["outbox", "list"],
        &["reconcile"],
        &["token", "--users", "1-1000000000"],
    ];
    for arguments in commands {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = mallcore(folder.path(), arguments).stdout(writer).output().unwrap();
        assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""), "{arguments:?}");
    }
}

#[test]
fn a_full_disk_under_the_output_is_told() {
    let folder = seeded();
    let full = || std::fs::File::options().write(true).open("/dev/full").unwrap();
    let mut command = mallcore(folder.path(), &["seckill", "list"]);
    command.stdout(full());
    refuses(command, "the output cannot be written");
}

#[test]
fn a_failure_that_nobody_reads_keeps_its_status() {
    let folder = tempfile::tempdir().unwrap();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let status = mallcore(folder.path(), &["reconcile"]).stdout(writer.try_clone().unwrap()).stderr(writer).status().unwrap();
    assert_eq!(status.code(), Some(1));
}

#[tokio::test]
async fn a_server_whose_output_nobody_reads_serves() {
    let folder = tempfile::tempdir().unwrap();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let port = free_port();
    let mut command = mallcore(folder.path(), &["serve"]);
    command.env("PORT", port.to_string()).env("METRICS_PORT", "0").env("LOG_LEVEL", "debug");
    let mut server = command.stdout(writer.try_clone().unwrap()).stderr(writer).spawn().unwrap();
    let begin = Instant::now();
    loop {
        assert_eq!(server.try_wait().unwrap(), None);
        let answer = crate::client().get(format!("http://127.0.0.1:{port}/health/ready")).send().await;
        if answer.is_ok_and(|answer| answer.status().is_success()) {
            break;
        }
        assert!(begin.elapsed() < PATIENCE, "it does not serve");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let stopped = Command::new("kill").arg(server.id().to_string()).status().unwrap();
    assert!(stopped.success());
    assert_eq!(server.wait().unwrap().code(), Some(0));
}

#[test]
fn a_sale_is_planned_for_hours_that_come() {
    let folder = seeded();
    for (starts_at, ends_at, words) in [
        ("2020-01-01T10:00:00+08:00", "2999-01-01T10:00:00+08:00", "--starts-at: 2020-01-01T02:00:00.000Z is in the past"),
        ("2020-01-01T10:00:00+08:00", "2999-01-01T10:00:00+08:00", "`--starts-at now` starts the sale at once"),
        ("now", "2020-01-01T10:00:00+08:00", "--ends-at: 2020-01-01T02:00:00.000Z is in the past"),
        ("2999-01-02T10:00:00Z", "2999-01-01T10:00:00Z", "a sale ends after it starts"),
    ] {
        refuses(mallcore(folder.path(), &sale(starts_at, ends_at)), words);
    }
    assert_eq!(succeeds(folder.path(), &["seckill", "list"]).matches("夜场").count(), 0);
    succeeds(folder.path(), &sale("now", "2999-01-01T10:00:00+08:00"));
    succeeds(folder.path(), &sale("2998-01-01T10:00:00+08:00", "2999-01-01T10:00:00+08:00"));
    assert_eq!(succeeds(folder.path(), &["seckill", "list"]).matches("夜场").count(), 2);
}

#[test]
fn a_time_without_its_zone_is_told_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &sale("2999-01-01T10:00:00", "2999-01-01T12:00:00Z"));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("it has no zone; a time with its zone such as"), "{said}");
}

#[test]
fn a_variable_that_is_no_text_is_a_fault_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    for (variable, words) in
        [("DATA_DIR", "DATA_DIR: is not UTF-8"), ("APP_ENV", "APP_ENV: is not UTF-8"), ("JWT_SECRET", "JWT_SECRET: is not UTF-8")]
    {
        let mut command = mallcore(folder.path(), &["config", "check"]);
        command.env(variable, OsStr::from_bytes(b"/data/\xff"));
        refuses(command, words);
    }
}

#[test]
fn a_mode_that_a_shell_chose_is_told_with_its_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = mallcore(folder.path(), &["config", "check"]);
    command.env("NODE_ENV", "development").current_dir(folder.path());
    refuses(command, "NODE_ENV: is development, whose file config/environments/development.env cannot be read");
    let mut command = mallcore(folder.path(), &["reconcile"]);
    command.env("NODE_ENV", "development").env("CONFIG_DIR", concat!(env!("CARGO_MANIFEST_DIR"), "/config/environments"));
    command.env("DB_PORT", free_port().to_string());
    refuses(command, "set APP_ENV=embedded");
    let mut command = mallcore(folder.path(), &["config", "check"]);
    assert!(command.env("NODE_ENV", "development").env("APP_ENV", "embedded").output().unwrap().status.success());
}

#[test]
fn an_address_that_is_not_this_machines_is_told_by_its_variable() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = mallcore(folder.path(), &["serve"]);
    // Kept for documents: no machine has it.
    command.env("HOST", "203.0.113.1").env("PORT", "0").env("METRICS_PORT", "0");
    refuses(command, "cannot listen on HOST \"203.0.113.1\" with METRICS_PORT 0");
}
