//! Products and what they are filed under, as the database has them.

/// On the shelf: the number in `products.status` and `skus.status`; of categories and brands, shown.
pub const ON_SALE: i64 = 1;
/// Off the shelf.
pub const OFF_SALE: i64 = 0;

/// A row of `categories`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CategoryRow {
    /// Primary key of `categories`.
    pub id: u64,
    /// The one above it; none at the first level.
    pub parent: Option<u64>,
    /// What shoppers read, at most 50 characters.
    pub name: String,
    /// Address of its picture.
    pub icon_url: Option<String>,
    /// The shop's order among those beside it, lowest first.
    pub sort_order: i64,
    /// Whether shoppers see it.
    pub is_shown: bool,
}

/// A row of `brands`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrandRow {
    /// Primary key of `brands`.
    pub id: u64,
    /// What shoppers read, unique, at most 50 characters.
    pub name: String,
    /// Address of its picture.
    pub logo_url: Option<String>,
    /// The shop's order, lowest first.
    pub sort_order: i64,
    /// Whether it is in the list of brands.
    pub is_shown: bool,
}

/// A row of `tags`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagRow {
    /// Primary key of `tags`.
    pub id: u64,
    /// The tag's word, unique.
    pub name: String,
}
