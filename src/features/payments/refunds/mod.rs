//! Money on its way back to shoppers: what the order decided, executed at WeChat Pay and followed until it is done.
//! - R1 A row for each refund and each stray payment, made from the journal's record: none is lost, none is made twice.
//! - R2 A row's number at WeChat Pay follows from the record, so a request that is sent again asks for the same refund.
//! - R3 What is done stays done: no report and no answer takes it back.

mod model;
mod policy;
pub mod repository;
mod worker;

pub(super) use model::number_of_refund;
pub use model::{Reason, Refund, RefundState};
pub(super) use policy::GiveBack;
pub(super) use worker::keep_refunding;
