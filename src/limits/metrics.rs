//! Names of what is measured of rate limits.

use metrics::{Unit, describe_counter};

/// Keys that were shared.
pub const SHARED_TOTAL: &str = "mallcore_rate_limit_keys_shared_total";
/// Keys that were not shared, because too many waited.
pub const UNSHARED_TOTAL: &str = "mallcore_rate_limit_keys_unshared_total";
/// Requests that were decided by a bucket of several keys, because too many keys had one of their own.
pub const CROWDED_TOTAL: &str = "mallcore_rate_limit_crowded_total";

/// Tells the recorder what they mean; once, after it is installed.
pub fn describe() {
    describe_counter!(SHARED_TOTAL, Unit::Count, "Buckets whose use was told to the other processes.");
    describe_counter!(
        CROWDED_TOTAL,
        Unit::Count,
        "Requests whose rate limit was decided by a bucket of several keys, because there were too many keys."
    );
    describe_counter!(UNSHARED_TOTAL, Unit::Count, "Buckets whose use was not told to the other processes, because too many waited.");
}
