//! An exchange of one's own, a queue that hears it, and a proxy that can be cut.

use std::collections::VecDeque;
use std::time::Duration;

use futures_util::StreamExt;
use lapin::message::Delivery;
use lapin::options::{BasicConsumeOptions, ExchangeDeleteOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::FieldTable;
use lapin::{Connection, ConnectionProperties, Consumer, ExchangeKind};
use mallcore::broker::Target;
use mallcore::config::Secret;

/// What has not happened by then does not happen; it also has to outlast a machine that is busy with something else.
pub const SOON: Duration = Duration::from_secs(60);

fn url() -> String {
    std::env::var("RABBITMQ_URL").unwrap_or_else(|_| "amqp://guest:guest@127.0.0.1:5672/%2f".into())
}

/// Host and port of the broker.
pub fn address() -> String {
    let url = url();
    let authority = url.split("://").nth(1).unwrap().split('/').next().unwrap();
    authority.rsplit('@').next().unwrap().to_owned()
}

/// The broker through another door.
pub fn url_through(address: &str) -> String {
    url().replace(&self::address(), address)
}

/// A connection of the test's own, and its exchange.
pub struct Rig {
    connection: Connection,
    exchange: String,
}

impl Rig {
    pub async fn new() -> Self {
        let connection = Connection::connect(&url(), ConnectionProperties::default())
            .await
            .expect("the tests need a RabbitMQ server, see docs/TESTING.md");
        let exchange = format!("mallcore.test.{}", uuid::Uuid::new_v4().simple());
        Self { connection, exchange }
    }

    /// The broker itself.
    pub fn target(&self) -> Target {
        self.target_through(&address())
    }

    /// The broker through a proxy.
    pub fn target_through(&self, address: &str) -> Target {
        Target { url: Secret::new(url_through(address)), exchange: self.exchange.clone() }
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
        let own = QueueDeclareOptions { exclusive: true, auto_delete: true, ..Default::default() };
        let queue = channel.queue_declare("".into(), own, FieldTable::default()).await.unwrap();
        let bind = QueueBindOptions::default();
        channel.queue_bind(queue.name().clone(), self.exchange.as_str().into(), pattern.into(), bind, FieldTable::default()).await.unwrap();
        let no_ack = BasicConsumeOptions { no_ack: true, ..Default::default() };
        let consumer = channel.basic_consume(queue.name().clone(), "".into(), no_ack, FieldTable::default()).await.unwrap();
        Heard { consumer, ids: VecDeque::new() }
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        let exchange = self.exchange.clone();
        // A thread of its own, because a runtime may not wait inside another.
        let end = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let connection = Connection::connect(&url(), ConnectionProperties::default()).await.unwrap();
                let channel = connection.create_channel().await.unwrap();
                channel.exchange_delete(exchange.as_str().into(), ExchangeDeleteOptions::default()).await.unwrap();
                connection.close(200, "done".into()).await.unwrap();
            });
        };
        let _ = std::thread::spawn(end).join();
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
