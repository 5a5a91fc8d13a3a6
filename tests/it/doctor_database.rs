//! `mallcore doctor` where the database answers and cannot be written, and where a running server stands still.

use std::time::{SystemTime, UNIX_EPOCH};

use mallcore::demo::seed::{SeedOptions, seed};
use mallcore::doctor::{Outcome, Report, examine};
use mallcore::platform::database::{Connections, Database, MySqlServer, Settings};
use mallcore_actors::time::Timestamp;

use crate::database::private::Private;
use crate::database::scratch::{self, Scratch};
use crate::database::waiting::{run, stranger};
use crate::doctor::{fails, with_database};
use crate::recovery::process::Setup;
use crate::redis::server::free_port;

fn shared(scratch: &Scratch) -> &MySqlServer {
    let Settings::MySql(server) = &scratch.settings else { unreachable!("it is MySQL") };
    server
}

fn outcome(report: &Report, part: &str, check: &str) -> Option<(Outcome, String, String)> {
    let finding = report.findings.iter().find(|finding| finding.part == part && finding.check == check)?;
    Some((finding.outcome, finding.seen.clone(), finding.remedy.clone().unwrap_or_default()))
}

async fn statement(database: &Database, text: String) -> Result<u64, mallcore::platform::database::Error> {
    let mut tx = database.begin().await?;
    let done = tx.execute(text, Vec::new()).await?;
    tx.commit().await?;
    Ok(done)
}

#[tokio::test]
async fn a_database_that_is_read_only_or_full_is_told() {
    let server = Private::start(&["--innodb-file-per-table=0", "--innodb-data-file-path=ibdata1:24M"]).await;
    let (database, folder) = (server.settings().connect(Connections::READ).await.unwrap(), tempfile::tempdir().unwrap());
    database.migrate().await.unwrap();
    let config = with_database(folder.path(), &server.server());
    let well = examine(&config, 100).await;
    assert_eq!(outcome(&well, "database", "writing").map(|found| found.0), Some(Outcome::Pass), "{well}");
    assert_eq!(statement(&database, "DELETE FROM outbox".to_owned()).await.unwrap(), 0, "what was tried is undone");

    server.run("SET GLOBAL read_only = ON").await;
    fails(&examine(&config, 100).await, "database", "writing", "read_only = OFF");
    server.run("SET GLOBAL read_only = OFF").await;

    let filler = "INSERT INTO admin_operation_logs (admin_id, username, module, operation, method, url, request_params) VALUES (1, 'u', 'm', 'o', 'GET', '/', REPEAT('x', 60000))";
    let full = loop {
        if let Err(full) = statement(&database, filler.to_owned()).await {
            break full;
        }
    };
    assert!(full.is_transient(), "{full}");
    fails(&examine(&config, 100).await, "database", "writing", "make room");
}

#[tokio::test]
async fn tables_and_rows_that_somebody_has_locked_are_told() {
    let (scratch, folder) = (scratch::mysql().await, tempfile::tempdir().unwrap());
    let config = with_database(folder.path(), shared(&scratch));
    statement(
        &scratch.database,
        "INSERT INTO projection_checkpoints (name, journal_uuid, epoch, sequence, updated_at) VALUES ('database', 'j', 1, 0, '2026-01-01 00:00:00')".to_owned(),
    )
    .await
    .unwrap();
    let mut holder = stranger(&scratch).await;
    // Everybody may still read.
    for locked in ["LOCK TABLES products READ", "START TRANSACTION; UPDATE projection_checkpoints SET epoch = 2"] {
        run(&mut holder, locked).await;
        fails(&examine(&config, 100).await, "database", "writing", "KILL");
        run(&mut holder, "ROLLBACK; UNLOCK TABLES").await;
    }
    let free = examine(&config, 100).await;
    assert_eq!(outcome(&free, "database", "writing").map(|found| found.0), Some(Outcome::Pass), "{free}");
}

#[tokio::test]
async fn settings_that_the_statements_do_not_go_with_are_told() {
    let server = Private::start(&["--log-bin=log", "--binlog-format=ROW", "--sql-mode=ORACLE"]).await;
    let (database, folder) = (server.settings().connect(Connections::READ).await.unwrap(), tempfile::tempdir().unwrap());
    database.migrate().await.unwrap();
    let config = with_database(folder.path(), &server.server());
    let report = examine(&config, 100).await;
    let (oracle, seen, remedy) = outcome(&report, "database", "sql_mode").unwrap();
    assert!(oracle == Outcome::Warn && seen.contains("ORACLE") && remedy.contains("set sql_mode"), "{report}");
    server.run("SET GLOBAL binlog_format = STATEMENT").await;
    fails(&examine(&config, 100).await, "database", "binlog_format", "set binlog_format=ROW");
    // A start names it too.
    let setup = Setup::with_database(folder.path(), &server.server());
    let (status, log) = setup.refused().await;
    assert_eq!(status.code(), Some(1));
    assert!(log.contains("binlog_format=STATEMENT") && log.contains("set binlog_format=ROW"), "{log}");
}

#[tokio::test]
async fn a_running_server_whose_projection_has_halted_is_told() {
    let (scratch, folder) = (scratch::mysql().await, tempfile::tempdir().unwrap());
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let options = SeedOptions { flash_stock: 40, flash_limit: 2, flash_items: 1, sale_seconds: 3_600, ..SeedOptions::default() };
    seed(&scratch.database, options, Timestamp::from_millis(now.as_millis() as u64)).await.unwrap();
    let mut config = with_database(folder.path(), shared(&scratch));
    config.http.port = free_port();
    let mut setup = Setup::with_database(folder.path(), shared(&scratch));
    setup.set("PORT", &config.http.port.to_string()).set("HOST", "0.0.0.0");
    let mut process = setup.start().await;
    process.base = format!("http://127.0.0.1:{}/v1", config.http.port);
    process.until("it follows", async || process.detail("database").await.starts_with("Following, 0 records behind")).await;
    config.http.host = "0.0.0.0".to_owned();
    let well = examine(&config, 100).await;
    assert_eq!(well.findings.iter().filter(|finding| finding.part == "server" && finding.outcome == Outcome::Fail).count(), 0, "{well}");
    // Somebody has counted pieces away: the next order does not fit.
    statement(&scratch.database, "UPDATE seckill_items SET remaining = 0".to_owned()).await.unwrap();
    process.buy(1, "key-1").await;
    process.until("it has halted", async || process.detail("database").await.starts_with("Halted")).await;
    fails(&examine(&config, 100).await, "server", "database", "OPERATIONS.md");
    process.kill();
    let stopped = examine(&config, 100).await;
    assert_eq!(outcome(&stopped, "server", "database"), None, "{stopped}");
}
