//! A message on its way out, and how it looks in AMQP.

use std::borrow::Cow;

use lapin::BasicProperties;
use lapin::types::{AMQPValue, FieldTable, LongString};
use mallcore_actors::time::Timestamp;

/// Kept on disk by the broker until somebody has acknowledged it.
const PERSISTENT: u8 = 2;

/// A message for other services.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Names this message and its repeats: consumers recognise a repeat by it. A journal record's is its sequence.
    pub id: String,
    /// What happened, such as `order.placed`: the routing key and the message's type.
    pub kind: Cow<'static, str>,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// What else is said about it outside of the body.
    pub headers: Vec<(&'static str, String)>,
    /// A JSON document, see docs/events.
    pub body: Vec<u8>,
}

impl Outgoing {
    pub(super) fn properties(&self) -> BasicProperties {
        let mut headers = FieldTable::default();
        for (name, value) in &self.headers {
            headers.insert((*name).into(), AMQPValue::LongString(LongString::from(value.as_bytes())));
        }
        BasicProperties::default()
            .with_message_id(self.id.as_str().into())
            .with_type(self.kind.as_ref().into())
            .with_timestamp(self.occurred_at.millis() / 1000)
            .with_content_type("application/json".into())
            .with_content_encoding("utf-8".into())
            .with_app_id("mallcore".into())
            .with_delivery_mode(PERSISTENT)
            .with_headers(headers)
    }
}
