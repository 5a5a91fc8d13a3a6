//! What a list of products may be asked for.

use mallcore_actors::ids::ID_MAX;
use mallcore_actors::money::MONEY_MAX_FEN;
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterIn};

use super::snapshot::{Filter, Sort, Start, Zone};
use crate::platform::http::problem::Problem;
use crate::platform::http::query::Query;
use crate::platform::http::schemas;
use crate::platform::page::PageParameters;

/// The last page that can be asked for by its number; a cursor goes on.
pub const PAGE_MAX: u64 = 100_000;

/// A page of the products on the shelf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProductQuery {
    /// What a product must match to be listed.
    pub filter: Filter,
    /// In which order.
    pub sort: Sort,
    /// From where on.
    pub start: Start,
    /// At most so many, 1 to [`PAGE_SIZE_MAX`](crate::platform::page::PAGE_SIZE_MAX).
    pub size: u32,
}

impl ProductQuery {
    /// From a query string.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        Self::read(text, &["category_id", "brand_id", "tag_id", "zone", "price_min_fen", "price_max_fen", "sort", "page", "cursor", "size"])
    }

    /// From a query string of a list that is of one category anyway.
    pub fn parse_within(text: &str, category: u64) -> Result<Self, Problem> {
        let known = ["brand_id", "tag_id", "zone", "price_min_fen", "price_max_fen", "sort", "page", "cursor", "size"];
        let mut query = Self::read(text, &known)?;
        query.filter.category = Some(category);
        Ok(query)
    }

    fn read(text: &str, known: &[&'static str]) -> Result<Self, Problem> {
        let mut query = Query::new(text, known);
        let filter = Filter {
            category: query.number("category_id", 1, ID_MAX),
            brand: query.number("brand_id", 1, ID_MAX),
            tag: query.number("tag_id", 1, ID_MAX),
            zone: query.word("zone", Zone::of),
            price_min: query.number("price_min_fen", 0, MONEY_MAX_FEN),
            price_max: query.number("price_max_fen", 0, MONEY_MAX_FEN),
        };
        let sort = query.word("sort", Sort::of).unwrap_or(Sort::Newest);
        let size = query.size();
        let page = query.number("page", 1, PAGE_MAX);
        let start = match (query.cursor(), page) {
            (Some(product), None) => Start::After(product),
            (Some(_), Some(_)) => query.wrong("page", "invalid").unwrap_or(Start::At(0)),
            (None, page) => Start::At(usize::try_from(page.unwrap_or(1) - 1).unwrap_or(usize::MAX).saturating_mul(size as usize)),
        };
        query.finish()?;
        Ok(Self { filter, sort, start, size })
    }
}

impl IntoParams for ProductQuery {
    fn into_params(place: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let mut parameters = vec![schemas::query("category_id", "Only of this category and those below it", schemas::id())];
        parameters.extend(ProductsWithin::into_params(place));
        parameters
    }
}

/// The parameters of a list that is of one category anyway.
#[derive(Debug)]
pub struct ProductsWithin;

impl IntoParams for ProductsWithin {
    fn into_params(place: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let mut parameters = vec![
            schemas::query("brand_id", "Only of this brand", schemas::id()),
            schemas::query("tag_id", "Only with this tag", schemas::id()),
            schemas::query("zone", "Only of this zone", schemas::word(Zone::ALL.map(Zone::name))),
            schemas::query("price_min_fen", "Only at this price at least, as it is shown", schemas::whole_number(0, MONEY_MAX_FEN)),
            schemas::query("price_max_fen", "Only at this price at most, as it is shown", schemas::whole_number(0, MONEY_MAX_FEN)),
            schemas::query("sort", "The order; the default is newest", schemas::word(Sort::ALL.map(Sort::name))),
            schemas::query("page", "The page's number from 1 on, instead of a cursor", schemas::whole_number(1, PAGE_MAX)),
        ];
        parameters.extend(PageParameters::into_params(place));
        parameters
    }
}
