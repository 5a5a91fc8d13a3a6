//! What the broker does for our account: is the exchange ours, may we declare it and publish to it, does it take messages at all.
//! Each question is one that changes nothing, whatever its answer.

use futures_util::StreamExt;
use lapin::options::{BasicPublishOptions, ExchangeDeclareOptions, ExchangeUnbindOptions};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Channel, Connection, Error, ErrorKind, Event, ExchangeKind};
use tokio::time::timeout;

use super::Finding;
use super::broker::PART;
use super::net::{WITHIN, told};

/// Reply codes of AMQP.
const ACCESS_REFUSED: u16 = 403;
const NOT_FOUND: u16 = 404;
const PRECONDITION_FAILED: u16 = 406;
/// Where nothing is: neither an exchange nor a queue has this name.
const NOWHERE: &str = "mallcore.doctor.nowhere";

/// Who asks, and about which exchange.
pub(super) struct Account<'a> {
    pub vhost: &'a str,
    pub username: &'a str,
    pub exchange: &'a str,
}

/// What the broker said to a question.
enum Said {
    Yes,
    No(u16, String),
    Nothing(String),
}

impl Account<'_> {
    pub async fn check(&self, connection: &Connection) -> Vec<Finding> {
        let mut findings = Vec::new();
        findings.extend(self.exchange(connection).await);
        findings.extend(self.may_write(connection).await);
        findings.push(self.alarm(connection).await);
        findings
    }

    async fn exchange(&self, connection: &Connection) -> Vec<Finding> {
        match self.declared(connection, true).await {
            Said::Yes => {}
            Said::No(NOT_FOUND, _) => {
                let remedy = "the shop declares it when it starts; if it was there before, somebody has deleted it and its bindings: bind the \
                     queues of its consumers again";
                return vec![Finding::warn(PART, "exchange", format!("there is no {}", self.exchange), remedy)];
            }
            Said::No(_, seen) | Said::Nothing(seen) => return vec![Finding::fail(PART, "exchange", seen, "see its log")],
        }
        // It is there, so that declaring it compares, and declares nothing.
        match self.declared(connection, false).await {
            Said::Yes => vec![
                Finding::pass(PART, "exchange", format!("{}, durable, topic", self.exchange)),
                Finding::pass(PART, "may declare", "yes"),
            ],
            Said::No(PRECONDITION_FAILED, seen) => {
                let remedy = format!(
                    "it has to be a durable topic exchange, neither internal nor auto-delete: delete the one that is there (in the management \
                     console) or set RABBITMQ_EXCHANGE to another name than {}",
                    self.exchange
                );
                vec![Finding::fail(PART, "exchange", seen, remedy)]
            }
            Said::No(ACCESS_REFUSED, seen) => vec![Finding::fail(PART, "may declare", seen, self.rights())],
            Said::No(_, seen) | Said::Nothing(seen) => vec![Finding::fail(PART, "exchange", seen, "see its log")],
        }
    }

    async fn declared(&self, connection: &Connection, passive: bool) -> Said {
        let options = ExchangeDeclareOptions { passive, durable: true, ..ExchangeDeclareOptions::default() };
        ask(connection, async |channel| {
            channel.exchange_declare(self.exchange.into(), ExchangeKind::Topic, options, FieldTable::default()).await
        })
        .await
    }

    /// Removing a binding that is not there is refused to whoever may not write to its destination, and is nothing otherwise.
    async fn may_write(&self, connection: &Connection) -> Option<Finding> {
        let options = ExchangeUnbindOptions::default();
        let said = ask(connection, async |channel| {
            channel.exchange_unbind(self.exchange.into(), NOWHERE.into(), NOWHERE.into(), options, FieldTable::default()).await
        })
        .await;
        match said {
            // Refused for the other end of that binding: ours was looked at before.
            Said::No(ACCESS_REFUSED, seen) if seen.contains(&format!("'{}'", self.exchange)) => {
                Some(Finding::fail(PART, "may publish", seen, self.rights()))
            }
            Said::Yes | Said::No(ACCESS_REFUSED | NOT_FOUND, _) => Some(Finding::pass(PART, "may publish", "yes")),
            Said::No(_, seen) | Said::Nothing(seen) => Some(Finding::fail(PART, "may publish", seen, "see its log")),
        }
    }

    fn rights(&self) -> String {
        let pattern = format!("^{}$", self.exchange.replace('.', "\\."));
        format!("rabbitmqctl set_permissions -p '{}' '{}' '{pattern}' '{pattern}' '' (configure, write, read)", self.vhost, self.username)
    }

    /// A broker with an alarm says so at the first message, and reads nothing that comes after. The message goes nowhere.
    async fn alarm(&self, connection: &Connection) -> Finding {
        let mut events = Box::pin(connection.events_listener());
        let blocked = async {
            loop {
                match events.next().await {
                    Some(Event::ConnectionBlocked(reason)) => return reason,
                    Some(_) => {}
                    None => std::future::pending().await,
                }
            }
        };
        let read_on = async {
            let channel = connection.create_channel().await?;
            let (options, properties) = (BasicPublishOptions::default(), BasicProperties::default());
            // It is not waited for: whoever may not write to the default exchange has this channel closed.
            let _ = channel.basic_publish("".into(), NOWHERE.into(), options, &[], properties).await;
            connection.create_channel().await.map(drop)
        };
        let remedy = "free memory or disk on the broker's machine, or raise vm_memory_high_watermark or lower disk_free_limit (rabbitmqctl \
             status names the alarm); events wait in the journal until then, and sales go on";
        let asked = async {
            tokio::select! {
                biased;
                reason = blocked => Finding::fail(PART, "alarm", reason, remedy),
                answer = read_on => match answer {
                    Ok(()) => Finding::pass(PART, "alarm", "none"),
                    Err(error) => Finding::fail(PART, "alarm", told(&error), "see its log"),
                },
            }
        };
        timeout(WITHIN, asked).await.unwrap_or_else(|_| Finding::fail(PART, "alarm", "it takes no message, and does not say why", remedy))
    }
}

/// Asks on a channel of its own, since a refusal closes it.
async fn ask(connection: &Connection, question: impl AsyncFnOnce(Channel) -> Result<(), Error>) -> Said {
    let asked = async {
        let channel = connection.create_channel().await?;
        question(channel).await
    };
    match timeout(WITHIN, asked).await {
        Ok(Ok(())) => Said::Yes,
        Ok(Err(error)) => match error.kind() {
            ErrorKind::ProtocolError(answer) => Said::No(answer.get_id(), told(&error)),
            _ => Said::Nothing(told(&error)),
        },
        Err(_) => Said::Nothing("no answer in time".to_owned()),
    }
}
