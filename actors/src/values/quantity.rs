//! Pieces of a SKU in one order line or adjustment.

use serde::{Deserialize, Serialize};

/// The most pieces that one order line may ask for.
pub const QUANTITY_MAX: u32 = 9_999;

/// A number of pieces, 1 to [`QUANTITY_MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u32")]
pub struct Quantity(u32);

/// A number that is no quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a quantity is between 1 and {QUANTITY_MAX}")]
pub struct BadQuantity;

impl TryFrom<u32> for Quantity {
    type Error = BadQuantity;

    fn try_from(pieces: u32) -> Result<Self, BadQuantity> {
        Self::new(pieces)
    }
}

impl Quantity {
    /// Accepts 1 to [`QUANTITY_MAX`].
    pub const fn new(pieces: u32) -> Result<Self, BadQuantity> {
        if pieces == 0 || pieces > QUANTITY_MAX { Err(BadQuantity) } else { Ok(Self(pieces)) }
    }

    /// The number of pieces.
    pub const fn get(self) -> u32 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_and_too_many_are_refused() {
        assert_eq!(Quantity::new(0), Err(BadQuantity));
        assert_eq!(Quantity::new(QUANTITY_MAX + 1), Err(BadQuantity));
        assert_eq!(Quantity::new(1).map(Quantity::get), Ok(1));
    }
}
