//! Identifiers: positive integers below 2^53, so that JSON readers keep every digit.
//! Not here: order numbers (`order_no`), sequences of the journal (`journal`).

use serde::{Deserialize, Serialize};

/// Largest identifier: 2^53 − 1, the largest integer that an IEEE double holds exactly.
pub const ID_MAX: u64 = (1 << 53) - 1;

/// Why a number is not an identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an identifier is between 1 and {ID_MAX}, not {0}")]
pub struct BadId(pub u64);

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "u64")]
        pub struct $name(u64);

        impl TryFrom<u64> for $name {
            type Error = BadId;

            fn try_from(value: u64) -> Result<Self, BadId> {
                Self::new(value)
            }
        }

        impl $name {
            /// The highest one.
            pub const MAX: Self = Self(ID_MAX);

            /// Accepts 1 to [`ID_MAX`].
            pub const fn new(value: u64) -> Result<Self, BadId> {
                if value == 0 || value > ID_MAX { Err(BadId(value)) } else { Ok(Self(value)) }
            }

            /// The plain number, for storage and display.
            pub const fn get(self) -> u64 {
                self.0
            }
        }

        impl From<$name> for u64 {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }
    };
}

id!(
    /// One stock-keeping unit: what is counted, held and sold.
    SkuId
);
id!(
    /// A banner: a picture that leads somewhere.
    BannerId
);
id!(
    /// A shopper, as the user service numbers them.
    UserId
);
id!(
    /// A flash sale (秒杀活动) with its items.
    ActivityId
);
id!(
    /// One SKU offered in one flash sale.
    FlashItemId
);
id!(
    /// An order; given out from blocks reserved in the journal.
    OrderId
);
id!(
    /// A shopper's delivery address.
    AddressId
);
id!(
    /// A change of stock that somebody of the shop asked for: the id of its row in the outbox.
    AdjustmentId
);
id!(
    /// A product, of which SKUs are the variants.
    ProductId
);
id!(
    /// A payment of an order: one attempt that was verified.
    PaymentId
);
id!(
    /// A refund of an order, or of a part of it.
    RefundId
);
id!(
    /// A case of after-sale: a shopper wants money back.
    AfterSaleId
);
id!(
    /// A category of products.
    CategoryId
);
id!(
    /// A freight template: what sending goods costs, by region.
    FreightTemplateId
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_and_above_two_to_the_53_are_refused() {
        assert_eq!(SkuId::new(0), Err(BadId(0)));
        assert_eq!(SkuId::new(ID_MAX + 1), Err(BadId(ID_MAX + 1)));
        assert_eq!(SkuId::new(ID_MAX).map(SkuId::get), Ok(ID_MAX));
    }
}
