//! Carts in the database: each batch sets what it knows absolutely, so that a row is right whatever it was before.

use mallcore_actors::carts::{CartChange, CartFold, CartLine, REQUESTS_REMEMBERED, Request};
use mallcore_actors::ids::{SkuId, UserId};
use mallcore_actors::kernel::fold::Batch;

use crate::platform::database::{Arguments, Rows, Tx, chunks};
use crate::platform::projection::{Projection, WriteError};

/// The projection of carts, with a checkpoint of its own.
#[derive(Debug)]
pub struct CartProjection;

impl Projection for CartProjection {
    type Fold = CartFold;
    const NAME: &'static str = "carts";
    const THREAD: &'static str = "projection-cart";

    async fn write(tx: &mut Tx, batch: &Batch<CartFold>) -> Result<(), WriteError> {
        let carts: Vec<(&UserId, &CartChange)> = batch.folded().carts().iter().collect();
        let cleared: Vec<UserId> = carts.iter().filter(|(_, cart)| cart.is_cleared).map(|(user, _)| **user).collect();
        for users in chunks(&cleared) {
            let text = format!("DELETE FROM cart_items WHERE user_id IN ({})", Rows::places(users.len()));
            tx.execute(text, users.iter().map(|user| user.get().into()).collect()).await?;
        }
        for some in chunks(&carts) {
            let values = some
                .iter()
                .flat_map(|(user, cart)| [user.get().into(), cart.version.0.into(), cart.bought_through.0.into(), cart.updated_at.into()]);
            // A batch without an order's purchases leaves the last one alone: GREATEST and MAX are the engines' words for it.
            let text = Rows::upsert(
                tx.engine(),
                "carts",
                &["user_id"],
                &["user_id", "version", "bought_through", "updated_at"],
                &["bought_through"],
                some.len(),
            );
            tx.execute(text, values.collect()).await?;
        }
        let of_all = |(user, cart): &(&UserId, &CartChange)| -> Vec<(UserId, SkuId, Option<CartLine>)> {
            cart.lines.iter().map(|(sku, line)| (**user, *sku, *line)).collect()
        };
        let lines: Vec<(UserId, SkuId, Option<CartLine>)> = carts.iter().flat_map(of_all).collect();
        set_lines(tx, &lines).await?;
        let requests: Vec<(UserId, &Request)> =
            carts.iter().flat_map(|(user, cart)| newest(cart).map(|request| (**user, request))).collect();
        for some in chunks(&requests) {
            let mut values = Arguments::with_capacity(some.len() * 5);
            for (user, request) in some {
                values.extend([
                    user.get().into(),
                    (request.number % REQUESTS_REMEMBERED).into(),
                    request.number.into(),
                    (*request.key.as_bytes()).into(),
                    request.body.get().into(),
                ]);
            }
            let columns = ["user_id", "slot", "number", "key_hash", "body_fingerprint"];
            tx.execute(Rows::upsert(tx.engine(), "cart_requests", &["user_id", "slot"], &columns, &[], some.len()), values).await?;
        }
        Ok(())
    }
}

/// Of the requests in a batch, those that are still remembered: no two of them share a slot.
fn newest(cart: &CartChange) -> impl Iterator<Item = &Request> {
    cart.requests.values().rev().take(REQUESTS_REMEMBERED as usize)
}

/// Lines that are gone are set to no pieces first and then removed together: two statements for any number of carts.
async fn set_lines(tx: &mut Tx, lines: &[(UserId, SkuId, Option<CartLine>)]) -> Result<(), WriteError> {
    for some in chunks(lines) {
        let mut values = Arguments::with_capacity(some.len() * 5);
        for (user, sku, line) in some {
            values.extend([
                user.get().into(),
                sku.get().into(),
                line.map_or(0, |line| line.quantity.get()).into(),
                line.is_some_and(|line| line.selected).into(),
                line.map(|line| line.added_at).unwrap_or_default().into(),
            ]);
        }
        let columns = ["user_id", "sku_id", "quantity", "selected", "added_at"];
        tx.execute(Rows::upsert(tx.engine(), "cart_items", &["user_id", "sku_id"], &columns, &[], some.len()), values).await?;
    }
    let mut emptied: Vec<UserId> = lines.iter().filter(|(.., line)| line.is_none()).map(|(user, ..)| *user).collect();
    emptied.dedup();
    for users in chunks(&emptied) {
        let text = format!("DELETE FROM cart_items WHERE quantity = 0 AND user_id IN ({})", Rows::places(users.len()));
        tx.execute(text, users.iter().map(|user| user.get().into()).collect()).await?;
    }
    Ok(())
}
