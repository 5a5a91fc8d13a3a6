//! The end of an order: it was received, and its owner does not want to see it any more.

use super::facts::{OrderFact, OrderMoved};
use super::order::{Decided, Order, OrderCommand};
use super::status::Status;
use crate::refusal::Refusal;
use crate::time::Timestamp;

/// Who says that an order was received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReceivedBy {
    /// The shopper who ordered it.
    Shopper,
    /// Time: so many milliseconds have passed since everything was on its way.
    Time {
        /// How many have to pass.
        after_millis: u64,
    },
}

impl Order {
    /// Completes the order. Completing it again is a repeat.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`] unless it is shipped, [`Refusal::NotDue`] for time before its time.
    pub fn decide_complete(&self, by: ReceivedBy, now: Timestamp) -> Result<Decided, Refusal> {
        if self.status == Status::Completed {
            return Ok(Decided::Repeat);
        }
        self.decide(OrderCommand::Complete, now)?;
        if let ReceivedBy::Time { after_millis } = by {
            let shipped_at = self.progress.as_ref().and_then(|progress| progress.shipped_at).unwrap_or(self.updated_at);
            if now < shipped_at.plus_millis(after_millis) {
                return Err(Refusal::NotDue);
            }
        }
        Ok(Decided::Fresh(OrderFact::Completed(self.moved())))
    }

    /// Hides the order from its owner's list. Hiding it again is a repeat.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`] unless its status is final.
    pub const fn decide_hide(&self) -> Result<Decided, Refusal> {
        if self.is_hidden {
            return Ok(Decided::Repeat);
        }
        if !self.status.is_final() {
            return Err(Refusal::WrongStatus);
        }
        Ok(Decided::Fresh(OrderFact::Hidden(self.moved())))
    }

    const fn moved(&self) -> OrderMoved {
        OrderMoved { order: self.id, user: self.user, version: self.version + 1 }
    }
}
