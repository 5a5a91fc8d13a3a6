//! The pipeline. Each step works on what the step before has left of a line; the steps of marketing (member price, spend and save, coupon,
//! points) have their place between the zone discount and freight.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::basket::{Basket, Line, Price};
use super::explanation::{self, Explained, FreightSaid};
use super::freight::{Billing, Charge, Parcel, Template};
use super::shares::freight_shares;
use crate::ids::{FreightTemplateId, SkuId};
use crate::money::Money;
use crate::quantity::Quantity;

/// Why there is no quote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoPrice {
    /// These lines have no freight template, or one that counts what is not known of them: sending is never free by mistake.
    FreightUnknown(Vec<SkuId>),
    /// These lines are not sent to the destination.
    NoDelivery(Vec<SkuId>),
    /// A sum that is no amount.
    TooMuch,
}

/// One line of a quote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuotedLine {
    /// The line's SKU.
    pub sku: SkuId,
    /// Pieces that are wanted.
    pub quantity: Quantity,
    /// Price of a piece before discounts.
    pub unit_price: Money,
    /// The pieces at that price.
    pub goods: Money,
    /// Of that taken off by the discount zone.
    pub zone_discount: Money,
    /// What is left after all discounts.
    pub cost: Money,
    /// The line's share of the freight; none while freight is not known.
    pub freight: Option<Money>,
    /// `cost` and `freight`; none while freight is not known.
    pub payable: Option<Money>,
}

impl QuotedLine {
    /// All that is taken off the line.
    pub fn discount(&self) -> Money {
        self.goods.checked_sub(self.cost).unwrap_or_default()
    }
}

/// What a basket costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// Line by line, in the basket's order.
    pub lines: Vec<QuotedLine>,
    /// The lines at their unit prices.
    pub goods: Money,
    /// Taken off them.
    pub discount: Money,
    /// For sending it; none while that depends on an address that is not chosen.
    pub freight: Option<Money>,
    /// What has to be paid; none while freight is not known.
    pub payable: Option<Money>,
    /// The steps, for the shopper.
    pub explanation: Vec<Explained>,
}

/// Prices a basket.
///
/// # Errors
/// [`NoPrice`] if it cannot be priced, or cannot be sent there.
pub fn quote(basket: &Basket) -> Result<Quote, NoPrice> {
    let mut lines = basket.lines.iter().map(discounted).collect::<Option<Vec<_>>>().ok_or(NoPrice::TooMuch)?;
    let sum = |part: fn(&QuotedLine) -> Money| lines.iter().try_fold(Money::ZERO, |sum, line| sum.checked_add(part(line)));
    let goods = sum(|line| line.goods).ok_or(NoPrice::TooMuch)?;
    // Parts of the sum above.
    let zone_discount = sum(|line| line.zone_discount).unwrap_or_default();
    let cost = sum(|line| line.cost).unwrap_or_default();

    let said = freight(basket, &lines)?;
    let (known, payable) = match said {
        FreightSaid::NeedsAddress => (None, None),
        FreightSaid::Known { freight, .. } => (Some(freight), Some(cost.checked_add(freight).ok_or(NoPrice::TooMuch)?)),
    };
    if let Some(freight) = known {
        let shares = freight_shares(freight, lines.iter().map(|line| (line.cost, line.quantity)));
        assert_eq!(shares.len(), lines.len(), "Q1: a line without its share");
        for (line, share) in lines.iter_mut().zip(shares) {
            line.freight = Some(share);
            line.payable = line.cost.checked_add(share);
        }
    }
    let pieces = |is_counted: fn(&Line) -> bool| {
        basket.lines.iter().filter(|line| is_counted(line)).map(|line| u64::from(line.quantity.get())).sum()
    };
    let mut explanation = vec![explanation::goods(goods, pieces(|_| true), pieces(|line| matches!(line.price, Price::Flash(_))))];
    if zone_discount > Money::ZERO {
        explanation.push(explanation::zone_discount(zone_discount));
    }
    explanation.push(explanation::freight(said));
    explanation.push(explanation::payable(payable));
    Ok(Quote { lines, goods, discount: zone_discount, freight: known, payable, explanation })
}

/// The steps before freight; none for a sum that is no amount.
fn discounted(line: &Line) -> Option<QuotedLine> {
    let (sku, quantity, unit_price) = (line.sku, line.quantity, line.price.unit());
    let goods = unit_price.checked_mul(quantity)?;
    let zone_discount = line.price.zone_discount().checked_mul(quantity)?;
    let cost = goods.checked_sub(zone_discount)?;
    assert!(cost <= goods, "Q2: a line costs more than its goods");
    Some(QuotedLine { sku, quantity, unit_price, goods, zone_discount, cost, freight: None, payable: None })
}

/// Each template's lines are one parcel; freight is the sum over the parcels.
fn freight(basket: &Basket, quoted: &[QuotedLine]) -> Result<FreightSaid, NoPrice> {
    let mut parcels: BTreeMap<FreightTemplateId, (&Arc<Template>, Parcel)> = BTreeMap::new();
    let mut unknown = Vec::new();
    for (line, quoted) in basket.lines.iter().zip(quoted) {
        let (Some(template), Some(units)) = (&line.freight, units(line)) else {
            unknown.push(line.sku);
            continue;
        };
        let (_, parcel) = parcels.entry(template.id()).or_insert((template, Parcel::default()));
        parcel.pieces += u64::from(line.quantity.get());
        parcel.units = parcel.units.saturating_add(units);
        // A part of the goods, whose sum is an amount.
        parcel.amount = parcel.amount.checked_add(quoted.cost).ok_or(NoPrice::TooMuch)?;
    }
    if !unknown.is_empty() {
        return Err(NoPrice::FreightUnknown(unknown));
    }
    if basket.destination.is_none() && parcels.values().any(|(template, _)| template.depends_on_region()) {
        return Ok(FreightSaid::NeedsAddress);
    }
    let (mut freight, mut charging, mut free_from_threshold, mut not_delivered) = (Money::ZERO, 0, false, Vec::new());
    for (id, (template, parcel)) in &parcels {
        match template.charge(*parcel, basket.destination) {
            Charge::Fee(fee) => {
                freight = freight.checked_add(fee).ok_or(NoPrice::TooMuch)?;
                charging += usize::from(fee > Money::ZERO);
            }
            Charge::FreeFromThreshold => free_from_threshold = true,
            Charge::NotDelivered => not_delivered.push(*id),
            Charge::TooMuch => return Err(NoPrice::TooMuch),
        }
    }
    if not_delivered.is_empty() {
        return Ok(FreightSaid::Known { freight, charging, free_from_threshold });
    }
    let is_concerned = |line: &&Line| line.freight.as_ref().is_some_and(|template| not_delivered.contains(&template.id()));
    Err(NoPrice::NoDelivery(basket.lines.iter().filter(is_concerned).map(|line| line.sku).collect()))
}

/// What the line's template counts, of all its pieces; none if that is not known.
fn units(line: &Line) -> Option<u64> {
    let of_a_piece = match line.freight.as_ref()?.billing() {
        Billing::Pieces => 1,
        Billing::Weight => line.weight_grams,
        Billing::Volume => line.volume_cm3,
    };
    (of_a_piece > 0).then(|| u64::from(of_a_piece) * u64::from(line.quantity.get()))
}
