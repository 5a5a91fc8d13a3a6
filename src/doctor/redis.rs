//! Redis: reachable, ours, new enough, quick enough, takes writes, and is not about to throw sessions away.

use std::time::{Duration, Instant};

use ::redis::aio::MultiplexedConnection;
use ::redis::{AsyncConnectionConfig, RedisError, RedisResult, cmd};

use super::Finding;
use super::net::{WITHIN, clock, is_local, millis, reach, told, wall_millis};
use crate::platform::config::{self, Config};

const PART: &str = "redis";
/// What the requirements name.
const VERSION_MIN: (u32, u32) = (6, 2);
const PINGS: usize = 9;
const RIGHTS: &str = "let the account use the categories @string, @hash, @sortedset, @scripting and @pubsub and PING, SELECT, INFO, TIME, DEL, PEXPIRE and PTTL on the keys \
     limit:*, session:*, admin_session*, admin_permissions:*, admin_tries:*, captcha:*, product:*, cart:*, sms:*, hot_products, banners:*, \
     banner_products:*, banner_clicks:*, discount_zone_products, hot_zone_products, homepage_zones and the channel token_revocations";
/// Words in an answer that refuses a write, and what to do about each.
const WRITES_REFUSED: [(&str, &str); 10] = [
    ("READONLY", "it is a replica: set REDIS_HOST and REDIS_PORT to the primary, or promote it (REPLICAOF NO ONE)"),
    ("OOM", "it is out of memory: raise maxmemory, or remove keys that are not the shop's"),
    ("MISCONF", "its last save failed: make room on its disk and see that it may write to its folder (its log says why)"),
    ("NOREPLICAS", "it has too few replicas: bring them back, or lower min-replicas-to-write"),
    ("NOPERM", RIGHTS),
    ("ACL failure", RIGHTS),
    ("CROSSSLOT", CLUSTER),
    ("MOVED", CLUSTER),
    ("CLUSTERDOWN", CLUSTER),
    ("LOADING", "it loads its data: wait until it has"),
];
const CLUSTER: &str =
    "it is a node of a cluster: the shop needs a single server (with replicas and a fail-over, if you like), not a cluster";

pub(super) async fn check(config: &Config) -> Vec<Finding> {
    let Some(settings) = &config.redis else {
        let seen = if config.mode.is_embedded() {
            "none: the embedded mode needs none"
        } else {
            "none (REDIS_HOST): each process has its own limits"
        };
        return vec![Finding::pass(PART, "configured", seen)];
    };
    if let Err(mut away) = reach(PART, "REDIS_HOST and REDIS_PORT", &settings.host, settings.port).await {
        away.remedy = away.remedy.map(|remedy| format!("{remedy}; until then limits are each process's own, and sales go on"));
        return vec![away];
    }
    let mut findings = Vec::new();
    let client = match crate::platform::redis::client(settings) {
        Ok(client) => client,
        Err(error) => return vec![Finding::fail(PART, "settings", told(&error), "set REDIS_TLS_CA_FILE to a file of certificates (PEM)")],
    };
    let patient = AsyncConnectionConfig::new().set_connection_timeout(Some(WITHIN)).set_response_timeout(Some(WITHIN));
    match client.get_multiplexed_async_connection_with_config(&patient).await {
        Err(error) => findings.push(refused(settings, &error)),
        Ok(mut connection) => {
            if let Err(error) = questions(settings, &mut connection, &mut findings).await {
                findings.push(refused(settings, &error));
            }
        }
    }
    findings
}

fn refused(settings: &config::Redis, error: &RedisError) -> Finding {
    let text = told(error);
    let remedy = if ["NOAUTH", "WRONGPASS", "uthentication", "password"].iter().any(|word| text.contains(word)) {
        "set REDIS_PASSWORD (and REDIS_USERNAME, where it has accounts) right"
    } else if text.contains("NOPERM") {
        RIGHTS
    } else if settings.tls {
        "see whether it speaks TLS at this port, its certificate bears REDIS_HOST, and REDIS_TLS_CA_FILE holds who signed it"
    } else {
        "see its log; a server that speaks TLS only needs REDIS_TLS=true"
    };
    Finding::fail(PART, "log-in", text, remedy)
}

async fn questions(settings: &config::Redis, connection: &mut MultiplexedConnection, findings: &mut Vec<Finding>) -> RedisResult<()> {
    let mut took = Vec::with_capacity(PINGS);
    for _ in 0..PINGS {
        let began = Instant::now();
        cmd("PING").query_async::<String>(connection).await?;
        took.push(began.elapsed());
    }
    took.sort();
    findings.push(latency(settings, took[PINGS / 2]));
    findings.push(writes(crate::platform::redis::probe(connection).await));
    let info: String = cmd("INFO").query_async(connection).await?;
    findings.push(version(field(&info, "redis_version:")));
    findings.push(policy(field(&info, "maxmemory_policy:"), field(&info, "maxmemory:")));
    findings.push(match (settings.tls, is_local(&settings.host)) {
        (true, _) => Finding::pass(PART, "TLS", "yes, its certificate is checked"),
        (false, true) => Finding::pass(PART, "TLS", "none, on this machine"),
        (false, false) => {
            Finding::warn(PART, "TLS", "none, over a network", "set REDIS_TLS=true (and REDIS_TLS_CA_FILE for an authority of your own)")
        }
    });
    let before = wall_millis();
    let (seconds, micros): (u64, u64) = cmd("TIME").query_async(connection).await?;
    findings.push(clock(PART, before, seconds * 1_000 + micros / 1_000, wall_millis()));
    Ok(())
}

/// Whether it takes what the shop writes; asking changes no key.
fn writes(asked: RedisResult<u32>) -> Finding {
    let Err(error) = asked else { return Finding::pass(PART, "writes", "takes them") };
    let seen = crate::platform::redis::reason(&error);
    let remedy = WRITES_REFUSED.iter().find(|(word, _)| seen.contains(word)).map_or(
        "see its log and the rights of the account; until it takes writes, limits are each process's own and caches are not written",
        |(_, remedy)| remedy,
    );
    Finding::fail(PART, "writes", &*seen, remedy)
}

fn field<'a>(info: &'a str, name: &str) -> &'a str {
    info.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().trim()
}

fn latency(settings: &config::Redis, median: Duration) -> Finding {
    let budget = Duration::from_millis(u64::from(settings.timeout_millis));
    let seen = format!("answers in {}, of {} ms allowed", millis(median), settings.timeout_millis);
    if median * 4 <= budget {
        return Finding::pass(PART, "latency", seen);
    }
    Finding::warn(
        PART,
        "latency",
        seen,
        "bring it nearer, or raise REDIS_TIMEOUT_MILLIS: a late answer counts as none, and three as an outage",
    )
}

fn version(text: &str) -> Finding {
    let mut numbers = text.split('.').map(|number| number.parse().unwrap_or(0));
    let found = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    if found >= VERSION_MIN {
        return Finding::pass(PART, "version", text);
    }
    Finding::fail(PART, "version", text, format!("run Redis {}.{} or newer", VERSION_MIN.0, VERSION_MIN.1))
}

fn policy(policy: &str, maxmemory: &str) -> Finding {
    let seen = format!("{policy}, maxmemory {maxmemory}");
    if policy.starts_with("allkeys") && maxmemory != "0" {
        let remedy = "set maxmemory-policy to volatile-ttl or noeviction: this one throws sessions of people away who are at work";
        return Finding::warn(PART, "eviction", seen, remedy);
    }
    Finding::pass(PART, "eviction", seen)
}

#[cfg(test)]
mod tests {
    use super::super::Outcome;
    use super::*;

    #[test]
    fn versions_compare_by_number() {
        let outcome = |text| version(text).outcome;
        assert_eq!(["6.2.0", "7.0.15", "10.1.0"].map(outcome), [Outcome::Pass; 3]);
        assert_eq!(["6.0.16", "5.9.1", "", "x"].map(outcome), [Outcome::Fail; 4]);
    }

    #[test]
    fn a_policy_that_evicts_sessions_is_told() {
        assert_eq!(policy("allkeys-lru", "1048576").outcome, Outcome::Warn);
        assert_eq!([policy("allkeys-lru", "0").outcome, policy("noeviction", "1048576").outcome], [Outcome::Pass; 2]);
    }
}
