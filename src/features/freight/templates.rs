//! The templates that checkout uses, in memory.
//! - F1 What is used is what the database has at the moment of the quote: the caller reads each template's version with the prices, and one
//!   whose version here is another is read anew in the same transaction. Nobody has to be told of changes.

use std::collections::HashMap;
use std::sync::Arc;

use mallcore_actors::ids::FreightTemplateId;
use mallcore_actors::pricing::freight::Template;
use mallcore_actors::time::Timestamp;
use parking_lot::Mutex;

use super::repository;
use crate::platform::database::{Error, Tx};

/// More templates than this are not kept: all are read anew then. A shop has a handful.
const KEPT_MAX: usize = 1_000;

/// Templates by id, each with the version that it was read with.
#[derive(Default)]
pub struct Templates(Mutex<HashMap<FreightTemplateId, (Timestamp, Arc<Template>)>>);

impl Templates {
    /// These templates in these versions, which the caller has read in this transaction. One that cannot be reckoned with is left out, and
    /// logged: who needs it is told that freight is not known.
    ///
    /// # Errors
    /// That of the database.
    pub async fn read(
        &self,
        tx: &mut Tx,
        wanted: &HashMap<FreightTemplateId, Timestamp>,
    ) -> Result<HashMap<FreightTemplateId, Arc<Template>>, Error> {
        let (mut found, mut missing) = (HashMap::with_capacity(wanted.len()), Vec::new());
        {
            let kept = self.0.lock();
            for (id, version) in wanted {
                match kept.get(id) {
                    Some((read, template)) if read == version => drop(found.insert(*id, Arc::clone(template))),
                    _ => missing.push(*id),
                }
            }
        }
        if missing.is_empty() {
            return Ok(found);
        }
        let drafts = repository::drafts(tx, &missing).await?;
        let mut kept = self.0.lock();
        if kept.len() + drafts.len() > KEPT_MAX {
            kept.clear();
        }
        for (id, draft) in drafts {
            match draft.template(id) {
                Ok(template) => {
                    let template = Arc::new(template);
                    if let Some(version) = wanted.get(&id) {
                        kept.insert(id, (*version, Arc::clone(&template)));
                    }
                    found.insert(id, template);
                }
                Err(bad) => tracing::error!(template = id.get(), %bad, "a freight template cannot be used; edit it"),
            }
        }
        Ok(found)
    }
}
