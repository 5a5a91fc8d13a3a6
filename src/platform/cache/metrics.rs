//! Names of what is measured of caches.

use mallcore_actors::metrics::CounterFamily;

/// Values written to the cache.
pub static WRITTEN_TOTAL: CounterFamily =
    CounterFamily::new("mallcore_cache_written_total", "Values that were sent to Redis for its caches.");
/// Values that were not written, because Redis was away or refused.
pub static DROPPED_TOTAL: CounterFamily =
    CounterFamily::new("mallcore_cache_dropped_total", "Values that Redis did not take; they are written again when it is back.");
/// Of which kind: the key without the part that names one thing, such as `product`.
pub const KIND: &str = "kind";
