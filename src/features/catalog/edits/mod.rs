//! Cold writes of the catalogue by people of the shop: prices and the shelf here, products, categories, brands and tags beside. Each commits
//! with its row of the outbox.
//! - E1 Orders and flash sales keep the prices that they have; stock is never a field here (`stock::adjustments`).
//! - E2 Rows are locked in one order, SKUs by id, then the product, then the outbox, which is that of the projection.

pub mod categories;
pub mod labels;
pub mod products;
pub mod skus;
pub mod specs;
pub mod zones;

use mallcore_actors::ids::SkuId;
use mallcore_actors::money::Money;
use mallcore_actors::stock::adjustment::Operator;
use mallcore_actors::time::Timestamp;

use crate::features::catalog::model::{OFF_SALE, ON_SALE};
use crate::features::catalog::snapshot::Spec;
use crate::platform::database::{Database, Error, TransactionError, Tx};
use crate::platform::outbox::{self, AppendError, Message, PriceChanged, SkuPrice, StatusChanged};

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// There is no such product.
    #[error("there is no product {0}")]
    UnknownProduct(u64),
    /// There is no such SKU.
    #[error("there is no SKU {0}")]
    UnknownSku(SkuId),
    /// There is no such category, brand or tag.
    #[error("there is no {field} {id}")]
    Unknown {
        /// What was named.
        field: &'static str,
        /// The id without a row.
        id: u64,
    },
    /// A SKU that something has happened to is not removed.
    #[error("SKU {sku} {why}: it cannot be removed, only taken off the shelf")]
    SkuInUse {
        /// The SKU that stays.
        sku: SkuId,
        /// What has happened to it.
        why: &'static str,
    },
    /// It breaks a rule.
    #[error("{field}: {why}")]
    Invalid {
        /// What is wrong.
        field: &'static str,
        /// The rule that the value breaks.
        why: String,
    },
    /// The database did not do it.
    #[error(transparent)]
    Database(#[from] Error),
    /// The outbox did not take it.
    #[error("failed to append to the outbox")]
    Append(#[from] AppendError),
}

impl TransactionError for EditError {
    fn is_transient(&self) -> bool {
        match self {
            Self::Database(cause) => cause.is_transient(),
            Self::Append(cause) => cause.is_transient(),
            Self::UnknownProduct(_) | Self::UnknownSku(_) | Self::Unknown { .. } | Self::SkuInUse { .. } | Self::Invalid { .. } => false,
        }
    }
}

/// The SKUs that get a new price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Priced {
    /// Every SKU of a product.
    Product(u64),
    /// One SKU; the product shows its lowest price.
    Sku(SkuId),
}

/// Runs a cold write whole ([`Database::transaction`]).
pub(in crate::features) async fn write<T>(
    database: &Database,
    edit: impl AsyncFn(&mut Tx) -> Result<T, EditError>,
) -> Result<T, EditError> {
    database.transaction(edit).await
}

/// A product's `updated_at` is its version for caches: it grows with each edit, whatever the clocks of those who edit say.
fn after(last: Timestamp, now: Timestamp) -> Timestamp {
    now.max(last.plus_millis(1))
}

/// Sets a price; returns the row of the outbox, or none if it was that already.
pub async fn set_price(
    database: &Database,
    priced: Priced,
    price: Money,
    operator: &Operator,
    now: Timestamp,
) -> Result<Option<u64>, EditError> {
    write(database, async |tx| {
        let product = match priced {
            Priced::Product(product) => product,
            Priced::Sku(sku) => {
                let row = tx.first("SELECT product_id FROM skus WHERE id = ?", vec![sku.get().into()]).await?;
                row.ok_or(EditError::UnknownSku(sku))?.count(0)?
            }
        };
        let rows = tx.lock("SELECT id, price_fen, status FROM skus WHERE product_id = ? ORDER BY id", vec![product.into()]).await?;
        let found = tx.lock("SELECT price_fen, updated_at FROM products WHERE id = ?", vec![product.into()]).await?;
        let found = found.first().ok_or(EditError::UnknownProduct(product))?;
        let (shown, updated_at) = (found.id(0, Money::from_fen)?, after(found.time(1)?, now));
        let (mut changed, mut on_sale) = (Vec::new(), Vec::new());
        for row in &rows {
            let sku = SkuPrice { sku_id: row.id(0, SkuId::new)?, from_fen: row.id(1, Money::from_fen)?, price_fen: price };
            let concerned = matches!(priced, Priced::Product(_)) || priced == Priced::Sku(sku.sku_id);
            if row.int(2)? == ON_SALE {
                on_sale.push(if concerned { price } else { sku.from_fen });
            }
            if concerned && sku.from_fen != price {
                changed.push(sku);
            }
        }
        let lowest = match priced {
            Priced::Product(_) => price,
            Priced::Sku(_) => on_sale.into_iter().min().unwrap_or(shown),
        };
        if changed.is_empty() && lowest == shown {
            return Ok(None);
        }
        for sku in &changed {
            let values = vec![price.fen().into(), now.into(), sku.sku_id.get().into()];
            tx.execute("UPDATE skus SET price_fen = ?, updated_at = ? WHERE id = ?", values).await?;
        }
        let values = vec![lowest.fen().into(), updated_at.into(), product.into()];
        tx.execute("UPDATE products SET price_fen = ?, updated_at = ? WHERE id = ?", values).await?;
        let changed = PriceChanged { product_id: product, price_fen: lowest, skus: changed, operator: operator.clone() };
        Ok(Some(outbox::append(tx, &Message::PriceChanged(changed), now).await?))
    })
    .await
}

/// Puts a product on the shelf or takes it off; returns the row of the outbox, or none if it was so already.
pub async fn set_status(
    database: &Database,
    product: u64,
    on_sale: bool,
    operator: &Operator,
    now: Timestamp,
) -> Result<Option<u64>, EditError> {
    write(database, async |tx| {
        let status = if on_sale { ON_SALE } else { OFF_SALE };
        let found = tx.lock("SELECT status, updated_at FROM products WHERE id = ?", vec![product.into()]).await?;
        let found = found.first().ok_or(EditError::UnknownProduct(product))?;
        if found.int(0)? == status {
            return Ok(None);
        }
        let values = vec![status.into(), after(found.time(1)?, now).into(), product.into()];
        tx.execute("UPDATE products SET status = ?, updated_at = ? WHERE id = ?", values).await?;
        let changed = StatusChanged { product_id: product, on_sale, operator: operator.clone() };
        Ok(Some(outbox::append(tx, &Message::StatusChanged(changed), now).await?))
    })
    .await
}

/// A product as people of the shop see it, on the shelf or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shelf {
    /// Name of the product.
    pub name: String,
    /// The price that is shown for it.
    pub price: Money,
    /// Whether it can be bought.
    pub on_sale: bool,
    /// What its SKUs differ in.
    pub specs: Vec<Spec>,
    /// Each of its SKUs.
    pub skus: Vec<ShelfSku>,
}

/// One SKU with its counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShelfSku {
    /// Id of the SKU.
    pub id: SkuId,
    /// What sets it apart.
    pub spec: String,
    /// The merchant's own number.
    pub code: Option<String>,
    /// Price of a piece.
    pub price: Money,
    /// Whether it is on the shelf.
    pub on_sale: bool,
    /// Pieces that can be bought outside flash sales.
    pub available: u32,
    /// Pieces in unpaid orders.
    pub held: u32,
    /// Pieces in paid orders.
    pub sold: u32,
    /// The last journal record in these counts: what "set to n" has to name.
    pub version: u64,
}

/// Looks at a product; none if there is no such product.
pub async fn look(database: &Database, product: u64) -> Result<Option<Shelf>, Error> {
    let mut tx = database.snapshot().await?;
    let Some(row) = tx.first("SELECT name, price_fen, status, specs FROM products WHERE id = ?", vec![product.into()]).await? else {
        return Ok(None);
    };
    let text = "SELECT id, spec, price_fen, available, held, sold, version, code, status FROM skus WHERE product_id = ? ORDER BY id";
    let rows = tx.all(text, vec![product.into()]).await?;
    tx.commit().await?;
    let sku = |row: &crate::platform::database::Row| {
        Ok(ShelfSku {
            id: row.id(0, SkuId::new)?,
            spec: row.text(1)?,
            price: row.id(2, Money::from_fen)?,
            available: row.pieces(3)?,
            held: row.pieces(4)?,
            sold: row.pieces(5)?,
            version: row.count(6)?,
            code: row.text_or_null(7)?,
            on_sale: row.int(8)? == ON_SALE,
        })
    };
    let skus = rows.iter().map(sku).collect::<Result<_, Error>>()?;
    let specs = row.text_or_null(3)?.and_then(|specs| serde_json::from_str(&specs).ok()).unwrap_or_default();
    Ok(Some(Shelf { name: row.text(0)?, price: row.id(1, Money::from_fen)?, on_sale: row.int(2)? == ON_SALE, specs, skus }))
}
