//! Is there anybody at this address, and do its clock and ours agree.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::net::TcpStream;
use tokio::time::timeout;

use super::Finding;

/// For a server to take a connection, and for it to answer a question.
pub(super) const WITHIN: Duration = Duration::from_secs(3);
/// More than that, and timers freeze (`clock`, T3).
const CLOCK_MAX_MILLIS: u64 = 60_000;
/// More than that should not be, with NTP.
const CLOCK_FAIR_MILLIS: u64 = 2_000;

/// Connects and hangs up.
pub(super) async fn reach(part: &'static str, variable: &str, host: &str, port: u16) -> Result<(), Finding> {
    let began = Instant::now();
    let failed = |seen: String| {
        let remedy = format!("start the server, or set {variable} right; see also firewalls and what address the server listens on");
        Finding::fail(part, "reachable", seen, remedy)
    };
    match timeout(WITHIN, TcpStream::connect((host, port))).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(cause)) => Err(failed(format!("{host}:{port}: {cause}"))),
        Err(_) => Err(failed(format!("{host}:{port}: no answer within {} s", began.elapsed().as_secs()))),
    }
}

/// Compares a server's clock, asked between two looks at ours.
pub(super) fn clock(part: &'static str, before: u64, theirs: u64, after: u64) -> Finding {
    let off = if theirs < before { before - theirs } else { theirs.saturating_sub(after) };
    let seen = format!("{off} ms from this machine's");
    let remedy = "let NTP (chrony, systemd-timesyncd) keep both machines' clocks; timers of orders freeze while ours is wrong";
    match off {
        0..=CLOCK_FAIR_MILLIS => Finding::pass(part, "clock", seen),
        _ if off <= CLOCK_MAX_MILLIS => Finding::warn(part, "clock", seen, remedy),
        _ => Finding::fail(part, "clock", seen, remedy),
    }
}

/// Whether nothing leaves this machine on the way to the host.
pub(super) fn is_local(host: &str) -> bool {
    host == "localhost" || host.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback())
}

pub(super) fn wall_millis() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// In milliseconds, to a hundredth.
pub(super) fn millis(duration: Duration) -> String {
    format!("{:.2} ms", duration.as_secs_f64() * 1_000.0)
}

/// An error with all its causes, in one line.
pub(super) fn told(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        if !text.ends_with(&next) {
            text = format!("{text}: {next}");
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::Outcome;
    use super::*;

    #[test]
    fn a_clock_is_right_wrong_or_hopeless() {
        let outcome = |theirs| clock("database", 1_000_000, theirs, 1_000_005).outcome;
        assert_eq!([outcome(1_000_003), outcome(998_000), outcome(1_002_005)], [Outcome::Pass; 3]);
        assert_eq!([outcome(990_000), outcome(1_060_005)], [Outcome::Warn; 2]);
        assert_eq!([outcome(939_999), outcome(1_060_006)], [Outcome::Fail; 2]);
    }
}
