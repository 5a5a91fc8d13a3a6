//! Problem documents for what never becomes a request: heads that cannot be parsed, are too large, or do not arrive.
//!
//! actix-http answers such a head itself, with a status and no body, and has no hook for it. It does so in one way, so the answer is
//! recognised on its way to the socket: a head with `content-length: 0` right behind one of these status lines, at the end of what is
//! written. No answer of ours looks so: each of these statuses comes with a document.

use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::Bytes;

use super::problem::{PROBLEM_JSON, Problem};

const END: &[u8] = b"\r\n\r\n";
const VERSION: &[u8] = b"HTTP/1.1";
const EMPTY: &[u8] = b"\r\ncontent-length: 0\r\n";

/// Status lines of the parser's refusals, and the code of each.
const REFUSALS: [(&[u8], StatusCode, &str); 2] = [
    (b" 400 Bad Request", StatusCode::BAD_REQUEST, "malformed_request"),
    (b" 431 Request Header Fields Too Large", StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "head_too_large"),
];

/// A bare refusal among what is written.
pub struct Found {
    /// Where its head begins; it reaches to the end.
    pub begins_at: usize,
    status: StatusCode,
    code: &'static str,
}

/// The bare refusal at the end of these bytes, if there is one. Answers end with their bodies, so few are looked at twice.
pub fn find(written: &[u8]) -> Option<Found> {
    if !written.ends_with(END) {
        return None;
    }
    REFUSALS.iter().find_map(|(line, status, code)| {
        let expected = [line, EMPTY].concat();
        let at = written.windows(expected.len()).rposition(|window| window == expected)?;
        let begins_at = at.checked_sub(VERSION.len())?;
        let is_last = !written[at..written.len() - END.len()].windows(END.len()).any(|window| window == END);
        (is_last && written[begins_at..].starts_with(b"HTTP/1.")).then_some(Found { begins_at, status: *status, code })
    })
}

impl Found {
    /// The same refusal with its document; `bytes` are the bare one's.
    pub fn with_document(&self, bytes: &[u8]) -> Bytes {
        let rest = bytes.windows(EMPTY.len()).position(|window| window == EMPTY).map_or(&[][..], |at| &bytes[at + EMPTY.len()..]);
        let date = rest.split(|byte| *byte == b'\n').find(|line| line.starts_with(b"date: ")).unwrap_or_default();
        answer(self.status, self.code, date)
    }
}

/// A refusal with its document, from the status line on; the connection ends with it.
pub fn whole(status: StatusCode, code: &'static str) -> Bytes {
    answer(status, code, &[])
}

fn answer(status: StatusCode, code: &'static str, date: &[u8]) -> Bytes {
    let document = Problem::new(status, code).body();
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n{CONTENT_TYPE}: {}\r\nx-content-type-options: nosniff\r\ncache-control: no-store\r\n",
        document.len(),
        // Ours, and ASCII.
        PROBLEM_JSON.to_str().unwrap_or_default(),
    );
    let date_end: &[u8] = if date.is_empty() { b"" } else { b"\n" };
    [head.as_bytes(), date, date_end, b"\r\n", &document].concat().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BARE: &[u8] =
        b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\ndate: Thu, 26 Nov 2026 09:00:00 GMT\r\n\r\n";

    fn begins_at(written: &[u8]) -> Option<usize> {
        find(written).map(|found| found.begins_at)
    }

    #[test]
    fn a_bare_refusal_is_found_wherever_it_begins() {
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}".as_slice();
        assert_eq!(begins_at(BARE), Some(0));
        assert_eq!(begins_at(&[answer, BARE].concat()), Some(answer.len()));
        let old = [b"HTTP/1.0".as_slice(), &BARE[8..]].concat();
        assert_eq!(begins_at(&[answer, &old].concat()), Some(answer.len()));
    }

    #[test]
    fn answers_are_none() {
        let with_body = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 4\r\n\r\n\r\n\r\n".as_slice();
        let to_head = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 200\r\ncontent-type: application/problem+json\r\n\r\n";
        let empty = b"HTTP/1.1 204 No Content\r\n\r\n";
        for other in [b"".as_slice(), with_body, to_head, empty, &BARE[..BARE.len() - 1], &BARE[1..], &[BARE, empty].concat()] {
            assert_eq!(begins_at(other), None, "{}", String::from_utf8_lossy(other));
        }
    }

    #[test]
    fn the_document_takes_the_place_of_nothing() {
        let answer = find(BARE).unwrap().with_document(BARE);
        let answer = String::from_utf8(answer.to_vec()).unwrap();
        let (head, document) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{head}");
        assert!(head.contains(&format!("content-length: {}\r\n", document.len())), "{head}");
        assert!(head.contains("content-type: application/problem+json\r\n") && head.contains("connection: close\r\n"), "{head}");
        assert!(head.ends_with("\r\ndate: Thu, 26 Nov 2026 09:00:00 GMT"), "{head}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(document).unwrap()["code"], "malformed_request");
    }
}
