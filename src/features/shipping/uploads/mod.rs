//! How WeChat learns of parcels (ADR 0031): a policy notes each order of which a parcel was sent, a task tells WeChat what the order's rows say.
//! - W1 The note is a row: it is durable before the policy goes on, and stays until WeChat has taken it or there is nothing to tell.
//! - W2 One order is told by one task, one call at a time; what was sent without an answer is asked about before it is sent again.
//! - W3 What WeChat refuses waits for a person (`mallcore shipping uploads list`), and nothing else waits for it.

mod policy;
pub mod repository;
pub mod schedule;
pub mod shipment;
mod uploader;

pub(super) use policy::NoteShipped;
pub(super) use uploader::{Uploader, keep_noting};
