//! The products behind a banner, as the catalogue has them at one moment. Off the shelf they are not there.
//!
//! - chosen by hand: in the order in which they were put;
//! - a category with those below it, or a tag: what sold most, first;
//! - recommended: of what sells best and can be bought now, by [`score`], ties by id.

use bytes::Bytes;

use super::link::{Link, Source};
use super::model::Banner;
use crate::features::catalog::snapshot::{Entry, Filter, Rating, Snapshot, Sort, Start};
use crate::platform::page::PageNumber;

/// Products that are recommended, at most.
pub const RECOMMENDED_MAX: usize = 100;
/// Best sellers that they are chosen from.
const CANDIDATES: usize = 400;
/// A product without reviews is taken for one of four stars: neither hidden nor first.
const TENTHS_WITHOUT_REVIEWS: u64 = 40;

/// What a recommended product is ranked by: pieces sold × average stars in tenths; one that has sold nothing counts by its rating alone.
const fn score(sales: u64, rating: Rating) -> u64 {
    let tenths = match rating.tenths() {
        Some(tenths) => tenths,
        None => TENTHS_WITHOUT_REVIEWS,
    };
    sales.saturating_add(1).saturating_mul(tenths)
}

fn can_be_bought(entry: &Entry) -> bool {
    entry.product.skus.iter().zip(&entry.counted.available).any(|(sku, available)| sku.on_sale && *available > 0)
}

fn recommended(snapshot: &Snapshot) -> Vec<&Entry> {
    let mut entries = snapshot.list(Filter::default(), Sort::Sales, Start::At(0), CANDIDATES).entries;
    entries.retain(|entry| can_be_bought(entry));
    entries.sort_by_key(|entry| (std::cmp::Reverse(score(entry.counted.sales, entry.counted.rating)), entry.product.id));
    entries.truncate(RECOMMENDED_MAX);
    entries
}

fn named<'a>(snapshot: &'a Snapshot, products: &[u64]) -> Vec<&'a Entry> {
    let found = products.iter().filter_map(|product| snapshot.product(*product));
    found.map(|entry| &**entry).filter(|entry| entry.product.on_sale).collect()
}

/// A page of the products behind a banner, and how many there are in all.
pub fn page<'a>(banner: &Banner, snapshot: &'a Snapshot, page: PageNumber) -> (Vec<&'a Entry>, usize) {
    let (from, size) = (page.offset(), page.size as usize);
    let filter = match &banner.link {
        Link::Products(Source::Category(category)) | Link::Category(category) => Filter { category: Some(*category), ..Filter::default() },
        Link::Products(Source::Tag(tag)) => Filter { tag: Some(*tag), ..Filter::default() },
        Link::Products(Source::Recommended) => return cut(recommended(snapshot), from, size),
        Link::Product(product) => return cut(named(snapshot, &[*product]), from, size),
        // An activity or another site may show products, too, if somebody has chosen them.
        Link::Products(Source::Manual) | Link::Activity(_) | Link::External(_) => return cut(named(snapshot, &banner.chosen), from, size),
    };
    let listed = snapshot.list(filter, Sort::Sales, Start::At(from), size);
    (listed.entries, listed.total)
}

fn cut(entries: Vec<&Entry>, from: usize, size: usize) -> (Vec<&Entry>, usize) {
    let total = entries.len();
    (entries.into_iter().skip(from).take(size).collect(), total)
}

/// Cards of these products, as the snapshot rendered them.
pub fn cards(entries: &[&Entry]) -> Vec<Bytes> {
    entries.iter().map(|entry| entry.card.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sales_and_rating_make_the_score() {
        let rated = |count, stars| Rating { count, stars };
        assert!(score(10, rated(2, 10)) > score(10, rated(0, 0)) && score(10, rated(0, 0)) > score(10, rated(2, 6)));
        assert!(score(100, rated(2, 6)) > score(10, rated(2, 10)), "what sells ten times as much stands before what is rated better");
        assert_eq!(score(u64::MAX, rated(1, 5)), u64::MAX);
    }
}
