//! What to show somebody who has not asked for it: counts of what is bought together, how much a product is liked, and how the two become a
//! list for one shopper. Pure and bounded; no money, no promise: a count that is off by one harms nobody.
//! Not here: where orders, looks and favourites come from, and what is on the shelf (`features::recommendations` of the server).

mod co_purchases;
mod popularity;
mod taste;

pub use co_purchases::{CoPurchases, Limits, PERIOD_MILLIS, Partner, UNIT, period_of};
pub use popularity::popularity;
pub use taste::{Blend, SIGNALS_MAX, Sign, Signal, favoured_categories};
