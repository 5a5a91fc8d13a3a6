//! A discount in per cent off: 15 means that 85 % of the price is paid.
//! - D1 `0 <= basis points <= 10_000`; one basis point is 0.01 %, the finest that DECIMAL(5,2) of `products.discount_rate` can hold.
//! - D2 What is paid is never more than the price.

use serde::{Deserialize, Serialize};

use crate::money::Money;

/// Basis points of the whole.
const WHOLE: u64 = 10_000;

/// Per cent off, in steps of 0.01 %.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default)]
#[serde(try_from = "u16")]
pub struct DiscountRate(u16);

/// More than everything off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a discount rate is between 0 and {WHOLE} basis points, not {0}")]
pub struct BadDiscountRate(pub u16);

impl TryFrom<u16> for DiscountRate {
    type Error = BadDiscountRate;

    fn try_from(basis_points: u16) -> Result<Self, BadDiscountRate> {
        Self::from_basis_points(basis_points)
    }
}

impl DiscountRate {
    /// The rate at which nothing is off: the whole price is paid.
    pub const NONE: Self = Self(0);

    /// Accepts 0 to 10,000 basis points.
    ///
    /// # Errors
    /// [`BadDiscountRate`] for more.
    pub const fn from_basis_points(basis_points: u16) -> Result<Self, BadDiscountRate> {
        if basis_points as u64 > WHOLE { Err(BadDiscountRate(basis_points)) } else { Ok(Self(basis_points)) }
    }

    /// Hundredths of a per cent.
    pub const fn basis_points(self) -> u16 {
        self.0
    }

    /// What is paid for something of this price: price × (100 − rate) / 100, rounded half up to the fen.
    pub fn apply(self, price: Money) -> Money {
        let paid = (u128::from(price.fen()) * u128::from(WHOLE - u64::from(self.0)) + u128::from(WHOLE / 2)) / u128::from(WHOLE);
        // At most `price`, because the factor is at most 1 and a whole price rounds to itself.
        let paid = u64::try_from(paid).ok().and_then(|fen| Money::from_fen(fen).ok()).unwrap_or(price);
        assert!(paid <= price, "D2: {self:?} makes {price:?} dearer: {paid:?}");
        paid
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::MONEY_MAX_FEN;

    fn check(price_fen: u64, basis_points: u16, paid_fen: u64) {
        let rate = DiscountRate::from_basis_points(basis_points).unwrap();
        assert_eq!(rate.apply(Money::from_fen(price_fen).unwrap()).fen(), paid_fen, "{price_fen} fen at {basis_points} basis points off");
    }

    #[test]
    fn half_a_fen_is_rounded_up() {
        check(1_000, 1_500, 850);
        check(999, 5_000, 500);
        check(1, 5_000, 1);
        check(1, 5_001, 0);
        check(333, 3_333, 222);
    }

    #[test]
    fn nothing_off_and_everything_off() {
        for price_fen in [0, 1, 999, MONEY_MAX_FEN] {
            check(price_fen, 0, price_fen);
            check(price_fen, 10_000, 0);
        }
    }

    #[test]
    fn more_than_everything_is_no_rate() {
        assert_eq!(DiscountRate::from_basis_points(10_001), Err(BadDiscountRate(10_001)));
    }
}
