//! An error with its causes in one line, for people.

use std::error::Error;

/// The error's text and those of its causes.
pub fn of(error: &dyn Error) -> String {
    let mut reason = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let text = next.to_string();
        // Some libraries repeat the cause in their own text.
        if !reason.ends_with(&text) {
            reason.push_str(": ");
            reason.push_str(&text);
        }
        cause = next.source();
    }
    reason
}
