//! What products and what they are filed under look like from outside.

use mallcore_actors::money::Money;
use serde::Serialize;
use utoipa::ToSchema;

use super::model::{BrandRow, CategoryRow};
use super::snapshot::{Counted, Product, Sku, Spec, Taxonomy};

/// A whole list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Items<T> {
    /// All of them, in the shop's order.
    pub items: Vec<T>,
}

/// One category with those below it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Category)]
pub struct CategoryNode {
    /// Id of the category.
    pub id: u64,
    /// The one above it; null at the first level.
    pub parent_id: Option<u64>,
    /// 1 to 3.
    pub level: u8,
    /// Name of the category.
    pub name: String,
    /// Address of its picture, if it has one.
    pub icon_url: Option<String>,
    /// Those below it, in the shop's order; empty where only one level was asked for.
    #[schema(no_recursion)]
    pub children: Vec<CategoryNode>,
}

impl CategoryNode {
    pub(super) fn new(row: &CategoryRow, level: u8, children: Vec<Self>) -> Self {
        Self { id: row.id, parent_id: row.parent, level, name: row.name.clone(), icon_url: row.icon_url.clone(), children }
    }

    /// The same without those below it.
    pub(super) fn alone(&self) -> Self {
        Self { name: self.name.clone(), icon_url: self.icon_url.clone(), children: Vec::new(), ..*self }
    }
}

/// A brand with its logo.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Brand)]
pub struct BrandView {
    /// Id of the brand.
    pub id: u64,
    /// Name of the brand.
    pub name: String,
    /// Address of its picture, if it has one.
    pub logo_url: Option<String>,
}

impl From<&BrandRow> for BrandView {
    fn from(row: &BrandRow) -> Self {
        Self { id: row.id, name: row.name.clone(), logo_url: row.logo_url.clone() }
    }
}

/// One product in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ProductCard)]
pub struct CardView {
    /// Id of the product.
    pub id: u64,
    /// Name of the product.
    pub name: String,
    /// Address of its picture, if it has one.
    pub image: Option<String>,
    /// The lowest price that is paid for one of its SKUs, in fen.
    pub price_fen: u64,
    /// A higher price to show beside it, in fen: the regular one in the discount zone, otherwise one to compare with. Null unless it is above the
    /// price of each of its SKUs, which have their own.
    pub original_price_fen: Option<u64>,
    /// In the discount zone: hundredths of a per cent off, 1500 for 15 %; otherwise 0.
    pub discount_rate_bp: u16,
    /// Whether it is in the discount zone.
    pub is_discount: bool,
    /// Whether it is in the hot zone.
    pub is_hot: bool,
    /// The category that it is in, if it is filed.
    pub category_id: Option<u64>,
    /// Its brand, if it has one.
    pub brand_id: Option<u64>,
    /// Words of its tags.
    pub tags: Vec<String>,
    /// Pieces sold, those refunded not counted.
    pub sales_count: u64,
    /// Whether none of its SKUs can be bought now.
    pub is_sold_out: bool,
    /// Its SKU, if there is one only: it can be put into the cart without a choice.
    pub sku_id: Option<u64>,
    /// Reviews that are shown.
    pub review_count: u64,
    /// Their average in tenths of a star, 10 to 50; null without reviews.
    pub rating_tenths: Option<u64>,
}

impl CardView {
    pub(super) fn new(product: &Product, counted: &Counted, taxonomy: &Taxonomy) -> Self {
        let mut offered = product.offered();
        let only = offered.next().filter(|_| offered.next().is_none());
        Self {
            id: product.id.get(),
            name: product.name.to_string(),
            image: product.images.first().cloned(),
            price_fen: product.shown_price().fen(),
            original_price_fen: product.original_price().map(|price| price.fen()),
            discount_rate_bp: product.discount.unwrap_or_default().basis_points(),
            is_discount: product.discount.is_some(),
            is_hot: product.is_hot,
            category_id: product.category,
            brand_id: product.brand,
            tags: product.tags.iter().filter_map(|tag| taxonomy.tag(*tag)).map(|tag| tag.name.clone()).collect(),
            sales_count: counted.sales,
            is_sold_out: product.skus.iter().zip(&counted.available).all(|(sku, available)| !sku.on_sale || *available == 0),
            sku_id: only.map(|sku| sku.id.get()),
            review_count: counted.rating.count,
            rating_tenths: counted.rating.tenths(),
        }
    }
}

/// One product with everything that there is to know of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Product)]
pub struct DetailView {
    /// As in lists.
    #[serde(flatten)]
    pub card: CardView,
    /// What it is.
    pub description: String,
    /// Addresses of its pictures.
    pub images: Vec<String>,
    /// The category that it is in with those above it, from the first level down.
    pub category_path: Vec<NamedView>,
    /// Its brand, if it has one.
    pub brand: Option<BrandView>,
    /// What its SKUs differ in.
    pub specs: Vec<Spec>,
    /// What it can be bought as.
    pub skus: Vec<SkuView>,
}

/// Something with a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Named)]
pub struct NamedView {
    /// Id of the category.
    pub id: u64,
    /// Name of the category.
    pub name: String,
}

/// One stock-keeping unit of a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Sku)]
pub struct SkuView {
    /// Id of the SKU, as carts and orders name it.
    pub id: u64,
    /// What sets it apart, such as `蓝色 / L`; empty for a product without specs.
    pub spec: String,
    /// Its value of each of the product's specs, in their order; empty where they are not told apart.
    pub spec_values: Vec<String>,
    /// The merchant's own number, if there is one.
    pub code: Option<String>,
    /// Address of its own picture, if it has one.
    pub picture: Option<String>,
    /// Price of a piece, in fen.
    pub price_fen: u64,
    /// A higher price to show beside it, in fen: its regular one in the discount zone, otherwise the product's to compare with.
    pub original_price_fen: Option<u64>,
    /// Pieces that can be bought outside flash sales.
    pub available: u32,
}

impl DetailView {
    pub(super) fn new(product: &Product, counted: &Counted, taxonomy: &Taxonomy) -> Self {
        let path = product.category.map(|category| taxonomy.path(category)).unwrap_or_default();
        let offered = product.skus.iter().zip(&counted.available).filter(|(sku, _)| sku.on_sale);
        Self {
            card: CardView::new(product, counted, taxonomy),
            description: product.description.to_string(),
            images: product.images.to_vec(),
            category_path: path.into_iter().map(|row| NamedView { id: row.id, name: row.name.clone() }).collect(),
            brand: product.brand.and_then(|brand| taxonomy.brand(brand)).map(BrandView::from),
            specs: product.specs.to_vec(),
            skus: offered.map(|(sku, available)| SkuView::new(product, sku, *available)).collect(),
        }
    }
}

impl SkuView {
    fn new(product: &Product, sku: &Sku, available: u32) -> Self {
        let paid = product.paid(sku.price);
        Self {
            id: sku.id.get(),
            spec: sku.spec.to_string(),
            spec_values: sku.spec_values.to_vec(),
            code: sku.code.as_ref().map(ToString::to_string),
            picture: sku.picture.as_ref().map(ToString::to_string),
            price_fen: paid.fen(),
            original_price_fen: product.original_price_of(sku.price).map(Money::fen),
            available,
        }
    }
}
