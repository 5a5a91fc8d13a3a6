//! What Redis can be used for at the moment, and what an error of it says about that. No I/O.

use std::fmt;
use std::sync::Arc;

use ::redis::RedisError;

use super::breaker::Failure;

/// What the link can be used for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// Redis answers and takes writes.
    Serving,
    /// Redis answers, but refuses what the shop needs (out of memory, a failed save, missing rights, a cluster); the text is its answer.
    /// Commands are still passed on: reading may work.
    Refusing(Arc<str>),
    /// There is no usable connection: no answer, or that of a server that cannot serve (a replica, one that loads); the text says which.
    Away(Arc<str>),
}

impl Condition {
    /// Before the first connection.
    pub(super) fn unknown() -> Self {
        Self::Away("not connected yet".into())
    }

    pub(super) fn is_same_kind(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Serving => f.write_str("answers and takes writes"),
            Self::Refusing(reason) => {
                write!(f, "answers, but refuses writes ({reason}): rate limits are this process's own and caches are not written")
            }
            Self::Away(reason) => write!(f, "away ({reason}): rate limits are this process's own and caches are not written"),
        }
    }
}

/// What an error says about the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The connection is of no use.
    Failure(Failure),
    /// The server refuses whatever is asked in this way; it is not the command's fault.
    Refuses,
    /// Only this command is at fault.
    Command,
}

/// The server cannot serve on this connection. A replica is among them: after a failover another connection may lead to the primary.
const CANNOT_SERVE: [&str; 6] = ["LOADING", "READONLY", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "NOAUTH"];
/// The server serves, but not this: until a person has changed its settings, or there is memory or disk again.
const REFUSES: [&str; 7] = ["OOM", "MISCONF", "NOPERM", "NOREPLICAS", "MOVED", "ASK", "CROSSSLOT"];
/// What a missing right looks like inside of a script.
const REFUSES_IN_SCRIPTS: [&str; 2] = ["ACL failure in script", "The user executing the script can't"];

/// Reads an error. Redis 6.2 hides the code of a command that fails inside of a script in the text.
pub(super) fn meaning(error: &RedisError) -> Meaning {
    if error.is_timeout() || error.code() == Some("BUSY") {
        return Meaning::Failure(Failure::Slow);
    }
    let text = reason(error);
    let says = |codes: &[&str]| codes.iter().any(|code| error.code() == Some(code) || text.contains(&format!(": -{code} ")));
    if says(&CANNOT_SERVE) || error.is_io_error() || error.is_unrecoverable_error() {
        return Meaning::Failure(Failure::Broken);
    }
    if says(&REFUSES) || REFUSES_IN_SCRIPTS.iter().any(|words| text.contains(words)) {
        return Meaning::Refuses;
    }
    Meaning::Command
}

/// An error in the server's own words where it is an answer of the server: the library hides some codes.
pub fn reason(error: &RedisError) -> Arc<str> {
    match (error.code(), error.detail()) {
        (Some(code), Some(detail)) => format!("{code} {detail}").into(),
        (Some(code), None) => code.into(),
        (None, _) => error.to_string().into(),
    }
}

#[cfg(test)]
mod tests {
    use ::redis::{Value, parse_redis_value};

    use super::*;

    fn answered(line: &str) -> Meaning {
        let value = parse_redis_value(format!("-{line}\r\n").as_bytes()).unwrap();
        let Value::ServerError(error) = value else { panic!("{value:?}") };
        meaning(&error.into())
    }

    #[test]
    fn an_answer_is_about_the_server_or_about_the_command() {
        for line in [
            "READONLY You can't write against a read only replica.",
            "LOADING Redis is loading the dataset in memory",
            "ERR Error running script (call to f_1): @user_script:4: @user_script: 4: -READONLY You can't write against a read only replica.",
        ] {
            assert_eq!(answered(line), Meaning::Failure(Failure::Broken), "{line}");
        }
        for line in [
            "OOM command not allowed when used memory > 'maxmemory'.",
            "MISCONF Redis is configured to save RDB snapshots",
            "NOPERM this user has no permissions to run the 'set' command",
            "NOREPLICAS Not enough good replicas to write.",
            "MOVED 3999 127.0.0.1:6381",
            "CROSSSLOT Keys in request don't hash to the same slot",
            "ERR Error running script (call to f_1): @user_script:4: @user_script: 4: -OOM command not allowed when used memory > 'maxmemory'.",
            "ERR ACL failure in script: User default has no permissions to run the 'set' command",
        ] {
            assert_eq!(answered(line), Meaning::Refuses, "{line}");
        }
        let Value::ServerError(replica) = parse_redis_value(b"-READONLY You can't write.\r\n").unwrap() else { panic!("no error") };
        assert_eq!(&*reason(&replica.into()), "READONLY You can't write.");
        for line in ["ERR wrong number of arguments for 'get' command", "WRONGTYPE Operation against a key holding the wrong kind of value"]
        {
            assert_eq!(answered(line), Meaning::Command, "{line}");
        }
    }
}
