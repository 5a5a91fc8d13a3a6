//! The policy that hands notices to the sender's queue. It waits for nobody: its lag is that of reading the journal.

use std::sync::Arc;

use mallcore_actors::engine::Engine;
use mallcore_actors::facts::Record;
use mallcore_actors::journal::Sequence;
use mallcore_actors::kernel::facts::Kind;
use mallcore_actors::orders::OrderFact;
use mallcore_actors::refusal::Unavailable;
use tokio::sync::mpsc;

use super::notice::Notice;
use crate::features::shipping::metrics;
use crate::platform::config::Messages;
use crate::platform::policy::Policy;

/// The numbers of the facts that it looks at within their family: paid, shipped, completed, paid with its payment, a parcel, refunded,
/// paid through an attempt.
const KINDS: [u8; 7] = [2, 3, 4, 7, 8, 9, 14];

/// Hands notices on; without a queue nobody is told anything.
pub struct TellShoppers {
    pub queue: Option<mpsc::Sender<Notice>>,
    pub messages: Arc<Messages>,
    pub engine: Arc<Engine>,
}

impl Policy for TellShoppers {
    const NAME: &'static str = "subscribe-messages";
    const THREAD: &'static str = "policy-messages";

    fn takes(kind: Kind) -> bool {
        kind.is_of::<OrderFact>() && KINDS.contains(&kind.number)
    }

    async fn act(&self, _: Sequence, record: &Record) -> Result<(), Unavailable> {
        let Some(queue) = &self.queue else { return Ok(()) };
        let Some(notice) = Notice::of(record).filter(|notice| notice.event.template(&self.messages).is_some()) else { return Ok(()) };
        let event = notice.event.name();
        let outcome = match () {
            () if notice.is_stale(self.engine.clock().now()) => "too_late",
            () if queue.try_send(notice).is_err() => "no_room",
            () => return Ok(()),
        };
        metrics::MESSAGES_TOTAL.with(&[(metrics::EVENT, event), (metrics::OUTCOME, outcome)]).increment(1);
        Ok(())
    }
}
