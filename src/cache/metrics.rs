//! Names of what is measured of caches.

use metrics::{Unit, describe_counter};

/// Values written.
pub const WRITTEN_TOTAL: &str = "mallcore_cache_written_total";
/// Values that were not written, because Redis was away or refused.
pub const DROPPED_TOTAL: &str = "mallcore_cache_dropped_total";
/// Of which kind: `product`, `hot_products`.
pub const KIND: &str = "kind";

/// Tells the recorder what they mean; once, after it is installed.
pub fn describe() {
    describe_counter!(WRITTEN_TOTAL, Unit::Count, "Values that were sent to Redis for its caches.");
    describe_counter!(DROPPED_TOTAL, Unit::Count, "Values that Redis did not take; they are written again when it is back.");
}
