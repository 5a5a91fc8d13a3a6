//! Events as other services get them, live: over a queue of our own that ends with us, or from one that is there.

use std::pin::pin;

use futures_util::StreamExt;
use lapin::options::{BasicAckOptions, BasicConsumeOptions, BasicQosOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::{FieldTable, ShortString};
use lapin::{Channel, Consumer};

use super::Target;
use super::link::{LinkError, connect, declare};

/// Where events are taken from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Those that fit these patterns, from now on.
    Patterns(Vec<String>),
    /// Those in this queue; they are gone from it when they were shown.
    Queue(String),
}

/// Unacknowledged messages at a time.
const AHEAD: u16 = 256;

/// Shows each event's document until `show` says `false`, the process is interrupted, or the connection breaks.
pub async fn tail(target: &Target, source: &Source, show: &mut dyn FnMut(&[u8]) -> bool) -> Result<(), LinkError> {
    let (connection, _threads) = connect(target, "tail").await?;
    let channel = connection.create_channel().await.map_err(LinkError::of("open a channel"))?;
    let mut consumer = match source {
        Source::Patterns(patterns) => own_queue(&channel, &target.exchange, patterns).await?,
        Source::Queue(queue) => consume(&channel, queue.as_str().into()).await?,
    };
    let mut interrupted = pin!(tokio::signal::ctrl_c());
    loop {
        let delivery = tokio::select! {
            delivery = consumer.next() => delivery,
            _ = &mut interrupted => return Ok(()),
        };
        let Some(delivery) = delivery else { return Ok(()) };
        let delivery = delivery.map_err(LinkError::of("hand out an event"))?;
        let goes_on = show(&delivery.data);
        delivery.ack(BasicAckOptions::default()).await.map_err(LinkError::of("take note that an event was shown"))?;
        if !goes_on {
            // Politely, so that the last acknowledgement arrives.
            return connection.close(200, "done".into()).await.map_err(LinkError::of("say good-bye"));
        }
    }
}

async fn own_queue(channel: &Channel, exchange: &str, patterns: &[String]) -> Result<Consumer, LinkError> {
    declare(channel, exchange).await?;
    let own = QueueDeclareOptions { exclusive: true, auto_delete: true, ..QueueDeclareOptions::default() };
    let queue = channel.queue_declare("".into(), own, FieldTable::default()).await.map_err(LinkError::of("make a queue"))?;
    for pattern in patterns {
        let (name, options) = (queue.name().clone(), QueueBindOptions::default());
        let bound = channel.queue_bind(name, exchange.into(), pattern.as_str().into(), options, FieldTable::default()).await;
        bound.map_err(LinkError::of("bind a queue"))?;
    }
    consume(channel, queue.name().clone()).await
}

async fn consume(channel: &Channel, queue: ShortString) -> Result<Consumer, LinkError> {
    channel.basic_qos(AHEAD, BasicQosOptions::default()).await.map_err(LinkError::of("limit what is on its way"))?;
    let consumed = channel.basic_consume(queue, "".into(), BasicConsumeOptions::default(), FieldTable::default()).await;
    consumed.map_err(LinkError::of("read a queue"))
}
