//! Facts of carts folded into what a batch changes: for each cart the lines that are new, different or gone.
//! - F1 Taking records one by one or all at once leads to the same rows.

use std::collections::BTreeMap;

use super::facts::{CartFact, CartLine, Request};
use crate::ids::{SkuId, UserId};
use crate::journal::Sequence;
use crate::kernel::Fact;
use crate::kernel::facts::{Header, Kind, Origin, Record};
use crate::kernel::fold::{Fold, FoldError};
use crate::time::Timestamp;

/// What changes in one cart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CartChange {
    /// Every line that is not in `lines` is gone.
    pub is_cleared: bool,
    /// Lines as they are from now on; none is gone.
    pub lines: BTreeMap<SkuId, Option<CartLine>>,
    /// Requests carried out, by their numbers.
    pub requests: BTreeMap<u32, Request>,
    /// The last order whose lines were taken out in this batch; 0 if none was.
    pub bought_through: Sequence,
    /// The cart's last record.
    pub version: Sequence,
    /// That record's time.
    pub updated_at: Timestamp,
}

/// What some consecutive records change in the rows of carts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CartFold(BTreeMap<UserId, CartChange>);

impl CartFold {
    /// Carts to change.
    pub const fn carts(&self) -> &BTreeMap<UserId, CartChange> {
        &self.0
    }
}

impl Fold for CartFold {
    fn takes(kind: Kind) -> bool {
        kind.is_of::<CartFact>()
    }

    fn fold(&mut self, sequence: Sequence, record: Record) -> Result<(), FoldError> {
        let Fact::Carts(fact) = record.fact else { return Ok(()) };
        let Header { at, origin, cause } = record.header;
        let cart = self.0.entry(fact.user()).or_default();
        assert!(cart.version < sequence, "F1: record {sequence} of a cart follows record {}", cart.version);
        match fact {
            CartFact::LinesSet(set) => {
                let last = cart.requests.last_key_value().map(|(number, _)| *number);
                debug_assert!(
                    set.request.is_none_or(|request| last < Some(request.number)),
                    "C2: {:?} follows request {last:?}",
                    set.request
                );
                cart.lines.extend(set.lines.into_iter().map(|line| (line.sku, Some(line))));
                cart.requests.extend(set.request.map(|request| (request.number, request)));
            }
            CartFact::LinesRemoved(removed) => cart.lines.extend(removed.skus.into_iter().map(|sku| (sku, None))),
            CartFact::Cleared(_) => {
                cart.lines.clear();
                cart.is_cleared = true;
            }
        }
        if matches!(origin, Origin::Policy { .. }) {
            debug_assert!(cart.bought_through < cause, "C3: order record {cause} follows {}", cart.bought_through);
            cart.bought_through = cart.bought_through.max(cause);
        }
        (cart.version, cart.updated_at) = (sequence, at);
        Ok(())
    }
}
