//! The records that the database lacked when the process started, by the key of the aggregate that they are about: read once from the
//! journal, applied to each aggregate as it is loaded, dropped when the database has them.
//! - N1 A row that is older than what was dropped is never completed: its reader has to read a newer one.
//! - N2 A key stands once in the order in which keys are dropped, at its last record.

use std::collections::BTreeSet;

use hashbrown::HashMap;
use parking_lot::Mutex;

use super::aggregate::Aggregate;
use super::transaction::Committed;
use crate::journal::Sequence;

/// The unprojected tail of one kind of aggregate.
pub struct Tail<A: Aggregate>(Mutex<Kept<A>>);

struct Kept<A: Aggregate> {
    by_key: HashMap<A::Key, Vec<Committed>>,
    /// Each key once, by its last record here; one record may be about several keys.
    last: BTreeSet<(Sequence, A::Key)>,
    /// Records up to this one may have been dropped.
    dropped_through: Sequence,
}

impl<A: Aggregate> Default for Tail<A> {
    fn default() -> Self {
        Self(Mutex::new(Kept { by_key: HashMap::new(), last: BTreeSet::new(), dropped_through: Sequence::ZERO }))
    }
}

impl<A: Aggregate> Tail<A> {
    /// Takes a record in; records come in the journal's order.
    pub fn push(&self, key: A::Key, committed: Committed) {
        let mut kept = self.0.lock();
        let sequence = committed.sequence;
        let records = kept.by_key.entry(key).or_default();
        let before = records.last().map(|record| record.sequence);
        assert!(before < Some(sequence), "N2: record {sequence} of {key} follows record {before:?}");
        records.push(committed);
        if let Some(before) = before {
            let was_last = kept.last.remove(&(before, key));
            debug_assert!(was_last, "N2: {key} does not stand at its last record, {before}");
        }
        kept.last.insert((sequence, key));
    }

    /// The aggregate with every record of the tail above `checkpoint`, where its row stood. None: read a newer row.
    pub fn complete(&self, key: A::Key, found: Option<A>, checkpoint: Sequence) -> Option<Option<A>> {
        let kept = self.0.lock();
        if checkpoint < kept.dropped_through {
            return None;
        }
        let Some(records) = kept.by_key.get(&key) else { return Some(found) };
        let mut found = found.or_else(|| A::absent(key));
        if let Some(aggregate) = &mut found {
            records.iter().filter(|record| record.sequence > checkpoint).for_each(|record| aggregate.apply(record));
        }
        Some(found)
    }

    /// The database has every record up to this one.
    pub fn drop_through(&self, projected: Sequence) {
        let mut kept = self.0.lock();
        if kept.by_key.is_empty() {
            return;
        }
        while let Some((last, key)) = kept.last.first().copied()
            && last <= projected
        {
            kept.last.pop_first();
            let records = kept.by_key.remove(&key);
            assert!(records.is_some_and(|records| records.iter().all(|record| record.sequence <= projected)), "N2: {key} is dropped early");
            kept.dropped_through = last;
        }
        debug_assert_eq!(kept.last.len(), kept.by_key.len(), "N2: a key would never be dropped");
    }

    /// Records that it keeps.
    pub fn records(&self) -> usize {
        self.0.lock().by_key.values().map(Vec::len).sum()
    }
}

impl<A: Aggregate> std::fmt::Debug for Tail<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tail").field("kind", &A::NAME).field("records", &self.records()).finish()
    }
}
