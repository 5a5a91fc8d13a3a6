//! Loads a SKU's pieces, its quotas, and who has bought from them.

use std::collections::HashMap;

use futures_util::TryStreamExt;
use mallcore_actors::idempotency::{BodyFingerprint, KeyHash};
use mallcore_actors::ids::{ActivityId, AdjustmentId, FlashItemId, OrderId, SkuId, UserId};
use mallcore_actors::journal::Sequence;
use mallcore_actors::money::Money;
use mallcore_actors::orders::Status;
use mallcore_actors::quantity::Quantity;
use mallcore_actors::stock::QuotaCarved;
use mallcore_actors::stock::{FlashQuota, Receipt, Stock};

use crate::platform::database::{Database, Error, Loaded, Row, Tx};
use crate::platform::projection::{self, checkpoint};

/// A SKU as its actor starts from it, or `None` if there is no such SKU. Records above the checkpoint are still to be applied.
pub async fn load(database: &Database, sku: SkuId) -> Result<Loaded<Option<Stock>>, Error> {
    let mut tx = database.snapshot().await?;
    let checkpoint = checkpoint(&mut tx, projection::NAME).await?;
    let text = "SELECT available, held, sold, version, last_adjustment_id FROM skus WHERE id = ?";
    let value = match tx.first(text, vec![sku.get().into()]).await? {
        None => None,
        Some(row) => {
            let mut quotas = quotas(&mut tx, sku).await?;
            for quota in quotas.iter_mut().filter(|quota| !quota.released()) {
                load_buyers(&mut tx, quota).await?;
            }
            let (version, quotas) = (Sequence(row.count(3)?), quotas.into_iter().collect());
            // 0, which is no id, stands for none.
            let last_adjustment = AdjustmentId::new(row.count(4)?).ok();
            Some(Stock::new(sku, row.pieces(0)?, row.pieces(1)?, row.pieces(2)?, version, last_adjustment, quotas))
        }
    };
    tx.commit().await?;
    Ok(Loaded { checkpoint, value })
}

/// Quotas that can still move: not released, or with unpaid orders that outlive the sale.
const QUOTAS: &str = "SELECT i.id, i.activity_id, i.quota, i.limit_per_user, i.price_fen, a.starts_at, a.ends_at, \
     i.remaining, i.held, i.sold, i.released_at \
     FROM seckill_items i JOIN seckill_activities a ON a.id = i.activity_id \
     WHERE i.sku_id = ? AND i.carved_at IS NOT NULL AND (i.released_at IS NULL OR i.held > 0) ORDER BY i.carved_at, i.id";

async fn quotas(tx: &mut Tx, sku: SkuId) -> Result<Vec<FlashQuota>, Error> {
    let rows = tx.all(QUOTAS, vec![sku.get().into()]).await?;
    rows.iter().map(|row| quota(row, sku)).collect()
}

fn quota(row: &Row, sku: SkuId) -> Result<FlashQuota, Error> {
    let carved = QuotaCarved {
        sku,
        item: row.id(0, FlashItemId::new)?,
        activity: row.id(1, ActivityId::new)?,
        quota: row.pieces(2)?,
        limit_per_user: row.pieces(3)?,
        unit_price: row.id(4, Money::from_fen)?,
        starts_at: row.time(5)?,
        ends_at: row.time(6)?,
    };
    let released = row.time_or_null(10)?.is_some();
    Ok(FlashQuota::restored(&carved, row.pieces(7)?, row.pieces(8)?, row.pieces(9)?, released))
}

const BUYERS: &str = "SELECT o.user_id, o.key_hash, o.body_fingerprint, o.id, o.order_no, o.payable_fen, o.created_at, o.expires_at, o.sequence, \
     i.quantity, o.status, o.limit_returned \
     FROM order_items i JOIN orders o ON o.id = i.order_id WHERE i.seckill_item_id = ?";

/// Every order of the item, however many: they are streamed, and each is small in memory.
async fn load_buyers(tx: &mut Tx, quota: &mut FlashQuota) -> Result<(), Error> {
    let mut rows = tx.stream(BUYERS, vec![quota.item().get().into()])?;
    while let Some(row) = rows.try_next().await? {
        let receipt = Receipt {
            order: row.id(3, OrderId::new)?,
            no: row.parsed(4)?,
            payable: row.id(5, Money::from_fen)?,
            placed_at: row.time(6)?,
            expires_at: row.time(7)?,
            sequence: Sequence(row.count(8)?),
        };
        let quantity = row.id(9, |pieces| u32::try_from(pieces).map_err(|_| "too many pieces").and_then(quantity))?;
        let given_back = row.int(10)? == Status::Closed as i64 && row.flag(11)?;
        let user = row.id(0, UserId::new)?;
        quota.restore_order(
            user,
            KeyHash::from_bytes(row.hash(1)?),
            BodyFingerprint::from_u64(row.bits(2)?),
            receipt,
            quantity,
            !given_back,
        );
    }
    Ok(())
}

fn quantity(pieces: u32) -> Result<Quantity, &'static str> {
    Quantity::new(pieces).map_err(|_| "no quantity")
}

/// SKUs that a sale will need soon or needs now, to be activated at start: those with a quota that is not released.
pub async fn skus_on_sale(database: &Database) -> Result<Vec<SkuId>, Error> {
    let mut tx = database.snapshot().await?;
    let rows = tx.all("SELECT DISTINCT sku_id FROM seckill_items WHERE carved_at IS NOT NULL AND released_at IS NULL", Vec::new()).await?;
    tx.commit().await?;
    rows.iter().map(|row| row.id(0, SkuId::new)).collect()
}

/// Pieces of many SKUs at once, for lists: (available, held, sold).
pub async fn counts(database: &Database, skus: &[SkuId]) -> Result<Loaded<HashMap<SkuId, (u32, u32, u32)>>, Error> {
    let mut tx = database.snapshot().await?;
    let checkpoint = checkpoint(&mut tx, projection::NAME).await?;
    let mut value = HashMap::with_capacity(skus.len());
    for chunk in skus.chunks(256) {
        let text =
            format!("SELECT id, available, held, sold FROM skus WHERE id IN ({})", crate::platform::database::Rows::places(chunk.len()));
        for row in tx.all(text, chunk.iter().map(|sku| sku.get().into()).collect()).await? {
            value.insert(row.id(0, SkuId::new)?, (row.pieces(1)?, row.pieces(2)?, row.pieces(3)?));
        }
    }
    tx.commit().await?;
    Ok(Loaded { checkpoint, value })
}
