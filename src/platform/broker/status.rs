//! What those who publish know of the broker, for readiness, metrics and the log. Each change is logged once.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;
use tracing::{error, info};

use super::metrics;
use crate::platform::readiness::{Check, Health};

/// Shared by all that publish to one exchange; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Status(Arc<Mutex<Seen>>);

#[derive(Debug, Default)]
struct Seen {
    /// By publisher: why the broker reads nothing from it.
    blocked: BTreeMap<&'static str, String>,
    /// By publisher: messages of it that a full queue has refused and that are sent again until it accepts them.
    set_aside: BTreeMap<&'static str, usize>,
    /// The exchange is known to have been there.
    exchange_seen: bool,
    /// The exchange was gone and declared anew, and no message has reached a queue since.
    bindings_lost: bool,
}

impl Status {
    /// Notes that the broker has blocked the connection of a publisher (an alarm of memory or disk), or that it reads again.
    pub(super) fn blocked(&self, publisher: &'static str, reason: Option<String>) {
        metrics::BLOCKED.with(&[(metrics::PUBLISHER, publisher)]).set(f64::from(u8::from(reason.is_some())));
        let mut seen = self.0.lock();
        match reason {
            Some(reason) => {
                error!(
                    publisher,
                    "the broker has an alarm ({reason}) and takes nothing; messages wait: free memory or disk there, see `rabbitmqctl status`"
                );
                seen.blocked.insert(publisher, reason);
            }
            None => {
                if seen.blocked.remove(publisher).is_some() {
                    info!(publisher, "the connection to the broker is not blocked any more");
                }
            }
        }
    }

    /// Notes how many messages of a publisher are set aside because a full queue has refused them.
    pub(crate) fn set_aside(&self, publisher: &'static str, messages: usize) {
        metrics::SET_ASIDE.with(&[(metrics::PUBLISHER, publisher)]).set(messages as f64);
        let mut seen = self.0.lock();
        let before = seen.set_aside.remove(publisher);
        match (before, messages) {
            (Some(_), 0) => info!(publisher, "no queue refuses messages any more"),
            (_, 0) => {}
            (before, messages) => {
                seen.set_aside.insert(publisher, messages);
                if before.is_none() {
                    error!(
                        publisher,
                        "a queue refuses messages: it is full and has overflow=reject-publish (`rabbitmqctl list_queues name messages policy`). \
                         What it refuses is set aside and sent again until it accepts it; the other queues get newer messages meanwhile, and \
                         some repeats. Start its consumer, raise or lift its limit, or unbind it"
                    );
                }
            }
        }
    }

    /// The exchange is known to have been there: that it is gone is a fault from now on.
    pub(super) fn saw_exchange(&self) {
        self.0.lock().exchange_seen = true;
    }

    pub(super) fn has_seen_exchange(&self) -> bool {
        self.0.lock().exchange_seen
    }

    /// Notes that the exchange was gone and was declared anew, without the bindings that it had.
    pub(super) fn declared_anew(&self, publisher: &'static str, exchange: &str) {
        metrics::BINDINGS_LOST.get().set(1.0);
        self.0.lock().bindings_lost = true;
        error!(
            publisher,
            "the exchange {exchange} was deleted and is declared anew, without the bindings that it had: bind the queues of its consumers \
             again; until then what is published reaches nobody"
        );
    }

    /// Notes that messages have reached a queue.
    pub(super) fn routed(&self) {
        let mut seen = self.0.lock();
        if std::mem::take(&mut seen.bindings_lost) {
            metrics::BINDINGS_LOST.get().set(0.0);
            info!("the exchange has a binding again");
        }
    }

    /// For `/health/ready`: what the broker does not do is degraded, since one can sell all the same.
    pub fn check(&self) -> Check {
        let seen = self.0.lock();
        let mut faults: Vec<String> = Vec::new();
        faults
            .extend(seen.blocked.iter().map(|(publisher, reason)| format!("{publisher} is blocked by an alarm of the broker ({reason})")));
        faults.extend(
            seen.set_aside
                .iter()
                .map(|(publisher, messages)| format!("a full queue has refused {messages} messages of {publisher}, which are set aside")),
        );
        if seen.bindings_lost {
            faults.push("the exchange was deleted and declared anew without its bindings: bind the queues again".to_owned());
        }
        match faults.is_empty() {
            true => Check { part: "broker", health: Health::Pass, detail: "no alarm, no queue that refuses".to_owned() },
            false => Check { part: "broker", health: Health::Degraded, detail: faults.join("; ") },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_degrades_until_it_is_over() {
        let status = Status::default();
        let health = || status.check().health;
        assert_eq!(health(), Health::Pass);
        status.blocked("one", Some("low on memory".to_owned()));
        assert!(status.check().detail.contains("low on memory") && health() == Health::Degraded);
        status.blocked("other", None);
        assert_eq!(health(), Health::Degraded, "another publisher's end is not this one's");
        status.blocked("one", None);
        assert_eq!(health(), Health::Pass);
        status.set_aside("one", 3);
        assert_eq!(health(), Health::Degraded);
        status.set_aside("one", 0);
        assert_eq!(health(), Health::Pass);
        status.declared_anew("one", "mall.events");
        assert_eq!(health(), Health::Degraded);
        status.routed();
        assert_eq!(health(), Health::Pass);
    }
}
