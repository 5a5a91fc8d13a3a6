//! Events of cold writes on their way to RabbitMQ. What a full queue refuses is set aside: it is offered again with pauses, oldest first, and
//! newer rows go on to the other queues. The list is in memory; after a restart each row that was in it is published once more.

use std::sync::Arc;
use std::time::Instant;

use mallcore_actors::kernel::BoxFuture;
use parking_lot::Mutex;

use super::ports::{Event, EventsOut, Failure};
use crate::platform::broker::{Outgoing, PublishError, Publisher, SetAside, Status, Target};

/// Rows that may be set aside. At this number newer rows wait.
pub const SET_ASIDE_MAX: usize = 1_024;
/// The name of its publisher.
const NAME: &str = "outbox";
const WHY: &str = "a full queue has refused events (overflow=reject-publish); other queues have them";

/// The broker as a destination of the outbox.
#[derive(Debug, Clone)]
pub struct ToBroker {
    publisher: Publisher,
    status: Status,
    /// By the rows' ids.
    set_aside: Arc<Mutex<SetAside<u64>>>,
}

impl ToBroker {
    /// Starts the publisher's thread.
    pub fn spawn(target: Target) -> std::io::Result<Self> {
        let status = target.status.clone();
        let set_aside = Arc::new(Mutex::new(SetAside::of_at_most(SET_ASIDE_MAX)));
        Ok(Self { publisher: Publisher::spawn(target, NAME)?, status, set_aside })
    }

    /// Whether a row may be published now, and if not, why.
    fn admits(&self, row: u64) -> Result<(), Failure> {
        let set_aside = self.set_aside.lock();
        match set_aside.contains(row) {
            false if set_aside.room() == 0 => Err(Failure::Away(format!("{WHY}, and as many are set aside as may be: newer ones wait"))),
            true if set_aside.next(Instant::now()).is_empty() => Err(Failure::SetAside { why: WHY.to_owned(), is_attempt: false }),
            _ => Ok(()),
        }
    }

    fn settle(&self, row: u64, is_accepted: bool) {
        let mut set_aside = self.set_aside.lock();
        if is_accepted && set_aside.contains(row) {
            // Rows are offered oldest first: an older one that was not offered was discarded or parked by a person.
            set_aside.forget_before(row);
        }
        set_aside.settle(&[(row, is_accepted)], Instant::now());
        self.status.set_aside(NAME, set_aside.len());
    }

    async fn carry(self, event: Event) -> Result<(), Failure> {
        let row = event.row;
        self.admits(row)?;
        let message =
            Outgoing { id: event.id, kind: event.kind.into(), occurred_at: event.at, headers: Vec::new(), body: event.body.into_bytes() };
        match self.publisher.publish(&message).await {
            Ok(()) => {
                self.settle(row, true);
                Ok(())
            }
            Err(PublishError::Full) => {
                self.settle(row, false);
                Err(Failure::SetAside { why: WHY.to_owned(), is_attempt: true })
            }
            // What the broker refuses, it refuses whatever the message is (rights, another exchange of this name): that is mended there, and
            // no row is to blame.
            Err(cause) => Err(Failure::Away(cause.to_string())),
        }
    }
}

impl EventsOut for ToBroker {
    fn publish(&self, event: Event) -> BoxFuture<Result<(), Failure>> {
        Box::pin(self.clone().carry(event))
    }
}
