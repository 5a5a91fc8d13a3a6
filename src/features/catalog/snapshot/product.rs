//! One product as the snapshot holds it: what the database says, what it counts now, and what shoppers get.

use std::sync::Arc;

use actix_web::http::header::HeaderValue;
use arc_swap::ArcSwapOption;
use bytes::Bytes;
use mallcore_actors::ids::{ProductId, SkuId};
use mallcore_actors::money::Money;
use mallcore_actors::time::Timestamp;
use mallcore_actors::values::discount::DiscountRate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::render;
use super::taxonomy::Taxonomy;
use crate::features::catalog::counters::{ProductCount, SkuCount};

/// Something that the SKUs of a product differ in, such as `颜色`, and what it can be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ProductSpec)]
pub struct Spec {
    /// What the SKUs differ in, such as `颜色`.
    pub name: String,
    /// Its values, in the shop's order.
    pub values: Vec<String>,
}

/// A product, on the shelf or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// Primary key of `products`.
    pub id: ProductId,
    /// What shoppers read, at most 255 characters.
    pub name: Box<str>,
    /// What it is; may be empty.
    pub description: Box<str>,
    /// Where it is filed.
    pub category: Option<u64>,
    /// Who makes it.
    pub brand: Option<u64>,
    /// The price of the row: that of a product none of whose SKUs is on the shelf.
    pub price: Money,
    /// A price to compare with, outside the discount zone.
    pub compared_price: Option<Money>,
    /// Per cent off, for a product in the discount zone.
    pub discount: Option<DiscountRate>,
    /// Whether it is shown in the hot zone.
    pub is_hot: bool,
    /// The shop's own order in zones, highest first.
    pub sort_order: i64,
    /// Whether it is on the shelf.
    pub on_sale: bool,
    /// Addresses of its pictures, the first one for lists.
    pub images: Box<[String]>,
    /// What its SKUs differ in.
    pub specs: Box<[Spec]>,
    /// Its tags, by id.
    pub tags: Box<[u64]>,
    /// What sending it costs.
    pub freight_template: Option<u64>,
    /// When it was first put in.
    pub created_at: Timestamp,
    /// When it was edited last.
    pub updated_at: Timestamp,
    /// Its SKUs, on the shelf or not, by id.
    pub skus: Box<[Sku]>,
}

/// A SKU of a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sku {
    /// Primary key of `skus`.
    pub id: SkuId,
    /// What sets it apart, in one text; empty for a product without specs.
    pub spec: Box<str>,
    /// Its value of each of the product's specs, in their order.
    pub spec_values: Box<[String]>,
    /// The merchant's own number.
    pub code: Option<Box<str>>,
    /// Address of its own picture.
    pub picture: Option<Box<str>>,
    /// Weight of a piece; 0 if nobody has said.
    pub weight_grams: u32,
    /// Volume of a piece; 0 if nobody has said.
    pub volume_cm3: u32,
    /// Regular price of a piece.
    pub price: Money,
    /// Whether it is on the shelf.
    pub on_sale: bool,
}

impl Product {
    /// The SKUs on the shelf.
    pub fn offered(&self) -> impl Iterator<Item = &Sku> {
        self.skus.iter().filter(|sku| sku.on_sale)
    }

    /// What is paid for something of this product that regularly costs so much.
    pub fn paid(&self, regular: Money) -> Money {
        self.discount.map_or(regular, |rate| rate.apply(regular))
    }

    /// The lowest regular price of its SKUs on the shelf.
    pub fn regular_price(&self) -> Money {
        self.offered().map(|sku| sku.price).min().unwrap_or(self.price)
    }

    /// The price that is shown: the lowest that is paid.
    pub fn shown_price(&self) -> Money {
        self.paid(self.regular_price())
    }

    /// The higher price that is shown beside [`Product::shown_price`], if there is one: in the discount zone what the cheapest SKU regularly
    /// costs, otherwise the one to compare with, unless a SKU on the shelf costs as much: it would look as if that one were dearer than before.
    pub fn original_price(&self) -> Option<Money> {
        if self.discount.is_some() {
            return Some(self.regular_price()).filter(|original| *original > self.shown_price());
        }
        let original = self.compared_price;
        let dearest = self.offered().map(|sku| self.paid(sku.price)).max().unwrap_or_else(|| self.shown_price());
        original.filter(|original| *original > dearest)
    }

    /// The same for something of this product that regularly costs so much: only what is above the price that is paid for it.
    pub fn original_price_of(&self, regular: Money) -> Option<Money> {
        let original = if self.discount.is_some() { Some(regular) } else { self.compared_price };
        original.filter(|original| *original > self.paid(regular))
    }
}

/// Bytes that are sent as they are, with their entity tag.
#[derive(Debug, Clone)]
pub struct Rendered {
    /// The JSON of one answer.
    pub body: Bytes,
    /// A strong entity tag: another one for other bytes.
    pub etag: HeaderValue,
}

/// What the counts said when the entry was rendered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// Pieces paid and not refunded.
    pub sales: u64,
    /// Pieces that can be bought of each SKU of [`Product::skus`].
    pub available: Box<[u32]>,
    /// Reviews that are shown, and the sum of their stars.
    pub rating: Rating,
}

/// Reviews of a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rating {
    /// How many are shown.
    pub count: u64,
    /// The sum of their stars.
    pub stars: u64,
}

impl Rating {
    /// The average in tenths of a star, rounded half up; none without reviews.
    pub const fn tenths(self) -> Option<u64> {
        match self.count {
            0 => None,
            count => Some((self.stars * 20 + count) / (count * 2)),
        }
    }
}

/// A product with its live counts and what shoppers get; immutable: a change makes another entry.
#[derive(Debug)]
pub struct Entry {
    /// As the database has it.
    pub product: Arc<Product>,
    /// Live, ahead of what was rendered by a moment.
    pub count: Arc<ProductCount>,
    /// Live, one for each SKU of the product.
    pub sku_counts: Box<[Arc<SkuCount>]>,
    /// What was rendered.
    pub counted: Counted,
    /// The product in lists: a JSON object.
    pub card: Bytes,
    /// A hash of the card.
    pub(super) card_hash: u64,
    /// Rendered when it is first asked for, again when names of the taxonomy have changed.
    detail: ArcSwapOption<(u64, Rendered)>,
}

impl Entry {
    pub(in crate::features::catalog) fn new(
        product: Arc<Product>,
        count: Arc<ProductCount>,
        sku_counts: Box<[Arc<SkuCount>]>,
        taxonomy: &Taxonomy,
    ) -> Self {
        let available = sku_counts.iter().map(|count| count.available()).collect();
        let counted = Counted { sales: count.sales(), available, rating: count.rating() };
        let card = render::card(&product, &counted, taxonomy);
        let card_hash = render::hash(&card);
        Self { product, count, sku_counts, counted, card, card_hash, detail: ArcSwapOption::empty() }
    }

    /// The same product as it counts now.
    pub(in crate::features::catalog) fn recounted(&self, taxonomy: &Taxonomy) -> Self {
        Self::new(Arc::clone(&self.product), Arc::clone(&self.count), self.sku_counts.clone(), taxonomy)
    }

    /// The product with everything that there is to know of it: rendered once for each change.
    pub fn detail(&self, taxonomy: &Taxonomy) -> Rendered {
        match &*self.detail.load() {
            Some(known) if known.0 == taxonomy.version => known.1.clone(),
            _ => {
                let rendered = render::detail(&self.product, &self.counted, taxonomy);
                self.detail.store(Some(Arc::new((taxonomy.version, rendered.clone()))));
                rendered
            }
        }
    }

    /// The SKU with this id, and its live count.
    pub fn sku(&self, id: SkuId) -> Option<(&Sku, &SkuCount)> {
        let place = self.product.skus.iter().position(|sku| sku.id == id)?;
        Some((&self.product.skus[place], &self.sku_counts[place]))
    }
}
