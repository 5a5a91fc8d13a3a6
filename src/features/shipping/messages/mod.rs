//! What shoppers are told through WeChat (订阅消息) when an order was paid, sent, received or refunded: best effort.
//! - M1 Nobody waits for a message: the policy hands it to a bounded queue, and one that finds no room is dropped and counted.
//! - M2 A message is tried a few times within a minute, then dropped. A crash loses those in the queue; after a restart what is older than
//!   [`notice::AGE_MAX_MILLIS`] is not sent any more. What was sent without an answer is not sent again.
//! - M3 Without a template for its event nothing is sent.

pub mod notice;
mod policy;
mod sender;

pub(super) use policy::TellShoppers;
pub(super) use sender::{QUEUE_MAX, Sender};
