//! Messages that came back because nobody has bound a queue for their kind: counted, and told now and then.

use std::time::{Duration, Instant};

use lapin::message::BasicReturnMessage;
use tracing::warn;

use super::metrics;

/// At most one line in this time, however many come back.
const TELL_EVERY: Duration = Duration::from_secs(60);

/// What came back so far; lives longer than a connection.
#[derive(Debug)]
pub(super) struct Returns {
    publisher: &'static str,
    untold: u64,
    told_at: Option<Instant>,
}

impl Returns {
    pub fn of(publisher: &'static str) -> Self {
        Self { publisher, untold: 0, told_at: None }
    }

    pub fn note(&mut self, message: &BasicReturnMessage) {
        metrics::RETURNED.with(&[(metrics::PUBLISHER, self.publisher)]).increment(1);
        self.untold += 1;
        if self.told_at.is_some_and(|at| at.elapsed() < TELL_EVERY) {
            return;
        }
        warn!(
            publisher = self.publisher,
            "{} published messages had no queue to go to, the last a {} ({}): bind a queue to the exchange if somebody should get them",
            self.untold,
            message.delivery.routing_key,
            message.reply_text
        );
        (self.untold, self.told_at) = (0, Some(Instant::now()));
    }
}
