//! What a search may be asked for.

use mallcore_actors::ids::ID_MAX;
use mallcore_actors::money::MONEY_MAX_FEN;
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::openapi::schema::ObjectBuilder;

use super::ranking::{Sort, Wanted};
use super::words::folded;
use crate::platform::http::problem::Problem;
use crate::platform::http::query::Query;
use crate::platform::http::schemas;
use crate::platform::page::{PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX};

/// Characters of a question.
pub const QUESTION_MAX: usize = 64;
/// The last page that can be asked for: nobody reads further, and robots shall not.
pub const PAGE_MAX: u64 = 100;

/// A search for products.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchQuery {
    /// What was typed, with something to look for in it.
    pub typed: String,
    /// Which page, from 1 on.
    pub page: u64,
    /// Which products, in which order.
    pub wanted: Wanted,
}

impl SearchQuery {
    /// From a query string.
    ///
    /// # Errors
    /// 400 for parameters that are wrong, as in every list; 422 for a question that is empty or too long.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let known = ["q", "category_id", "brand_id", "price_min_fen", "price_max_fen", "sort", "page", "size"];
        let mut query = Query::new(text, &known);
        let category = query.number("category_id", 1, ID_MAX);
        let brand = query.number("brand_id", 1, ID_MAX);
        let price_min = query.number("price_min_fen", 0, MONEY_MAX_FEN).unwrap_or(0);
        let price_max = query.number("price_max_fen", 0, MONEY_MAX_FEN).unwrap_or(u64::MAX);
        let sort = query.word("sort", Sort::of).unwrap_or(Sort::Relevance);
        let page = query.number("page", 1, PAGE_MAX).unwrap_or(1);
        let size = query.size() as usize;
        let typed = question(query)?;
        // At most PAGE_MAX × PAGE_SIZE_MAX.
        let from = (page - 1) as usize * size;
        Ok(Self { typed, page, wanted: Wanted { category, brand, price_min, price_max, sort, from, size } })
    }
}

/// What is typed so far, from a query string.
///
/// # Errors
/// 400 for other parameters, 422 for a text that is empty or too long.
pub fn parse_typed(text: &str) -> Result<String, Problem> {
    question(Query::new(text, &["q"]))
}

fn question(mut query: Query) -> Result<String, Problem> {
    let is_long = query.characters("q") > QUESTION_MAX;
    let typed = query.text("q", usize::MAX);
    query.finish()?;
    let typed = typed.ok_or_else(|| Problem::field("q", "required"))?;
    if is_long {
        return Err(Problem::field("q", "too_long"));
    }
    if folded(&typed).is_empty() {
        return Err(Problem::field("q", "invalid"));
    }
    Ok(typed)
}

fn q(description: &str) -> Parameter {
    let schema = ObjectBuilder::new().schema_type(utoipa::openapi::schema::Type::String).min_length(Some(1)).max_length(Some(QUESTION_MAX));
    let mut parameter = schemas::query("q", description, schema);
    parameter.required = utoipa::openapi::Required::True;
    parameter
}

impl IntoParams for SearchQuery {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let size = schemas::whole_number(1, u64::from(PAGE_SIZE_MAX));
        vec![
            q("What is looked for: Chinese, Latin, pinyin or initials; at most 64 characters"),
            schemas::query("category_id", "Only of this category and those below it", schemas::id()),
            schemas::query("brand_id", "Only of this brand", schemas::id()),
            schemas::query("price_min_fen", "Only at this price at least, as it is shown", schemas::whole_number(0, MONEY_MAX_FEN)),
            schemas::query("price_max_fen", "Only at this price at most, as it is shown", schemas::whole_number(0, MONEY_MAX_FEN)),
            schemas::query("sort", "The order; the default is relevance", schemas::word(Sort::ALL.map(Sort::name))),
            schemas::query("page", "The page's number from 1 on", schemas::whole_number(1, PAGE_MAX)),
            schemas::query("size", "Entries of the page; the default is 20", size.default(Some(PAGE_SIZE_DEFAULT.into()))),
        ]
    }
}

/// The parameter of suggestions, for the OpenAPI document.
pub struct Typed;

impl IntoParams for Typed {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![q("What is typed so far: Chinese, Latin, pinyin or initials; at most 64 characters")]
    }
}
