//! An order is paid: once, in full, while it is open.

use super::facts::OrderFact;
use super::fulfilment::{Payment, PaymentChannel, PaymentTaken};
use super::order::{Decided, Order, OrderCommand};
use super::status::Status;
use crate::money::Money;
use crate::refusal::Refusal;
use crate::time::Timestamp;

impl Order {
    /// Takes a payment that was verified. The same payment again is a repeat.
    ///
    /// # Errors
    /// [`Refusal::OrderClosed`] for a payment that comes too late and [`Refusal::AlreadyPaid`] for a second one: whoever took the money has to
    /// give it back. [`Refusal::AmountMismatch`] unless exactly what is payable was paid.
    pub fn decide_pay(&self, payment: &Payment, now: Timestamp) -> Result<Decided, Refusal> {
        if let Some(taken) = self.progress.as_ref().and_then(|progress| progress.payment.as_ref())
            && taken.id == payment.id
        {
            return if taken == payment { Ok(Decided::Repeat) } else { Err(Refusal::IdempotencyMismatch) };
        }
        match self.status {
            Status::PendingPayment => {}
            Status::Closed => return Err(Refusal::OrderClosed),
            Status::Paid | Status::Shipped | Status::Completed | Status::Refunded => return Err(Refusal::AlreadyPaid),
        }
        let is_free = payment.channel == PaymentChannel::Free;
        if payment.amount != self.payable || is_free != (self.payable == Money::ZERO) {
            return Err(Refusal::AmountMismatch { payable: self.payable });
        }
        self.decide(OrderCommand::Pay, now)?;
        Ok(Decided::Fresh(OrderFact::PaymentTaken(PaymentTaken {
            order: self.id,
            user: self.user,
            version: self.version + 1,
            payment: payment.clone(),
            lines: self.lines.clone(),
        })))
    }
}
