//! Names of what is measured of the sign-in.

use mallcore_actors::metrics::CounterFamily;

/// Attempts to log in to the back office.
pub static LOGINS_TOTAL: CounterFamily =
    CounterFamily::new("mallcore_admin_logins_total", "Attempts to log in to the back office, by how they ended.");
/// Label: `success`, `captcha`, `password`, `disabled` or `locked`.
pub const OUTCOME: &str = "outcome";
