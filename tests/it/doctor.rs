//! `mallcore doctor` against servers and folders that are well, and against each way of not being so.

use std::path::Path;
use std::process::{Command, Output};

use mallcore::doctor::{Finding, Outcome, Report, examine};
use mallcore::platform::config::{self, Config, Mode, Secret};
use mallcore::platform::database::{MySqlServer, Settings};
use serde_json::Value;

use crate::database::scratch::{self, Scratch};
use crate::redis::server::{Server, free_port, settings};

const BROKER: &str = "amqp://guest:guest@127.0.0.1:5672/%2f";

/// This database, and no other server.
pub fn with_database(folder: &Path, server: &MySqlServer) -> Config {
    let mut config = Config::embedded(folder).unwrap();
    config.mode = Mode::Testing;
    config.journal.budget_bytes = 512 << 20;
    config.http.connections_max = 100;
    config.database = Some(config::Database {
        host: server.host.clone(),
        port: server.port,
        username: server.user.clone(),
        password: Some(Secret::new(server.password.clone())).filter(|password| !password.expose().is_empty()),
        name: server.database.clone().unwrap(),
        tls: false,
        tls_ca_file: None,
    });
    config
}

/// Full mode over this schema and this Redis; the broker is the machine's.
fn config(folder: &Path, scratch: &Scratch, redis: config::Redis) -> Config {
    let Settings::MySql(server) = &scratch.settings else { panic!("a server is wanted") };
    let mut config = with_database(folder, server);
    config.redis = Some(redis);
    config.broker = Some(config::Broker {
        url: Secret::new(std::env::var("RABBITMQ_URL").unwrap_or_else(|_| BROKER.to_owned())),
        exchange: "mall.events".to_owned(),
    });
    config
}

/// Of a shop that has this broker and no other server.
pub async fn broker_report(url: &str, exchange: &str) -> Report {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::embedded(folder.path()).unwrap();
    config.mode = Mode::Testing;
    config.broker = Some(config::Broker { url: Secret::new(url), exchange: exchange.to_owned() });
    examine(&config, 100).await
}

pub fn found<'a>(report: &'a Report, part: &str, check: &str) -> &'a Finding {
    let finding = report.findings.iter().find(|finding| finding.part == part && finding.check == check);
    finding.unwrap_or_else(|| panic!("{part}, {check} in {report}"))
}

/// Fails, and says a remedy with these words.
#[track_caller]
pub fn fails(report: &Report, part: &str, check: &str, words: &str) {
    let finding = found(report, part, check);
    assert_eq!(finding.outcome, Outcome::Fail, "{report}");
    assert!(finding.remedy.as_ref().is_some_and(|remedy| remedy.contains(words)), "{finding:?}");
    assert_eq!(report.status, Outcome::Fail);
    assert_ne!(report.failures(), 0, "{report}");
}

#[tokio::test]
async fn a_healthy_set_up_passes_and_nothing_is_left_behind() {
    let (server, scratch, folder) = (Server::start().await, scratch::mysql().await, tempfile::tempdir().unwrap());
    let report = examine(&config(folder.path(), &scratch, server.settings()), 100).await;
    assert_eq!(report.failures(), 0, "{report}");
    for (part, check) in [
        ("database", "version"),
        ("database", "charset"),
        ("database", "isolation"),
        ("database", "time zone"),
        ("database", "clock"),
        ("database", "schema"),
        ("redis", "version"),
        ("redis", "latency"),
        ("redis", "writes"),
        ("redis", "clock"),
        ("broker", "log-in"),
        ("broker", "may publish"),
        ("broker", "alarm"),
        ("machine", "open files"),
        ("disk", "room"),
        ("lag budget", "journal"),
    ] {
        assert_ne!(found(&report, part, check).outcome, Outcome::Fail, "{report}");
    }
    assert_eq!(found(&report, "database", "schema").outcome, Outcome::Pass);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn servers_that_are_not_there_are_named() {
    let (scratch, folder) = (scratch::mysql().await, tempfile::tempdir().unwrap());
    let mut config = config(folder.path(), &scratch, settings(free_port()));
    config.database.as_mut().unwrap().port = free_port();
    config.broker.as_mut().unwrap().url = Secret::new(format!("amqp://guest:guest@127.0.0.1:{}/%2f", free_port()));
    let report = examine(&config, 100).await;
    fails(&report, "database", "reachable", "DB_HOST and DB_PORT");
    fails(&report, "redis", "reachable", "sales go on");
    fails(&report, "broker", "reachable", "RABBITMQ_URL");
}

#[tokio::test]
async fn redis_that_refuses_writes_is_told_with_the_remedy() {
    let (scratch, folder) = (scratch::mysql().await, tempfile::tempdir().unwrap());
    for (command, words) in [
        (format!("REPLICAOF 127.0.0.1 {}", free_port()), "set REDIS_HOST and REDIS_PORT to the primary"),
        ("CONFIG SET maxmemory 1".to_owned(), "raise maxmemory"),
        ("ACL SETUSER default resetkeys ~limit:*".to_owned(), "@string"),
    ] {
        let server = Server::start().await;
        server.told(&command).await;
        fails(&examine(&config(folder.path(), &scratch, server.settings()), 100).await, "redis", "writes", words);
    }
}

#[tokio::test]
async fn an_account_of_redis_with_the_rights_that_the_remedy_names_is_enough() {
    let (scratch, folder, server) = (scratch::mysql().await, tempfile::tempdir().unwrap(), Server::start().await);
    server
        .told(
            "ACL SETUSER shop on >secret -@all +@string +@hash +@sortedset +@scripting +@pubsub +ping +select +info +time +del +pexpire \
             +pttl ~limit:* ~session:* ~admin_session* ~admin_permissions:* ~admin_tries:* ~captcha:* ~product:* ~cart:* ~sms:* ~hot_products ~banners:* ~banner_products:* ~banner_clicks:* \
             ~discount_zone_products ~hot_zone_products ~homepage_zones &token_revocations",
        )
        .await;
    let account = config::Redis { username: Some("shop".to_owned()), password: Some(Secret::new("secret")), ..server.settings() };
    let report = examine(&config(folder.path(), &scratch, account), 100).await;
    for check in ["writes", "version", "clock"] {
        assert_eq!(found(&report, "redis", check).outcome, Outcome::Pass, "{report}");
    }
}

#[tokio::test]
async fn wrong_passwords_are_told_from_servers_that_are_away() {
    let (server, scratch, folder) = (Server::with_tls().await, scratch::mysql().await, tempfile::tempdir().unwrap());
    mallcore::platform::tls::install_provider();
    let mut config = config(folder.path(), &scratch, server.settings_with_tls());
    assert_eq!(found(&examine(&config, 100).await, "redis", "TLS").seen, "yes, its certificate is checked");
    config.database.as_mut().unwrap().username = "nobody_at_all".to_owned();
    config.database.as_mut().unwrap().password = Some(Secret::new("wrong"));
    config.redis.as_mut().unwrap().password = Some(Secret::new("wrong"));
    let url = std::env::var("RABBITMQ_URL").unwrap_or_else(|_| BROKER.to_owned());
    let (_, host) = url.rsplit_once('@').unwrap();
    config.broker.as_mut().unwrap().url = Secret::new(format!("amqp://guest:wrong-password@{host}"));
    let report = examine(&config, 100).await;
    fails(&report, "database", "log-in", "DB_PASSWORD");
    fails(&report, "redis", "log-in", "REDIS_PASSWORD");
    fails(&report, "broker", "log-in", "password");
    assert!(!report.to_string().contains("wrong-password"), "{report}");
}

#[tokio::test]
async fn tls_that_is_wanted_and_not_there_is_told() {
    mallcore::platform::tls::install_provider();
    let (server, scratch, folder) = (Server::start().await, scratch::mysql().await, tempfile::tempdir().unwrap());
    let mut config = config(folder.path(), &scratch, server.settings());
    config.redis.as_mut().unwrap().tls = true;
    fails(&examine(&config, 100).await, "redis", "log-in", "REDIS_TLS_CA_FILE");
    config.redis.as_mut().unwrap().tls_ca_file = Some("/nowhere/ca.pem".into());
    fails(&examine(&config, 100).await, "redis", "settings", "REDIS_TLS_CA_FILE");
}

#[tokio::test]
async fn a_schema_that_lacks_a_step_has_one_too_many_or_another_text_is_told() {
    let (server, scratch, folder) = (Server::start().await, scratch::mysql().await, tempfile::tempdir().unwrap());
    let config = config(folder.path(), &scratch, server.settings());
    let run = async |text: &str| {
        let mut tx = scratch.database.begin().await.unwrap();
        tx.execute(text.to_owned(), Vec::new()).await.unwrap();
        tx.commit().await.unwrap();
    };
    run("UPDATE _sqlx_migrations SET version = 9999 WHERE version = 21").await;
    let report = examine(&config, 100).await;
    fails(&report, "database", "schema", "mallcore migrate");
    assert!(found(&report, "database", "schema").seen.ends_with("missing: 21"), "{report}");
    run("UPDATE _sqlx_migrations SET version = 21 WHERE version = 9999").await;
    run("INSERT INTO _sqlx_migrations SELECT 9999, 'later', installed_on, success, checksum, 0 FROM _sqlx_migrations WHERE version = 21")
        .await;
    let newer = examine(&config, 100).await;
    assert_eq!(found(&newer, "database", "schema").outcome, Outcome::Warn, "{newer}");
    run("UPDATE _sqlx_migrations SET checksum = '0123' WHERE version = 20").await;
    fails(&examine(&config, 100).await, "database", "schema", "the release that wrote it");
}

#[tokio::test]
async fn a_schema_of_another_charset_is_told() {
    let (server, scratch, folder) = (Server::start().await, scratch::mysql().await, tempfile::tempdir().unwrap());
    let config = config(folder.path(), &scratch, server.settings());
    let mut tx = scratch.database.begin().await.unwrap();
    tx.execute(format!("ALTER DATABASE {} CHARACTER SET latin1", config.database.as_ref().unwrap().name), Vec::new()).await.unwrap();
    tx.commit().await.unwrap();
    fails(&examine(&config, 100).await, "database", "charset", "utf8mb4");
}

#[tokio::test]
async fn a_database_that_follows_another_journal_is_told() {
    let (server, scratch, folder) = (Server::start().await, scratch::mysql().await, tempfile::tempdir().unwrap());
    let config = config(folder.path(), &scratch, server.settings());
    let mut tx = scratch.database.begin().await.unwrap();
    let text = "INSERT INTO projection_checkpoints (name, journal_uuid, epoch, sequence, updated_at) \
         VALUES ('database', '00000000-0000-0000-0000-000000000007', 3, 12, '2026-01-01 00:00:00')";
    tx.execute(text, Vec::new()).await.unwrap();
    tx.commit().await.unwrap();
    fails(&examine(&config, 100).await, "journal", "belongs", "DATA_DIR");
}

/// The binary, embedded, with these variables and this much of a limit of files.
fn mallcore(folder: &Path, files: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(format!("ulimit -n {files} && exec \"$0\" doctor \"$@\"")).arg(env!("CARGO_BIN_EXE_mallcore")).args(arguments);
    shell.env_clear().env("DATA_DIR", folder).env("JOURNAL_BUDGET_BYTES", "536870912").env("HTTP_CONNECTIONS_MAX", "100");
    shell.envs(variables.iter().copied()).output().unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"))
}

#[test]
fn the_command_ends_with_the_status_of_its_checks() {
    let folder = tempfile::tempdir().unwrap();
    let well = mallcore(folder.path(), "400", &["--json"], &[]);
    assert!(well.status.success(), "{well:?}");
    assert_ne!(json(&well)["status"], "fail");
    assert_eq!(json(&well)["mode"], "embedded");

    let few = mallcore(folder.path(), "300", &["--json"], &[]);
    assert!(!few.status.success());
    let findings = json(&few)["findings"].clone();
    let files = findings.as_array().unwrap().iter().find(|finding| finding["check"] == "open files").unwrap();
    assert_eq!(files["outcome"], "fail");
    assert!(files["remedy"].as_str().unwrap().contains("LimitNOFILE=356"), "{files}");
}

#[test]
fn every_fault_of_the_configuration_is_a_finding() {
    let folder = tempfile::tempdir().unwrap();
    let output = mallcore(folder.path(), "400", &[], &[("PORT", "web"), ("HTTP_WORKERS", "0")]);
    assert!(!output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("FAIL  configuration PORT") && text.contains("FAIL  configuration HTTP_WORKERS"), "{text}");
    assert!(text.contains("2 failed"), "{text}");
}

#[test]
fn a_data_folder_that_cannot_be_written_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    // Nobody, not even root, writes into the folder of processes.
    let output = mallcore(Path::new("/proc/nothing"), "400", &["--json"], &[]);
    assert!(!output.status.success());
    let findings = json(&output)["findings"].clone();
    let writable = findings.as_array().unwrap().iter().find(|finding| finding["check"] == "writable").unwrap();
    assert!(writable["remedy"].as_str().unwrap().contains("DATA_DIR"), "{writable}");
}
