//! RabbitMQ: what leaves the process as messages on one durable topic exchange.
//! - B1 A message counts as published when the broker has confirmed it, and not before.
//! - B2 Order: one channel, one order of sending; after a break it goes on behind the last confirmed one. Repeats are possible, gaps are not.
//! - B3 What a full queue refuses is set aside and sent again, with pauses, until the queue accepts it; newer messages go on to the other
//!   queues meanwhile. These get the oldest of what is set aside again after each pause, and the rest about twice more.
//! - B4 A message that nobody has bound a queue for comes back: no failure of ours, but counted and told.
//!
//! Not here: what may wait how long for the broker (`lag`).

pub mod document;
mod events;
mod link;
pub mod metrics;
mod outgoing;
mod place;
mod publisher;
mod returns;
mod set_aside;
mod status;
mod tail;

pub use events::{Events, NAME};
pub use link::LinkError;
pub(crate) use link::uri;
pub use outgoing::Outgoing;
pub use place::PlaceError;
pub use publisher::{PublishError, Publisher};
pub(crate) use set_aside::SetAside;
pub use status::Status;
pub use tail::{Source, tail};

use crate::platform::config::Secret;

/// Records that may be set aside because a full queue has refused them, 8 bytes each. At this number newer records wait, for all queues.
pub const SET_ASIDE_MAX: usize = 1_000_000;

/// Which broker, and which exchange there.
#[derive(Debug, Clone)]
pub struct Target {
    /// `amqp://` or `amqps://`, with user and password.
    pub url: Secret,
    /// The topic exchange; declared durable.
    pub exchange: String,
    /// What is known of it, shared by all that publish there.
    pub status: Status,
}

impl From<&crate::platform::config::Broker> for Target {
    fn from(configured: &crate::platform::config::Broker) -> Self {
        Self { url: configured.url.clone(), exchange: configured.exchange.clone(), status: Status::default() }
    }
}
