//! Events of cold writes on their way to RabbitMQ.

use mallcore_actors::kernel::BoxFuture;

use super::ports::{Event, EventsOut, Failure};
use crate::platform::broker::{Outgoing, Publisher};

impl EventsOut for Publisher {
    fn publish(&self, event: Event) -> BoxFuture<Result<(), Failure>> {
        let publisher = self.clone();
        let message =
            Outgoing { id: event.id, kind: event.kind.into(), occurred_at: event.at, headers: Vec::new(), body: event.body.into_bytes() };
        // What the broker refuses, it refuses whatever the message is (rights, another exchange of this name): that is mended there, and
        // no row is to blame.
        Box::pin(async move { Publisher::publish(&publisher, &message).await.map_err(|cause| Failure::Away(cause.to_string())) })
    }
}
