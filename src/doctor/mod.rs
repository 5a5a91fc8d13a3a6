//! `mallcore doctor`: is everything there that the shop needs, and if not, what to do about it.
//! - O1 It changes nothing and works beside a running server and without any of the servers. Whether the database can be written is tried in a
//!   transaction that is undone, which holds its locks for as long as a few statements take.
//! - O2 Every fault says its remedy. Warnings are what one can live with; a failing check ends with a failing status.
//! - O3 No server that is silent holds it up for longer than its time.

mod broker;
mod broker_account;
mod clock;
mod database;
mod disk;
mod journal;
mod lag;
mod machine;
mod net;
mod redis;
mod server;
mod vault;
mod wechat_pay;

use std::fmt;

use serde::Serialize;

use crate::platform::config::{Config, Faults};

/// How a check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// As it should be.
    Pass,
    /// One can live with it.
    Warn,
    /// It has to be mended.
    Fail,
}

/// One check and its outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Of what, such as `database`.
    pub part: &'static str,
    /// Which check, such as `clock`.
    pub check: &'static str,
    /// How it went.
    pub outcome: Outcome,
    /// What was seen.
    pub seen: String,
    /// What to do about it; none where there is nothing to do.
    pub remedy: Option<String>,
}

impl Finding {
    fn pass(part: &'static str, check: &'static str, seen: impl Into<String>) -> Self {
        Self { part, check, outcome: Outcome::Pass, seen: seen.into(), remedy: None }
    }

    fn warn(part: &'static str, check: &'static str, seen: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { part, check, outcome: Outcome::Warn, seen: seen.into(), remedy: Some(remedy.into()) }
    }

    fn fail(part: &'static str, check: &'static str, seen: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { part, check, outcome: Outcome::Fail, seen: seen.into(), remedy: Some(remedy.into()) }
    }
}

/// All checks with their outcomes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The worst of them.
    pub status: Outcome,
    /// The mode that was looked at; none where the configuration cannot be read.
    pub mode: Option<&'static str>,
    /// Each, in the order of looking.
    pub findings: Vec<Finding>,
}

impl Report {
    fn new(mode: Option<&'static str>, findings: Vec<Finding>) -> Self {
        let status = findings.iter().map(|finding| finding.outcome).max().unwrap_or(Outcome::Pass);
        Self { status, mode, findings }
    }

    /// Of a configuration that cannot be used: each fault by its variable.
    pub fn of_faults(faults: &Faults) -> Self {
        let fault = |fault: &crate::platform::config::Fault| {
            Finding::fail("configuration", fault.variable, &fault.reason, format!("set {} right, then ask again", fault.variable))
        };
        Self::new(None, faults.0.iter().map(fault).collect())
    }

    /// Checks that failed.
    pub fn failures(&self) -> usize {
        self.findings.iter().filter(|finding| finding.outcome == Outcome::Fail).count()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in &self.findings {
            let mark = match finding.outcome {
                Outcome::Pass => "ok  ",
                Outcome::Warn => "warn",
                Outcome::Fail => "FAIL",
            };
            writeln!(f, "{mark}  {:<14}{:<14}{}", finding.part, finding.check, finding.seen)?;
            if let Some(remedy) = &finding.remedy {
                writeln!(f, "      {:<28}→ {remedy}", "")?;
            }
        }
        let count = |outcome| self.findings.iter().filter(|finding| finding.outcome == outcome).count();
        write!(f, "{} checks: {} failed, {} warnings", self.findings.len(), count(Outcome::Fail), count(Outcome::Warn))
    }
}

/// Looks at everything. The sizes of the budgets are told for this many orders a second.
pub async fn examine(config: &Config, orders_per_second: u32) -> Report {
    let mut findings = vec![Finding::pass("configuration", "variables", format!("sound, mode {}", config.mode.name()))];
    let (databases, redis, broker, pay) =
        tokio::join!(database::check(config), redis::check(config), broker::check(config), wechat_pay::check(config));
    let (database, attached) = databases;
    findings.extend(database);
    findings.extend(redis);
    findings.extend(broker);
    findings.extend(pay);
    findings.extend(machine::check(config));
    findings.extend(disk::check(config));
    let (journal, found) = journal::check(config, attached.as_ref());
    findings.extend(journal);
    findings.extend(server::check(config, found.is_held).await);
    findings.extend(lag::behind(config, &found, attached.as_ref()));
    findings.extend(clock::check(config));
    findings.extend(lag::check(config, &found, orders_per_second));
    Report::new(Some(config.mode.name()), findings)
}
