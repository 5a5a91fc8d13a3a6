//! What the ledger brings to the shop: its projection.

use super::projection::LedgerProjection;
use crate::platform::feature::{Feature, FeatureError, Opening};
use crate::platform::projection::Projection;

/// The ledger of all money.
pub const FEATURE: Feature = Feature { projections: &[LedgerProjection::NAME], open, ..Feature::of_routes("ledger", |_| (), &[]) };

fn open(opening: &mut Opening<'_>) -> Result<(), FeatureError> {
    opening.project::<LedgerProjection>()?;
    Ok(())
}
