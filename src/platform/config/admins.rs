//! The sign-in of administrators.

use super::mode::Mode;
use super::reader::Reader;

/// Cost of a hash below which production does not go: what OWASP names.
const PRODUCTION_COST_MIN: u32 = 10;

/// How passwords of administrators are kept: `ADMIN_PASSWORD_COST`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Admins {
    /// Cost of bcrypt: each step doubles the time of a log-in.
    pub password_cost: u32,
}

impl Admins {
    pub(super) fn read(reader: &mut Reader, mode: Mode) -> Self {
        let password_cost = reader.number("ADMIN_PASSWORD_COST", 12, 4..=16);
        if mode == Mode::Production && password_cost < PRODUCTION_COST_MIN {
            reader.fault("ADMIN_PASSWORD_COST", format!("has to be at least {PRODUCTION_COST_MIN} in production, not {password_cost}"));
        }
        Self { password_cost }
    }
}
