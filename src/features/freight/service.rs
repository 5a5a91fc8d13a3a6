//! Cold writes of freight templates by people of the shop. Each commits with its row of the outbox.
//! - E1 Orders keep the freight that they have.
//! - E2 A template that products use is not deleted; who assigns one holds its row, so that none is deleted meanwhile.
//! - E3 `updated_at` is a template's version for those who keep it in memory: it grows with each edit, whatever the clocks of those who edit say.

use mallcore_actors::ids::{FreightTemplateId, ProductId};
use mallcore_actors::pricing::freight::BadTemplate;
use mallcore_actors::time::Timestamp;

use super::Draft;
use super::repository::{self, DELETED, IN_USE};
use crate::platform::database::{Database, Error, Rows, TransactionError, Tx};
use crate::platform::outbox::{self, AppendError, Message, Topic};

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// There is no such template.
    #[error("there is no freight template {0}")]
    UnknownTemplate(FreightTemplateId),
    /// There is no such product.
    #[error("there is no product {0}")]
    UnknownProduct(ProductId),
    /// More products than one write changes.
    #[error("at most {PRODUCTS_MAX} products are given a template at once")]
    TooManyProducts,
    /// Products use it.
    #[error("{products} products use freight template {template}: give them another one first")]
    InUse {
        /// The template that stays.
        template: FreightTemplateId,
        /// How many use it.
        products: u64,
    },
    /// It could not be reckoned with.
    #[error(transparent)]
    Bad(#[from] BadTemplate),
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
            Self::UnknownTemplate(_) | Self::UnknownProduct(_) | Self::TooManyProducts | Self::InUse { .. } | Self::Bad(_) => false,
        }
    }
}

/// The most products that one [`assign`] changes.
pub const PRODUCTS_MAX: usize = 1_000;

/// Runs a cold write whole ([`Database::transaction`]).
async fn write<T>(database: &Database, edit: impl AsyncFn(&mut Tx) -> Result<T, EditError>) -> Result<T, EditError> {
    database.transaction(edit).await
}

/// A template in use, as people of the shop list it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Id of the template.
    pub id: FreightTemplateId,
    /// What it is called.
    pub name: String,
    /// How many products have it.
    pub products: u64,
}

/// Every template in use, by id.
///
/// # Errors
/// That of the database.
pub async fn list(database: &Database) -> Result<Vec<Listed>, Error> {
    let mut tx = database.snapshot().await?;
    let text = "SELECT t.id, t.name, (SELECT COUNT(*) FROM products p WHERE p.freight_template_id = t.id) FROM freight_templates t \
         WHERE t.status = ? ORDER BY t.id";
    let rows = tx.all(text, vec![IN_USE.into()]).await?;
    tx.commit().await?;
    rows.iter().map(|row| Ok(Listed { id: row.id(0, FreightTemplateId::new)?, name: row.text(1)?, products: row.count(2)? })).collect()
}

/// What a template says; none if there is no such template in use.
///
/// # Errors
/// That of the database.
pub async fn find(database: &Database, id: FreightTemplateId) -> Result<Option<Draft>, Error> {
    let mut tx = database.snapshot().await?;
    let mut drafts = repository::drafts(&mut tx, &[id]).await?;
    tx.commit().await?;
    Ok(drafts.remove(&id).map(|(_, draft)| draft))
}

/// Adds a template.
///
/// # Errors
/// [`EditError::Bad`], or that of the database.
pub async fn create(database: &Database, draft: &Draft, now: Timestamp) -> Result<FreightTemplateId, EditError> {
    write(database, async |tx| {
        let values = vec![draft.name.as_str().to_owned().into(), (draft.billing as u8).into(), now.into(), now.into()];
        let text = "INSERT INTO freight_templates (name, billing, created_at, updated_at) VALUES (?, ?, ?, ?)";
        let given = tx.insert(text, values).await?;
        let id = FreightTemplateId::new(given).map_err(|bad| Error::Unexpected { column: 0, found: bad.to_string() })?;
        draft.template(id)?;
        repository::fill(tx, id, draft).await?;
        append(tx, id, now).await?;
        Ok(id)
    })
    .await
}

/// Makes a template what the draft says, its rows included.
///
/// # Errors
/// [`EditError::UnknownTemplate`], [`EditError::Bad`], or that of the database.
pub async fn update(database: &Database, id: FreightTemplateId, draft: &Draft, now: Timestamp) -> Result<(), EditError> {
    draft.template(id)?;
    write(database, async |tx| {
        let updated_at = locked(tx, id).await?.plus_millis(1).max(now);
        let values = vec![draft.name.as_str().to_owned().into(), (draft.billing as u8).into(), updated_at.into(), id.get().into()];
        tx.execute("UPDATE freight_templates SET name = ?, billing = ?, updated_at = ? WHERE id = ?", values).await?;
        repository::clear(tx, id).await?;
        repository::fill(tx, id, draft).await?;
        append(tx, id, now).await
    })
    .await
}

/// Deletes a template that no product uses.
///
/// # Errors
/// [`EditError::UnknownTemplate`], [`EditError::InUse`], or that of the database.
pub async fn delete(database: &Database, id: FreightTemplateId, now: Timestamp) -> Result<(), EditError> {
    write(database, async |tx| {
        let updated_at = locked(tx, id).await?.plus_millis(1).max(now);
        let users = tx.first("SELECT COUNT(*) FROM products WHERE freight_template_id = ?", vec![id.get().into()]).await?;
        let products = users.map_or(Ok(0), |row| row.count(0))?;
        if products > 0 {
            return Err(EditError::InUse { template: id, products });
        }
        let values = vec![DELETED.into(), updated_at.into(), id.get().into()];
        tx.execute("UPDATE freight_templates SET status = ?, updated_at = ? WHERE id = ?", values).await?;
        append(tx, id, now).await
    })
    .await
}

/// Gives products a template; at most [`PRODUCTS_MAX`].
///
/// # Errors
/// [`EditError::UnknownTemplate`], [`EditError::UnknownProduct`] for the first that there is not, [`EditError::TooManyProducts`], or that of the
/// database.
pub async fn assign(database: &Database, products: &[ProductId], id: FreightTemplateId, now: Timestamp) -> Result<(), EditError> {
    if products.len() > PRODUCTS_MAX {
        return Err(EditError::TooManyProducts);
    }
    if products.is_empty() {
        return Ok(());
    }
    write(database, async |tx| {
        locked(tx, id).await?;
        let places = Rows::places(products.len());
        let ids = || products.iter().map(|product| product.get().into());
        // In one order, so that two assignments do not wait for each other.
        let rows = tx.lock(format!("SELECT id FROM products WHERE id IN ({places}) ORDER BY id"), ids().collect()).await?;
        let found = rows.iter().map(|row| row.id(0, ProductId::new)).collect::<Result<Vec<_>, _>>()?;
        if let Some(missing) = products.iter().find(|product| !found.contains(product)) {
            return Err(EditError::UnknownProduct(*missing));
        }
        let text = format!("UPDATE products SET freight_template_id = ? WHERE id IN ({places})");
        tx.execute(text, std::iter::once(id.get().into()).chain(ids()).collect()).await?;
        for product in found {
            outbox::append(tx, &Message::changed(Topic::Product, product.get()), now).await?;
        }
        Ok(())
    })
    .await
}

/// Holds a template's row; its version.
async fn locked(tx: &mut Tx, id: FreightTemplateId) -> Result<Timestamp, EditError> {
    let text = "SELECT updated_at FROM freight_templates WHERE id = ? AND status = ?";
    let rows = tx.lock(text, vec![id.get().into(), IN_USE.into()]).await?;
    Ok(rows.first().ok_or(EditError::UnknownTemplate(id))?.time(0)?)
}

async fn append(tx: &mut Tx, id: FreightTemplateId, now: Timestamp) -> Result<(), EditError> {
    outbox::append(tx, &Message::changed(Topic::FreightTemplate, id.get()), now).await?;
    Ok(())
}
