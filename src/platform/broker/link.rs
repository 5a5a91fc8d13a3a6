//! One connection with one channel in confirm mode. It does not mend itself: when it breaks, whoever owns it opens another, because a
//! recovery inside the library may hang, and would send what it holds in an order of its own.
//! - L1 Messages are sent in the order given, many before the first confirm; what is confirmed is counted from the first on, without a gap.
//! - L2 Nothing waits for ever: connecting and each confirm have their time. Only a broker that says that it is blocked is waited for as long
//!   as it lives: it has what was sent, and would take a repeat of it over another connection as well.
//! - L3 Dropping it ends its threads and sockets at once, whatever they wait for: it has a runtime of its own, which ends with it.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::str::FromStr;
use std::task::Poll;
use std::time::Duration;

use futures_util::StreamExt;
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions, ExchangeDeclareOptions};
use lapin::types::FieldTable;
use lapin::uri::{AMQPAuthority, AMQPScheme, AMQPUri, AMQPUserInfo};
use lapin::{Channel, Connection, ConnectionBuilder, ConnectionProperties, ErrorKind, Event, ExchangeKind, PublisherConfirm};
use tokio::runtime::Runtime;
use tokio::time::timeout;

use super::returns::Returns;
use super::status::Status;
use super::{Outgoing, Target, metrics};
use crate::platform::config::BrokerUrl;

/// For connecting, the log-in and the exchange together.
const OPEN_WITHIN: Duration = Duration::from_secs(10);
/// For the next confirm, while the broker has no alarm.
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
    /// The URL cannot be read; the text repeats no part of it.
    #[error("the broker's URL {0}")]
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
const LASTING: [u16; 5] = [402, 403, NOT_FOUND, 406, 530];
const NOT_FOUND: u16 = 404;

fn is_refusal(cause: &lapin::Error) -> bool {
    match cause.kind() {
        ErrorKind::ProtocolError(error) => LASTING.contains(&error.get_id()),
        ErrorKind::InvalidProtocolVersion(_) | ErrorKind::AuthProviderError(_) => true,
        _ => false,
    }
}

/// What became of messages that were sent together.
#[derive(Debug)]
pub(super) struct Sent {
    /// For each from the first on that was answered: whether all its queues have it. `false`: one has refused it.
    pub taken: Vec<bool>,
    /// Why the rest was not answered; the link is of no use then.
    pub broken: Option<LinkError>,
}

impl Sent {
    /// How many were refused.
    pub fn refused(&self) -> usize {
        self.taken.iter().filter(|taken| !**taken).count()
    }
}

/// The connection. Not closed politely unless [`Link::close`] is called.
pub(super) struct Link {
    channel: Channel,
    connection: Connection,
    exchange: String,
    publisher: &'static str,
    status: Status,
    /// Last field: what the others leave behind ends with it.
    _threads: Threads,
}

/// The runtime on which the library's tasks and sockets live.
pub(super) struct Threads(Option<Runtime>);

impl Threads {
    /// Notes when the broker blocks the connection and when it goes on. It says so at the first message that it does not take.
    fn watch_alarms(&self, connection: &Connection, status: &Status, publisher: &'static str) {
        let (mut events, status) = (Box::pin(connection.events_listener()), status.clone());
        let watch = async move {
            while let Some(event) = events.next().await {
                match event {
                    Event::ConnectionBlocked(reason) => status.blocked(publisher, Some(reason)),
                    Event::ConnectionUnblocked => status.blocked(publisher, None),
                    _ => {}
                }
            }
        };
        // There until it is dropped; the task ends with it.
        if let Some(runtime) = &self.0 {
            drop(runtime.spawn(watch));
        }
    }
}

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
        let status = target.status.clone();
        threads.watch_alarms(&connection, &status, publisher);
        let set_up = async {
            // Asked for first: whoever declares what was deleted does not notice that it was, nor that its bindings are gone.
            let is_lost = status.has_seen_exchange() && !exists(&connection, &target.exchange).await?;
            let channel = connection.create_channel().await.map_err(LinkError::of("open a channel"))?;
            declare(&channel, &target.exchange).await?;
            if is_lost {
                status.declared_anew(publisher, &target.exchange);
            }
            status.saw_exchange();
            channel.confirm_select(ConfirmSelectOptions::default()).await.map_err(LinkError::of("confirm what it takes"))?;
            Ok(channel)
        };
        let channel = within(OPEN_WITHIN, "declare the exchange", set_up).await?;
        metrics::CONNECTED.with(&[(metrics::PUBLISHER, publisher)]).set(1.0);
        Ok(Self { channel, connection, exchange: target.exchange.clone(), publisher, status, _threads: threads })
    }

    /// Whether the connection is there as far as anybody knows.
    pub fn is_open(&self) -> bool {
        self.connection.status().connected() && self.channel.status().connected()
    }

    /// Sends all of them, then waits for the answer to each.
    pub async fn publish(&self, messages: &[Outgoing], returns: &mut Returns) -> Sent {
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
        let (sent, returned) = self.answers(sent, returns).await;
        let (refused, taken) = (sent.refused(), sent.taken.len() - sent.refused());
        metrics::PUBLISHED.with(&[(metrics::PUBLISHER, self.publisher)]).increment(taken as u64);
        metrics::NACKED.with(&[(metrics::PUBLISHER, self.publisher)]).increment(refused as u64);
        if taken > returned {
            self.status.routed();
        }
        sent
    }

    /// What became of each, and how many of them came back because no queue is bound for them.
    async fn answers(&self, sent: Vec<impl Future<Output = lapin::Result<PublisherConfirm>>>, returns: &mut Returns) -> (Sent, usize) {
        let (mut taken, mut returned) = (Vec::with_capacity(sent.len()), 0);
        for sending in sent {
            let confirm = async { sending.await.map_err(LinkError::of("publish"))?.await.map_err(LinkError::of("confirm a message")) };
            match self.while_blocked_or_within(CONFIRM_WITHIN, confirm).await {
                Err(error) => return (Sent { taken, broken: Some(error) }, returned),
                Ok(confirmation) => {
                    taken.push(!confirmation.is_nack());
                    // The library may hand it out with another message's confirm; it says itself what it is.
                    if let Some(message) = confirmation.take_message() {
                        returned += 1;
                        returns.note(&message);
                    }
                }
            }
        }
        (Sent { taken, broken: None }, returned)
    }

    async fn while_blocked_or_within<T>(&self, time: Duration, work: impl Future<Output = Result<T, LinkError>>) -> Result<T, LinkError> {
        let mut work = pin!(work);
        loop {
            match timeout(time, work.as_mut()).await {
                Ok(outcome) => return outcome,
                Err(_) if self.connection.status().blocked() => {}
                Err(_) => return Err(LinkError::Silent("confirm a message")),
            }
        }
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
        self.status.blocked(self.publisher, None);
    }
}

/// Whether the exchange is there; nothing is declared.
async fn exists(connection: &Connection, exchange: &str) -> Result<bool, LinkError> {
    // A channel of its own: the broker closes it when there is none.
    let channel = connection.create_channel().await.map_err(LinkError::of("open a channel"))?;
    let passive = ExchangeDeclareOptions { passive: true, ..ExchangeDeclareOptions::default() };
    match channel.exchange_declare(exchange.into(), ExchangeKind::Topic, passive, FieldTable::default()).await {
        Ok(()) => {
            // Whether it is heard makes no difference.
            let _ = channel.close(200, "seen".into()).await;
            Ok(true)
        }
        Err(cause) if matches!(cause.kind(), ErrorKind::ProtocolError(error) if error.get_id() == NOT_FOUND) => Ok(false),
        Err(cause) => Err(LinkError::of("look for the exchange")(cause)),
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
    let mut uri = BrokerUrl::parse(&target.url).map_err(str::to_owned).and_then(|url| uri(&url)).map_err(LinkError::Url)?;
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

/// As the library wants it, or what is wrong with the settings behind the question mark.
pub(crate) fn uri(url: &BrokerUrl) -> Result<AMQPUri, String> {
    // The library reads those settings and nothing else: it takes an IPv6 address for no host, and repeats the text in its faults.
    let settings = AMQPUri::from_str(&format!("amqp://settings/%2f?{}", url.query));
    let query = settings.map_err(|fault| format!("has a setting behind its ? that cannot be read: {fault}"))?.query;
    let userinfo = AMQPUserInfo { username: url.username.clone(), password: url.password.expose().to_owned() };
    let authority = AMQPAuthority { userinfo, host: url.host.clone(), port: url.port };
    let scheme = if url.tls { AMQPScheme::AMQPS } else { AMQPScheme::AMQP };
    Ok(AMQPUri { scheme, authority, vhost: url.vhost.clone(), query })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::config::Secret;

    fn read(url: &str) -> Result<AMQPUri, String> {
        uri(&BrokerUrl::parse(&Secret::new(url)).unwrap())
    }

    #[test]
    fn the_library_gets_each_part_as_it_was_meant() {
        let uri = read("amqps://mall:p%2Fw@[fd00::1]/a%2Fb?heartbeat=5").unwrap();
        let AMQPAuthority { userinfo, host, port } = uri.authority;
        assert_eq!((userinfo.username.as_str(), userinfo.password.as_str()), ("mall", "p/w"));
        assert_eq!((host.as_str(), port, uri.vhost.as_str(), uri.scheme), ("fd00::1", 5671, "a/b", AMQPScheme::AMQPS));
        assert_eq!(uri.query.heartbeat, Some(5));
    }

    #[test]
    fn a_setting_that_cannot_be_read_is_told_without_the_password() {
        let fault = read("amqp://mall:hunter2@mq/%2f?heartbeat=often").unwrap_err();
        assert!(fault.contains("behind its ?") && !fault.contains("hunter2"), "{fault}");
    }
}
