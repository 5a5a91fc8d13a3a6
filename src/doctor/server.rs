//! The server that runs on this data folder, if one does: what its `/health/ready` says of its parts. What only it can know is asked there, such
//! as whether a projection has halted.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::Finding;
use super::net::WITHIN;
use crate::platform::config::Config;

const PART: &str = "server";
/// Parts of `/health/ready` by name; any other one is told under `health`.
const PARTS: [&str; 9] = ["journal", "sales", "outbox", "snapshot", "database", "broker", "redis", "clock", "process"];
/// How the text of a projection begins that does not go on by itself, or not at all.
const STUCK: [&str; 4] = ["Halted", "Refused", "Mismatched", "Retrying"];
/// The part whose every fault waits for a person: an alarm, a full queue, lost bindings. The projection that it stands beside may go on.
const BROKER: &str = "broker";
const ANSWER_BYTES_MAX: u64 = 1 << 20;

/// `is_running`: somebody holds the journal's lock.
pub(super) async fn check(config: &Config, is_running: bool) -> Vec<Finding> {
    if !is_running {
        return Vec::new();
    }
    let (host, port) = (reachable_host(&config.http.host), config.http.port);
    if port == 0 {
        let remedy = "look at /health/ready of that server by hand, or set PORT";
        return vec![Finding::warn(PART, "health", "its port is not known here: PORT=0", remedy)];
    }
    let (seen, answer) = match timeout(WITHIN, ask(&host, port)).await {
        Ok(Ok(answer)) => (String::new(), Some(answer)),
        Ok(Err(cause)) => (cause, None),
        Err(_) => (format!("no answer within {} s", WITHIN.as_secs()), None),
    };
    let Some(checks) = answer.as_ref().and_then(|answer| answer["checks"].as_array()) else {
        let seen = format!("a server holds the journal, but http://{host}:{port}/health/ready does not tell: {seen}");
        let remedy = "ask with the same HOST and PORT that the server has; if it has them, see its log";
        return vec![Finding::fail(PART, "health", seen, remedy)];
    };
    let mut findings: Vec<_> = checks.iter().filter_map(told).collect();
    if findings.is_empty() {
        findings.push(Finding::pass(PART, "health", format!("http://{host}:{port}/health/ready: all {} parts pass", checks.len())));
    }
    findings
}

/// A part that does not pass. What a person has to mend is a failure, and so is a server that stands still until somebody mends it.
fn told(check: &Value) -> Option<Finding> {
    let text = |field: &str| check[field].as_str().unwrap_or_default();
    let (part, health, detail) = (text("part"), text("health"), text("detail"));
    let name = PARTS.into_iter().find(|known| *known == part).unwrap_or("health");
    let seen = if name == "health" { format!("{part}: {detail}") } else { detail.to_owned() };
    let remedy = format!("see the server's log and docs/OPERATIONS.md, `{part}`");
    match health {
        "pass" => None,
        "degraded" if part != BROKER && !STUCK.iter().any(|state| detail.starts_with(state)) => {
            Some(Finding::warn(PART, name, seen, remedy))
        }
        _ => Some(Finding::fail(PART, name, seen, remedy)),
    }
}

async fn ask(host: &str, port: u16) -> Result<Value, String> {
    let mut stream = TcpStream::connect((host, port)).await.map_err(|cause| cause.to_string())?;
    // Of HTTP/1.0 every client and server know that the answer ends with the connection.
    let request = format!("GET /health/ready HTTP/1.0\r\nHost: {host}\r\nAccept: application/json\r\n\r\n");
    stream.write_all(request.as_bytes()).await.map_err(|cause| cause.to_string())?;
    let mut answer = Vec::new();
    stream.take(ANSWER_BYTES_MAX).read_to_end(&mut answer).await.map_err(|cause| cause.to_string())?;
    let body = answer.windows(4).position(|window| window == b"\r\n\r\n").map(|end| &answer[end + 4..]);
    let body = body.ok_or_else(|| "what answers there speaks no HTTP".to_owned())?;
    serde_json::from_slice(body).map_err(|_| "what answers there is another server".to_owned())
}

/// A server that listens everywhere listens here, too.
fn reachable_host(host: &str) -> String {
    match host.parse() {
        Ok(IpAddr::V4(address)) if address.is_unspecified() => Ipv4Addr::LOCALHOST.to_string(),
        Ok(IpAddr::V6(address)) if address.is_unspecified() => Ipv6Addr::LOCALHOST.to_string(),
        _ => host.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::Outcome;
    use super::*;

    #[test]
    fn a_part_that_stands_still_is_a_failure() {
        let outcome =
            |health: &str, detail: &str| told(&json!({"part": "database", "health": health, "detail": detail})).map(|found| found.outcome);
        assert_eq!(outcome("pass", "Following, 0 records behind"), None);
        assert_eq!(outcome("degraded", "Paused, 7 records behind"), Some(Outcome::Warn));
        assert_eq!(outcome("fail", "Following, 9000000 records behind"), Some(Outcome::Fail));
        for state in STUCK {
            assert_eq!(outcome("degraded", &format!("{state}(\"why\"), 7 records behind")), Some(Outcome::Fail));
        }
    }

    #[test]
    fn a_full_queue_is_a_failure_though_newer_events_go_on() {
        let detail = "a full queue has refused 3 messages of rabbitmq, which are set aside";
        let found = told(&json!({"part": "broker", "health": "degraded", "detail": detail}));
        assert!(found.is_some_and(|found| found.outcome == Outcome::Fail && found.check == "broker"));
    }

    #[test]
    fn a_part_of_a_later_release_keeps_its_name() {
        let found = told(&json!({"part": "carts", "health": "degraded", "detail": "slow"}));
        assert!(found.is_some_and(|found| found.check == "health" && found.seen == "carts: slow"));
    }
}
