//! What another service hears on the broker: a queue of our own on `mall.events`, bound before the sale, and what came through it.
//! Foreign like `reconcile`: it knows docs/events and AMQP, and none of the server's code.
//!
//! Not here: publishing (the server's business).

mod consumer;
mod ledger;

pub use consumer::{EventConsumer, bind_bounded};
pub use ledger::{Ledger, Order, judge};
