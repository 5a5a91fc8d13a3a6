//! Reads a cart, and what the shelf says of the SKUs in it.

use std::collections::HashMap;

use mallcore_actors::carts::{Cart, CartLine, Request};
use mallcore_actors::idempotency::{BodyFingerprint, KeyHash};
use mallcore_actors::ids::{SkuId, UserId};
use mallcore_actors::journal::Sequence;
use mallcore_actors::money::Money;
use mallcore_actors::quantity::Quantity;
use mallcore_actors::time::Timestamp;
use mallcore_actors::values::discount::DiscountRate;

use super::projection::CartProjection;
use crate::features::catalog::model::ON_SALE;
use crate::platform::database::{Database, Error, Loaded, Row, Rows};
use crate::platform::projection::{Projection, checkpoint};

/// A cart as its shard starts from it; none if the shopper never had one. Records above the checkpoint are still to be applied.
pub async fn load(database: &Database, user: UserId) -> Result<Loaded<Option<Cart>>, Error> {
    let mut tx = database.snapshot().await?;
    let checkpoint = checkpoint(&mut tx, CartProjection::NAME).await?;
    let by_user = || vec![user.get().into()];
    let value = match tx.first("SELECT version, bought_through FROM carts WHERE user_id = ?", by_user()).await? {
        None => None,
        Some(row) => {
            let text = "SELECT sku_id, quantity, selected, added_at FROM cart_items WHERE user_id = ?";
            let lines = tx.all(text, by_user()).await?.iter().map(line).collect::<Result<Vec<_>, _>>()?;
            let text = "SELECT number, key_hash, body_fingerprint FROM cart_requests WHERE user_id = ?";
            let requests = tx.all(text, by_user()).await?.iter().map(request).collect::<Result<Vec<_>, _>>()?;
            let cart = Cart::restored(user, lines, requests, Sequence(row.count(1)?), Sequence(row.count(0)?));
            Some(cart.map_err(|bad| Error::Unexpected { column: 0, found: bad.to_string() })?)
        }
    };
    tx.commit().await?;
    Ok(Loaded { checkpoint, value })
}

fn line(row: &Row) -> Result<CartLine, Error> {
    let pieces = row.pieces(1)?;
    Ok(CartLine {
        sku: row.id(0, SkuId::new)?,
        quantity: Quantity::new(pieces).map_err(|bad| Error::Unexpected { column: 1, found: bad.to_string() })?,
        selected: row.flag(2)?,
        added_at: row.time(3)?,
    })
}

fn request(row: &Row) -> Result<Request, Error> {
    Ok(Request { number: row.pieces(0)?, key: KeyHash::from_bytes(row.hash(1)?), body: BodyFingerprint::from_u64(row.bits(2)?) })
}

/// A cart as its rows say it, for other services.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCart {
    /// The shopper whose cart it is.
    pub user: UserId,
    /// The record of its last change.
    pub version: Sequence,
    /// When that was.
    pub updated_at: Timestamp,
    /// Its lines, the newest first.
    pub lines: Vec<CartLine>,
}

/// Carts that have changed after this record, at most so many, in the order of their last changes.
pub async fn after(database: &Database, version: Sequence, most: u32) -> Result<Vec<StoredCart>, Error> {
    stored(database, "version > ? ORDER BY version", version, most).await
}

/// Carts whose last change was before this record, at most so many, the latest first.
pub async fn before(database: &Database, version: Sequence, most: u32) -> Result<Vec<StoredCart>, Error> {
    stored(database, "version < ? ORDER BY version DESC", version, most).await
}

async fn stored(database: &Database, which: &str, version: Sequence, most: u32) -> Result<Vec<StoredCart>, Error> {
    let mut tx = database.snapshot().await?;
    let text = format!("SELECT user_id, version, updated_at FROM carts WHERE {which} LIMIT ?");
    let rows = tx.all(text, vec![version.0.into(), most.into()]).await?;
    let cart = |row: &Row| {
        let (user, version) = (row.id(0, UserId::new)?, Sequence(row.count(1)?));
        Ok(StoredCart { user, version, updated_at: row.time(2)?, lines: Vec::new() })
    };
    let mut carts = rows.iter().map(cart).collect::<Result<Vec<_>, Error>>()?;
    if !carts.is_empty() {
        let text = format!(
            "SELECT sku_id, quantity, selected, added_at, user_id FROM cart_items WHERE user_id IN ({}) ORDER BY added_at DESC, sku_id",
            Rows::places(carts.len())
        );
        let mut lines: HashMap<UserId, Vec<CartLine>> = HashMap::new();
        for row in tx.all(text, carts.iter().map(|cart| cart.user.get().into()).collect()).await? {
            lines.entry(row.id(4, UserId::new)?).or_default().push(line(&row)?);
        }
        for cart in &mut carts {
            cart.lines = lines.remove(&cart.user).unwrap_or_default();
        }
    }
    tx.commit().await?;
    Ok(carts)
}

/// What the shelf says of a SKU now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Goods {
    /// The product that the SKU is a variant of.
    pub product_id: u64,
    /// The product's name.
    pub name: String,
    /// What sets it apart from the product's other SKUs.
    pub spec: String,
    /// What is paid for a piece: the regular price, less the discount of the zone.
    pub price: Money,
    /// Pieces that can be ordered.
    pub available: u32,
    /// Whether the product and this SKU are on the shelf.
    pub on_sale: bool,
}

/// What the shelf says of these SKUs; those that are no longer there are missing.
pub async fn goods(database: &Database, skus: &[SkuId]) -> Result<HashMap<SkuId, Goods>, Error> {
    let mut tx = database.snapshot().await?;
    let text = format!(
        "SELECT s.id, s.product_id, p.name, s.spec, s.price_fen, s.available, p.status, s.status, \
         CASE WHEN p.is_discount = 1 THEN p.discount_rate_bp ELSE 0 END FROM skus s JOIN products p ON p.id = s.product_id \
         WHERE s.id IN ({})",
        Rows::places(skus.len())
    );
    let rows = tx.all(text, skus.iter().map(|sku| sku.get().into()).collect()).await?;
    tx.commit().await?;
    let goods = |row: &Row| {
        // Beyond 16 bits it is no rate either.
        let rate = row.id(8, |basis_points| DiscountRate::from_basis_points(u16::try_from(basis_points).unwrap_or(u16::MAX)))?;
        let goods = Goods {
            product_id: row.count(1)?,
            name: row.text(2)?,
            spec: row.text(3)?,
            price: rate.apply(row.id(4, Money::from_fen)?),
            available: row.pieces(5)?,
            on_sale: row.int(6)? == ON_SALE && row.int(7)? == ON_SALE,
        };
        Ok((row.id(0, SkuId::new)?, goods))
    };
    rows.iter().map(goods).collect()
}
