//! From what the snapshot knows to the bytes that are sent.

use std::hash::{BuildHasher, Hasher};

use actix_web::http::header::HeaderValue;
use bytes::Bytes;
use foldhash::quality::FixedState;
use serde::Serialize;

use super::product::{Counted, Product, Rendered};
use super::taxonomy::Taxonomy;
use crate::features::catalog::views::{CardView, DetailView};

/// A hash that is the same in every process: entity tags outlive a restart.
pub fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = FixedState::with_seed(0x6d61_6c6c).build_hasher();
    hasher.write(bytes);
    hasher.finish()
}

/// An entity tag of these 64 bits.
pub fn etag(hash: u64) -> HeaderValue {
    // Quoted hexadecimal digits are a value of a header.
    HeaderValue::try_from(format!("\"{hash:016x}\"")).unwrap_or(HeaderValue::from_static("\"\""))
}

/// A view as JSON, with the entity tag of these bytes.
pub fn json(view: &impl Serialize) -> Rendered {
    let body = bytes(view);
    let etag = etag(hash(&body));
    Rendered { body, etag }
}

fn bytes(view: &impl Serialize) -> Bytes {
    // Plain structures of text and numbers have no way to fail.
    serde_json::to_vec(view).unwrap_or_default().into()
}

pub(super) fn card(product: &Product, counted: &Counted, taxonomy: &Taxonomy) -> Bytes {
    bytes(&CardView::new(product, counted, taxonomy))
}

pub(super) fn detail(product: &Product, counted: &Counted, taxonomy: &Taxonomy) -> Rendered {
    json(&DetailView::new(product, counted, taxonomy))
}
