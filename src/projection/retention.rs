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
pub struct Seat {
    retention: Arc<Retention>,
    place: usize,
}

/// As [`seats`], where the number is only known at run time.
pub fn seats_for(journal: &Arc<dyn Journal>, projections: usize) -> Vec<Seat> {
    let retention = Arc::new(Retention { journal: Arc::clone(journal), reached: Mutex::new(vec![Sequence::ZERO; projections]) });
    (0..projections).map(|place| Seat { retention: Arc::clone(&retention), place }).collect()
}

/// Seats for so many projections. All of them are made at once, before any of them runs: nobody is forgotten, nobody comes late.
pub fn seats<const PROJECTIONS: usize>(journal: &Arc<dyn Journal>) -> [Seat; PROJECTIONS] {
    let retention = Arc::new(Retention { journal: Arc::clone(journal), reached: Mutex::new(vec![Sequence::ZERO; PROJECTIONS]) });
    std::array::from_fn(|place| Seat { retention: Arc::clone(&retention), place })
}

impl Seat {
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

impl std::fmt::Debug for Seat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Seat").field("place", &self.place).finish_non_exhaustive()
    }
}
