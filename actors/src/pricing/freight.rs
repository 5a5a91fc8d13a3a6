//! Freight templates (运费模板): what sending goods costs, by region.
//! - F1 A region has the terms of the most specific row that names it (district, city, province), otherwise the default ones.
//! - F2 The first `first` units cost `first_fee`; each begun `next` units more cost `next_fee`.
//! - F3 A fee never falls when units are added, unless the free threshold is reached; from there on it is nothing.
//! - F4 A region is named by one row of a template at most.
//!
//! Not here: tables and edits (`features::freight`).

use std::collections::BTreeMap;

use super::region_prefix::RegionPrefix;
use crate::ids::FreightTemplateId;
use crate::money::Money;
use crate::values::region::RegionCode;

/// The most rows of a template beside the default one.
pub const AREAS_MAX: usize = 100;
/// The most regions of a template: there are about 3,000 districts.
pub const REGIONS_MAX: usize = 4_000;

/// The most units that a fee covers, and pieces that a threshold asks for: 100 tonnes in grams.
pub const UNITS_MAX: u32 = 100_000_000;

/// What a template counts. Numbers are those of the column `freight_templates.billing`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Billing {
    /// Pieces, whatever they weigh.
    Pieces = 1,
    /// Weight in grams.
    Weight = 2,
    /// Volume in cm³.
    Volume = 3,
}

impl Billing {
    /// From the column.
    pub const fn from_number(number: i64) -> Option<Self> {
        match number {
            1 => Some(Self::Pieces),
            2 => Some(Self::Weight),
            3 => Some(Self::Volume),
            _ => None,
        }
    }
}

/// From when on sending is free. Where both are given, both have to be reached; where neither is, it is never free.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FreeFrom {
    /// From so many pieces on.
    pub pieces: Option<u32>,
    /// From goods for so much on, after discounts.
    pub amount: Option<Money>,
}

impl FreeFrom {
    fn is_reached(self, parcel: Parcel) -> bool {
        let enough_pieces = self.pieces.is_none_or(|pieces| parcel.pieces >= u64::from(pieces));
        let enough_money = self.amount.is_none_or(|amount| parcel.amount >= amount);
        self != Self::default() && enough_pieces && enough_money
    }
}

/// What sending costs to a region that is delivered to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Units (pieces, grams or cm³) that the first fee covers; 1 to [`UNITS_MAX`].
    pub first: u32,
    /// The first fee.
    pub first_fee: Money,
    /// Units that each further fee covers; 1 to [`UNITS_MAX`].
    pub next: u32,
    /// Each further fee.
    pub next_fee: Money,
    /// From when on it is free.
    pub free: FreeFrom,
}

impl Rate {
    /// Sending is free, always (包邮).
    pub const FREE: Self =
        Self { first: 1, first_fee: Money::ZERO, next: 1, next_fee: Money::ZERO, free: FreeFrom { pieces: None, amount: None } };

    /// F2, whatever is free; none if it is no amount.
    fn fee(self, units: u64) -> Option<Money> {
        debug_assert!(self.first > 0 && self.next > 0, "{self:?}");
        let begun = units.saturating_sub(u64::from(self.first)).div_ceil(u64::from(self.next));
        let fee = u128::from(self.first_fee.fen()) + u128::from(begun) * u128::from(self.next_fee.fen());
        Money::from_fen(u64::try_from(fee).ok()?).ok()
    }
}

/// What holds for a region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Terms {
    /// It is delivered to at this rate.
    Delivered(Rate),
    /// It is not delivered to.
    NotDelivered,
}

/// Regions with the same terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Area {
    /// The regions, at least one.
    pub regions: Vec<RegionPrefix>,
    /// What holds there.
    pub terms: Terms,
}

/// Why a template is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadTemplate {
    /// A fee for no units, or for too many.
    #[error("a fee covers 1 to {UNITS_MAX} units")]
    Units,
    /// A threshold that everything reaches, or nothing.
    #[error("sending is free from 1 to {UNITS_MAX} pieces, or from at least 1 fen, on")]
    Free,
    /// A row without regions.
    #[error("a row names at least one region")]
    NoRegion,
    /// F4: nobody could say which row holds.
    #[error("region {0} stands in two rows")]
    RegionTwice(RegionPrefix),
    /// Too many rows or regions.
    #[error("a template has at most {AREAS_MAX} rows and {REGIONS_MAX} regions")]
    TooMany,
}

/// A freight template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    id: FreightTemplateId,
    billing: Billing,
    default: Terms,
    areas: BTreeMap<RegionPrefix, Terms>,
}

/// What the lines of one template are together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Parcel {
    /// Pieces of all lines.
    pub pieces: u64,
    /// Pieces, grams or cm³, as the template counts.
    pub units: u64,
    /// The goods after discounts.
    pub amount: Money,
}

/// What sending a parcel costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charge {
    /// So much; nothing where the rate itself is free.
    Fee(Money),
    /// Nothing, because there is enough of it.
    FreeFromThreshold,
    /// It is not sent there.
    NotDelivered,
    /// A sum that is no amount.
    TooMuch,
}

impl Template {
    /// A template with its default terms and its rows.
    ///
    /// # Errors
    /// [`BadTemplate`] for what could not be reckoned with.
    pub fn new(id: FreightTemplateId, billing: Billing, default: Terms, areas: &[Area]) -> Result<Self, BadTemplate> {
        if areas.len() > AREAS_MAX || areas.iter().map(|area| area.regions.len()).sum::<usize>() > REGIONS_MAX {
            return Err(BadTemplate::TooMany);
        }
        checked(default)?;
        let mut terms = BTreeMap::new();
        for area in areas {
            checked(area.terms)?;
            if area.regions.is_empty() {
                return Err(BadTemplate::NoRegion);
            }
            for region in &area.regions {
                if terms.insert(*region, area.terms).is_some() {
                    return Err(BadTemplate::RegionTwice(*region));
                }
            }
        }
        Ok(Self { id, billing, default, areas: terms })
    }

    /// By what its lines belong together.
    pub const fn id(&self) -> FreightTemplateId {
        self.id
    }

    /// What it counts.
    pub const fn billing(&self) -> Billing {
        self.billing
    }

    /// Whether the destination matters: otherwise freight is known without an address.
    pub fn depends_on_region(&self) -> bool {
        !self.areas.is_empty()
    }

    /// F1; without a region those of a template for which none matters.
    pub fn terms(&self, region: Option<RegionCode>) -> Terms {
        debug_assert!(region.is_some() || !self.depends_on_region(), "F1: the terms of no region");
        let named = region.and_then(|region| RegionPrefix::all_of(region).into_iter().find_map(|prefix| self.areas.get(&prefix)));
        named.copied().unwrap_or(self.default)
    }

    /// What it costs to send a parcel to a region.
    pub fn charge(&self, parcel: Parcel, region: Option<RegionCode>) -> Charge {
        debug_assert!(parcel.pieces <= parcel.units, "a piece counts nothing: {parcel:?}");
        match self.terms(region) {
            Terms::NotDelivered => Charge::NotDelivered,
            Terms::Delivered(rate) if rate.free.is_reached(parcel) => Charge::FreeFromThreshold,
            Terms::Delivered(rate) => rate.fee(parcel.units).map_or(Charge::TooMuch, Charge::Fee),
        }
    }
}

fn checked(terms: Terms) -> Result<(), BadTemplate> {
    let Terms::Delivered(rate) = terms else { return Ok(()) };
    let is_sensible = |units: u32| (1..=UNITS_MAX).contains(&units);
    if !is_sensible(rate.first) || !is_sensible(rate.next) {
        return Err(BadTemplate::Units);
    }
    let FreeFrom { pieces, amount } = rate.free;
    if pieces.is_some_and(|pieces| !is_sensible(pieces)) || amount == Some(Money::ZERO) { Err(BadTemplate::Free) } else { Ok(()) }
}
