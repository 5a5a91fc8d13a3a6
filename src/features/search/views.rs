//! What search looks like from outside.

use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::ranking::Found;
use super::suggest::{Kind, Phrase};
use crate::features::catalog::CardView;
use crate::features::catalog::snapshot::{Snapshot, Taxonomy};
use crate::platform::rfc3339::Rfc3339;

/// A page of what was found.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SearchResults)]
pub struct FoundView {
    /// The products of this page.
    #[schema(value_type = Vec<CardView>)]
    pub items: Vec<Box<RawValue>>,
    /// How many products there are in all.
    pub total: u64,
    /// `page` of the next page; null after the last.
    pub next_page: Option<u64>,
    /// How the search can be narrowed down.
    pub facets: FacetsView,
}

/// How many products there would be by each choice, with the other choices as they are; those with most products first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SearchFacets)]
pub struct FacetsView {
    /// Categories, those above them included; at most 50.
    pub categories: Vec<CategoryFacet>,
    /// Brands; at most 50.
    pub brands: Vec<BrandFacet>,
    /// Ranges of prices, from the cheapest on.
    pub prices: Vec<PriceFacet>,
}

/// Products of a category and those below it.
#[derive(Debug, Serialize, ToSchema)]
pub struct CategoryFacet {
    /// Value of `category_id` to choose it.
    pub id: u64,
    /// The one above it; null at the first level.
    pub parent_id: Option<u64>,
    /// Name of the category.
    pub name: String,
    /// How many products.
    pub count: u64,
}

/// Products of a brand.
#[derive(Debug, Serialize, ToSchema)]
pub struct BrandFacet {
    /// Value of `brand_id` to choose it.
    pub id: u64,
    /// Name of the brand.
    pub name: String,
    /// How many products.
    pub count: u64,
}

/// Products of a range of prices.
#[derive(Debug, Serialize, ToSchema)]
pub struct PriceFacet {
    /// Value of `price_min_fen` to choose it.
    pub min_fen: u64,
    /// Value of `price_max_fen` to choose it; null for the last range.
    pub max_fen: Option<u64>,
    /// How many products.
    pub count: u64,
}

impl FoundView {
    /// The cards as they are now. A product that has left the shelf since the index was published is not shown.
    pub(super) fn new(found: &Found, snapshot: &Snapshot, (page, next_from): (u64, usize)) -> Self {
        Self {
            items: found.products.iter().filter_map(|product| card(snapshot, *product)).collect(),
            total: found.total as u64,
            next_page: (next_from < found.total && page < super::query::PAGE_MAX).then_some(page + 1),
            facets: FacetsView::new(found, &snapshot.taxonomy),
        }
    }
}

impl FacetsView {
    fn new(found: &Found, taxonomy: &Taxonomy) -> Self {
        let category = |(id, count): &(u64, usize)| {
            let row = &taxonomy.category(*id)?.row;
            Some(CategoryFacet { id: *id, parent_id: row.parent, name: row.name.clone(), count: *count as u64 })
        };
        let brand =
            |(id, count): &(u64, usize)| Some(BrandFacet { id: *id, name: taxonomy.brand(*id)?.name.clone(), count: *count as u64 });
        let price = |(from, next, count): &(u64, Option<u64>, usize)| PriceFacet {
            min_fen: *from,
            max_fen: next.map(|next| next - 1),
            count: *count as u64,
        };
        Self {
            categories: found.categories.iter().filter_map(category).collect(),
            brands: found.brands.iter().filter_map(brand).collect(),
            prices: found.prices.iter().map(price).collect(),
        }
    }
}

/// A card as it was rendered, which is JSON.
fn card(snapshot: &Snapshot, product: u64) -> Option<Box<RawValue>> {
    let card = snapshot.card(product)?;
    RawValue::from_string(String::from_utf8(card.into()).ok()?).ok()
}

/// Something to search for.
#[derive(Debug, Serialize, ToSchema)]
pub struct Suggestion {
    /// What would be searched for.
    pub word: String,
    /// `hot`, `category`, `brand` or `product`.
    #[schema(value_type = String, example = "brand")]
    pub kind: &'static str,
    /// The product that has this name.
    pub product_id: Option<u64>,
}

impl From<Phrase> for Suggestion {
    fn from(phrase: Phrase) -> Self {
        let (kind, product_id) = match phrase.kind {
            Kind::Hot => ("hot", None),
            Kind::Category => ("category", None),
            Kind::Brand => ("brand", None),
            Kind::Product(id) => ("product", Some(id)),
        };
        Self { word: phrase.text.to_string(), kind, product_id }
    }
}

/// A word that many search for.
#[derive(Debug, Serialize, ToSchema)]
pub struct HotWord {
    /// The word, or several.
    pub word: String,
}

/// A search of the shopper.
#[derive(Debug, Serialize, ToSchema)]
pub struct SearchedWord {
    /// What was searched for.
    pub word: String,
    /// When it was searched for last.
    pub searched_at: Rfc3339,
}
