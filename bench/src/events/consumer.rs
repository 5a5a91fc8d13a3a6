//! A consumer that comes back whenever the broker does, like any service that lives on these events.
//! - W1 the queue is bound before the consumer counts as started: no event of the sale is missed.
//! - W2 a message is acknowledged after it was noted; what was not is delivered again, and is then a repeat.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use lapin::message::Delivery;
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicQosOptions, ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{Channel, Connection, ConnectionProperties, ExchangeKind};

use super::Ledger;
use crate::error::{Attempt as _, Error};

/// The exchange of docs/events.
const EXCHANGE: &str = "mall.events";
const QUEUE: &str = "mall-bench.consumer";
const BOUNDED_QUEUE: &str = "mall-bench.bounded";
/// Longer than what is under way, shorter than what fills a disk.
const BOUNDED_MESSAGES: i64 = 100_000;
/// As docs/events tell consumers to. A classic queue holds what waits in its process's heap: in RabbitMQ 3.10 collecting that garbage took
/// up to two cores, and left a third of the rate.
const QUORUM: (&str, &str) = ("x-queue-type", "quorum");
const UNACKNOWLEDGED_MAX: u16 = 2_000;
const ACKNOWLEDGE_EVERY: u32 = 500;
const COME_BACK_AFTER: Duration = Duration::from_millis(300);
/// So that the last messages are acknowledged, and an order to stop is heard.
const LULL: Duration = Duration::from_millis(200);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A running consumer.
pub struct EventConsumer {
    ledger: Arc<Mutex<Ledger>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl EventConsumer {
    /// Binds the queue, then follows on a thread of its own.
    pub fn start(url: &str) -> Result<Self, Error> {
        let runtime = crate::runtime()?;
        runtime.block_on(async {
            let (connection, channel) = connect(url).await?;
            bind(&channel, QUEUE, FieldTable::default()).await?;
            connection.close(200, "bound".into()).await
        })?;
        let (ledger, stop) = (Arc::<Mutex<Ledger>>::default(), Arc::<AtomicBool>::default());
        let (noting, stopped, url) = (ledger.clone(), stop.clone(), url.to_owned());
        let follow = move || {
            runtime.block_on(async {
                while !stopped.load(Ordering::Relaxed) {
                    // It breaks whenever the broker goes away, and is then begun again.
                    let _ = follow(&url, &noting, &stopped).await;
                    tokio::time::sleep(COME_BACK_AFTER).await;
                }
            });
        };
        let thread = std::thread::Builder::new().name("consumer".to_owned()).spawn(follow).attempt(|| "start a consumer".to_owned())?;
        Ok(Self { ledger, stop, thread: Some(thread) })
    }

    /// Waits until everything up to event `last` was heard, or nothing new for `pause_max`.
    pub fn wait_for(&self, last: u64, pause_max: Duration) {
        let (mut heard, mut since) = (0, Instant::now());
        while since.elapsed() < pause_max {
            let ledger = self.ledger();
            if ledger.highest >= last && ledger.missing() == 0 {
                return;
            }
            if ledger.events != heard {
                (heard, since) = (ledger.events, Instant::now());
            }
            drop(ledger);
            std::thread::sleep(LULL);
        }
    }

    /// What was heard so far.
    pub fn ledger(&self) -> MutexGuard<'_, Ledger> {
        // Each note leaves the ledger whole, so a panic elsewhere does not spoil it.
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for EventConsumer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // A panic of its own has been printed.
            let _ = thread.join();
        }
    }
}

/// A queue that keeps the last events and drops older ones: what is published goes somewhere, as in production, and fills no disk.
pub fn bind_bounded(url: &str) -> Result<(), Error> {
    let mut arguments = FieldTable::default();
    arguments.insert("x-max-length".into(), AMQPValue::LongLongInt(BOUNDED_MESSAGES));
    crate::runtime()?.block_on(async {
        let (connection, channel) = connect(url).await?;
        bind(&channel, BOUNDED_QUEUE, arguments).await?;
        Ok(connection.close(200, "bound".into()).await?)
    })
}

async fn connect(url: &str) -> lapin::Result<(Connection, Channel)> {
    let connection = Connection::connect(url, ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    Ok((connection, channel))
}

async fn bind(channel: &Channel, queue: &str, mut arguments: FieldTable) -> lapin::Result<()> {
    arguments.insert(QUORUM.0.into(), AMQPValue::LongString(QUORUM.1.into()));
    let durable = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
    channel.exchange_declare(EXCHANGE.into(), ExchangeKind::Topic, durable, FieldTable::default()).await?;
    let durable = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
    channel.queue_declare(queue.into(), durable, arguments).await?;
    channel.queue_bind(queue.into(), EXCHANGE.into(), "#".into(), QueueBindOptions::default(), FieldTable::default()).await
}

/// Until the connection breaks or it is told to stop.
async fn follow(url: &str, ledger: &Mutex<Ledger>, stopped: &AtomicBool) -> lapin::Result<()> {
    let Ok(connected) = tokio::time::timeout(CONNECT_TIMEOUT, connect(url)).await else { return Ok(()) };
    let (_connection, channel) = connected?;
    channel.basic_qos(UNACKNOWLEDGED_MAX, BasicQosOptions::default()).await?;
    let consume = channel.basic_consume(QUEUE.into(), "mall-bench".into(), BasicConsumeOptions::default(), FieldTable::default());
    let mut consumer = consume.await?;
    let (mut last, mut noted) = (None, 0);
    while !stopped.load(Ordering::Relaxed) {
        match tokio::time::timeout(LULL, consumer.next()).await {
            Ok(None) => return Ok(()),
            Ok(Some(delivery)) => {
                let delivery = delivery?;
                note(ledger, &delivery);
                noted += 1;
                last = Some(delivery);
            }
            Err(_) => noted = ACKNOWLEDGE_EVERY,
        }
        if noted >= ACKNOWLEDGE_EVERY {
            noted = 0;
            if let Some(delivery) = last.take() {
                delivery.ack(BasicAckOptions { multiple: true }).await?;
            }
        }
    }
    Ok(())
}

fn note(ledger: &Mutex<Ledger>, delivery: &Delivery) {
    let id = delivery.properties.message_id().as_ref().map_or("", |id| id.as_str());
    let mut ledger = ledger.lock().unwrap_or_else(PoisonError::into_inner);
    ledger.take(id, delivery.routing_key.as_str(), &delivery.data);
}
