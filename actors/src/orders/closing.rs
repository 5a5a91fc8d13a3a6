//! An unpaid order that came from no flash sale is closed: cancelled by the shopper, or by time. Flash orders are closed in their SKU's turn
//! (`stock::CloseOrder`), because where their pieces go depends on their quota.

use smallvec::SmallVec;

use super::facts::{CloseReason, OrderClosed, OrderFact, Return};
use super::order::{Decided, Order, OrderCommand};
use super::status::Status;
use crate::refusal::Refusal;
use crate::time::Timestamp;

impl Order {
    /// Closes the order and frees its pieces. Closing it again for the same reason is a repeat.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`] unless it is open and without flash items, [`Refusal::NotDue`] for time before `expires_at`.
    pub fn decide_close(&self, reason: CloseReason, now: Timestamp) -> Result<Decided, Refusal> {
        if self.is_closed_for(reason) {
            return Ok(Decided::Repeat);
        }
        self.decide(OrderCommand::Close(reason), now)?;
        if self.is_flash() {
            return Err(Refusal::WrongStatus);
        }
        let returns: SmallVec<[Return; 1]> = self.lines.iter().map(|line| Return { line: *line, to_quota: false }).collect();
        let (order, user, version) = (self.id, self.user, self.version + 1);
        Ok(Decided::Fresh(OrderFact::Closed(OrderClosed { order, user, version, reason, returns, limit_returned: false })))
    }

    /// Whether it was closed for this reason.
    pub fn is_closed_for(&self, reason: CloseReason) -> bool {
        self.status == Status::Closed && self.close_reason == Some(reason)
    }
}
