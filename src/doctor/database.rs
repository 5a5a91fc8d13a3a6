//! The database: reachable, ours, with this release's schema, and in the session that the projection counts on.

use std::time::Instant;

use tokio::time::timeout;

use super::Finding;
use super::net::{WITHIN, clock, is_local, millis, reach, told, wall_millis};
use crate::platform::config::Config;
use crate::platform::database::{Connections, Database, Engine, Error, Settings, Tx};
use crate::platform::projection;

mod write;

const PART: &str = "database";

/// Which journal the database follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Attached {
    pub journal_uuid: String,
    pub epoch: u64,
    pub sequence: u64,
}

pub(super) async fn check(config: &Config) -> (Vec<Finding>, Option<Attached>) {
    let settings = crate::shop::database(config);
    match &settings {
        Settings::Sqlite(path) if !path.exists() => {
            let seen = format!("{} does not exist: there is no shop in this folder yet", path.display());
            let remedy = "set DATA_DIR to the shop's folder; the first `mallcore serve` makes a new shop where there is none";
            return (vec![Finding::warn(PART, "file", seen, remedy)], None);
        }
        Settings::Sqlite(_) => {}
        Settings::MySql(server) => {
            if let Err(away) = reach(PART, "DB_HOST and DB_PORT", &server.host, server.port).await {
                return (vec![away], None);
            }
        }
    }
    let connections = Connections { max: 1, wait_max: WITHIN * 3 / 4, statement_max: Some(WITHIN), ..Connections::READ };
    let connected = timeout(WITHIN, settings.connect_existing(connections)).await;
    let database = match connected {
        Ok(Ok(database)) => database,
        Ok(Err(error)) => return (vec![refused(config, &error)], None),
        Err(_) => {
            let remedy = "look at the server's load and its error log; with DB_TLS=true it may also not speak TLS";
            return (vec![Finding::fail(PART, "log-in", format!("no answer within {} s", WITHIN.as_secs()), remedy)], None);
        }
    };
    let mut findings = Vec::new();
    let attached = match timeout(WITHIN * 3, questions(config, &database, &mut findings)).await {
        Ok(Ok(attached)) => attached,
        Ok(Err(error)) => {
            findings.push(Finding::fail(PART, "questions", told(&error), "look at the server's error log, and at the account's rights"));
            None
        }
        Err(_) => {
            findings.push(Finding::fail(PART, "questions", "no answer in time", "look at the server's load and at what holds locks"));
            None
        }
    };
    if findings.iter().any(|finding| finding.check == "schema" && finding.outcome != super::Outcome::Fail) {
        findings.push(match timeout(WITHIN * 3, write::attempt(&database)).await {
            Ok(finding) => finding,
            Err(_) => write::refused("no answer in time"),
        });
    }
    // What was given up ends with its socket.
    let _ = timeout(WITHIN, database.close()).await;
    (findings, attached)
}

fn refused(config: &Config, error: &Error) -> Finding {
    let text = told(error);
    let remedy = match &config.database {
        None => "see whether the file belongs to this account and is a SQLite database".to_owned(),
        // Numbers of MySQL's errors: access denied for a user, for a schema; unknown schema.
        Some(_) if text.contains("1045") || text.contains("Access denied") => {
            "set DB_USERNAME and DB_PASSWORD to an account of the server that may use the schema (database/environments/*.sql makes one)"
                .to_owned()
        }
        Some(server) if text.contains("1049") || text.contains("Unknown database") => {
            format!("create the schema {} (database/environments/*.sql), or set DB_DATABASE right", server.name)
        }
        Some(server) if server.tls => {
            "see whether the server speaks TLS, its certificate bears DB_HOST, and DB_TLS_CA_FILE holds who signed it".to_owned()
        }
        Some(_) => "see the server's error log; a server that demands TLS needs DB_TLS=true".to_owned(),
    };
    Finding::fail(PART, "log-in", text, remedy)
}

async fn questions(config: &Config, database: &Database, findings: &mut Vec<Finding>) -> Result<Option<Attached>, Error> {
    let mut tx = database.snapshot().await?;
    let began = Instant::now();
    let question = if tx.engine() == Engine::Sqlite { "SELECT sqlite_version()" } else { "SELECT VERSION()" };
    let version = text(&mut tx, question).await?;
    findings.push(Finding::pass(PART, "version", format!("{version}, answers in {}", millis(began.elapsed()))));
    if tx.engine() == Engine::MySql {
        encryption(config, &mut tx, findings).await?;
        session(&mut tx, findings).await?;
        let before = wall_millis();
        let row = tx.first("SELECT CAST(UNIX_TIMESTAMP(CURRENT_TIMESTAMP(3)) * 1000 AS SIGNED)", Vec::new()).await?;
        if let Some(row) = row {
            findings.push(clock(PART, before, row.count(0)?, wall_millis()));
        }
    }
    tx.commit().await?;
    match database.check_fitness().await {
        Ok(()) => {}
        Err(Error::Unfit { setting, found, remedy }) => findings.push(Finding::fail(PART, setting, found, remedy)),
        Err(error) => return Err(error),
    }
    let schema = schema(database).await?;
    let is_there = schema.outcome != super::Outcome::Fail;
    findings.push(schema);
    if !is_there {
        return Ok(None);
    }
    findings.push(super::vault::check(config, database).await?);
    let mut tx = database.snapshot().await?;
    let row =
        tx.first("SELECT journal_uuid, epoch, sequence FROM projection_checkpoints WHERE name = ?", vec![projection::NAME.into()]).await?;
    row.map(|row| Ok(Attached { journal_uuid: row.text(0)?, epoch: row.count(1)?, sequence: row.count(2)? })).transpose()
}

async fn text(tx: &mut Tx, question: &'static str) -> Result<String, Error> {
    tx.first(question, Vec::new()).await?.map_or_else(|| Ok(String::new()), |row| row.text(0))
}

async fn encryption(config: &Config, tx: &mut Tx, findings: &mut Vec<Finding>) -> Result<(), Error> {
    let row = tx.first("SHOW SESSION STATUS LIKE 'Ssl_cipher'", Vec::new()).await?;
    let cipher = row.map_or_else(|| Ok(String::new()), |row| row.text(1))?;
    let is_here = config.database.as_ref().is_some_and(|server| is_local(&server.host));
    findings.push(match (cipher.is_empty(), is_here) {
        (false, _) => Finding::pass(PART, "TLS", cipher),
        (true, true) => Finding::pass(PART, "TLS", "none, on this machine"),
        (true, false) => {
            Finding::warn(PART, "TLS", "none, over a network", "set DB_TLS=true (and DB_TLS_CA_FILE for an authority of your own)")
        }
    });
    Ok(())
}

async fn session(tx: &mut Tx, findings: &mut Vec<Finding>) -> Result<(), Error> {
    let charset = text(tx, "SELECT @@character_set_connection").await?;
    let schema = text(tx, "SELECT @@character_set_database").await?;
    let collation = text(tx, "SELECT @@collation_database").await?;
    let seen = format!("{charset}, schema {schema} {collation}");
    findings.push(if charset != "utf8mb4" || schema != "utf8mb4" {
        let remedy = "ALTER DATABASE … CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci, before the first migration: names and emoji are lost otherwise";
        Finding::fail(PART, "charset", seen, remedy)
    } else if collation != "utf8mb4_unicode_ci" {
        let remedy = "ALTER DATABASE … COLLATE utf8mb4_unicode_ci: tables say theirs themselves, others that are joined to them may not";
        Finding::warn(PART, "charset", seen, remedy)
    } else {
        Finding::pass(PART, "charset", seen)
    });
    sql_mode(tx, findings).await?;
    // MariaDB before 11.1 has the old name only, MySQL 8 the new one.
    let isolation = match text(tx, "SELECT @@transaction_isolation").await {
        Err(Error::Refused(_)) => text(tx, "SELECT @@tx_isolation").await?,
        other => other?,
    };
    findings.push(match isolation.as_str() {
        "READ-COMMITTED" => Finding::pass(PART, "isolation", isolation),
        _ => Finding::fail(
            PART,
            "isolation",
            isolation,
            "READ-COMMITTED is set for each connection; see whether a proxy or init_connect undoes it",
        ),
    });
    let zone = text(tx, "SELECT @@time_zone").await?;
    findings.push(match zone.as_str() {
        "+00:00" | "UTC" => Finding::pass(PART, "time zone", zone),
        _ => Finding::fail(PART, "time zone", zone, "+00:00 is set for each connection; see whether a proxy or init_connect undoes it"),
    });
    Ok(())
}

/// Each session sets its own, so the server's is nothing that the shop's statements depend on.
async fn sql_mode(tx: &mut Tx, findings: &mut Vec<Finding>) -> Result<(), Error> {
    let (ours, servers) = (text(tx, "SELECT @@SESSION.sql_mode").await?, text(tx, "SELECT @@GLOBAL.sql_mode").await?);
    let has = |mode: &str, word: &str| mode.split(',').any(|part| part == word);
    findings.push(if has(&ours, "ORACLE") || !has(&ours, "STRICT_ALL_TABLES") {
        let remedy = "the mode is set for each connection; see whether a proxy undoes it: values that do not fit would be cut off silently";
        Finding::fail(PART, "sql_mode", ours, remedy)
    } else if has(&servers, "ORACLE") {
        let remedy =
            "set sql_mode to the server's default: the shop's sessions set their own, other programs that share its tables may not";
        Finding::warn(PART, "sql_mode", format!("the server's is {servers}"), remedy)
    } else {
        Finding::pass(PART, "sql_mode", ours)
    });
    Ok(())
}

async fn schema(database: &Database) -> Result<Finding, Error> {
    let steps = database.migrations().await?;
    let list = |numbers: &[i64]| numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    Ok(if !steps.altered.is_empty() {
        let seen = format!("steps {} were applied with another text", list(&steps.altered));
        Finding::fail(
            PART,
            "schema",
            seen,
            "this is another product's schema or an edited release: run the release that wrote it, or restore a copy",
        )
    } else if !steps.pending.is_empty() {
        let seen = format!("{} steps applied, {} missing: {}", steps.applied, steps.pending.len(), list(&steps.pending));
        Finding::fail(
            PART,
            "schema",
            seen,
            "run `mallcore migrate` (starting the server does the same, where its account may change tables)",
        )
    } else if !steps.unknown.is_empty() {
        let seen = format!("{} steps of a newer release: {}", steps.unknown.len(), list(&steps.unknown));
        Finding::warn(
            PART,
            "schema",
            seen,
            "run the release that made them; this older one works beside them for as long as it takes to roll over",
        )
    } else {
        Finding::pass(PART, "schema", format!("{} steps, all of this release", steps.applied))
    })
}
