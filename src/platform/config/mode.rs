//! Which of its lives the service leads: alone, or with servers in an environment.

use std::collections::BTreeMap;
use std::ffi::OsString;

use super::reader::{Fault, NOT_UTF8};

/// Where the service runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Nothing configured: SQLite in the data folder, no servers, demo data.
    Embedded,
    /// On a developer's machine, with servers.
    Development,
    /// Under test, with servers.
    Testing,
    /// For customers: refuses whatever is only good for trying out.
    Production,
}

/// A mode, and how it came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChosenMode {
    /// Where the service runs.
    pub mode: Mode,
    /// The variable that chose it; none for the embedded mode of a process that sets neither.
    pub variable: Option<&'static str>,
}

/// What `APP_ENV` may be set to.
pub(super) const WORDS: [&str; 4] = ["embedded", "development", "testing", "production"];
/// What `NODE_ENV` may be set to: the Node world knows no embedded mode.
pub(super) const NODE_WORDS: [&str; 3] = ["development", "testing", "production"];

impl ChosenMode {
    /// From `APP_ENV`, else from `NODE_ENV`; neither set is the embedded mode. Two that name different environments are a fault;
    /// `APP_ENV=embedded` holds whatever a shell has in `NODE_ENV`.
    pub fn read(environment: &BTreeMap<String, OsString>) -> Result<Self, Fault> {
        let ours = named(environment, "APP_ENV", &WORDS)?;
        if ours == Some(Mode::Embedded) {
            return Ok(Self { mode: Mode::Embedded, variable: Some("APP_ENV") });
        }
        match (ours, named(environment, "NODE_ENV", &NODE_WORDS)?) {
            (Some(ours), Some(twin)) if ours != twin => {
                let reason = format!("says {} but NODE_ENV says {}: unset one of them", ours.name(), twin.name());
                Err(Fault { variable: "APP_ENV", reason })
            }
            (Some(mode), _) => Ok(Self { mode, variable: Some("APP_ENV") }),
            (None, Some(mode)) => Ok(Self { mode, variable: Some("NODE_ENV") }),
            (None, None) => Ok(Self { mode: Mode::Embedded, variable: None }),
        }
    }

    /// What to tell somebody whose start fails in a mode that they may not have meant: many shells set `NODE_ENV` for other programs.
    pub fn doubt(self) -> Option<String> {
        (self.variable == Some("NODE_ENV")).then(|| {
            format!(
                "chose the mode {}, because APP_ENV is not set; for the mode that needs no servers unset it, or set APP_ENV=embedded",
                self.mode.name()
            )
        })
    }
}

impl Mode {
    /// The word for people, and the stem of its file in `config/environments`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Embedded => "embedded",
            Self::Development => "development",
            Self::Testing => "testing",
            Self::Production => "production",
        }
    }

    /// Whether it needs no servers.
    pub const fn is_embedded(self) -> bool {
        matches!(self, Self::Embedded)
    }

    /// Whether `token`, `seed-demo` and other toys are allowed.
    pub const fn allows_demo(self) -> bool {
        !matches!(self, Self::Production)
    }
}

fn named(environment: &BTreeMap<String, OsString>, variable: &'static str, words: &[&str]) -> Result<Option<Mode>, Fault> {
    let fault = |reason: String| Err(Fault { variable, reason });
    let Some(text) = environment.get(variable).filter(|value| !value.is_empty()) else { return Ok(None) };
    let Some(text) = text.to_str() else { return fault(NOT_UTF8.to_owned()) };
    match text {
        "embedded" if words.contains(&text) => Ok(Some(Mode::Embedded)),
        "development" => Ok(Some(Mode::Development)),
        // Tools of the Node world say `test`.
        "testing" | "test" => Ok(Some(Mode::Testing)),
        "production" => Ok(Some(Mode::Production)),
        other => fault(format!("has to be one of {}, not {other:?}", words.join(", "))),
    }
}
