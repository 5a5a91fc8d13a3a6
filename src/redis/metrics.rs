//! Names of what is measured of Redis.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

/// 1 while Redis answers.
pub const UP: &str = "mallcore_redis_up";
/// 1 while Redis answers and refuses what the shop needs.
pub const WRITES_REFUSED: &str = "mallcore_redis_writes_refused";
/// Time from sending a command to its answer.
pub const COMMAND_SECONDS: &str = "mallcore_redis_command_duration_seconds";
/// Commands that failed.
pub const FAILURES_TOTAL: &str = "mallcore_redis_failures_total";
/// How: `slow`, `broken`, or `refused` by the server.
pub const REASON: &str = "reason";

/// Tells the recorder what they mean; once, after it is installed.
pub fn describe() {
    describe_gauge!(UP, Unit::Count, "1 while Redis answers. At 0 limits are each process's own and caches are not written; sales go on.");
    describe_gauge!(
        WRITES_REFUSED,
        Unit::Count,
        "1 while Redis answers but refuses writes (memory, disk, rights, a cluster). Limits are each process's own and caches are not written."
    );
    describe_histogram!(COMMAND_SECONDS, Unit::Seconds, "Time from sending a command to Redis to its answer.");
    describe_counter!(FAILURES_TOTAL, Unit::Count, "Commands that Redis did not answer, or refused.");
}
