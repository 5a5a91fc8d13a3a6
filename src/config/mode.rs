//! Which of its lives the service leads: alone, or with servers in an environment.

use std::collections::BTreeMap;

use super::reader::Fault;

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

impl Mode {
    /// From `APP_ENV` or its twin `NODE_ENV`; neither set is the embedded mode.
    pub fn read(environment: &BTreeMap<String, String>) -> Result<Self, Fault> {
        let (ours, twin) = (named(environment, "APP_ENV")?, named(environment, "NODE_ENV")?);
        match (ours, twin) {
            (Some(ours), Some(twin)) if ours != twin => {
                Err(Fault { variable: "APP_ENV", reason: format!("says {} but NODE_ENV says {}", ours.name(), twin.name()) })
            }
            (Some(mode), _) | (None, Some(mode)) => Ok(mode),
            (None, None) => Ok(Self::Embedded),
        }
    }

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

fn named(environment: &BTreeMap<String, String>, variable: &'static str) -> Result<Option<Mode>, Fault> {
    match environment.get(variable).map_or("", String::as_str) {
        "" => Ok(None),
        "development" => Ok(Some(Mode::Development)),
        // Tools of the Node world, whose variable the twin is, say `test`.
        "testing" | "test" => Ok(Some(Mode::Testing)),
        "production" => Ok(Some(Mode::Production)),
        other => Err(Fault { variable, reason: format!("has to be one of development, testing, production, not {other:?}") }),
    }
}
