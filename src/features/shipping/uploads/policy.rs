//! The policy that notes of which orders WeChat has to hear: a parcel was sent, or a refund has left nothing to send.

use std::sync::Arc;

use mallcore_actors::facts::Record;
use mallcore_actors::ids::{OrderId, UserId};
use mallcore_actors::journal::Sequence;
use mallcore_actors::kernel::Fact;
use mallcore_actors::kernel::facts::Kind;
use mallcore_actors::orders::{OrderFact, OrderRefunded, ParcelShipped, Status};
use mallcore_actors::refusal::Unavailable;
use tokio::sync::{mpsc, oneshot};

use crate::platform::policy::Policy;

/// The numbers of the facts that it looks at within their family.
const PARCEL_SHIPPED: u8 = 8;
const REFUNDED: u8 = 9;

/// A note on its way to its row, with who waits until it is there.
pub struct Note {
    pub of: (UserId, OrderId),
    pub version: u32,
    pub stored: oneshot::Sender<()>,
}

/// The way of notes to the task that writes them: the policy has a thread of its own, the database's connections belong to another one.
pub type Notes = mpsc::Sender<Note>;

/// Notes what WeChat has to know; without a way for the notes WeChat is told nothing.
pub struct NoteShipped(pub Option<Arc<Notes>>);

impl Policy for NoteShipped {
    const NAME: &'static str = "shipping-uploads";
    const THREAD: &'static str = "policy-uploads";

    fn takes(kind: Kind) -> bool {
        kind.is_of::<OrderFact>() && (kind.number == PARCEL_SHIPPED || kind.number == REFUNDED)
    }

    async fn act(&self, _: Sequence, record: &Record) -> Result<(), Unavailable> {
        let Some(notes) = &self.0 else { return Ok(()) };
        let (of, version) = match &record.fact {
            Fact::Orders(OrderFact::ParcelShipped(ParcelShipped { order, user, version, .. })) => ((*user, *order), *version),
            // A refund of what was not sent may have been all that was waited for.
            Fact::Orders(OrderFact::Refunded(OrderRefunded { order, user, version, status: Status::Shipped, .. })) => {
                ((*user, *order), *version)
            }
            _ => return Ok(()),
        };
        let (stored, is_stored) = oneshot::channel();
        notes.send(Note { of, version, stored }).await.map_err(|_| Unavailable::Warming)?;
        // Dropped without an answer: the database did not take it.
        is_stored.await.map_err(|_| Unavailable::Warming)
    }
}
