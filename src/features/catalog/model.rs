//! Products and what they are filed under, as the database has them.

/// On the shelf: the number in `products.status` and `skus.status`; of categories and brands, shown.
pub const ON_SALE: i64 = 1;
/// Off the shelf.
pub const OFF_SALE: i64 = 0;

/// One category.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CategoryRow {
    /// Its id.
    pub id: u64,
    /// The one above it; none at the first level.
    pub parent: Option<u64>,
    /// Its name.
    pub name: String,
    /// Address of its picture.
    pub icon_url: Option<String>,
    /// The shop's order among those beside it, lowest first.
    pub sort_order: i64,
    /// Whether shoppers see it.
    pub is_shown: bool,
}

/// One brand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrandRow {
    /// Its id.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// Address of its picture.
    pub logo_url: Option<String>,
    /// The shop's order, lowest first.
    pub sort_order: i64,
    /// Whether it is in the list of brands.
    pub is_shown: bool,
}

/// One tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagRow {
    /// Its id.
    pub id: u64,
    /// The word.
    pub name: String,
}
