//! Names of what is measured of rate limits.

use mallcore_actors::metrics::CounterFamily;

/// Keys that were shared.
pub static SHARED_TOTAL: CounterFamily =
    CounterFamily::new("mallcore_rate_limit_keys_shared_total", "Buckets whose use was told to the other processes.");
/// Keys that were not shared, because too many waited.
pub static UNSHARED_TOTAL: CounterFamily = CounterFamily::new(
    "mallcore_rate_limit_keys_unshared_total",
    "Buckets whose use was not told to the other processes, because too many waited.",
);
/// Requests that were decided by a bucket of several keys, because too many keys had one of their own.
pub static CROWDED_TOTAL: CounterFamily = CounterFamily::new(
    "mallcore_rate_limit_crowded_total",
    "Requests whose rate limit was decided by a bucket of several keys, because there were too many keys.",
);
