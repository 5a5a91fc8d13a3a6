//! Events of carts, as other services read them (docs/events).

use mallcore_actors::carts::{CartCleared, CartFact, CartLine, LinesRemoved, LinesSet};
use mallcore_actors::kernel::Fact;
use serde::Serialize;

use crate::platform::broker::document::{Data, data};
use crate::platform::rfc3339::Rfc3339;

#[derive(Serialize)]
struct LinesData {
    user_id: u64,
    lines: Vec<LineData>,
}

/// A line of a cart as other services read it, on the broker and in Redis.
#[derive(Serialize)]
pub(super) struct LineData {
    sku_id: u64,
    quantity: u32,
    selected: bool,
    added_at: Rfc3339,
}

#[derive(Serialize)]
struct RemovedData {
    user_id: u64,
    sku_ids: Vec<u64>,
}

#[derive(Serialize)]
struct ClearedData {
    user_id: u64,
}

/// The `data` of a fact of a cart.
pub fn document(fact: &Fact) -> Option<Data> {
    let Fact::Carts(fact) = fact else { return None };
    Some(match fact {
        CartFact::LinesSet(LinesSet { user, lines, .. }) => {
            data(&LinesData { user_id: user.get(), lines: lines.iter().map(LineData::from).collect() })
        }
        CartFact::LinesRemoved(LinesRemoved { user, skus }) => {
            data(&RemovedData { user_id: user.get(), sku_ids: skus.iter().map(|sku| sku.get()).collect() })
        }
        CartFact::Cleared(CartCleared { user }) => data(&ClearedData { user_id: user.get() }),
    })
}

impl From<&CartLine> for LineData {
    fn from(line: &CartLine) -> Self {
        Self { sku_id: line.sku.get(), quantity: line.quantity.get(), selected: line.selected, added_at: line.added_at.into() }
    }
}
