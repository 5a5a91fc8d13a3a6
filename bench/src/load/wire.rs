//! The bytes of a purchase on HTTP/1.1: request lines prepared once, answers parsed in place.
//! - W1 an answer is taken whole or not at all: `parse` says where it ends, and `None` means "read more".
//! - W2 nothing here allocates per request.
//!
//! Not here: sockets (`connection.rs`), what an answer means for the figures (`measurements.rs`).

use std::io::Write as _;
use std::ops::Range;

/// Headers of one answer that we are ready to look at; the server sends about ten.
const HEADERS_MAX: usize = 48;
/// Length of every idempotency key this generator sends: `KEY_PREFIX_LENGTH` characters of the run and 16 of the purchase.
pub const KEY_LENGTH: usize = KEY_PREFIX_LENGTH + 16;
/// Length of the run's part of a key.
pub const KEY_PREFIX_LENGTH: usize = 9;

/// The unchanging parts of every purchase of one run.
pub struct RequestTemplate {
    /// Per item: request line, host and the start of the authorization header.
    heads: Vec<Vec<u8>>,
    /// The run's part of each key: keys of two runs never meet.
    key_prefix: [u8; KEY_PREFIX_LENGTH],
}

impl RequestTemplate {
    /// `items` are the ids as they stand in the path; `run` makes the keys of this run its own.
    pub fn new(host: &str, items: &[u64], run: u32) -> Self {
        let heads = items
            .iter()
            .map(|item| format!("POST /v1/seckill/items/{item}/orders HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer ").into_bytes())
            .collect();
        let mut key_prefix = [b'-'; KEY_PREFIX_LENGTH];
        write_hex(&mut key_prefix[..8], u64::from(run));
        Self { heads, key_prefix }
    }

    /// The key of purchase number `number` of this run.
    pub fn key(&self, number: u64) -> [u8; KEY_LENGTH] {
        let mut key = [0; KEY_LENGTH];
        key[..KEY_PREFIX_LENGTH].copy_from_slice(&self.key_prefix);
        write_hex(&mut key[KEY_PREFIX_LENGTH..], number);
        key
    }

    /// Writes the whole request into `out`, which is cleared first.
    pub fn render(&self, out: &mut Vec<u8>, item_place: usize, token: &str, number: u64, quantity: u32) {
        out.clear();
        out.extend_from_slice(&self.heads[item_place]);
        out.extend_from_slice(token.as_bytes());
        out.extend_from_slice(b"\r\nIdempotency-Key: ");
        out.extend_from_slice(&self.key(number));
        if quantity == 1 {
            out.extend_from_slice(b"\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n{\"quantity\": 1}");
            return;
        }
        let body_length = 14 + decimal_length(quantity);
        // Writing to a Vec cannot fail.
        let _ = write!(out, "\r\nContent-Type: application/json\r\nContent-Length: {body_length}\r\n\r\n{{\"quantity\": {quantity}}}");
    }
}

fn decimal_length(number: u32) -> usize {
    number.checked_ilog10().unwrap_or(0) as usize + 1
}

fn write_hex(out: &mut [u8], number: u64) {
    let digits = out.len();
    for (place, character) in out.iter_mut().enumerate() {
        *character = b"0123456789abcdef"[(number >> (4 * (digits - 1 - place))) as usize & 15];
    }
}

/// One whole answer in the connection's buffer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status code.
    pub status: u16,
    /// Where the body lies in the buffer; its end is the answer's end.
    pub body: Range<usize>,
    /// Whether the server will close the connection after it.
    pub closes: bool,
}

/// What came over the wire is no answer that this client understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// The answer does not begin as HTTP/1.1 does.
    #[error("the answer is not HTTP")]
    Malformed,
    /// The server must send sized answers; this client does not read chunks.
    #[error("the answer has no content-length")]
    Unsized,
}

/// Takes one answer from the start of `bytes`; `None`: it is not all there yet.
pub fn parse(bytes: &[u8]) -> Result<Option<Answer>, WireError> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut response = httparse::Response::new(&mut headers);
    let head_length = match response.parse(bytes) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(_) => return Err(WireError::Malformed),
    };
    let status = response.code.ok_or(WireError::Malformed)?;
    let mut body_length = None;
    let mut closes = false;
    for header in response.headers.iter() {
        if header.name.eq_ignore_ascii_case("content-length") {
            body_length = std::str::from_utf8(header.value).ok().and_then(|text| text.parse::<usize>().ok());
        } else if header.name.eq_ignore_ascii_case("connection") {
            closes = header.value.eq_ignore_ascii_case(b"close");
        }
    }
    let length = head_length + body_length.ok_or(WireError::Unsized)?;
    Ok((bytes.len() >= length).then_some(Answer { status, body: head_length..length, closes }))
}

/// The text of the first string member called `name` (given with its quotes) anywhere in a JSON text. Enough for the flat answers
/// of the purchase route, whose order numbers and codes hold no escapes.
pub fn string_member<'a>(json: &'a [u8], name: &[u8]) -> Option<&'a str> {
    let after_name = memchr::memmem::find(json, name)? + name.len();
    let rest = json.get(after_name..)?;
    let opening = rest.iter().position(|byte| !matches!(byte, b' ' | b':' | b'\n'))?;
    if rest[opening] != b'"' {
        return None;
    }
    let text = &rest[opening + 1..];
    let closing = text.iter().position(|byte| *byte == b'"')?;
    std::str::from_utf8(&text[..closing]).ok()
}

#[cfg(test)]
mod tests;
