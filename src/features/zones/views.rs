//! What zones look like from outside. The bytes are joined of the catalogue's cards.

use bytes::Bytes;
use serde::Serialize;
use utoipa::ToSchema;

use crate::features::catalog::CardView;
use crate::features::catalog::cards::write_array;
use crate::features::catalog::snapshot::Zone;

/// A zone with its first products.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Zone)]
pub struct ZoneView {
    /// `discount` or `hot`.
    #[schema(example = "discount")]
    pub zone: String,
    /// Its name for shoppers.
    #[schema(example = "折扣专区")]
    pub title: String,
    /// How many products it has in all.
    pub total: u64,
    /// Its first products, in its order; those that are sold out say so.
    pub items: Vec<CardView>,
}

/// The zones on the home page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = HomepageZones)]
pub struct HomepageView {
    /// The discount zone with its first three products.
    pub discount: ZoneView,
    /// The hot zone with its first three products.
    pub hot: ZoneView,
}

const fn title(zone: Zone) -> &'static str {
    match zone {
        Zone::Discount => "折扣专区",
        Zone::Hot => "热销专区",
    }
}

/// A [`ZoneView`] of these cards.
pub(super) fn zone(zone: Zone, total: usize, cards: &[Bytes]) -> Vec<u8> {
    let mut body = format!(r#"{{"zone":"{}","title":"{}","total":{total},"items":"#, zone.name(), title(zone)).into_bytes();
    write_array(&mut body, cards);
    body.push(b'}');
    body
}

/// A [`HomepageView`] of these zones.
pub(super) fn homepage(discount: &[u8], hot: &[u8]) -> Vec<u8> {
    [br#"{"discount":"#, discount, br#","hot":"#, hot, b"}"].concat()
}
