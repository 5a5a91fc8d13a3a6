//! From hits to a page: narrowed down, counted by facet, ordered. Pure.
//! - R1 A facet counts what there would be if it were chosen instead of what is chosen of its kind: choosing it then finds as many.
//! - R2 Every order is total: what is equal in it stands by id, newest first.

use std::cmp::Reverse;
use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::document::Facts;
use super::question::{Question, weights};
use crate::features::catalog::snapshot::Taxonomy;

/// A name that is the question, beside [`weights`]: more than sales can add.
const WHOLE_NAME: f32 = 3.0;
/// What each power of ten of pieces sold adds.
const SALES: f32 = 0.3;
/// Powers of ten that add something: in all, less than the step between two places.
const SALES_POWERS_MAX: f32 = 6.0;
/// Entries of a facet, most products first.
const FACET_MAX: usize = 50;
/// Where ranges of prices begin, in fen.
const PRICES: [u64; 7] = [0, 5_000, 10_000, 30_000, 100_000, 300_000, 1_000_000];

/// A product that has the words.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    /// Place of its facts among the rows.
    pub row: u32,
    /// What the places of the words are worth.
    pub score: f32,
}

/// How hits are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// What fits best, first.
    Relevance,
    /// Sold most, first.
    Sales,
    /// The cheapest first, by the shown price.
    PriceAsc,
    /// The dearest first, by the shown price.
    PriceDesc,
    /// Put in last, first.
    Newest,
}

impl Sort {
    /// Each of them.
    pub const ALL: [Self; 5] = [Self::Relevance, Self::Sales, Self::PriceAsc, Self::PriceDesc, Self::Newest];

    /// Its word in queries.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Relevance => "relevance",
            Self::Sales => "sales",
            Self::PriceAsc => "price_asc",
            Self::PriceDesc => "price_desc",
            Self::Newest => "newest",
        }
    }

    /// The order with this word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sort| sort.name() == word)
    }
}

/// Which hits are wanted, in which order, and which of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// Of this category and those below it.
    pub category: Option<u64>,
    /// Of this brand.
    pub brand: Option<u64>,
    /// Shown at this many fen at least.
    pub price_min: u64,
    /// Shown at this many fen at most.
    pub price_max: u64,
    /// In which order.
    pub sort: Sort,
    /// From this place on.
    pub from: usize,
    /// So many at most.
    pub size: usize,
}

/// A page of what was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Found {
    /// The products of the page, in order.
    pub products: Vec<u64>,
    /// How many there are in all.
    pub total: usize,
    /// By category: what is below one counts for it too.
    pub categories: Vec<(u64, usize)>,
    /// Brands with their products.
    pub brands: Vec<(u64, usize)>,
    /// By price: the first fen of the range, the first one of the next, and how many.
    pub prices: Vec<(u64, Option<u64>, usize)>,
}

/// Narrows hits down, counts them and orders them.
pub fn rank(hits: Vec<Hit>, rows: &[Facts], taxonomy: &Taxonomy, question: &Question, wanted: Wanted) -> Found {
    // No number is in an empty range: an unknown category finds nothing.
    let span = wanted.category.map(|category| taxonomy.category(category).map_or(0..0, |category| category.span.clone()));
    let mut kept = Vec::with_capacity(hits.len());
    let (mut by_category, mut by_brand, mut by_price) = (Vec::new(), HashMap::<u64, usize, RandomState>::default(), [0; PRICES.len()]);
    for hit in hits {
        let Some(facts) = rows.get(hit.row as usize) else { continue };
        let is_in_category = span.as_ref().is_none_or(|span| span.contains(&facts.category));
        let is_of_brand = wanted.brand.is_none_or(|brand| brand == facts.brand);
        let is_priced = (wanted.price_min..=wanted.price_max).contains(&facts.price);
        if is_of_brand && is_priced {
            let number = facts.category as usize;
            if number >= by_category.len() {
                by_category.resize(number + 1, 0);
            }
            by_category[number] += 1;
        }
        if is_in_category && is_priced && facts.brand != 0 {
            *by_brand.entry(facts.brand).or_default() += 1;
        }
        if is_in_category && is_of_brand {
            by_price[PRICES.partition_point(|from| *from <= facts.price) - 1] += 1;
        }
        if is_in_category && is_of_brand && is_priced {
            kept.push((hit.score, facts));
        }
    }
    let total = kept.len();
    Found {
        products: page(kept, question, wanted),
        total,
        categories: categories(&by_category, taxonomy),
        brands: most(by_brand.into_iter().collect()),
        prices: prices(by_price),
    }
}

fn page(mut kept: Vec<(f32, &Facts)>, question: &Question, wanted: Wanted) -> Vec<u64> {
    let end = wanted.from.saturating_add(wanted.size).min(kept.len());
    if wanted.from >= end {
        return Vec::new();
    }
    if wanted.sort == Sort::Relevance {
        for (score, facts) in &mut kept {
            *score = relevance(*score, facts, question);
        }
    }
    let order = |one: &(f32, &Facts), other: &(f32, &Facts)| {
        let newest = one.1.product.cmp(&other.1.product).reverse();
        let sales = one.1.sales.cmp(&other.1.sales).reverse();
        let first = match wanted.sort {
            Sort::Relevance => one.0.total_cmp(&other.0).reverse().then(sales),
            Sort::Sales => sales,
            Sort::PriceAsc => one.1.price.cmp(&other.1.price),
            Sort::PriceDesc => one.1.price.cmp(&other.1.price).reverse(),
            Sort::Newest => one.1.created.cmp(&other.1.created).reverse(),
        };
        first.then(newest)
    };
    if end < kept.len() {
        kept.select_nth_unstable_by(end - 1, order);
        kept.truncate(end);
    }
    kept.sort_unstable_by(order);
    kept[wanted.from..end].iter().map(|(_, facts)| facts.product).collect()
}

/// How well a product fits: where its words are, how much of its name was asked for, and what it sells.
fn relevance(score: f32, facts: &Facts, question: &Question) -> f32 {
    let is_named = score >= weights::NAME_IN_PARTS;
    let share = if is_named { (question.length as f32 / facts.name_length.max(1) as f32).min(1.0) } else { 0.0 };
    let whole = if facts.name_hash == question.hash { WHOLE_NAME } else { 0.0 };
    score + share + whole + SALES * ((facts.sales as f32 + 1.0).log10()).min(SALES_POWERS_MAX)
}

fn categories(by_number: &[usize], taxonomy: &Taxonomy) -> Vec<(u64, usize)> {
    // Numbers of a category and those below it are a range.
    let mut before = vec![0; by_number.len() + 1];
    for (number, count) in by_number.iter().enumerate() {
        before[number + 1] = before[number] + count;
    }
    let up_to = |number: u32| before[(number as usize).min(by_number.len())];
    let counted = taxonomy.categories().filter_map(|row| {
        let span = &taxonomy.category(row.id)?.span;
        Some((row.id, up_to(span.end) - up_to(span.start)))
    });
    most(counted.filter(|(_, count)| *count > 0).collect())
}

fn prices(counts: [usize; PRICES.len()]) -> Vec<(u64, Option<u64>, usize)> {
    let ranges = PRICES.iter().enumerate().zip(counts);
    ranges.filter(|(_, count)| *count > 0).map(|((place, from), count)| (*from, PRICES.get(place + 1).copied(), count)).collect()
}

fn most(mut counted: Vec<(u64, usize)>) -> Vec<(u64, usize)> {
    counted.sort_unstable_by_key(|(id, count)| (Reverse(*count), *id));
    counted.truncate(FACET_MAX);
    counted
}
