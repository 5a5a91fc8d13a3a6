//! SKUs of a product that is there: added, changed, taken off the shelf, removed while nothing has ever happened to them.
//! - K1 A SKU with a past, pieces, orders, adjustments or a flash sale, is never removed: records name it. It can be taken off the shelf.
//! - K2 The product's price in `products` is the lowest of its SKUs on the shelf, after each edit.
//!
//! Prices are `set_price`'s, stock is `stock::adjustments`'.

use mallcore_actors::ids::SkuId;
use mallcore_actors::time::Timestamp;

use super::products::{Code, NewSku, SKUS_MAX, check_picture, check_skus, check_specs, insert_sku, invalid, json, spec_text};
use super::specs::Variants;
use super::{EditError, after, write};
use crate::features::catalog::model::{OFF_SALE, ON_SALE};
use crate::platform::database::{Database, Row, Tx, Value};
use crate::platform::outbox::{self, Message, Topic};

/// What is changed of a SKU; what is none stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SkuChange {
    /// The merchant's own number, or none from now on.
    pub code: Option<Option<Code>>,
    /// Address of its own picture, or none from now on.
    pub picture: Option<Option<String>>,
    /// Its value of each of the product's specs.
    pub spec_values: Option<Vec<String>>,
    /// Weight of a piece; 0 if nobody has said.
    pub weight_grams: Option<u32>,
    /// Volume of a piece; 0 if nobody has said.
    pub volume_cm3: Option<u32>,
    /// Whether it is on the shelf.
    pub on_sale: Option<bool>,
}

/// A product with its SKUs, all of them locked.
struct Locked {
    product: u64,
    variants: Variants,
    rows: Vec<Row>,
    price_fen: i64,
    updated_at: Timestamp,
}

/// Columns of a SKU: those of [`Variants::read`] first.
const COLUMNS: &str =
    "id, spec_values, status, price_fen, available, held, sold, version, last_adjustment_id, code, picture, weight_grams, volume_cm3";

/// Locks a product and its SKUs, in the order of all edits (E2).
async fn lock(tx: &mut Tx, product: u64, now: Timestamp) -> Result<Locked, EditError> {
    let rows = tx.lock(format!("SELECT {COLUMNS} FROM skus WHERE product_id = ? ORDER BY id"), vec![product.into()]).await?;
    let found = tx.lock("SELECT specs, updated_at, price_fen FROM products WHERE id = ?", vec![product.into()]).await?;
    let row = found.first().ok_or(EditError::UnknownProduct(product))?;
    let (variants, updated_at) = (Variants::read(row.text_or_null(0)?, &rows)?, after(row.time(1)?, now));
    Ok(Locked { product, variants, rows, price_fen: row.int(2)?, updated_at })
}

/// The same for the product of a SKU, and the SKU's place among its rows.
async fn lock_of(tx: &mut Tx, sku: SkuId, now: Timestamp) -> Result<(Locked, usize), EditError> {
    let row = tx.first("SELECT product_id FROM skus WHERE id = ?", vec![sku.get().into()]).await?;
    let locked = lock(tx, row.ok_or(EditError::UnknownSku(sku))?.count(0)?, now).await?;
    let place = locked.variants.skus.iter().position(|(id, _)| *id == sku).ok_or(EditError::UnknownSku(sku))?;
    Ok((locked, place))
}

/// Says what the product's specs and price are now (K2), and tells everybody. Returns the row of the outbox.
async fn finish(tx: &mut Tx, locked: &Locked, now: Timestamp) -> Result<u64, EditError> {
    let text = "SELECT MIN(price_fen) FROM skus WHERE product_id = ? AND status = 1";
    let row = tx.first(text, vec![locked.product.into()]).await?;
    // Without a SKU on the shelf it keeps the price that it had.
    let lowest = row.map_or(Ok(None), |row| row.int_or_null(0))?.unwrap_or(locked.price_fen);
    let values = vec![json(&locked.variants.specs), lowest.into(), locked.updated_at.into(), locked.product.into()];
    tx.execute("UPDATE products SET specs = ?, price_fen = ?, updated_at = ? WHERE id = ?", values).await?;
    Ok(outbox::append(tx, &Message::changed(Topic::Product, locked.product), now).await?)
}

/// Adds a SKU to a product that has specs; values that its specs do not have yet are added to them. Returns the SKU and the row of the outbox.
///
/// # Errors
/// As for [`super::products::create`].
pub async fn add(database: &Database, product: u64, sku: &NewSku, now: Timestamp) -> Result<(SkuId, u64), EditError> {
    write(database, async |tx| {
        let mut locked = lock(tx, product, now).await?;
        let Variants { specs, skus } = &mut locked.variants;
        if specs.is_empty() || specs.len() != sku.spec_values.len() {
            return Err(invalid("spec_values", format!("the product has {} specs", specs.len())));
        }
        for (spec, value) in specs.iter_mut().zip(&sku.spec_values) {
            if !spec.values.contains(value) {
                spec.values.push(value.clone());
            }
        }
        check_specs(specs)?;
        check_skus(specs, std::slice::from_ref(sku))?;
        if skus.len() >= SKUS_MAX {
            return Err(invalid("skus", format!("a product has {SKUS_MAX} SKUs at most")));
        }
        check_free(skus, &sku.spec_values, None)?;
        let id = insert_sku(tx, product, sku, now).await?;
        Ok((id, finish(tx, &locked, now).await?))
    })
    .await
}

/// No other SKU has these values.
fn check_free(skus: &[(SkuId, Vec<String>)], values: &[String], except: Option<SkuId>) -> Result<(), EditError> {
    match skus.iter().find(|(id, taken)| taken == values && Some(*id) != except) {
        Some((id, _)) => Err(invalid("spec_values", format!("SKU {id} has {values:?} already"))),
        None => Ok(()),
    }
}

/// Changes a SKU. Returns the row of the outbox, or none if it was so already.
///
/// # Errors
/// [`EditError::UnknownSku`]; [`EditError::Invalid`] names what is wrong, and nothing has changed then.
pub async fn change(database: &Database, sku: SkuId, change: &SkuChange, now: Timestamp) -> Result<Option<u64>, EditError> {
    if let Some(Some(picture)) = &change.picture {
        check_picture(picture)?;
    }
    write(database, async |tx| {
        let (locked, place) = lock_of(tx, sku, now).await?;
        let Variants { specs, skus } = &locked.variants;
        let (row, values_now) = (&locked.rows[place], &skus[place].1);
        let values = change.spec_values.as_ref().unwrap_or(values_now);
        if values != values_now {
            let fits = values.len() == specs.len() && specs.iter().zip(values).all(|(spec, value)| spec.values.contains(value));
            if !fits {
                return Err(invalid("spec_values", format!("{values:?} is not one value of each spec")));
            }
            check_free(skus, values, Some(sku))?;
        }
        let text = |wanted: Option<Option<String>>, column| Ok::<_, EditError>(match wanted {
            Some(wanted) => wanted,
            None => row.text_or_null(column)?,
        });
        let code = change.code.as_ref().map(|code| code.as_ref().map(|code| code.as_str().to_owned()));
        let wanted: [Value; 6] = [
            text(code, 9)?.into(),
            text(change.picture.clone(), 10)?.into(),
            change.weight_grams.map_or_else(|| row.pieces(11), Ok)?.into(),
            change.volume_cm3.map_or_else(|| row.pieces(12), Ok)?.into(),
            change.on_sale.map_or_else(|| row.int(2), |on_sale| Ok(if on_sale { ON_SALE } else { OFF_SALE }))?.into(),
            json(values),
        ];
        let stored: [Value; 6] = [
            row.text_or_null(9)?.into(),
            row.text_or_null(10)?.into(),
            row.pieces(11)?.into(),
            row.pieces(12)?.into(),
            row.int(2)?.into(),
            json(values_now),
        ];
        if wanted == stored {
            return Ok(None);
        }
        let statement =
            "UPDATE skus SET code = ?, picture = ?, weight_grams = ?, volume_cm3 = ?, status = ?, spec_values = ?, spec = ?, updated_at = ? WHERE id = ?";
        let rest = [spec_text(values).into(), now.into(), sku.get().into()];
        tx.execute(statement, wanted.into_iter().chain(rest).collect()).await?;
        finish(tx, &locked, now).await.map(Some)
    })
    .await
}

/// Removes a SKU that nothing has happened to yet: one that was a mistake. Returns the row of the outbox.
///
/// # Errors
/// [`EditError::UnknownSku`]; [`EditError::SkuInUse`] says what has happened to it (K1).
pub async fn remove(database: &Database, sku: SkuId, now: Timestamp) -> Result<u64, EditError> {
    write(database, async |tx| {
        let (locked, place) = lock_of(tx, sku, now).await?;
        if let Some(why) = past(tx, sku, &locked.rows[place]).await? {
            return Err(EditError::SkuInUse { sku, why });
        }
        if locked.rows.len() == 1 {
            return Err(EditError::SkuInUse { sku, why: "is the only one of its product" });
        }
        tx.execute("DELETE FROM skus WHERE id = ?", vec![sku.get().into()]).await?;
        finish(tx, &locked, now).await
    })
    .await
}

/// What has happened to a SKU, as far as the database knows or will: a request for stock that is on its way lies in the outbox, and nothing is
/// ordered of what never had stock.
async fn past(tx: &mut Tx, sku: SkuId, row: &Row) -> Result<Option<&'static str>, EditError> {
    if row.pieces(5)? > 0 || row.pieces(6)? > 0 {
        return Ok(Some("has orders"));
    }
    if row.pieces(4)? > 0 {
        return Ok(Some("has stock"));
    }
    if tx.first("SELECT id FROM seckill_items WHERE sku_id = ? LIMIT 1", vec![sku.get().into()]).await?.is_some() {
        return Ok(Some("is in a flash sale"));
    }
    let asked = tx.first("SELECT id FROM outbox WHERE aggregate = ? LIMIT 1", vec![format!("sku:{sku}").into()]).await?;
    Ok((asked.is_some() || row.count(7)? > 0 || row.count(8)? > 0).then_some("has had stock or orders"))
}
