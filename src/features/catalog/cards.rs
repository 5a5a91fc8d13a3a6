//! Lists of cards as they are sent: each card is rendered already, a list only joins them.

use bytes::Bytes;

use super::snapshot::{Rendered, etag, hash};
use crate::platform::page::PageNumber;

/// Adds the cards to a body as a JSON array.
pub fn write_array<'a>(body: &mut Vec<u8>, cards: impl IntoIterator<Item = &'a Bytes>) {
    body.push(b'[');
    for (place, card) in cards.into_iter().enumerate() {
        if place > 0 {
            body.push(b',');
        }
        body.extend_from_slice(card);
    }
    body.push(b']');
}

/// A finished body with its entity tag.
pub fn rendered(body: Vec<u8>) -> Rendered {
    Rendered { etag: etag(hash(&body)), body: body.into() }
}

/// `{"items": […], "total": …, "page": …, "size": …}`, as [`crate::platform::page::NumberedPage`] has it.
pub fn numbered(cards: &[Bytes], total: usize, page: PageNumber) -> Rendered {
    let mut body = Vec::with_capacity(cards.iter().map(|card| card.len() + 1).sum::<usize>() + 80);
    body.extend_from_slice(b"{\"items\":");
    write_array(&mut body, cards);
    body.extend_from_slice(format!(",\"total\":{total},\"page\":{},\"size\":{}}}", page.page, page.size).as_bytes());
    rendered(body)
}
