//! A basket that became an order: several SKUs, with everything frozen that the order shows and is reckoned by later.
//! - P1 `payable = goods - discount + freight`; a line's discount is never more than its goods. The amounts are sums of the lines.
//! - P2 A SKU stands in at most one line; there are 1 to [`LINES_MAX`] lines.
//! - P3 The record fits the journal: the texts together take at most [`TEXT_BYTES_MAX`] bytes.
//! - P4 The lines' shares of the freight follow from what the lines cost ([`BasketPlaced::freight_shares`]) and sum to the freight.

use serde::{Deserialize, Serialize};

use super::facts::{Line, Lines};
use crate::coordinator::PARTICIPANTS_MAX;
use crate::idempotency::{BodyFingerprint, KeyHash};
use crate::ids::{AddressId, OrderId, ProductId, SkuId, UserId};
use crate::journal::format::PAYLOAD_BYTES_MAX;
use crate::money::Money;
use crate::order_no::OrderNo;
use crate::pricing::freight_shares;
use crate::quantity::Quantity;
use crate::time::Timestamp;
use crate::values::text::Text;

/// The most lines of one order.
pub const LINES_MAX: usize = PARTICIPANTS_MAX;
/// Bytes that all titles, specs and pictures of one order may take: the rest of a record's 64 KiB is for everything else.
pub const TEXT_BYTES_MAX: usize = 48 * 1024;
/// Bytes of an address snapshot.
pub const ADDRESS_BYTES_MAX: usize = 4 * 1024;
/// Bytes of a line at most beside its texts, and of a remark.
const LINE_BYTES_MAX: usize = 64;
const REMARK_BYTES_MAX: usize = 4 * 200;

const _: () = assert!(
    TEXT_BYTES_MAX + ADDRESS_BYTES_MAX + LINES_MAX * LINE_BYTES_MAX + REMARK_BYTES_MAX + 1024 <= PAYLOAD_BYTES_MAX,
    "P3: an order of the longest texts is longer than a record"
);

/// A product's name, as it was.
pub type Title = Text<255>;
/// A SKU's spec, as it was.
pub type Spec = Text<255>;
/// The address of a picture, as it was.
pub type Picture = Text<500>;
/// What the shopper wants to be known.
pub type Remark = Text<200>;

/// What a line's SKU looked like when the order was placed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Described {
    /// The product that the SKU is a variant of.
    pub product: ProductId,
    /// The product's name at that time.
    pub title: Title,
    /// The SKU's spec; none for a product without specs.
    pub spec: Option<Spec>,
    /// The address of its picture.
    pub picture: Option<Picture>,
}

/// One line of a basket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BasketLine {
    /// The SKU that was bought.
    pub sku: SkuId,
    /// Pieces of the SKU.
    pub quantity: Quantity,
    /// Price of a piece, frozen.
    pub unit_price: Money,
    /// This line's share of all discounts, frozen.
    pub discount: Money,
    /// What it looked like.
    pub described: Described,
}

/// What an order costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amounts {
    /// The lines at their unit prices.
    pub goods: Money,
    /// Taken off; the sum of the lines' shares.
    pub discount: Money,
    /// For sending it.
    pub freight: Money,
    /// What has to be paid.
    pub payable: Money,
}

impl Amounts {
    /// P1: the sums of the lines, unless a discount is more than its line or a sum is no amount.
    pub fn of(lines: &[BasketLine], freight: Money) -> Option<Self> {
        let (mut goods, mut discount) = (Money::ZERO, Money::ZERO);
        for line in lines {
            let price = line.unit_price.checked_mul(line.quantity)?;
            price.checked_sub(line.discount)?;
            goods = goods.checked_add(price)?;
            discount = discount.checked_add(line.discount)?;
        }
        let payable = goods.checked_sub(discount)?.checked_add(freight)?;
        Some(Self { goods, discount, freight, payable })
    }
}

/// A delivery address as it was, and what the shopper wanted to be known, in a form that only the edge can read: it is encrypted there.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<u8>")]
pub struct AddressSnapshot(Vec<u8>);

/// Bytes that are no snapshot of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an address snapshot takes 1 to {ADDRESS_BYTES_MAX} bytes, not {0}")]
pub struct BadAddress(pub usize);

impl TryFrom<Vec<u8>> for AddressSnapshot {
    type Error = BadAddress;

    fn try_from(bytes: Vec<u8>) -> Result<Self, BadAddress> {
        if bytes.is_empty() || bytes.len() > ADDRESS_BYTES_MAX { Err(BadAddress(bytes.len())) } else { Ok(Self(bytes)) }
    }
}

impl AddressSnapshot {
    /// For storage, and for whoever has the key.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Debug for AddressSnapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AddressSnapshot({} bytes)", self.0.len())
    }
}

/// Where an order goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// The shopper's address that was chosen.
    pub address: AddressId,
    /// What it said.
    pub snapshot: AddressSnapshot,
}

/// A basket was ordered: pending payment, version 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BasketPlaced {
    /// The new order's id.
    pub order: OrderId,
    /// The number that people know the order by.
    pub no: OrderNo,
    /// The shopper who owns the order.
    pub user: UserId,
    /// What was bought.
    pub lines: Vec<BasketLine>,
    /// What it costs.
    pub amounts: Amounts,
    /// From then on it may be closed unpaid.
    pub expires_at: Timestamp,
    /// The request that placed it.
    pub key: KeyHash,
    /// That request's body.
    pub body: BodyFingerprint,
    /// Where to send it; none for what is not sent.
    pub delivery: Option<Delivery>,
    /// What the shopper wanted to be known, of orders from before it was sealed with the address: it is in the snapshot since.
    pub remark: Option<Remark>,
    /// The lines were the selected ones of the shopper's cart, which loses them.
    pub from_cart: bool,
}

impl BasketLine {
    /// What the line costs: its pieces at their price, less its discount. The lines of an order were checked when it was placed.
    pub fn cost(&self) -> Money {
        self.unit_price.checked_mul(self.quantity).and_then(|price| price.checked_sub(self.discount)).unwrap_or_default()
    }
}

impl BasketPlaced {
    /// P4: each line's share of the freight, in the order of the lines. A quote shows the same ones.
    pub fn freight_shares(&self) -> Vec<Money> {
        freight_shares(self.amounts.freight, self.lines.iter().map(|line| (line.cost(), line.quantity)))
    }

    /// Its lines as every order has them.
    pub fn plain_lines(&self) -> Lines {
        let plain = |line: &BasketLine| Line { sku: line.sku, flash: None, quantity: line.quantity, unit_price: line.unit_price };
        self.lines.iter().map(plain).collect()
    }

    /// The invariant that does not hold, if any.
    pub fn broken(&self) -> Option<&'static str> {
        if Amounts::of(&self.lines, self.amounts.freight) != Some(self.amounts) {
            return Some("P1: the amounts are not those of the lines");
        }
        broken_lines(&self.lines)
    }
}

/// Whether the lines break P2, and how.
pub(super) fn broken_lines(lines: &[BasketLine]) -> Option<&'static str> {
    let mut skus: Vec<SkuId> = lines.iter().map(|line| line.sku).collect();
    skus.sort_unstable();
    skus.dedup();
    (skus.len() != lines.len() || lines.is_empty() || lines.len() > LINES_MAX).then_some("P2: no lines, too many, or a SKU in two of them")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_what_was_sealed_byte_for_byte_and_not_too_long() {
        for length in [1, 2, ADDRESS_BYTES_MAX] {
            let sealed: Vec<u8> = (0..length).map(|at| at as u8).collect();
            assert_eq!(AddressSnapshot::try_from(sealed.clone()).unwrap().as_bytes(), sealed);
        }
        for length in [0, ADDRESS_BYTES_MAX + 1] {
            assert_eq!(AddressSnapshot::try_from(vec![7; length]), Err(BadAddress(length)));
        }
    }
}
