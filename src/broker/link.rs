//! One connection with one channel in confirm mode. It does not mend itself: when it breaks, whoever owns it opens another, because a
//! recovery inside the library may hang, and would send what it holds in an order of its own.
//! - L1 Messages are sent in the order given, many before the first confirm; what is confirmed is counted from the first on, without a gap.
//! - L2 Nothing waits for ever: connecting and each confirm have their time.
//! - L3 Dropping it ends its threads and sockets at once, whatever they wait for: it has a runtime of its own, which ends with it.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::str::FromStr;
use std::task::Poll;
use std::time::Duration;

use lapin::options::{BasicPublishOptions, ConfirmSelectOptions, ExchangeDeclareOptions};
use lapin::types::FieldTable;
use lapin::uri::AMQPUri;
use lapin::{Channel, Connection, ConnectionBuilder, ConnectionProperties, ErrorKind, ExchangeKind, PublisherConfirm};
use tokio::runtime::Runtime;
use tokio::time::timeout;

use super::returns::Returns;
use super::{Outgoing, Target, metrics};

/// For connecting, the log-in and the exchange together.
const OPEN_WITHIN: Duration = Duration::from_secs(10);
/// For the next confirm. A broker that is short of memory or disk stops reading, and confirms nothing meanwhile.
const CONFIRM_WITHIN: Duration = Duration::from_secs(30);
const CLOSE_WITHIN: Duration = Duration::from_secs(1);
/// Seconds between signs of life, unless the URL says otherwise.
const HEARTBEAT: u16 = 10;

/// Why the broker did not take something.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// It did not answer in time.
    #[error("the broker did not {0} in time")]
    Silent(&'static str),
    /// It cannot be reached, or the connection broke.
    #[error("failed to {what}")]
    Broken {
        /// What was attempted.
        what: &'static str,
        /// Why it failed.
        #[source]
        cause: lapin::Error,
    },
    /// It answers, and does not want to: log-in, permissions, an exchange of another kind. A person has to act there.
    #[error("the broker refuses to {what}")]
    Refused {
        /// What was attempted.
        what: &'static str,
        /// Why it refuses.
        #[source]
        cause: lapin::Error,
    },
    /// It could not store a message that it had received.
    #[error("the broker could not take message {0}")]
    NotTaken(String),
    /// The URL cannot be read.
    #[error("the broker's URL cannot be read: {0}")]
    Url(String),
    /// No threads for it.
    #[error("failed to start the connection's threads")]
    Threads(#[source] std::io::Error),
}

impl LinkError {
    /// Whether waiting does not help: a person has to act.
    pub const fn is_lasting(&self) -> bool {
        matches!(self, Self::Refused { .. } | Self::Url(_))
    }

    pub(super) fn of(what: &'static str) -> impl Fn(lapin::Error) -> Self {
        move |cause| if is_refusal(&cause) { Self::Refused { what, cause } } else { Self::Broken { what, cause } }
    }
}

/// Reply codes of AMQP by which a broker says that asking again will not help: invalid path, access refused, not found, precondition failed,
/// not allowed.
const LASTING: [u16; 5] = [402, 403, 404, 406, 530];

fn is_refusal(cause: &lapin::Error) -> bool {
    match cause.kind() {
        ErrorKind::ProtocolError(error) => LASTING.contains(&error.get_id()),
        ErrorKind::InvalidProtocolVersion(_) | ErrorKind::AuthProviderError(_) => true,
        _ => false,
    }
}

/// The connection. Not closed politely unless [`Link::close`] is called.
pub(super) struct Link {
    channel: Channel,
    connection: Connection,
    exchange: String,
    publisher: &'static str,
    /// Last field: what the others leave behind ends with it.
    _threads: Threads,
}

/// The runtime on which the library's tasks and sockets live.
pub(super) struct Threads(Option<Runtime>);

impl Drop for Threads {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl Link {
    /// Connects, declares the exchange and asks for confirms.
    pub async fn open(target: &Target, publisher: &'static str) -> Result<Self, LinkError> {
        let (connection, threads) = connect(target, publisher).await?;
        let set_up = async {
            let channel = connection.create_channel().await.map_err(LinkError::of("open a channel"))?;
            declare(&channel, &target.exchange).await?;
            channel.confirm_select(ConfirmSelectOptions::default()).await.map_err(LinkError::of("confirm what it takes"))?;
            Ok(channel)
        };
        let channel = within(OPEN_WITHIN, "declare the exchange", set_up).await?;
        metrics::CONNECTED.with(&[(metrics::PUBLISHER, publisher)]).set(1.0);
        Ok(Self { channel, connection, exchange: target.exchange.clone(), publisher, _threads: threads })
    }

    /// Whether the connection is there as far as anybody knows.
    pub fn is_open(&self) -> bool {
        self.connection.status().connected() && self.channel.status().connected()
    }

    /// Sends all of them, then waits for their confirms. Says how many from the first on are confirmed; after an error the link is of no use.
    pub async fn publish(&self, messages: &[Outgoing], returns: &mut Returns) -> (usize, Result<(), LinkError>) {
        let mut sent = Vec::with_capacity(messages.len());
        for message in messages {
            let mut sending = Box::pin(self.channel.basic_publish(
                self.exchange.as_str().into(),
                message.kind.as_ref().into(),
                BasicPublishOptions { mandatory: true, immediate: false },
                &message.body,
                message.properties(),
            ));
            // The first poll takes the message's place in the channel's order; whether it is on the wire is awaited below.
            let polled = poll_fn(|context| Poll::Ready(sending.as_mut().poll(context))).await;
            sent.push(async move {
                match polled {
                    Poll::Ready(sent) => sent,
                    Poll::Pending => sending.await,
                }
            });
        }
        let (confirmed, outcome) = self.confirmed(messages, sent, returns).await;
        metrics::PUBLISHED.with(&[(metrics::PUBLISHER, self.publisher)]).increment(confirmed as u64);
        (confirmed, outcome)
    }

    async fn confirmed(
        &self,
        messages: &[Outgoing],
        sent: Vec<impl Future<Output = lapin::Result<PublisherConfirm>>>,
        returns: &mut Returns,
    ) -> (usize, Result<(), LinkError>) {
        let mut confirmed = 0;
        for (message, sending) in messages.iter().zip(sent) {
            let confirm = async { sending.await.map_err(LinkError::of("publish"))?.await.map_err(LinkError::of("confirm a message")) };
            match within(CONFIRM_WITHIN, "confirm a message", confirm).await {
                Err(error) => return (confirmed, Err(error)),
                Ok(confirmation) if confirmation.is_nack() => return (confirmed, Err(LinkError::NotTaken(message.id.clone()))),
                Ok(confirmation) => {
                    confirmed += 1;
                    // The library may hand it out with another message's confirm; it says itself what it is.
                    if let Some(returned) = confirmation.take_message() {
                        returns.note(&returned);
                    }
                }
            }
        }
        (confirmed, Ok(()))
    }

    /// Says good-bye; the broker need not find out by itself.
    pub async fn close(self) {
        // A broker that does not answer finds out by itself.
        let _ = timeout(CLOSE_WITHIN, self.connection.close(200, "done".into())).await;
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        metrics::CONNECTED.with(&[(metrics::PUBLISHER, self.publisher)]).set(0.0);
    }
}

/// The exchange that everything goes to.
pub(super) async fn declare(channel: &Channel, exchange: &str) -> Result<(), LinkError> {
    let durable = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
    let declared = channel.exchange_declare(exchange.into(), ExchangeKind::Topic, durable, FieldTable::default()).await;
    declared.map_err(LinkError::of("declare the exchange"))
}

async fn within<T>(time: Duration, what: &'static str, work: impl Future<Output = Result<T, LinkError>>) -> Result<T, LinkError> {
    timeout(time, pin!(work)).await.unwrap_or(Err(LinkError::Silent(what)))
}

pub(super) async fn connect(target: &Target, publisher: &'static str) -> Result<(Connection, Threads), LinkError> {
    let mut uri = AMQPUri::from_str(target.url.expose()).map_err(LinkError::Url)?;
    uri.query.heartbeat.get_or_insert(HEARTBEAT);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).thread_name("broker-io").enable_all().build();
    let threads = Threads(Some(runtime.map_err(LinkError::Threads)?));
    let builder = {
        let _entered = threads.0.as_ref().map(Runtime::enter);
        let runtime = lapin::runtime::default_runtime().map_err(LinkError::of("start"))?;
        ConnectionBuilder::new_with_runtime(runtime)
    };
    let name = format!("mallcore {publisher}");
    let builder = builder.with_uri(uri).with_properties(ConnectionProperties::default().with_connection_name(name.into()));
    let connection = within(OPEN_WITHIN, "answer", async { builder.connect().await.map_err(LinkError::of("connect to the broker")) });
    Ok((connection.await?, threads))
}
