//! What `/health/ready` said, look by look.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;

use crate::server_process::Setup;

/// All looks of a phase.
#[derive(Debug, Default)]
pub struct Health {
    /// Looks at which it could not sell.
    pub unable: u64,
    seen: BTreeMap<String, u64>,
}

#[derive(Deserialize)]
struct Body {
    status: String,
    checks: Vec<Part>,
}

#[derive(Deserialize)]
struct Part {
    part: String,
    health: String,
}

impl Health {
    /// Asks for readiness once more and notes the answer.
    pub fn look(&mut self, setup: &Setup) {
        let said = match setup.ready() {
            Ok((status, body)) => {
                self.unable += u64::from(status != 200);
                format!("{status} {}", in_words(&body))
            }
            Err(cause) => {
                self.unable += 1;
                format!("no answer ({cause})")
            }
        };
        *self.seen.entry(said).or_default() += 1;
    }
}

fn in_words(body: &str) -> String {
    match serde_json::from_str::<Body>(body) {
        Ok(Body { status, checks }) => {
            let worse: Vec<String> = checks.into_iter().filter(|part| part.health != "pass").map(|part| part.part).collect();
            if worse.is_empty() { status } else { format!("{status} ({})", worse.join(", ")) }
        }
        Err(_) => "in another form".to_owned(),
    }
}

impl fmt::Display for Health {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let looks: Vec<String> = self.seen.iter().map(|(said, times)| format!("{times} × {said}")).collect();
        out.write_str(&looks.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_well_is_named() {
        let body = r#"{"status":"degraded","checks":[{"part":"journal","health":"pass","detail":""},{"part":"database","health":"degraded","detail":""}]}"#;
        assert_eq!(in_words(body), "degraded (database)");
        assert_eq!(in_words(r#"{"status":"pass","checks":[]}"#), "pass");
    }
}
