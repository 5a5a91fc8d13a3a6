//! Names of what is measured of Redis.

use mallcore_actors::metrics::{CounterFamily, GaugeFamily, HistogramFamily};

/// 1 while Redis answers.
pub static UP: GaugeFamily = GaugeFamily::new(
    "mallcore_redis_up",
    "1 while Redis answers. At 0 limits are each process's own and caches are not written; sales go on.",
);
/// 1 while Redis answers and refuses what the shop needs.
pub static WRITES_REFUSED: GaugeFamily = GaugeFamily::new(
    "mallcore_redis_writes_refused",
    "1 while Redis answers but refuses writes (memory, disk, rights, a cluster). Limits are each process's own and caches are not written.",
);
/// Time from sending a command to its answer.
pub static COMMAND_SECONDS: HistogramFamily =
    HistogramFamily::new("mallcore_redis_command_duration_seconds", "Time from sending a command to Redis to its answer.");
/// Commands that failed.
pub static FAILURES_TOTAL: CounterFamily =
    CounterFamily::new("mallcore_redis_failures_total", "Commands that Redis did not answer, or refused.");
/// How: `slow`, `broken`, or `refused` by the server.
pub const REASON: &str = "reason";
