//! Many products into a zone, or out of it, at once: all of them or none.

use mallcore_actors::time::Timestamp;
use mallcore_actors::values::discount::DiscountRate;

use super::products::{DISCOUNT, discount, set_within};
use super::{EditError, write};
use crate::platform::database::{Database, Value};
use crate::platform::outbox::{self, Message, Topic};

/// Products of one edit.
pub const BATCH_MAX: usize = 500;

/// Puts products into the discount zone at this rate, or takes them out. Returns the rows of the outbox: one for each product that was not so
/// already.
///
/// # Errors
/// [`EditError::UnknownProduct`] for the first that there is not, [`EditError::Invalid`] for no product or too many; nothing is changed then.
pub async fn set_discounts(
    database: &Database,
    products: &[u64],
    rate: Option<DiscountRate>,
    now: Timestamp,
) -> Result<Vec<u64>, EditError> {
    set_all(database, products, DISCOUNT, discount(rate), now).await
}

/// Puts products into the hot zone, or takes them out. Returns the rows of the outbox: one for each product that was not so already.
///
/// # Errors
/// As [`set_discounts`].
pub async fn set_hots(database: &Database, products: &[u64], is_hot: bool, now: Timestamp) -> Result<Vec<u64>, EditError> {
    set_all(database, products, ["is_hot"], [is_hot.into()], now).await
}

async fn set_all<const COLUMNS: usize>(
    database: &Database,
    products: &[u64],
    columns: [&'static str; COLUMNS],
    values: [Value; COLUMNS],
    now: Timestamp,
) -> Result<Vec<u64>, EditError> {
    // In the order of their ids: two batches wait for each other and never in a circle.
    let mut products = products.to_vec();
    products.sort_unstable();
    products.dedup();
    if products.is_empty() || products.len() > BATCH_MAX {
        return Err(EditError::Invalid { field: "product_ids", why: format!("1 to {BATCH_MAX} are wanted") });
    }
    write(database, async |tx| {
        let mut changed = Vec::new();
        for product in &products {
            if set_within(tx, *product, columns, &values, now).await? {
                changed.push(*product);
            }
        }
        let mut rows = Vec::with_capacity(changed.len());
        for product in changed {
            rows.push(outbox::append(tx, &Message::changed(Topic::Product, product), now).await?);
        }
        Ok(rows)
    })
    .await
}
