//! Publishes single messages for whoever has some, over one connection on a thread of its own. Each caller waits for the broker's confirm.
//! - P1 `Ok` means confirmed. Anything else means that it may be there or not: publish it again under the same id.
//! - P2 At most so many wait; a broker that is away is asked again with growing pauses, however many ask. A message that a full queue refuses
//!   holds up no other: when it is published again is its caller's to say.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::{mpsc, oneshot};
use tracing::{info, warn};

use super::link::{Link, LinkError, Sent};
use super::returns::Returns;
use super::{Outgoing, Target, metrics};
use crate::platform::backoff::Backoff;

/// Messages that wait, or are on their way together.
const WAITING_MAX: usize = 256;

/// Why a message is not known to be published.
#[derive(Debug, Clone, thiserror::Error)]
pub enum PublishError {
    /// The broker is away, or was before it confirmed; later may help.
    #[error("the broker is not available: {0}")]
    Unavailable(Arc<str>),
    /// The broker does not want to; a person has to act.
    #[error("the broker refuses: {0}")]
    Refused(Arc<str>),
    /// A queue that it goes to is full and refuses it; others may have it. Later may help.
    #[error("a full queue refuses the message (overflow=reject-publish)")]
    Full,
    /// The publisher's thread has ended.
    #[error("the publisher has stopped")]
    Stopped,
}

impl From<&LinkError> for PublishError {
    fn from(error: &LinkError) -> Self {
        let reason = crate::platform::error_chain::of(error).into();
        if error.is_lasting() { Self::Refused(reason) } else { Self::Unavailable(reason) }
    }
}

struct Job {
    message: Outgoing,
    done: oneshot::Sender<Result<(), PublishError>>,
}

/// Publishes messages; cheap to clone. Its thread ends with the last clone.
#[derive(Debug, Clone)]
pub struct Publisher {
    jobs: mpsc::Sender<Job>,
}

impl Publisher {
    /// Starts the thread; connects when the first message comes. `name` tells its metrics and connection from others'.
    pub fn spawn(target: Target, name: &'static str) -> std::io::Result<Self> {
        let (jobs, waiting) = mpsc::channel(WAITING_MAX);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        std::thread::Builder::new().name(format!("publish-{name}")).spawn(move || {
            let mut worker = Worker { target, name, link: None, returns: Returns::of(name), backoff: Backoff::default(), not_before: None };
            runtime.block_on(worker.run(waiting));
        })?;
        Ok(Self { jobs })
    }

    /// Publishes one message and waits for the confirm. Messages of one caller that awaits each are in order.
    pub async fn publish(&self, message: &Outgoing) -> Result<(), PublishError> {
        let (done, outcome) = oneshot::channel();
        self.jobs.send(Job { message: message.clone(), done }).await.map_err(|_| PublishError::Stopped)?;
        outcome.await.unwrap_or(Err(PublishError::Stopped))
    }
}

struct Worker {
    target: Target,
    name: &'static str,
    link: Option<Link>,
    returns: Returns,
    backoff: Backoff,
    /// Nothing is sent before this.
    not_before: Option<Instant>,
}

impl Worker {
    async fn run(&mut self, mut waiting: mpsc::Receiver<Job>) {
        let mut jobs = Vec::with_capacity(WAITING_MAX);
        while waiting.recv_many(&mut jobs, WAITING_MAX).await > 0 {
            // A caller that has gone away asks again under the same id, if it still wants to: what it asked for then is not sent twice.
            let wanted = jobs.drain(..).filter(|job| !job.done.is_closed());
            let (messages, callers): (Vec<_>, Vec<_>) = wanted.map(|job| (job.message, job.done)).unzip();
            if messages.is_empty() {
                continue;
            }
            for (caller, outcome) in callers.into_iter().zip(self.publish(&messages).await) {
                drop(caller.send(outcome));
            }
        }
        if let Some(link) = self.link.take() {
            link.close().await;
        }
    }

    /// What became of each.
    async fn publish(&mut self, messages: &[Outgoing]) -> Vec<Result<(), PublishError>> {
        if let Some(not_before) = self.not_before {
            tokio::time::sleep_until(not_before.into()).await;
        }
        let link = match self.link.take().filter(Link::is_open) {
            Some(link) => link,
            None => match self.connect().await {
                Ok(link) => link,
                Err(error) => return vec![Err(error); messages.len()],
            },
        };
        let Sent { taken, broken } = link.publish(messages, &mut self.returns).await;
        let mut outcomes: Vec<_> = taken.iter().map(|taken| if *taken { Ok(()) } else { Err(PublishError::Full) }).collect();
        match broken {
            Some(error) => outcomes.resize(messages.len(), Err(self.failed(&error))),
            None => {
                self.link = Some(link);
                (self.backoff, self.not_before) = (Backoff::default(), None);
            }
        }
        outcomes
    }

    async fn connect(&mut self) -> Result<Link, PublishError> {
        let link = Link::open(&self.target, self.name).await.map_err(|error| self.failed(&error))?;
        info!(publisher = self.name, "connected to the broker");
        Ok(link)
    }

    fn failed(&mut self, error: &LinkError) -> PublishError {
        metrics::FAILURES.with(&[(metrics::PUBLISHER, self.name)]).increment(1);
        let failure = PublishError::from(error);
        if self.not_before.is_none() {
            warn!(publisher = self.name, "not published: {failure}");
        }
        self.rest();
        failure
    }

    fn rest(&mut self) {
        self.not_before = Some(Instant::now() + self.backoff.next_pause());
    }
}
