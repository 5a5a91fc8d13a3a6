//! Orders of products: flat arrays of slots, each change a merge of a few into the rest.
//! - O1 Equal keys are ordered by id, newest first, so that every order is total and the same for everybody.

use foldhash::fast::RandomState;
use std::collections::HashSet;

/// How a list is ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sort {
    /// Put in last, first.
    Newest,
    /// Lowest shown price first.
    PriceAsc,
    /// Highest shown price first.
    PriceDesc,
    /// Sold most, first.
    Sales,
}

impl Sort {
    /// Each of them.
    pub const ALL: [Self; 4] = [Self::Newest, Self::PriceAsc, Self::PriceDesc, Self::Sales];

    /// Its word in queries.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Newest => "newest",
            Self::PriceAsc => "price_asc",
            Self::PriceDesc => "price_desc",
            Self::Sales => "sales",
        }
    }

    /// The order with this word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sort| sort.name() == word)
    }
}

/// Where a product stands: lower keys first.
pub(super) type Key = (u64, u64);

/// The order without those slots that `changed` names, and with `fresh` merged in.
pub(super) fn merged(old: &[u32], changed: &HashSet<u32, RandomState>, mut fresh: Vec<u32>, key: impl Fn(u32) -> Key) -> Vec<u32> {
    let kept: Vec<u32> =
        if changed.is_empty() { old.to_vec() } else { old.iter().copied().filter(|slot| !changed.contains(slot)).collect() };
    if fresh.is_empty() {
        return kept;
    }
    fresh.sort_unstable_by_key(|slot| key(*slot));
    let mut order = Vec::with_capacity(kept.len() + fresh.len());
    let mut rest = kept.as_slice();
    for slot in fresh {
        let at = key(slot);
        let (before, after) = rest.split_at(rest.partition_point(|other| key(*other) < at));
        order.extend_from_slice(before);
        order.push(slot);
        rest = after;
    }
    order.extend_from_slice(rest);
    order
}
