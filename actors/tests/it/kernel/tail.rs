//! The unprojected tail: whatever is loaded and dropped in whatever order, a row is completed rightly or not at all (N1).

use mallcore_actors::facts::Record;
use mallcore_actors::journal::Sequence;
use mallcore_actors::kernel::{Committed, Tail};
use mallcore_actors::time::Timestamp;
use proptest::prelude::*;

use super::sum::{Sum, added, read};

fn committed(sequence: u64, key: u64, count: u32) -> Committed {
    Committed { sequence: Sequence(sequence), record: Record::system(Timestamp::default(), added(key, count)) }
}

/// What a database has of a key after the records up to `through`.
fn row(records: &[Committed], key: u64, through: Sequence) -> Sum {
    let mine = records.iter().filter(|committed| committed.sequence <= through).map(|committed| read(&committed.record.fact));
    Sum::of(key, mine.filter(|fact| fact.0 == key).map(|fact| u64::from(fact.1)).sum(), through)
}

proptest! {
    #[test]
    fn a_row_is_completed_rightly_or_not_at_all(
        facts in prop::collection::vec((1..5u64, 1..100u32), 1..40),
        steps in prop::collection::vec((any::<bool>(), 1..5u64, any::<prop::sample::Index>()), 1..40),
    ) {
        let records: Vec<Committed> = (1..).zip(facts).map(|(sequence, (key, count))| committed(sequence, key, count)).collect();
        let last = Sequence(records.len() as u64);
        let tail = Tail::default();
        records.iter().for_each(|record| tail.push(read(&record.record.fact).0, record.clone()));
        let mut projected = Sequence::ZERO;
        for (drops, key, place) in steps {
            let place = Sequence(place.index(records.len() + 1) as u64);
            if drops {
                projected = projected.max(place);
                tail.drop_through(projected);
                continue;
            }
            // A row may be read before more is projected, and arrive after that was dropped.
            let found = tail.complete(key, Some(row(&records, key, place)), place);
            prop_assert!(found.is_some() || place < projected, "a row of {place} is new enough: {projected} is projected");
            if let Some(found) = found {
                prop_assert_eq!(found.map(|sum| sum.total), Some(row(&records, key, last).total), "a row of {}", place);
            }
        }
        tail.drop_through(last);
        prop_assert_eq!(tail.records(), 0);
    }
}

#[test]
fn a_record_about_two_keys_is_dropped_for_both() {
    let tail: Tail<Sum> = Tail::default();
    for key in [1, 2] {
        tail.push(key, committed(1, key, 1));
    }
    tail.push(1, committed(2, 1, 1));
    tail.drop_through(Sequence(1));
    assert_eq!(tail.records(), 2, "key 2 has nothing above record 1");
    tail.drop_through(Sequence(2));
    assert_eq!(tail.records(), 0);
}

#[test]
fn a_row_older_than_what_was_dropped_has_to_be_read_again() {
    let tail = Tail::default();
    tail.push(1, committed(1, 1, 5));
    tail.push(1, committed(2, 1, 7));
    assert_eq!(tail.complete(1, Some(Sum::of(1, 5, Sequence(1))), Sequence(1)).flatten().map(|sum| sum.total), Some(12));
    tail.drop_through(Sequence(2));
    assert!(tail.complete(1, Some(Sum::of(1, 5, Sequence(1))), Sequence(1)).is_none());
    assert_eq!(tail.complete(1, Some(Sum::of(1, 12, Sequence(2))), Sequence(2)).flatten().map(|sum| sum.total), Some(12));
}
