//! What the journal may let go of: what every projection has, and no more. The one place that releases records.

use std::sync::Arc;

use mallcore_actors::journal::{Journal, Sequence};
use parking_lot::Mutex;

/// How far each projection has come.
struct Retention {
    journal: Arc<dyn Journal>,
    reached: Mutex<Vec<Sequence>>,
}

/// One projection's say.
pub struct Registration {
    retention: Arc<Retention>,
    place: usize,
}

/// As [`registrations`], where the number is only known at run time.
pub fn registrations_for(journal: &Arc<dyn Journal>, projections: usize) -> Vec<Registration> {
    let retention = Arc::new(Retention { journal: Arc::clone(journal), reached: Mutex::new(vec![Sequence::ZERO; projections]) });
    (0..projections).map(|place| Registration { retention: Arc::clone(&retention), place }).collect()
}

/// Registrations for so many projections. All of them are made at once, before any of them runs: nobody is forgotten, nobody comes late.
pub fn registrations<const PROJECTIONS: usize>(journal: &Arc<dyn Journal>) -> [Registration; PROJECTIONS] {
    let retention = Arc::new(Retention { journal: Arc::clone(journal), reached: Mutex::new(vec![Sequence::ZERO; PROJECTIONS]) });
    std::array::from_fn(|place| Registration { retention: Arc::clone(&retention), place })
}

impl Registration {
    /// This projection has stored, beyond any crash, that it needs nothing up to this record any more.
    pub fn reached(&self, through: Sequence) {
        let slowest = {
            let mut reached = self.retention.reached.lock();
            reached[self.place] = through;
            reached.iter().copied().min()
        };
        if let Some(slowest) = slowest.filter(|slowest| *slowest > Sequence::ZERO) {
            self.retention.journal.release(slowest);
        }
    }
}

impl std::fmt::Debug for Registration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registration").field("place", &self.place).finish_non_exhaustive()
    }
}
