//! Adjustments of stock: asked for here, decided by the SKU's actor, kept by the projection.

use mallcore_actors::ids::{AdjustmentId, SkuId};
use mallcore_actors::stock::adjustment::{Operator, Reason};
use mallcore_actors::stock::{Adjustment, Change};
use mallcore_actors::time::Timestamp;

use crate::platform::database::{Database, Error};
use crate::platform::outbox::{self, AdjustStock, AppendError, Message, Wanted};

/// Why an adjustment cannot be asked for.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// There is no such SKU.
    #[error("there is no SKU {0}")]
    UnknownSku(SkuId),
    /// The database did not do it.
    #[error(transparent)]
    Database(#[from] Error),
    /// The outbox did not take it.
    #[error("failed to append to the outbox")]
    Append(#[from] AppendError),
}

/// Asks the SKU's actor, by the outbox, for a change; returns the request's id.
pub async fn ask(
    database: &Database,
    sku: SkuId,
    wanted: Wanted,
    reason: Reason,
    operator: Operator,
    now: Timestamp,
) -> Result<u64, AskError> {
    let mut tx = database.begin().await?;
    if tx.first("SELECT id FROM skus WHERE id = ?", vec![sku.get().into()]).await?.is_none() {
        return Err(AskError::UnknownSku(sku));
    }
    let message = Message::AdjustStock(AdjustStock { sku_id: sku, wanted, reason, operator });
    let id = outbox::append(&mut tx, &message, now).await?;
    tx.commit().await?;
    Ok(id)
}

/// What the rows tell about an adjustment that the actor knows as decided before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Past {
    /// The rows do not have it yet: ask again later.
    NotYet,
    /// It was recorded.
    Recorded {
        /// Pieces that were added, or taken away.
        delta: i64,
        /// The record of the journal that says so.
        sequence: u64,
    },
    /// It was refused, or there was nothing to change: a later one was recorded, this one not.
    Passed,
    /// Another request had this id, before the database was restored to an earlier moment.
    Another,
}

/// Looks an adjustment up. Rows of one moment: the SKU's last adjustment tells whether the projection has got this far.
pub async fn past(database: &Database, sku: SkuId, command: &Adjustment) -> Result<Past, Error> {
    let mut tx = database.snapshot().await?;
    let last = tx.first("SELECT last_adjustment_id FROM skus WHERE id = ?", vec![sku.get().into()]).await?;
    let last = last.map_or(Ok(0), |row| row.count(0))?;
    let text = "SELECT delta, sequence, reason, operator FROM stock_adjustments WHERE sku_id = ? AND id = ?";
    let row = tx.first(text, vec![sku.get().into(), command.id.get().into()]).await?;
    tx.commit().await?;
    let Some(row) = row else {
        return Ok(if last < command.id.get() { Past::NotYet } else { Past::Passed });
    };
    let (delta, sequence) = (row.int(0)?, row.count(1)?);
    let same_delta = match command.change {
        Change::By(wanted) => i64::from(wanted.get()) == delta,
        Change::To { .. } => true,
    };
    let same = same_delta && row.text(2)? == command.reason.as_str() && row.text(3)? == command.operator.as_str();
    Ok(if same { Past::Recorded { delta, sequence } } else { Past::Another })
}

/// The request with this id, as its actor is asked.
pub fn command(id: AdjustmentId, asked: AdjustStock) -> Adjustment {
    Adjustment { id, change: asked.wanted.into(), reason: asked.reason, operator: asked.operator }
}
