//! What the operating system lets a process have.

use rustix::process::{Resource, getrlimit};

use super::Finding;
use crate::platform::config::Config;

const PART: &str = "machine";
/// Files beside the clients' connections: segments, the database's, Redis' and the broker's connections, logs.
const OTHER_FILES: u64 = 256;

pub(super) fn check(config: &Config) -> Vec<Finding> {
    let limit = getrlimit(Resource::Nofile);
    // The server raises its own limit as far as it may.
    vec![files(config.http.connections_max, limit.maximum), processors(config.http.workers)]
}

fn files(connections: u32, limit: Option<u64>) -> Finding {
    let needed = u64::from(connections) + OTHER_FILES;
    let seen = limit.map_or_else(|| "no limit".to_owned(), |limit| format!("{limit} files, {needed} needed for {connections} connections"));
    if limit.is_none_or(|limit| limit >= needed) {
        return Finding::pass(PART, "open files", seen);
    }
    let remedy = format!(
        "raise the hard limit (LimitNOFILE={needed} in the unit, nofile in limits.conf, --ulimit nofile for a container), or lower HTTP_CONNECTIONS_MAX"
    );
    Finding::fail(PART, "open files", seen, remedy)
}

fn processors(workers: usize) -> Finding {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let seen = format!("{cores}, {workers} workers");
    if workers <= cores * 2 {
        return Finding::pass(PART, "processors", seen);
    }
    Finding::warn(PART, "processors", seen, "set HTTP_WORKERS to one a core: workers never wait for anything, more of them only take turns")
}

#[cfg(test)]
mod tests {
    use super::super::Outcome;
    use super::*;

    #[test]
    fn files_suffice_or_not() {
        let outcome = |limit| files(10_000, limit).outcome;
        assert_eq!([outcome(None), outcome(Some(10_256)), outcome(Some(10_255))], [Outcome::Pass, Outcome::Pass, Outcome::Fail]);
    }
}
