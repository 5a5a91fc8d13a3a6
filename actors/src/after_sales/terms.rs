//! How long anybody has, as durations. When something is due is frozen in the case when it gets there, so new terms change no open case.

use crate::time::Timestamp;

/// The time limits of after-sale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// After the receipt of an order, in which a case may be applied for.
    pub window_millis: u64,
    /// In which the merchant has to answer an application.
    pub answer_millis: u64,
    /// In which the shopper has to send the goods, from the approval on.
    pub return_millis: u64,
    /// In which the merchant has to receive the goods, from their sending on.
    pub receive_millis: u64,
    /// Whether what the merchant has not answered, or not received, in time is approved by time. If not, it stays as it is.
    pub approves_by_time: bool,
}

impl Terms {
    /// The last moment in which a case of an order that was received then may be applied for.
    pub const fn closes_at(&self, received_at: Timestamp) -> Timestamp {
        received_at.plus_millis(self.window_millis)
    }
}
