//! A piece of a list, and where the next one begins.

use serde::{Serialize, Serializer};
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::{IntoParams, ToSchema};

use crate::platform::http::problem::Problem;
use crate::platform::http::query::Query;
use crate::platform::http::schemas;

/// The most entries that one answer has.
pub const PAGE_SIZE_MAX: u32 = 100;
/// Entries of an answer whose reader did not say.
pub const PAGE_SIZE_DEFAULT: u32 = 20;
/// Every text that may be passed as `cursor`, as a regular expression.
pub const CURSOR_PATTERN: &str = "[1-9][0-9]{0,15}";
/// The number that the longest of them stands for. It is above every id: a page after it is the first one.
pub const CURSOR_MAX: u64 = 9_999_999_999_999_999;

/// The parameters of every list that is read in pages, for the OpenAPI document.
pub struct PageParameters;

impl IntoParams for PageParameters {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let size = schemas::whole_number(1, u64::from(PAGE_SIZE_MAX));
        vec![
            schemas::query("cursor", "`next_cursor` of the page before", schemas::text(CURSOR_PATTERN)),
            schemas::query("size", "Entries of the page; the default is 20", size.default(Some(PAGE_SIZE_DEFAULT.into()))),
        ]
    }
}

fn next_cursor() -> ObjectBuilder {
    schemas::or_null(schemas::text(CURSOR_PATTERN), Type::String).description(Some("`cursor` of the next page; null after the last"))
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Page<T> {
    /// The entries of this page.
    pub items: Vec<T>,
    /// How many there are in all; null where counting would cost too much.
    pub total: Option<u64>,
    /// Pass it as `cursor` for the next page; null after the last.
    #[serde(rename = "next_cursor", serialize_with = "as_text")]
    #[schema(schema_with = next_cursor, required = true)]
    pub next: Option<u64>,
}

impl<T> Page<T> {
    /// A page of what was read, which has one entry more than `size` if others follow; `id` is what the next page begins behind.
    pub fn of(mut items: Vec<T>, size: u32, total: Option<u64>, id: impl Fn(&T) -> u64) -> Self {
        let more = items.len() > size as usize;
        items.truncate(size as usize);
        let next = items.last().filter(|_| more).map(id);
        Self { items, total, next }
    }
}

/// Cursors are opaque to clients, so they travel as text.
fn as_text<S: Serializer>(cursor: &Option<u64>, serializer: S) -> Result<S::Ok, S::Error> {
    match cursor {
        Some(cursor) => serializer.collect_str(cursor),
        None => serializer.serialize_none(),
    }
}

/// The last page that can be asked for by its number.
pub const PAGE_MAX: u32 = 100_000;

/// Which page of a list whose order changes while it is read: a cursor would lose its place there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageNumber {
    /// 1 for the first, at most [`PAGE_MAX`].
    pub page: u32,
    /// Entries of a page, 1 to [`PAGE_SIZE_MAX`].
    pub size: u32,
}

impl PageNumber {
    /// From a query string that has nothing else.
    ///
    /// # Errors
    /// A [`Problem`] that names every wrong parameter.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let mut query = Query::new(text, &["page", "size"]);
        // The upper bound is itself a u32.
        let page = query.number("page", 1, u64::from(PAGE_MAX)).map_or(1, |page| page as u32);
        let size = query.size();
        query.finish()?;
        Ok(Self { page, size })
    }

    /// The place of the page's first entry, 0 for the list's first.
    pub const fn offset(self) -> usize {
        (self.page as usize - 1) * self.size as usize
    }
}

impl IntoParams for PageNumber {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let page = schemas::whole_number(1, u64::from(PAGE_MAX)).default(Some(1.into()));
        let size = schemas::whole_number(1, u64::from(PAGE_SIZE_MAX)).default(Some(PAGE_SIZE_DEFAULT.into()));
        vec![
            schemas::query("page", "The page's number; the default is 1, the first", page),
            schemas::query("size", "Entries of the page; the default is 20", size),
        ]
    }
}

/// One page of a list that is asked for by its number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct NumberedPage<T> {
    /// The entries of this page; none behind the last page.
    pub items: Vec<T>,
    /// How many there are in all.
    pub total: u64,
    /// The page's number, 1 for the first.
    pub page: u32,
    /// Entries that a page has at most.
    pub size: u32,
}
