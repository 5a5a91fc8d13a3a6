//! What search knows of a product: the texts in which it is found, and the facts by which hits are narrowed down and ordered.

use std::hash::{BuildHasher, Hasher};

use foldhash::quality::FixedState;

use super::words::folded;
use crate::features::catalog::snapshot::{Entry, Taxonomy};

/// A product on the shelf.
#[derive(Debug, Clone)]
pub struct Document {
    /// As lists order and narrow.
    pub facts: Facts,
    /// Its name, folded.
    pub name: String,
    /// Names of its brand and its categories, folded.
    pub filed: String,
    /// Its description, folded.
    pub about: String,
}

/// What hits are narrowed down and ordered by, one row a product.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Facts {
    /// Id of the product.
    pub product: u64,
    /// The price that is shown, in fen.
    pub price: u64,
    /// When it was put in, in milliseconds.
    pub created: u64,
    /// Pieces sold, as of when the row was made.
    pub sales: u64,
    /// Its brand; 0 for none.
    pub brand: u64,
    /// A hash of its folded name.
    pub name_hash: u64,
    /// The number of its category in the taxonomy ([`crate::features::catalog::snapshot::Category::span`]); 0 for none that shoppers see.
    pub category: u32,
    /// Letters, digits and characters of its name.
    pub name_length: u32,
}

impl Facts {
    /// What the entry says now; `name` is folded.
    pub fn of(entry: &Entry, taxonomy: &Taxonomy, name: &str) -> Self {
        let product = &entry.product;
        Self {
            product: product.id.get(),
            price: product.shown_price().fen(),
            created: product.created_at.millis(),
            sales: entry.count.sales(),
            brand: product.brand.unwrap_or(0),
            name_hash: hash([name]),
            category: product.category.and_then(|category| taxonomy.category(category)).map_or(0, |category| category.span.start),
            name_length: length(name),
        }
    }
}

impl Document {
    /// What is found of a product; none if it is off the shelf.
    pub fn of(entry: &Entry, taxonomy: &Taxonomy) -> Option<Self> {
        let product = &entry.product;
        if !product.on_sale {
            return None;
        }
        let name = folded(&product.name);
        let categories = product.category.map(|category| taxonomy.path(category)).unwrap_or_default();
        let mut filed: Vec<&str> = categories.iter().map(|row| row.name.as_str()).collect();
        filed.extend(product.brand.and_then(|brand| taxonomy.brand(brand)).map(|brand| brand.name.as_str()));
        Some(Self { facts: Facts::of(entry, taxonomy, &name), filed: folded(&filed.join(" ")), about: folded(&product.description), name })
    }

    /// Another one for other texts.
    pub fn fingerprint(&self) -> u64 {
        hash([self.name.as_str(), &self.filed, &self.about])
    }
}

/// Characters of a folded text that are not blanks.
pub fn length(folded: &str) -> u32 {
    folded.chars().filter(|character| *character != ' ').count().try_into().unwrap_or(u32::MAX)
}

/// A hash of folded texts, which do not contain the separator.
pub fn hash<const COUNT: usize>(texts: [&str; COUNT]) -> u64 {
    let mut hasher = FixedState::with_seed(0).build_hasher();
    for text in texts {
        hasher.write(text.as_bytes());
        hasher.write_u8(b'\n');
    }
    hasher.finish()
}
