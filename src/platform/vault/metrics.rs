//! Names of what is measured of sealed data.

use mallcore_actors::metrics::CounterFamily;

/// What does not open.
pub static UNREADABLE_TOTAL: CounterFamily = CounterFamily::new(
    "mallcore_vault_unreadable_total",
    "Sealed values and data keys that did not open: they were changed or copied, or their key is missing.",
);
/// `value` or `data_key`.
pub const KIND: &str = "kind";
/// A value that was sealed with a data key.
pub const VALUE: &[(&str, &str)] = &[(KIND, "value")];
/// A data key that was wrapped under a master key.
pub const DATA_KEY: &[(&str, &str)] = &[(KIND, "data_key")];
