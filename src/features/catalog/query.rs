//! What a list of products may be asked for.

use mallcore_actors::ids::ID_MAX;
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};

use crate::platform::http::problem::Problem;
use crate::platform::http::query::Query;
use crate::platform::http::schemas;
use crate::platform::page::{PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX, PageParameters};

/// Characters of a search word.
pub const KEYWORD_CHARACTERS_MAX: usize = 50;

/// A page of the products on sale, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductQuery {
    /// Only products of this category or of those below it.
    pub category: Option<u64>,
    /// Only products whose name contains this.
    pub keyword: Option<String>,
    /// Products after this one: the `next` of the page before.
    pub after: Option<u64>,
    /// At most so many, 1 to [`PAGE_SIZE_MAX`].
    pub size: u32,
}

impl ProductQuery {
    /// From a query string.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let mut query = Query::new(text, &["category_id", "keyword", "cursor", "size"]);
        let parsed = Self {
            category: query.number("category_id", 1, ID_MAX),
            keyword: query.text("keyword", KEYWORD_CHARACTERS_MAX),
            after: query.cursor(),
            // The upper bound is itself a u32.
            size: query.number("size", 1, u64::from(PAGE_SIZE_MAX)).map_or(PAGE_SIZE_DEFAULT, |size| size as u32),
        };
        query.finish()?;
        Ok(parsed)
    }
}

impl IntoParams for ProductQuery {
    fn into_params(place: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let keyword = ObjectBuilder::new().schema_type(Type::String).max_length(Some(KEYWORD_CHARACTERS_MAX));
        let mut parameters = vec![
            schemas::query("category_id", "Only of this category and those below it", schemas::id()),
            schemas::query("keyword", "Only with this in the name; blanks around it do not count", keyword),
        ];
        parameters.extend(PageParameters::into_params(place));
        parameters
    }
}
