//! Reads typed values out of a map of variables and collects every fault, so that one start shows them all.
//! Whatever is asked for is noted with its default and its range, so that the list of settings is never kept by hand.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use super::secret::Secret;
use super::setting::{Setting, Values};

/// What is wrong with one variable. Never contains a secret's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The variable's name.
    pub variable: &'static str,
    /// What is wrong and what is wanted.
    pub reason: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.variable, self.reason)
    }
}

/// Said of a variable that is set to bytes which are no text.
pub const NOT_UTF8: &str = "is not UTF-8 text";

/// Variables by name, and the faults found so far. An empty value counts as none.
pub struct Reader {
    variables: BTreeMap<String, OsString>,
    faults: Vec<Fault>,
    settings: BTreeMap<&'static str, Setting>,
}

impl Reader {
    /// Over variables whose precedence is settled already.
    pub fn new(variables: BTreeMap<String, OsString>) -> Self {
        Self { variables, faults: Vec::new(), settings: BTreeMap::new() }
    }

    /// Notes a fault.
    pub fn fault(&mut self, variable: &'static str, reason: impl Into<String>) {
        self.faults.push(Fault { variable, reason: reason.into() });
    }

    /// All faults in the order in which they were found, and every variable that was asked for.
    pub fn finish(self) -> (Vec<Fault>, BTreeMap<&'static str, Setting>) {
        (self.faults, self.settings)
    }

    fn note(&mut self, variable: &'static str, default: Option<&dyn fmt::Display>, values: Values) {
        self.settings.insert(variable, Setting::new(default, values));
    }

    /// Describes a default that depends on the machine, in place of the number that it is on this one.
    pub fn describe_default(&mut self, variable: &'static str, words: &str) {
        if let Some(setting) = self.settings.get_mut(variable) {
            setting.defaults = [words.to_owned()].into();
        }
    }

    fn value(&mut self, variable: &'static str) -> Option<String> {
        let value = self.variables.get(variable).filter(|value| !value.is_empty())?;
        let text = value.to_str().map(ToOwned::to_owned);
        if text.is_none() {
            self.fault(variable, NOT_UTF8);
        }
        text
    }

    /// Whether a variable that was asked for is set.
    pub fn is_set(&self, variable: &'static str) -> bool {
        self.variables.get(variable).is_some_and(|value| !value.is_empty())
    }

    /// The text, if it is set.
    pub fn text(&mut self, variable: &'static str) -> Option<String> {
        self.note(variable, None, Values::Text);
        self.value(variable)
    }

    /// The text, or a default.
    pub fn text_or(&mut self, variable: &'static str, default: &str) -> String {
        self.note(variable, Some(&default), Values::Text);
        self.value(variable).unwrap_or_else(|| default.to_owned())
    }

    /// Text that a parser takes, or a default. The parser's error says what is wanted.
    pub fn parsed_or(&mut self, variable: &'static str, default: &str, parse: impl Fn(&str) -> Result<String, String>) -> String {
        let text = self.text_or(variable, default);
        parse(&text).unwrap_or_else(|reason| {
            self.fault(variable, reason);
            default.to_owned()
        })
    }

    /// Text that a parser takes, if it is set. The parser's error says what is wanted.
    pub fn parsed(&mut self, variable: &'static str, parse: impl Fn(&str) -> Result<String, String>) -> Option<String> {
        let text = self.text(variable)?;
        match parse(&text) {
            Ok(parsed) => Some(parsed),
            Err(reason) => {
                self.fault(variable, reason);
                // As it was: it is set, and a second fault that says otherwise would mislead.
                Some(text)
            }
        }
    }

    /// A whole number within a range, or a default.
    pub fn number<N: FromStr + PartialOrd + fmt::Display + Copy>(
        &mut self,
        variable: &'static str,
        default: N,
        range: RangeInclusive<N>,
    ) -> N {
        self.note(variable, Some(&default), Values::Number(range.start().to_string(), range.end().to_string()));
        let Some(text) = self.value(variable) else { return default };
        match text.parse() {
            Ok(number) if range.contains(&number) => number,
            _ => {
                let link = service_link(variable, &text).unwrap_or_default();
                self.fault(variable, format!("has to be a whole number from {} to {}, not {text:?}{link}", range.start(), range.end()));
                default
            }
        }
    }

    /// `true` or `false`, or a default.
    pub fn flag(&mut self, variable: &'static str, default: bool) -> bool {
        self.choice(variable, default, &[("true", true), ("false", false)])
    }

    /// One of some words, or a default.
    pub fn choice<T: Copy + PartialEq>(&mut self, variable: &'static str, default: T, words: &[(&str, T)]) -> T {
        let word = words.iter().find(|(_, value)| *value == default).map(|(word, _)| word as &dyn fmt::Display);
        self.note(variable, word, Values::Words(words.iter().map(|(word, _)| (*word).to_owned()).collect()));
        let Some(text) = self.value(variable) else { return default };
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
            return *value;
        }
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        self.fault(variable, format!("has to be one of {}, not {text:?}", known.join(", ")));
        default
    }

    /// A secret: the variable's text, or the text of the file that `<variable>_FILE` names.
    pub fn secret(&mut self, variable: &'static str) -> Option<Secret> {
        self.note(variable, None, Values::Secret);
        if self.variables.get(variable).is_some_and(|value| !value.is_empty()) {
            return self.value(variable).map(Secret::new);
        }
        let path = self.variables.get(&format!("{variable}_FILE")).filter(|path| !path.is_empty())?;
        match std::fs::read_to_string(path) {
            Ok(text) => Some(Secret::new(text.trim_end_matches(['\n', '\r']))),
            Err(cause) => {
                let reason = format!("the file {} of {variable}_FILE cannot be read: {cause}", path.display());
                self.fault(variable, reason);
                None
            }
        }
    }

    /// A comma-separated list, each part parsed.
    pub fn list<T>(&mut self, variable: &'static str, parse: impl Fn(&str) -> Result<T, String>) -> Vec<T> {
        self.note(variable, None, Values::List);
        let text = self.value(variable).unwrap_or_default();
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

/// Kubernetes sets `REDIS_PORT=tcp://10.0.0.1:6379` in every pod beside a service that is called `redis`.
fn service_link(variable: &str, text: &str) -> Option<String> {
    let service = variable.strip_suffix("_PORT")?.to_lowercase().replace('_', "-");
    ["tcp://", "udp://", "sctp://"].iter().any(|scheme| text.starts_with(scheme)).then(|| {
        format!(
            ". This is a link that Kubernetes sets for a service called {service:?}: set `enableServiceLinks: false` in the pod, \
             or set {variable} to the port's number"
        )
    })
}
