//! Names of what is measured of search.

use mallcore_actors::metrics::{CounterFamily, HistogramFamily};

/// Time from a question to its page.
pub static SEARCH_SECONDS: HistogramFamily =
    HistogramFamily::new("mallcore_search_duration_seconds", "Time from a search's words to its page, waiting for its turn included.");
/// Searches that were turned away.
pub static BUSY_TOTAL: CounterFamily = CounterFamily::new("mallcore_search_busy_total", "Searches turned away because too many waited.");
/// Failures of the index.
pub static REBUILT_TOTAL: CounterFamily =
    CounterFamily::new("mallcore_search_rebuilt_total", "Times that the search index failed and was built anew.");
/// Searches that were not kept.
pub static DROPPED_TOTAL: CounterFamily =
    CounterFamily::new("mallcore_search_history_dropped_total", "Searches of shoppers that were not kept, because too many waited.");
