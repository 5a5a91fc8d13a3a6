//! What is known of a variable without reading its value: for `mallcore config list` and for the test of `docs/CONFIGURATION.md`.

use std::collections::BTreeSet;
use std::fmt;

/// What a variable may be set to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Values {
    /// Any text; what is wanted of it is said by its fault.
    Text,
    /// Text that is never printed; `<variable>_FILE` may name a file that holds it.
    Secret,
    /// Parts between commas.
    List,
    /// A whole number from the first to the second, both included.
    Number(String, String),
    /// One of these words.
    Words(Vec<String>),
}

impl fmt::Display for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text => f.write_str("text"),
            Self::Secret => f.write_str("secret"),
            Self::List => f.write_str("comma-separated"),
            Self::Number(first, last) => write!(f, "{first} to {last}"),
            Self::Words(words) => {
                let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
                f.write_str(&words.join(", "))
            }
        }
    }
}

/// What `src/platform/config` asks of one variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// What stands for it when it is not set, in every mode: values between backticks, or the words of a default that depends on the
    /// machine. None: nothing does.
    pub defaults: BTreeSet<String>,
    /// What it may be set to.
    pub values: Values,
}

impl Setting {
    /// With this default, if there is one.
    pub fn new(default: Option<&dyn fmt::Display>, values: Values) -> Self {
        Self { defaults: default.iter().map(|default| format!("`{default}`")).collect(), values }
    }

    /// All its defaults in one text.
    pub fn default_text(&self) -> String {
        if self.defaults.is_empty() { "none".to_owned() } else { self.defaults.iter().map(String::as_str).collect::<Vec<_>>().join(" or ") }
    }
}
