//! Reads typed values out of a map of variables and collects every fault, so that one start shows them all.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use super::secret::Secret;

/// What is wrong with one variable. Never contains a secret's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The variable.
    pub variable: &'static str,
    /// What is wrong and what is wanted.
    pub reason: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.variable, self.reason)
    }
}

/// Variables by name, and the faults found so far. An empty value counts as none.
pub struct Reader {
    variables: BTreeMap<String, String>,
    faults: Vec<Fault>,
}

impl Reader {
    /// Over variables whose precedence is settled already.
    pub fn new(variables: BTreeMap<String, String>) -> Self {
        Self { variables, faults: Vec::new() }
    }

    /// Notes a fault.
    pub fn fault(&mut self, variable: &'static str, reason: impl Into<String>) {
        self.faults.push(Fault { variable, reason: reason.into() });
    }

    /// All faults, in the order in which they were found.
    pub fn into_faults(self) -> Vec<Fault> {
        self.faults
    }

    /// The text, if it is set.
    pub fn text(&self, variable: &'static str) -> Option<String> {
        self.variables.get(variable).filter(|value| !value.is_empty()).cloned()
    }

    /// The text, or a default.
    pub fn text_or(&self, variable: &'static str, default: &str) -> String {
        self.text(variable).unwrap_or_else(|| default.to_owned())
    }

    /// A whole number within a range, or a default.
    pub fn number<N: FromStr + PartialOrd + fmt::Display + Copy>(
        &mut self,
        variable: &'static str,
        default: N,
        range: RangeInclusive<N>,
    ) -> N {
        let Some(text) = self.text(variable) else { return default };
        match text.parse() {
            Ok(number) if range.contains(&number) => number,
            _ => {
                self.fault(variable, format!("has to be a whole number from {} to {}, not {text:?}", range.start(), range.end()));
                default
            }
        }
    }

    /// `true` or `false`, or a default.
    pub fn flag(&mut self, variable: &'static str, default: bool) -> bool {
        self.choice(variable, default, &[("true", true), ("false", false)])
    }

    /// One of some words, or a default.
    pub fn choice<T: Copy>(&mut self, variable: &'static str, default: T, words: &[(&str, T)]) -> T {
        let Some(text) = self.text(variable) else { return default };
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
            return *value;
        }
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        self.fault(variable, format!("has to be one of {}, not {text:?}", known.join(", ")));
        default
    }

    /// A secret: the variable's text, or the text of the file that `<variable>_FILE` names.
    pub fn secret(&mut self, variable: &'static str) -> Option<Secret> {
        if let Some(text) = self.text(variable) {
            return Some(Secret::new(text));
        }
        let path = self.variables.get(&format!("{variable}_FILE")).filter(|path| !path.is_empty())?;
        match std::fs::read_to_string(path) {
            Ok(text) => Some(Secret::new(text.trim_end_matches(['\n', '\r']))),
            Err(cause) => {
                let reason = format!("the file {path:?} of {variable}_FILE cannot be read: {cause}");
                self.fault(variable, reason);
                None
            }
        }
    }

    /// A list parted by commas, each part parsed.
    pub fn list<T>(&mut self, variable: &'static str, parse: impl Fn(&str) -> Result<T, String>) -> Vec<T> {
        let text = self.text_or(variable, "");
        let mut parsed = Vec::new();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            match parse(part) {
                Ok(value) => parsed.push(value),
                Err(reason) => self.fault(variable, reason),
            }
        }
        parsed
    }
}
