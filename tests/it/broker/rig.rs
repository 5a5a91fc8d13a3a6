//! An exchange of one's own, a queue that hears it, and a proxy that can be cut.

use std::collections::VecDeque;
use std::time::Duration;

use futures_util::StreamExt;
use lapin::message::Delivery;
use lapin::options::{BasicConsumeOptions, BasicGetOptions, ExchangeDeleteOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable, ShortString};
use lapin::{Channel, Connection, ConnectionProperties, Consumer, ExchangeKind};
use mallcore::platform::broker::{Status, Target};
use mallcore::platform::config::Secret;

/// What has not happened by then does not happen; it also has to outlast a machine that is busy with something else.
pub const SOON: Duration = Duration::from_secs(60);

fn url() -> String {
    std::env::var("RABBITMQ_URL").unwrap_or_else(|_| "amqp://guest:guest@127.0.0.1:5672/%2f".into())
}

/// Host and port of the broker.
pub fn address() -> String {
    address_in(&url())
}

fn address_in(url: &str) -> String {
    let authority = url.split("://").nth(1).unwrap().split('/').next().unwrap();
    authority.rsplit('@').next().unwrap().to_owned()
}

fn channel_closes_with_it() -> QueueDeclareOptions {
    QueueDeclareOptions { exclusive: true, auto_delete: true, ..Default::default() }
}

/// A connection of the test's own, and its exchange.
pub struct Rig {
    url: String,
    connection: Connection,
    pub exchange: String,
}

impl Rig {
    /// At the broker that all tests share.
    pub async fn new() -> Self {
        Self::at(url()).await
    }

    /// At another broker.
    pub async fn at(url: String) -> Self {
        let connection = Connection::connect(&url, ConnectionProperties::default())
            .await
            .expect("the tests need a RabbitMQ server, see docs/TESTING.md");
        let exchange = format!("mallcore.test.{}", uuid::Uuid::new_v4().simple());
        Self { url, connection, exchange }
    }

    /// Where the broker is, with its account.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The broker itself.
    pub fn target(&self) -> Target {
        self.target_as(self.url.clone())
    }

    /// The broker with another account.
    pub fn target_as(&self, url: String) -> Target {
        Target { url: Secret::new(url), exchange: self.exchange.clone(), status: Status::default() }
    }

    /// The broker through a proxy.
    pub fn target_through(&self, address: &str) -> Target {
        self.target_as(self.url.replace(&address_in(&self.url), address))
    }

    /// Deletes the exchange, with its bindings.
    pub async fn delete_exchange(&self) {
        let channel = self.connection.create_channel().await.unwrap();
        channel.exchange_delete(self.exchange.as_str().into(), ExchangeDeleteOptions::default()).await.unwrap();
    }

    /// A queue that holds so many messages and refuses more; nobody reads it but [`Narrow::take`].
    pub async fn narrow(&self, pattern: &str, messages: u16) -> Narrow {
        self.declare(ExchangeKind::Topic).await;
        let channel = self.connection.create_channel().await.unwrap();
        let mut limits = FieldTable::default();
        limits.insert("x-max-length".into(), AMQPValue::ShortUInt(messages));
        limits.insert("x-overflow".into(), AMQPValue::LongString("reject-publish".into()));
        let queue = channel.queue_declare("".into(), channel_closes_with_it(), limits).await.unwrap().name().clone();
        let (bind, none) = (QueueBindOptions::default(), FieldTable::default());
        channel.queue_bind(queue.clone(), self.exchange.as_str().into(), pattern.into(), bind, none).await.unwrap();
        Narrow { channel, queue }
    }

    /// Declares the exchange as somebody else might have.
    pub async fn declare(&self, kind: ExchangeKind) {
        let channel = self.connection.create_channel().await.unwrap();
        let durable = lapin::options::ExchangeDeclareOptions { durable: true, ..Default::default() };
        channel.exchange_declare(self.exchange.as_str().into(), kind, durable, FieldTable::default()).await.unwrap();
    }

    /// A queue that gets what is published under keys that fit.
    pub async fn hear(&self, pattern: &str) -> Heard {
        let channel = self.connection.create_channel().await.unwrap();
        let durable = lapin::options::ExchangeDeclareOptions { durable: true, ..Default::default() };
        channel.exchange_declare(self.exchange.as_str().into(), ExchangeKind::Topic, durable, FieldTable::default()).await.unwrap();
        let queue = channel.queue_declare("".into(), channel_closes_with_it(), FieldTable::default()).await.unwrap();
        let bind = QueueBindOptions::default();
        channel.queue_bind(queue.name().clone(), self.exchange.as_str().into(), pattern.into(), bind, FieldTable::default()).await.unwrap();
        let no_ack = BasicConsumeOptions { no_ack: true, ..Default::default() };
        let consumer = channel.basic_consume(queue.name().clone(), "".into(), no_ack, FieldTable::default()).await.unwrap();
        Heard { consumer, ids: VecDeque::new() }
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        let (exchange, url) = (self.exchange.clone(), self.url.clone());
        // A thread of its own, because a runtime may not wait inside another.
        let end = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let connection = Connection::connect(&url, ConnectionProperties::default()).await.unwrap();
                let channel = connection.create_channel().await.unwrap();
                channel.exchange_delete(exchange.as_str().into(), ExchangeDeleteOptions::default()).await.unwrap();
                connection.close(200, "done".into()).await.unwrap();
            });
        };
        let _ = std::thread::spawn(end).join();
    }
}

/// A queue with a limit.
pub struct Narrow {
    channel: Channel,
    queue: ShortString,
}

impl Narrow {
    /// Takes the first message out of it and says its id.
    pub async fn take(&self) -> Option<String> {
        let got = self.channel.basic_get(self.queue.clone(), BasicGetOptions { no_ack: true }).await.unwrap();
        got.map(|message| id(&message.delivery))
    }
}

/// What a queue hears.
pub struct Heard {
    consumer: Consumer,
    /// Of the messages taken so far.
    pub ids: VecDeque<String>,
}

impl Heard {
    /// The next message.
    pub async fn next(&mut self) -> Delivery {
        let delivery = tokio::time::timeout(SOON, self.consumer.next()).await.expect("no message came").unwrap().unwrap();
        self.ids.push_back(id(&delivery));
        delivery
    }

    /// Messages up to the one with this id.
    pub async fn until(&mut self, id: &str) -> Vec<Delivery> {
        let mut heard = Vec::new();
        loop {
            heard.push(self.next().await);
            if self.ids.back().unwrap() == id {
                return heard;
            }
        }
    }
}

pub fn id(delivery: &Delivery) -> String {
    delivery.properties.message_id().as_ref().unwrap().to_string()
}
