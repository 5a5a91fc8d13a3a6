//! Bodies: JSON objects whose fields are checked one by one, so that an answer names all that is wrong.
//! Numbers are whole JSON numbers as JSON Schema has it: `1.0` is one, `"1"` is not. Unknown and repeated fields are refused, because a misspelt optional
//! field would otherwise be dropped in silence.

use std::borrow::Cow;
use std::fmt;

use actix_web::http::StatusCode;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::problem::{FieldError, Problem};
use super::wording;

/// More unknown fields than this are not listed.
const ERRORS_MAX: usize = 16;

/// A body that knows its fields.
pub trait ParseBody: Sized + 'static {
    /// Names of the fields that the body may have.
    const FIELDS: &'static [&'static str];
    /// Takes the fields that were read.
    fn parse(fields: &mut Fields) -> Result<Self, Problem>;
}

/// Reads a body's fields.
pub fn parse<T: ParseBody>(body: &[u8]) -> Result<T, Problem> {
    let mut fields = Fields { known: T::FIELDS, values: [const { None }; VALUES_MAX], errors: Vec::new() };
    let mut reader = serde_json::Deserializer::from_slice(body);
    let read = (&mut fields).deserialize(&mut reader).and_then(|()| reader.end());
    read.map_err(|cause| {
        // Positions help a developer; the text itself is never echoed.
        let detail = format!("请求体必须是 JSON 对象（第 {} 行第 {} 列）。", cause.line(), cause.column());
        Problem::new(StatusCode::BAD_REQUEST, "malformed_json").because(detail).naming("body", "malformed_json")
    })?;
    T::parse(&mut fields)
}

/// 2^53: whole numbers below it are floats without loss. No field may be larger.
const FLOAT_EXACT_BELOW: f64 = 9_007_199_254_740_992.0;

/// No body has more fields than this.
const VALUES_MAX: usize = 4;

/// The fields of one body, and what is wrong with them.
pub struct Fields {
    known: &'static [&'static str],
    /// In the order of `known`.
    values: [Option<Value>; VALUES_MAX],
    errors: Vec<FieldError>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Value {
    Null,
    Whole(u64),
    /// A whole number below zero or above 64 bits.
    Beyond,
    Other,
}

impl Fields {
    /// A whole number within a range; null counts as missing.
    pub fn required_number(&mut self, field: &'static str, least: u64, most: u64) -> Option<u64> {
        let before = self.errors.len();
        let number = self.optional_number(field, least, most);
        if number.is_none() && self.errors.len() == before {
            self.error(Cow::Borrowed(field), "required");
        }
        number
    }

    /// The same, which may be missing.
    pub fn optional_number(&mut self, field: &'static str, least: u64, most: u64) -> Option<u64> {
        let place = self.known.iter().position(|known| *known == field)?;
        match self.values.get(place).copied().flatten()? {
            Value::Null => None,
            Value::Whole(number) if (least..=most).contains(&number) => Some(number),
            Value::Whole(_) | Value::Beyond => {
                self.error_in_range(field, least, most);
                None
            }
            Value::Other => {
                self.error(Cow::Borrowed(field), "not_a_whole_number");
                None
            }
        }
    }

    /// All errors found so far, as one problem.
    pub fn finish(&mut self) -> Result<(), Problem> {
        if self.errors.is_empty() { Ok(()) } else { Err(Problem::fields(std::mem::take(&mut self.errors))) }
    }

    fn error(&mut self, field: Cow<'static, str>, code: &'static str) {
        if self.errors.len() < ERRORS_MAX {
            self.errors.push(FieldError { field, code, detail: Cow::Borrowed(wording::of(code).1) });
        }
    }

    fn error_in_range(&mut self, field: &'static str, least: u64, most: u64) {
        let detail = Cow::Owned(format!("必须是 {least} 到 {most} 的整数。"));
        self.errors.push(FieldError { field: Cow::Borrowed(field), code: "out_of_range", detail });
    }
}

impl<'de> DeserializeSeed<'de> for &mut Fields {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for &mut Fields {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<Cow<'de, str>>()? {
            let place = self.known.iter().position(|known| *known == name);
            match place.and_then(|place| self.values.get_mut(place)) {
                Some(slot @ None) => *slot = Some(map.next_value()?),
                Some(Some(_)) => {
                    map.next_value::<IgnoredAny>()?;
                    self.error(Cow::Owned(name.into_owned()), "duplicate");
                }
                None => {
                    map.next_value::<IgnoredAny>()?;
                    self.error(Cow::Owned(name.chars().take(64).collect()), "unknown_field");
                }
            }
        }
        Ok(())
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any value")
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Whole(number))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(u64::try_from(number).map_or(Value::Beyond, Value::Whole))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        // Whole numbers above 64 bits arrive as floats, and so does whatever was written with a point or an exponent.
        Ok(if number.fract() != 0.0 {
            Value::Other
        } else if (0.0..FLOAT_EXACT_BELOW).contains(&number) {
            // Below 2^53 nothing is lost.
            Value::Whole(number as u64)
        } else {
            Value::Beyond
        })
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Value, E> {
        Ok(Value::Other)
    }

    fn visit_str<E>(self, _: &str) -> Result<Value, E> {
        Ok(Value::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Value::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Value::Other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Body(u64);

    impl ParseBody for Body {
        const FIELDS: &'static [&'static str] = &["quantity", "address_id"];

        fn parse(fields: &mut Fields) -> Result<Self, Problem> {
            let quantity = fields.required_number("quantity", 1, 9_999);
            fields.optional_number("address_id", 1, 1 << 53);
            fields.finish()?;
            Ok(Self(quantity.unwrap()))
        }
    }

    /// Either the quantity, or the fields that are wrong with their codes.
    fn check(body: &str, expected: Result<u64, &[(&str, &str)]>) {
        let parsed = parse::<Body>(body.as_bytes()).map(|body| body.0);
        let errors = |problem: Problem| problem.errors.into_iter().map(|error| (error.field.into_owned(), error.code)).collect::<Vec<_>>();
        let expected = expected.map_err(|pairs| pairs.iter().map(|(field, code)| ((*field).to_owned(), *code)).collect::<Vec<_>>());
        assert_eq!(parsed.map_err(errors), expected.map_err(|pairs| pairs.into_iter().collect()), "{body}");
    }

    #[test]
    fn a_whole_number_of_pieces_is_accepted() {
        check(r#"{"quantity": 1}"#, Ok(1));
        check(r#" {"address_id": 7, "quantity": 9999} "#, Ok(9_999));
        check(r#"{"quantity": 1, "address_id": null}"#, Ok(1));
        for one in ["1.0", "1e0", "0.1e1", "10E-1"] {
            check(&format!("{{\"quantity\": {one}}}"), Ok(1));
        }
    }

    #[test]
    fn anything_else_names_the_field() {
        for wrong in ["\"1\"", "1.5", "-0.5", "true", "[1]", "{\"a\": [1]}"] {
            check(&format!("{{\"quantity\": {wrong}}}"), Err(&[("quantity", "not_a_whole_number")]));
        }
        for wrong in ["0", "-1", "10000", "1000000000000", "99999999999999999999999999", "-1.0", "0.0", "-0.0", "1e300"] {
            check(&format!("{{\"quantity\": {wrong}}}"), Err(&[("quantity", "out_of_range")]));
        }
        check("{}", Err(&[("quantity", "required")]));
        check(r#"{"quantity": null}"#, Err(&[("quantity", "required")]));
    }

    #[test]
    fn every_wrong_field_is_named() {
        check(
            r#"{"quantity": 0, "adress_id": 5, "address_id": "x"}"#,
            Err(&[("adress_id", "unknown_field"), ("quantity", "out_of_range"), ("address_id", "not_a_whole_number")]),
        );
        check(r#"{"quantity": 1, "quantity": 2}"#, Err(&[("quantity", "duplicate")]));
    }

    #[test]
    fn what_is_no_object_is_malformed() {
        for wrong in ["", "null", "1", "[]", "{", "{\"quantity\": 1", "{\"quantity\": 1} x", "{quantity: 1}", "\u{0}"] {
            check(wrong, Err(&[("body", "malformed_json")]));
        }
    }
}
