//! The templates in use, in memory.
//! - F1 A template that was edited counts from the moment when this process hears of it from the outbox, as a price does. Whatever it may have
//!   missed, such as a database that was put back, it has after [`LOOK`].

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use mallcore_actors::ids::FreightTemplateId;
use mallcore_actors::pricing::freight::Template;
use mallcore_actors::time::Timestamp;

use super::Draft;
use super::repository::{self, Versions};
use crate::platform::backoff::Backoff;
use crate::platform::database::Error;
use crate::platform::outbox::ports::Failure;
use crate::platform::reads::{ANSWER_WITHIN, Reads};

/// How often all of them are read anew. A shop has a handful.
const LOOK: Duration = Duration::from_secs(30);

/// A template in use, and which of its versions it is.
#[derive(Debug, Clone)]
pub struct Versioned {
    /// When it was edited last; grows with each edit.
    pub version: Timestamp,
    /// None for one that cannot be reckoned with: who needs it is told that freight is not known.
    pub template: Option<Arc<Template>>,
}

/// Templates by id.
pub type ById = HashMap<FreightTemplateId, Versioned>;

/// The templates in use; cheap to clone.
#[derive(Clone, Default)]
pub struct Templates {
    /// None until they were read for the first time.
    current: Arc<ArcSwapOption<ById>>,
    /// One reading after another: what was read first is never published last.
    turn: Arc<tokio::sync::Mutex<()>>,
}

impl Templates {
    /// A template in use; none if there is no such template, or nobody knows yet.
    pub fn find(&self, id: FreightTemplateId) -> Option<Versioned> {
        self.current.load().as_ref()?.get(&id).cloned()
    }

    async fn read(&self, reads: &Reads) -> Result<(), Error> {
        let _turn = self.turn.lock().await;
        let drafts = reads.ask(ANSWER_WITHIN, async |database| {
            let mut tx = database.snapshot().await?;
            let drafts = repository::in_use(&mut tx).await?;
            tx.commit().await?;
            Ok(drafts)
        });
        self.current.store(Some(Arc::new(usable(drafts.await?))));
        Ok(())
    }

    /// Reads them anew, because one of them was changed.
    pub(super) async fn renew(self, reads: Arc<Reads>) -> Result<(), Failure> {
        match self.read(&reads).await {
            Err(cause) if cause.is_transient() => Err(Failure::Away(cause.to_string())),
            // Asking again would not help, and would hold up what others have changed.
            Err(cause) => {
                tracing::error!("changed freight templates cannot be read and stay as they were: {cause}");
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    /// Reads them now and again until the task is dropped. Without a database they stay as they were.
    pub(super) async fn keep(self, reads: Arc<Reads>) {
        const FIRST: Duration = Duration::from_millis(100);
        let mut backoff = Backoff::between(FIRST, LOOK);
        loop {
            match self.read(&reads).await {
                Ok(()) => {
                    backoff = Backoff::between(FIRST, LOOK);
                    tokio::time::sleep(LOOK).await;
                }
                Err(cause) => {
                    let pause = backoff.next_pause();
                    tracing::warn!("freight templates cannot be read; they are tried again in {pause:?}: {cause}");
                    tokio::time::sleep(pause).await;
                }
            }
        }
    }
}

/// What can be reckoned with of these; the others are logged.
pub fn usable(drafts: Versions) -> ById {
    let versioned = |(id, (version, draft)): (FreightTemplateId, (Timestamp, Draft))| {
        let template = draft.template(id);
        let template = template.inspect_err(|bad| tracing::error!(template = id.get(), %bad, "a freight template cannot be used; edit it"));
        (id, Versioned { version, template: template.ok().map(Arc::new) })
    };
    drafts.into_iter().map(versioned).collect()
}
