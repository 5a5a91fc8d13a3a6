//! Events of stock, as other services read them (docs/events).

use mallcore_actors::kernel::Fact;
use mallcore_actors::stock::{QuotaCarved, QuotaReleased, StockFact};
use serde::Serialize;

use crate::platform::broker::document::{Data, data};
use crate::platform::rfc3339::Rfc3339;

#[derive(Serialize)]
struct CarvedData {
    sku_id: u64,
    flash_item_id: u64,
    activity_id: u64,
    quota: u32,
    limit_per_user: u32,
    unit_price_fen: u64,
    starts_at: Rfc3339,
    ends_at: Rfc3339,
}

#[derive(Serialize)]
struct ReleasedData {
    sku_id: u64,
    flash_item_id: u64,
    activity_id: u64,
    pieces: u32,
}

#[derive(Serialize)]
struct AdjustedData<'a> {
    sku_id: u64,
    adjustment_id: u64,
    delta: i32,
    reason: &'a str,
    operator: &'a str,
}

/// The `data` of a fact of stock.
pub fn document(fact: &Fact) -> Option<Data> {
    let Fact::Stock(fact) = fact else { return None };
    Some(match fact {
        StockFact::QuotaCarved(carved) => data(&CarvedData::from(carved)),
        StockFact::QuotaReleased(QuotaReleased { sku, item, activity, pieces }) => {
            data(&ReleasedData { sku_id: sku.get(), flash_item_id: item.get(), activity_id: activity.get(), pieces: *pieces })
        }
        StockFact::Adjusted(adjusted) => data(&AdjustedData {
            sku_id: adjusted.sku.get(),
            adjustment_id: adjusted.adjustment.get(),
            delta: adjusted.delta.get(),
            reason: adjusted.reason.as_str(),
            operator: adjusted.operator.as_str(),
        }),
    })
}

impl From<&QuotaCarved> for CarvedData {
    fn from(carved: &QuotaCarved) -> Self {
        Self {
            sku_id: carved.sku.get(),
            flash_item_id: carved.item.get(),
            activity_id: carved.activity.get(),
            quota: carved.quota,
            limit_per_user: carved.limit_per_user,
            unit_price_fen: carved.unit_price.fen(),
            starts_at: carved.starts_at.into(),
            ends_at: carved.ends_at.into(),
        }
    }
}
