//! JSON bodies with texts, lists and nested objects: read by serde, checked by garde, refused with the path of each field that is wrong.
//! - B1 Unknown and repeated fields are refused (`#[serde(deny_unknown_fields)]` on every body), because a misspelt optional field would
//!   otherwise be dropped in silence.
//! - B2 A structure is a JSON object, at every depth; an array of its fields is of the wrong type (`structures`).
//! - B3 serde stops at the first field of the wrong type; garde names every value that is out of its range.
//!
//! The purchase's body has a parser of its own (`fields`).

mod structures;

use std::borrow::Cow;

use actix_web::http::StatusCode;
use garde::Validate;
use serde::de::{DeserializeOwned, Error as _, IgnoredAny, Unexpected};
use serde::{Deserialize, Deserializer};

use structures::Structures;

use super::problem::{FieldError, Problem};
use super::wording;

/// What a check's message begins with when the rest of it are words for people.
const WANTED: &str = "wanted: ";

/// What a check of garde fails with to tell people, in these words, what is wanted; the code is `invalid`.
pub fn wanted(words: &str) -> garde::Error {
    garde::Error::new(format!("{WANTED}{words}"))
}

/// More wrong fields than this are not listed.
const ERRORS_MAX: usize = 16;
/// Longest path that is shown, in characters: a client's own field names must not make answers long.
const PATH_CHARACTERS_MAX: usize = 64;

/// Reads and checks a body.
///
/// # Errors
/// 400 `malformed_json` if it is no JSON object, 422 `validation_failed` naming every field that is wrong.
pub fn parse<T: DeserializeOwned + Validate<Context = ()>>(body: &[u8]) -> Result<T, Problem> {
    let mut reader = serde_json::Deserializer::from_slice(body);
    let read: Result<T, _> = serde_path_to_error::deserialize(Structures(&mut reader));
    let value = read.map_err(|error| refused(&error.path().to_string(), error.inner(), body))?;
    reader.end().map_err(|error| malformed(&error))?;
    value.validate().map_err(|report| {
        let errors = report.iter().take(ERRORS_MAX).map(|(path, error)| {
            let named = field(&path.to_string(), Cow::Borrowed(code_of(error.message())));
            match error.message().strip_prefix(WANTED) {
                Some(wanted) => FieldError { detail: Cow::Owned(wanted.to_owned()), ..named },
                None => named,
            }
        });
        Problem::fields(errors.collect())
    })?;
    Ok(value)
}

/// Reads a whole number, which may also be written as `1.0`: for `#[serde(deserialize_with)]` on a field.
///
/// # Errors
/// Those of serde, for what is no whole number or does not fit the type.
pub fn whole<'de, D: Deserializer<'de>, T: TryFrom<u64>>(deserializer: D) -> Result<T, D::Error> {
    whole_or_null(deserializer)?.ok_or_else(|| D::Error::invalid_type(Unexpected::Unit, &"a whole number"))
}

/// The same for a field that may be null or left out (`#[serde(default)]`).
///
/// # Errors
/// As [`whole`].
pub fn whole_or_null<'de, D: Deserializer<'de>, T: TryFrom<u64>>(deserializer: D) -> Result<Option<T>, D::Error> {
    let Some(number) = Option::<serde_json::Number>::deserialize(deserializer)? else { return Ok(None) };
    let whole = number.as_u64().or_else(|| {
        number.as_f64().filter(|number| number.fract() == 0.0 && (0.0..=EXACT_MAX).contains(number)).map(|number| number as u64)
    });
    if whole.is_none() && number.as_f64().is_some_and(|number| number.fract() != 0.0) {
        return Err(D::Error::invalid_type(Unexpected::Other("a fraction"), &"a whole number"));
    }
    let fitting = whole.and_then(|number| T::try_from(number).ok());
    fitting.map(Some).ok_or_else(|| D::Error::invalid_value(Unexpected::Other("a number out of range"), &"a whole number in its range"))
}

/// Largest whole number that a JSON number written with a fraction is sure to mean: 2^53.
const EXACT_MAX: f64 = 9_007_199_254_740_992.0;

fn malformed(cause: &serde_json::Error) -> Problem {
    // Positions help a developer; the text itself is never echoed.
    let detail = format!("请求体必须是 JSON 对象（第 {} 行第 {} 列）。", cause.line(), cause.column());
    Problem::new(StatusCode::BAD_REQUEST, "malformed_json").because(detail).naming("body", "malformed_json")
}

/// What serde found wrong. Its messages are stable in their beginnings, which say what kind of mistake it is.
fn refused(path: &str, cause: &serde_json::Error, body: &[u8]) -> Problem {
    // serde_json takes a null or a number in the place of a word of a fixed set for a mistake of the text, although it is one of the value.
    if !cause.is_data() && serde_json::from_slice::<IgnoredAny>(body).is_err() {
        return malformed(cause);
    }
    let message = cause.to_string();
    let quoted = message.split('`').nth(1).unwrap_or_default();
    let (code, name) = match message.as_str() {
        text if text.starts_with("unknown field") => ("unknown_field", Some(quoted)),
        text if text.starts_with("duplicate field") => ("duplicate", Some(quoted)),
        text if text.starts_with("missing field") => ("required", Some(quoted)),
        text if text.starts_with("invalid value") => ("out_of_range", None),
        _ => ("wrong_type", None),
    };
    let path = match name {
        // serde_path_to_error already ends with the field for those that it has seen.
        Some(name) if path == "." => name.to_owned(),
        Some(name) if path.ends_with(name) => path.to_owned(),
        Some(name) => format!("{path}.{name}"),
        None if path == "." => "body".to_owned(),
        None => path.to_owned(),
    };
    Problem::fields(vec![field(&path, Cow::Borrowed(code))])
}

fn field(path: &str, code: Cow<'static, str>) -> FieldError {
    let code: &'static str = match code {
        Cow::Borrowed(code) => code,
        Cow::Owned(_) => "invalid",
    };
    FieldError { field: Cow::Owned(path.chars().take(PATH_CHARACTERS_MAX).collect()), code, detail: Cow::Borrowed(wording::of(code).1) }
}

/// The code of one of garde's messages.
fn code_of(message: &str) -> &'static str {
    match message {
        text if text.starts_with("length is greater") => "too_long",
        text if text.starts_with("length is lower") => "too_short",
        text if text.starts_with("greater than") || text.starts_with("lower than") => "out_of_range",
        _ => "invalid",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize, Validate)]
    #[serde(deny_unknown_fields)]
    struct Body {
        #[garde(length(chars, min = 1, max = 5))]
        name: String,
        #[garde(length(max = 2), dive)]
        lines: Vec<Line>,
        #[garde(skip)]
        #[serde(default)]
        urgent: bool,
    }

    #[derive(Debug, Deserialize, Validate)]
    #[serde(deny_unknown_fields)]
    struct Line {
        #[garde(range(min = 1, max = 9))]
        #[serde(deserialize_with = "whole")]
        pieces: u32,
    }

    fn wrong(body: &str) -> Vec<(String, &'static str)> {
        let problem = parse::<Body>(body.as_bytes()).expect_err(body);
        problem.errors.into_iter().map(|error| (error.field.into_owned(), error.code)).collect()
    }

    #[test]
    fn a_good_body_is_read() {
        let body: Body = parse("{\"name\": \"青花\", \"lines\": [{\"pieces\": 3.0}], \"urgent\": true}".as_bytes()).unwrap();
        assert_eq!((body.name.as_str(), body.lines[0].pieces, body.urgent), ("青花", 3, true));
    }

    #[test]
    fn the_path_of_what_is_wrong_is_named() {
        for (body, path, code) in [
            ("{\"name\": \"a\", \"lines\": [{\"pieces\": 0}]}", "lines[0].pieces", "out_of_range"),
            ("{\"name\": \"a\", \"lines\": [{\"pieces\": \"1\"}]}", "lines[0].pieces", "wrong_type"),
            ("{\"name\": \"a\", \"lines\": [{\"pieces\": -1}]}", "lines[0].pieces", "out_of_range"),
            ("{\"name\": \"a\", \"lines\": [{\"pieces\": 1.5}]}", "lines[0].pieces", "wrong_type"),
            ("{\"name\": \"a\", \"lines\": [{\"pieces\": null}]}", "lines[0].pieces", "wrong_type"),
            ("{\"name\": \"a\", \"lines\": [{\"pieces\": 5000000000}]}", "lines[0].pieces", "out_of_range"),
            ("{\"name\": \"a\", \"lines\": [{\"pieces\": 1, \"x\": 1}]}", "lines[0].x", "unknown_field"),
            ("{\"name\": \"a\", \"lines\": [{}]}", "lines[0].pieces", "required"),
            ("{\"name\": \"a\", \"name\": \"b\", \"lines\": []}", "name", "duplicate"),
            ("{\"name\": \"aaaaaa\", \"lines\": []}", "name", "too_long"),
            ("{\"name\": \"\", \"lines\": []}", "name", "too_short"),
            ("{\"lines\": []}", "name", "required"),
            ("[]", "body", "wrong_type"),
            (" [\"a\", [], true]", "body", "wrong_type"),
            ("{\"name\": \"a\", \"lines\": [{\"pieces\": 1}, [1]]}", "lines[1]", "wrong_type"),
            ("{\"name\": [\"a\"], \"lines\": []}", "name", "wrong_type"),
            ("{", "body", "malformed_json"),
            ("{\"name\": \"a\", \"lines\": []} x", "body", "malformed_json"),
        ] {
            assert_eq!(wrong(body), [(path.to_owned(), code)], "{body}");
        }
    }

    #[derive(Debug, Deserialize, Validate)]
    #[serde(deny_unknown_fields)]
    struct Coloured {
        #[garde(skip)]
        #[serde(rename = "colour")]
        _colour: Colour,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Colour {
        Red,
    }

    #[test]
    fn what_is_no_word_of_a_fixed_set_is_named() {
        for wrong in ["null", "5", "true", "\"blue\"", "[]", "[\"red\"]"] {
            let problem = parse::<Coloured>(format!("{{\"colour\": {wrong}}}").as_bytes()).unwrap_err();
            assert_eq!((&*problem.errors[0].field, problem.errors[0].code), ("colour", "wrong_type"), "{wrong}");
        }
        assert_eq!(parse::<Coloured>(b"{\"colour\": nul}").unwrap_err().code, "malformed_json");
        assert!(parse::<Coloured>(b"{\"colour\": \"red\"}").is_ok());
    }

    #[derive(Debug, Deserialize, Validate)]
    struct Called {
        #[garde(custom(is_never_right))]
        name: String,
    }

    fn is_never_right(_: &str, _: &()) -> garde::Result {
        Err(wanted("请输入名字。"))
    }

    #[test]
    fn a_check_may_tell_in_its_own_words_what_is_wanted() {
        let problem = parse::<Called>(b"{\"name\": \"?\"}").map(|called| called.name).unwrap_err();
        assert_eq!((problem.errors[0].code, &*problem.errors[0].detail), ("invalid", "请输入名字。"));
    }

    #[test]
    fn every_value_out_of_range_is_named() {
        let errors = wrong("{\"name\": \"\", \"lines\": [{\"pieces\": 0}, {\"pieces\": 10}]}");
        let paths: Vec<&str> = errors.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(paths, ["lines[0].pieces", "lines[1].pieces", "name"]);
    }
}
