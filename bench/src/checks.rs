//! A list of checks, printed as they are made; one failure breaks the whole.

use crate::error::Verdict;

/// What has been checked so far.
#[derive(Debug, Default)]
pub struct Checks {
    failed: Vec<String>,
    made: usize,
}

impl Checks {
    /// Notes and prints one check; `seen` says what was found, whether it holds or not.
    pub fn check(&mut self, rule: &str, holds: bool, seen: impl std::fmt::Display) {
        self.made += 1;
        println!("  {} {rule}: {seen}", if holds { "ok    " } else { "BROKEN" });
        if !holds {
            self.failed.push(rule.to_owned());
        }
    }

    /// The rules that do not hold.
    pub fn failed(&self) -> &[String] {
        &self.failed
    }

    /// Holds when something was checked and all of it holds.
    pub fn verdict(&self) -> Verdict {
        Verdict::of(self.made > 0 && self.failed.is_empty())
    }
}
