//! Texts with line breaks, and pictures, as shoppers send them with reviews and after-sale cases: the checks of bodies, and their schemas.

use utoipa::openapi::schema::{Array, ArrayBuilder, ObjectBuilder, SchemaType, Type};

use super::schemas;

/// Characters of a picture's address.
pub const PICTURE_CHARACTERS_MAX: usize = 500;
/// Every address of a picture, as a regular expression.
const PICTURE_PATTERN: &str = "https://[A-Za-z0-9.-]+([/?#][!-~]*)?";
/// Every text: no control character but line breaks.
const CONTENT_PATTERN: &str = r"[^\u0000-\u0009\u000b-\u001f\u007f-\u009f]*";

/// A text of at most so many characters, or null.
pub fn content(characters_max: usize) -> ObjectBuilder {
    let types = SchemaType::from_iter([Type::String, Type::Null]);
    let schema = schemas::text(CONTENT_PATTERN).schema_type(types).max_length(Some(characters_max));
    schema.description(Some("In words; may have line breaks, and no other control character"))
}

/// At most so many addresses.
pub fn pictures(most: usize) -> Array {
    let picture = schemas::text(PICTURE_PATTERN).max_length(Some(PICTURE_CHARACTERS_MAX));
    let list = ArrayBuilder::new().items(picture).max_items(Some(most));
    list.description(Some("Addresses of pictures that were uploaded before")).build()
}

/// The address of one picture of at most so many characters, or null.
pub fn picture_or_null(characters_max: usize) -> ObjectBuilder {
    let schema = schemas::or_null(schemas::text(PICTURE_PATTERN), Type::String).max_length(Some(characters_max));
    schema.description(Some("The address of a picture: https only"))
}

/// Whether a text has no control character but line breaks.
///
/// # Errors
/// What garde tells otherwise.
pub fn printable(text: &str, _: &()) -> garde::Result {
    let is_printable = text.chars().all(|letter| letter == '\n' || !letter.is_control());
    if is_printable { Ok(()) } else { Err(garde::Error::new("a control character")) }
}

/// Whether it is an https address, as the schema has it.
///
/// # Errors
/// What garde tells otherwise.
pub fn picture(address: &str, _: &()) -> garde::Result {
    let is_picture = address.strip_prefix("https://").is_some_and(|rest| {
        let (host, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let is_host = |letter: u8| letter.is_ascii_alphanumeric() || letter == b'.' || letter == b'-';
        !host.is_empty() && host.bytes().all(is_host) && path.bytes().all(|letter| letter.is_ascii_graphic())
    });
    if is_picture { Ok(()) } else { Err(garde::Error::new("no https address")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_https_addresses() {
        for good in ["https://img.example.com/a.jpg", "https://img.example.com", "https://a-b.cn?x=1#y"] {
            assert!(picture(good, &()).is_ok(), "{good}");
        }
        for bad in ["http://a.cn/x", "https://", "https:///x", "https://a.cn/a b", "https://u@a.cn/", "https://a.cn/图", "javascript:x", ""]
        {
            assert!(picture(bad, &()).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_text_has_line_breaks_and_nothing_hidden() {
        assert!(printable("很好\n<b>用</b>", &()).is_ok());
        for bad in ["\u{0}", "a\tb", "a\r\n", "\u{7f}", "\u{85}"] {
            assert!(printable(bad, &()).is_err(), "{bad:?}");
        }
    }
}
