//! Query strings, checked like bodies: every wrong parameter is named, unknown ones are refused.

use std::borrow::Cow;

use actix_web::http::StatusCode;
use actix_web::web;

use super::path::plain_number;
use super::problem::{FieldError, Problem};
use super::wording;
use crate::platform::page::{CURSOR_MAX, PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX};

/// The parameters of one request, and what is wrong with them.
pub struct Query {
    pairs: Vec<(String, String)>,
    errors: Vec<FieldError>,
}

impl Query {
    /// Over a query string; `known` are the names that may occur, once each.
    pub fn new(text: &str, known: &[&'static str]) -> Self {
        let pairs = web::Query::<Vec<(String, String)>>::from_query(text).map(web::Query::into_inner).unwrap_or_default();
        let mut query = Self { pairs, errors: Vec::new() };
        for at in 0..query.pairs.len() {
            let name = &query.pairs[at].0;
            let repeated = query.pairs[..at].iter().any(|(earlier, _)| earlier == name);
            let shown = Cow::Owned(name.chars().take(64).collect());
            if !known.contains(&name.as_str()) {
                query.error(shown, "unknown_field");
            } else if repeated {
                query.error(shown, "duplicate");
            }
        }
        query
    }

    /// A whole number within a range, if the parameter is there.
    pub fn number(&mut self, name: &'static str, least: u64, most: u64) -> Option<u64> {
        let text = self.value(name)?;
        match plain_number(text) {
            Some(number) if (least..=most).contains(&number) => Some(number),
            Some(_) => self.wrong(name, "out_of_range"),
            None => self.wrong(name, "not_a_whole_number"),
        }
    }

    /// Where a page begins, as `next_cursor` of the page before said; see [`crate::platform::page::CURSOR_PATTERN`].
    pub fn cursor(&mut self) -> Option<u64> {
        self.number("cursor", 1, CURSOR_MAX)
    }

    /// Entries of a page: 1 to [`PAGE_SIZE_MAX`], [`PAGE_SIZE_DEFAULT`] for whoever does not say.
    pub fn size(&mut self) -> u32 {
        // The upper bound is itself a u32.
        self.number("size", 1, u64::from(PAGE_SIZE_MAX)).map_or(PAGE_SIZE_DEFAULT, |size| size as u32)
    }

    /// Characters of a text, blanks around it included; 0 if it is not there.
    pub fn characters(&self, name: &str) -> usize {
        self.pairs.iter().find(|(found, _)| found == name).map_or(0, |(_, text)| text.chars().count())
    }

    /// A text of at most so many characters, blanks around it included; none if nothing but blanks is there.
    pub fn text(&mut self, name: &'static str, characters_max: usize) -> Option<String> {
        let text = self.value(name)?;
        if text.chars().count() > characters_max {
            return self.wrong(name, "too_long");
        }
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// One word of a fixed set, if the parameter is there; `parse` knows the words.
    pub fn word<T>(&mut self, name: &'static str, parse: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        match parse(self.value(name)?) {
            Some(word) => Some(word),
            None => self.wrong(name, "invalid"),
        }
    }

    /// All errors as one problem.
    pub fn finish(self) -> Result<(), Problem> {
        if self.errors.is_empty() {
            return Ok(());
        }
        Err(Problem { errors: self.errors, ..Problem::new(StatusCode::BAD_REQUEST, "validation_failed") })
    }

    fn value(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Notes that a parameter is wrong.
    pub fn wrong<T>(&mut self, name: &'static str, code: &'static str) -> Option<T> {
        self.error(Cow::Borrowed(name), code);
        None
    }

    fn error(&mut self, field: Cow<'static, str>, code: &'static str) {
        self.errors.push(FieldError { field, code, detail: Cow::Borrowed(wording::of(code).1) });
    }
}
