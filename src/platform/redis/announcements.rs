//! Log lines about the link: what changed is said once, and however often it changes, at most one line in a while.

use std::time::{Duration, Instant};

use super::condition::Condition;

/// Between two lines.
const QUIET: Duration = Duration::from_secs(5);

/// What was said last.
#[derive(Debug, Default)]
pub(super) struct Announcements(Option<(Condition, Instant)>);

impl Announcements {
    /// Logs the condition if it is not what was logged last. A change soon after a line is left to a later call, which logs what is true
    /// then.
    pub fn refresh(&mut self, condition: &Condition, now: Instant) {
        if !self.is_due(condition, now) {
            return;
        }
        match condition {
            Condition::Serving => tracing::info!("redis {condition}"),
            Condition::Refusing(_) => tracing::error!("redis {condition}; sales go on"),
            Condition::Away(_) => tracing::warn!("redis is {condition}; it is tried again, and sales go on"),
        }
        self.0 = Some((condition.clone(), now));
    }

    fn is_due(&self, condition: &Condition, now: Instant) -> bool {
        match &self.0 {
            None => true,
            Some((said, at)) => !said.is_same_kind(condition) && now.duration_since(*at) >= QUIET,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_that_flaps_is_said_once_in_a_while_and_ends_with_the_truth() {
        let (begin, away) = (Instant::now(), Condition::Away("READONLY".into()));
        let mut announcements = Announcements::default();
        let mut lines = Vec::new();
        // 500 changes a second for ten seconds, then away for good.
        for millis in 0..20_000 {
            let condition = if millis < 10_000 && millis % 2 == 0 { Condition::Serving } else { away.clone() };
            let now = begin + Duration::from_millis(millis);
            if announcements.is_due(&condition, now) {
                lines.push(condition.clone());
            }
            announcements.refresh(&condition, now);
        }
        assert!(lines.len() <= 4, "{lines:?}");
        assert_eq!(lines.last(), Some(&away));
    }

    #[test]
    fn the_same_again_is_not_said_again() {
        let begin = Instant::now();
        let mut announcements = Announcements::default();
        announcements.refresh(&Condition::Away("one reason".into()), begin);
        assert!(!announcements.is_due(&Condition::Away("another".into()), begin + QUIET * 9));
        assert!(announcements.is_due(&Condition::Serving, begin + QUIET));
    }
}
