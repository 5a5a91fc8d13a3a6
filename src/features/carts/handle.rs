//! Carts as handlers and policies ask them: one message to the shard of the shopper's cart.

use std::collections::HashMap;
use std::sync::Arc;

use mallcore_actors::carts::{
    AddLine, Cart, CartView, ChangeLine, ClearCart, GetCart, MergeLines, Merged, RemoveBought, RemoveLine, SelectAll,
};
use mallcore_actors::ids::{SkuId, UserId};
use mallcore_actors::journal::Sequence;
use mallcore_actors::kernel::shards::Shards;
use mallcore_actors::kernel::{Handle, Provenance};
use mallcore_actors::refusal::Answer;

use super::repository::{self, Goods};
use crate::features::catalog::Catalog;
use crate::platform::database::Error;
use crate::platform::reads::{ANSWER_WITHIN, Reads};

/// The number of the policy that takes out of a cart what an order has bought.
pub const BOUGHT: u16 = 1;

/// The carts of all shoppers.
pub struct Carts {
    shards: Arc<Shards<Cart>>,
    catalog: Arc<Catalog>,
    reads: Arc<Reads>,
}

impl Carts {
    pub(super) fn new(shards: Arc<Shards<Cart>>, catalog: Arc<Catalog>, reads: Arc<Reads>) -> Self {
        Self { shards, catalog, reads }
    }

    async fn ask<C>(&self, user: UserId, command: C) -> Answer<<Cart as Handle<C>>::Reply>
    where
        Cart: Handle<C>,
        C: Clone + Send + 'static,
    {
        self.shards.ask(user, Provenance::SHOPPER, command).await
    }

    /// The cart, as far as it is on disk.
    pub async fn get(&self, user: UserId) -> Answer<CartView> {
        self.ask(user, GetCart).await
    }

    /// Adds pieces of a SKU to the cart.
    pub async fn add(&self, user: UserId, add: AddLine) -> Answer<CartView> {
        self.ask(user, add).await
    }

    /// Says what a line is.
    pub async fn change(&self, user: UserId, change: ChangeLine) -> Answer<CartView> {
        self.ask(user, change).await
    }

    /// Selects every line, or none.
    pub async fn select_all(&self, user: UserId, selected: bool) -> Answer<CartView> {
        self.ask(user, SelectAll(selected)).await
    }

    /// Takes a line out.
    pub async fn remove(&self, user: UserId, sku: SkuId) -> Answer<CartView> {
        self.ask(user, RemoveLine(sku)).await
    }

    /// Takes every line out.
    pub async fn clear(&self, user: UserId) -> Answer<CartView> {
        self.ask(user, ClearCart).await
    }

    /// Takes a guest's lines in.
    pub async fn merge(&self, user: UserId, merge: MergeLines) -> Answer<Merged> {
        self.ask(user, merge).await
    }

    /// Takes out what the order of the record `cause` has bought: once, however often it is asked.
    pub async fn remove_bought(&self, user: UserId, skus: Vec<SkuId>, cause: Sequence) -> Answer<CartView> {
        self.shards.ask(user, Provenance::policy(BOUGHT, cause), RemoveBought { skus }).await
    }

    /// What the shelf says of these SKUs now. The database is asked only for what the catalogue does not have: a SKU of a moment ago, or
    /// everything while it is being loaded.
    pub async fn goods(&self, skus: Vec<SkuId>) -> Result<HashMap<SkuId, Goods>, Error> {
        let mut goods: HashMap<SkuId, Goods> = skus.iter().filter_map(|sku| Some((*sku, self.shelved(*sku)?))).collect();
        let others: Vec<SkuId> = skus.into_iter().filter(|sku| !goods.contains_key(sku)).collect();
        if !others.is_empty() {
            goods.extend(self.reads.ask(ANSWER_WITHIN, async |database| repository::goods(database, &others).await).await?);
        }
        Ok(goods)
    }

    fn shelved(&self, sku: SkuId) -> Option<Goods> {
        let entry = self.catalog.sku(sku)?;
        let (product, (sku, count)) = (&entry.product, entry.sku(sku)?);
        Some(Goods {
            product_id: product.id.get(),
            name: product.name.to_string(),
            spec: sku.spec.to_string(),
            price: product.paid(sku.price),
            available: count.available(),
            on_sale: product.on_sale && sku.on_sale,
        })
    }
}
