//! Money in whole fen (分, 1/100 yuan); never a fraction, never negative.
//! - M1 `0 <= fen <= 9_999_999_999`: what DECIMAL(10,2) of the promised columns can hold.
//! - M2 A share of an amount is never more than the amount.

use serde::{Deserialize, Serialize};

use crate::quantity::{QUANTITY_MAX, Quantity};

/// The largest amount in fen: 99,999,999.99 yuan.
pub const MONEY_MAX_FEN: u64 = 9_999_999_999;

const _: () = assert!(MONEY_MAX_FEN <= u64::MAX / QUANTITY_MAX as u64, "the largest amount times the most pieces is an u64");

/// An amount in fen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default)]
#[serde(try_from = "u64")]
pub struct Money(u64);

/// An amount that no column can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an amount is between 0 and {MONEY_MAX_FEN} fen, not {0}")]
pub struct BadMoney(pub u64);

impl TryFrom<u64> for Money {
    type Error = BadMoney;

    fn try_from(fen: u64) -> Result<Self, BadMoney> {
        Self::from_fen(fen)
    }
}

impl Money {
    /// No money: 0 fen.
    pub const ZERO: Self = Self(0);

    /// Accepts 0 to [`MONEY_MAX_FEN`] fen.
    pub const fn from_fen(fen: u64) -> Result<Self, BadMoney> {
        if fen > MONEY_MAX_FEN { Err(BadMoney(fen)) } else { Ok(Self(fen)) }
    }

    /// The amount in fen.
    pub const fn fen(self) -> u64 {
        self.0
    }

    /// The sum, unless it is above the largest amount.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        Self::from_fen(self.0.checked_add(other.0)?).ok()
    }

    /// What is left, unless `other` is more than this.
    pub const fn checked_sub(self, other: Self) -> Option<Self> {
        match self.0.checked_sub(other.0) {
            Some(fen) => Some(Self(fen)),
            None => None,
        }
    }

    /// The part of this amount that belongs to `pieces` of `of` pieces, rounded down; all of it where `pieces` is `of` or more.
    pub fn share(self, pieces: u32, of: Quantity) -> Self {
        let pieces = u128::from(pieces.min(of.get()));
        // Not more than `self`, so it fits.
        let share = Self((u128::from(self.0) * pieces / u128::from(of.get())) as u64);
        assert!(share <= self, "M2: {pieces} of {of:?} pieces cost {share:?} of {self:?}");
        share
    }

    /// This price times so many pieces, unless it is above the largest amount.
    pub fn checked_mul(self, pieces: Quantity) -> Option<Self> {
        Self::from_fen(self.0.checked_mul(u64::from(pieces.get()))?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_above_the_column_is_accepted() {
        assert!(Money::from_fen(MONEY_MAX_FEN).is_ok());
        assert_eq!(Money::from_fen(MONEY_MAX_FEN + 1), Err(BadMoney(MONEY_MAX_FEN + 1)));
        let most = Money::from_fen(MONEY_MAX_FEN).unwrap();
        assert_eq!(most.checked_add(Money::from_fen(1).unwrap()), None);
        assert_eq!(most.checked_mul(Quantity::new(2).unwrap()), None);
        assert_eq!(Money::ZERO.checked_sub(most), None);
        assert_eq!(most.checked_sub(most), Some(Money::ZERO));
    }

    #[test]
    fn shares_are_rounded_down_and_the_last_piece_has_the_rest() {
        let (ten, three) = (Money::from_fen(10).unwrap(), Quantity::new(3).unwrap());
        assert_eq!([0, 1, 2, 3, 4].map(|pieces| ten.share(pieces, three).fen()), [0, 3, 6, 10, 10]);
        let most = Money::from_fen(MONEY_MAX_FEN).unwrap();
        assert_eq!(most.share(9_999, Quantity::new(9_999).unwrap()), most);
    }
}
