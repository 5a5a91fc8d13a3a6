//! A piece of a list, and where the next one begins.

use serde::{Serialize, Serializer};
use utoipa::ToSchema;

/// The most entries that one answer has.
pub const PAGE_SIZE_MAX: u32 = 100;
/// Entries of an answer whose reader did not say.
pub const PAGE_SIZE_DEFAULT: u32 = 20;

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Page<T> {
    /// The entries.
    pub items: Vec<T>,
    /// How many there are in all; null where counting would cost too much.
    pub total: Option<u64>,
    /// Pass it as `cursor` for the next page; null after the last.
    #[serde(rename = "next_cursor", serialize_with = "as_text")]
    #[schema(value_type = Option<String>)]
    pub next: Option<u64>,
}

/// Cursors are opaque to clients, so they travel as text.
fn as_text<S: Serializer>(cursor: &Option<u64>, serializer: S) -> Result<S::Ok, S::Error> {
    match cursor {
        Some(cursor) => serializer.collect_str(cursor),
        None => serializer.serialize_none(),
    }
}
