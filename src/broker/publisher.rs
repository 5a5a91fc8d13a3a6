//! Publishes single messages for whoever has some, over one connection on a thread of its own. Each caller waits for the broker's confirm.
//! - P1 `Ok` means confirmed. Anything else means that it may be there or not: publish it again under the same id.
//! - P2 At most so many wait; a broker that is away is asked again with growing pauses, however many ask.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};
use tracing::{info, warn};

use super::link::{Link, LinkError};
use super::returns::Returns;
use super::{Outgoing, Target, metrics};
use crate::backoff::Backoff;

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
    /// The publisher's thread has ended.
    #[error("the publisher has stopped")]
    Stopped,
}

impl From<&LinkError> for PublishError {
    fn from(error: &LinkError) -> Self {
        let story = crate::story::of(error).into();
        if error.is_lasting() { Self::Refused(story) } else { Self::Unavailable(story) }
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
    /// No other attempt to connect before this.
    not_before: Option<Instant>,
}

impl Worker {
    async fn run(&mut self, mut waiting: mpsc::Receiver<Job>) {
        let mut jobs = Vec::with_capacity(WAITING_MAX);
        while waiting.recv_many(&mut jobs, WAITING_MAX).await > 0 {
            let (messages, callers): (Vec<_>, Vec<_>) = jobs.drain(..).map(|job| (job.message, job.done)).unzip();
            let (confirmed, outcome) = self.publish(&messages).await;
            for (place, caller) in callers.into_iter().enumerate() {
                let outcome = if place < confirmed { Ok(()) } else { outcome.clone() };
                // A caller that has gone away asks again under the same id, if it still wants to know.
                drop(caller.send(outcome));
            }
        }
        if let Some(link) = self.link.take() {
            link.close().await;
        }
    }

    async fn publish(&mut self, messages: &[Outgoing]) -> (usize, Result<(), PublishError>) {
        let link = match self.link.take().filter(Link::is_open) {
            Some(link) => link,
            None => match self.connect().await {
                Ok(link) => link,
                Err(error) => return (0, Err(error)),
            },
        };
        let (confirmed, outcome) = link.publish(messages, &mut self.returns).await;
        match outcome {
            Ok(()) => {
                self.link = Some(link);
                (confirmed, Ok(()))
            }
            Err(error) => (confirmed, Err(self.failed(&error))),
        }
    }

    async fn connect(&mut self) -> Result<Link, PublishError> {
        if let Some(not_before) = self.not_before {
            tokio::time::sleep_until(not_before.into()).await;
        }
        let link = Link::open(&self.target, self.name).await.map_err(|error| self.failed(&error))?;
        info!(publisher = self.name, "connected to the broker");
        (self.backoff, self.not_before) = (Backoff::default(), None);
        Ok(link)
    }

    fn failed(&mut self, error: &LinkError) -> PublishError {
        metrics::FAILURES.with(&[(metrics::PUBLISHER, self.name)]).increment(1);
        let failure = PublishError::from(error);
        if self.not_before.is_none() {
            warn!(publisher = self.name, "not published: {failure}");
        }
        let pause: Duration = self.backoff.next_pause();
        self.not_before = Some(Instant::now() + pause);
        failure
    }
}
