//! Names of what is measured of after-sale.

use mallcore_actors::metrics::CounterFamily;

/// Changes of cases in this process, by what happened.
pub static CHANGES_TOTAL: CounterFamily =
    CounterFamily::new("mallcore_after_sale_changes_total", "Changes of after-sale cases made by this process, by kind.");
