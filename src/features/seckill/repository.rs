//! Flash sales in the database: what is on offer, what still has to be set aside or given back.

use mallcore_actors::idempotency::KeyHash;
use mallcore_actors::ids::{ActivityId, FlashItemId, ProductId, SkuId, UserId};
use mallcore_actors::money::Money;
use mallcore_actors::time::Timestamp;
use mallcore_actors::values::discount::DiscountRate;

use super::model::{ActivityRow, ItemRow, SalePlan};
use crate::features::catalog::model::ON_SALE;
use crate::platform::database::{Database, Error, Loaded, Row};
use crate::platform::projection::{self, checkpoint};

/// Sales with anything left to do or to show: those that have an item whose rest was not given back.
const OPEN: &str = "SELECT a.id, a.name, a.starts_at, a.ends_at, i.id, i.sku_id, COALESCE(i.title, p.name), i.price_fen, s.price_fen, i.quota, \
     i.limit_per_user, i.remaining, i.carved_at, i.released_at, p.status, s.status, COALESCE(i.spec, s.spec), i.picture, s.product_id, p.is_discount, p.discount_rate_bp \
     FROM seckill_activities a JOIN seckill_items i ON i.activity_id = a.id JOIN skus s ON s.id = i.sku_id \
     JOIN products p ON p.id = s.product_id WHERE (i.carved_at IS NOT NULL AND i.released_at IS NULL) OR a.ends_at > ? ORDER BY a.starts_at, a.id, i.id";

/// The sales on offer, by their start.
pub async fn activities(database: &Database, since: Timestamp) -> Result<Loaded<Vec<ActivityRow>>, Error> {
    let mut tx = database.snapshot().await?;
    let checkpoint = checkpoint(&mut tx, projection::NAME).await?;
    let rows = tx.all(OPEN, vec![since.into()]).await?;
    tx.commit().await?;
    let mut value: Vec<ActivityRow> = Vec::new();
    for row in &rows {
        let id = row.id(0, ActivityId::new)?;
        if value.last().is_none_or(|last| last.id != id) {
            value.push(ActivityRow { id, name: row.text(1)?, starts_at: row.time(2)?, ends_at: row.time(3)?, items: Vec::new() });
        }
        if let Some(activity) = value.last_mut() {
            activity.items.push(item(row)?);
        }
    }
    Ok(Loaded { checkpoint, value })
}

fn item(row: &Row) -> Result<ItemRow, Error> {
    let zone = match row.flag(19)? {
        true => row.id(20, |basis_points| DiscountRate::from_basis_points(u16::try_from(basis_points).unwrap_or(u16::MAX)))?,
        false => DiscountRate::NONE,
    };
    Ok(ItemRow {
        id: row.id(4, FlashItemId::new)?,
        sku: row.id(5, SkuId::new)?,
        product: Some(row.id(18, ProductId::new)?),
        title: row.text(6)?,
        price: row.id(7, Money::from_fen)?,
        list_price: zone.apply(row.id(8, Money::from_fen)?),
        quota: row.pieces(9)?,
        limit_per_user: row.pieces(10)?,
        remaining: row.pieces(11)?,
        carved_at: row.time_or_null(12)?,
        released_at: row.time_or_null(13)?,
        on_sale: row.int(14)? == ON_SALE && row.int(15)? == ON_SALE,
        spec: row.text(16)?,
        picture: row.text_or_null(17)?,
    })
}

/// Whether this request of the user has placed an order that is stored.
pub async fn has_placed(database: &Database, user: UserId, key: KeyHash) -> Result<bool, Error> {
    let mut tx = database.snapshot().await?;
    let text = "SELECT id FROM orders WHERE user_id = ? AND key_hash = ?";
    let row = tx.first(text, vec![user.get().into(), (*key.as_bytes()).into()]).await?;
    tx.commit().await?;
    Ok(row.is_some())
}

/// Longest address of a picture that a sale keeps, in characters.
const PICTURE_CHARACTERS_MAX: usize = 500;

/// Plans a sale; a running server sets its pieces aside within a second. The sale keeps the product's name, spec and picture of now: its
/// orders show them, whatever becomes of the product. Refused (by a constraint) for a SKU that does not exist.
pub async fn create(database: &Database, plan: &SalePlan) -> Result<(ActivityId, FlashItemId), Error> {
    let mut tx = database.begin().await?;
    let hours = vec![plan.name.clone().into(), plan.starts_at.into(), plan.ends_at.into()];
    let activity = tx.insert("INSERT INTO seckill_activities (name, starts_at, ends_at) VALUES (?, ?, ?)", hours).await?;
    let text = "SELECT p.name, s.spec, p.images FROM skus s JOIN products p ON p.id = s.product_id WHERE s.id = ?";
    let (title, spec, picture) = match tx.first(text, vec![plan.sku.get().into()]).await? {
        Some(row) => (Some(row.text(0)?), Some(row.text(1)?), row.text_or_null(2)?.as_deref().and_then(first_picture)),
        None => (None, None, None),
    };
    let mut offer = vec![activity.into(), plan.sku.get().into(), plan.price.fen().into(), plan.quota.into(), plan.limit_per_user.into()];
    offer.extend([title.into(), spec.into(), picture.into()]);
    let text = "INSERT INTO seckill_items (activity_id, sku_id, price_fen, quota, limit_per_user, title, spec, picture) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
    let item = tx.insert(text, offer).await?;
    tx.commit().await?;
    let unexpected = |refused: mallcore_actors::ids::BadId| Error::Unexpected { column: 0, found: refused.to_string() };
    Ok((ActivityId::new(activity).map_err(unexpected)?, FlashItemId::new(item).map_err(unexpected)?))
}

/// The first of a product's pictures; none if it has none, or one whose address is too long to keep.
fn first_picture(images: &str) -> Option<String> {
    let first = serde_json::from_str::<Vec<String>>(images).ok()?.into_iter().next()?;
    (first.chars().count() <= PICTURE_CHARACTERS_MAX).then_some(first)
}
