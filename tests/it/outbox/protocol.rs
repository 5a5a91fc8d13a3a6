//! Rounds against a model of rows and destinations, with marks that fail and processes that die.

use std::collections::{BTreeMap, BTreeSet};

use mallcore::platform::outbox::{HELD_MAX, Rounds, Settled, Verdict};
use proptest::prelude::*;

/// A row: whose it is, and how it goes before it succeeds (or is found to be impossible).
#[derive(Debug, Clone)]
struct Row {
    aggregate: u8,
    transient: Vec<Settled>,
    impossible: bool,
}

fn row() -> impl Strategy<Value = Row> {
    let transient = prop::collection::vec(prop_oneof![Just(Settled::Busy), Just(Settled::Away), Just(Settled::SetAside)], 0..3);
    (0..4u8, transient, prop::bool::weighted(0.1)).prop_map(|(aggregate, mut transient, impossible)| {
        // What cannot be read is never offered, and so never set aside.
        transient.retain(|settled| !(impossible && *settled == Settled::SetAside));
        Row { aggregate, transient, impossible }
    })
}

#[derive(Debug, Default)]
struct World {
    carried: BTreeMap<u8, Vec<usize>>,
    marked: BTreeSet<usize>,
    /// Others have it, one part of the destination does not.
    set_aside: BTreeSet<usize>,
    parked: BTreeSet<usize>,
}

impl World {
    fn waits_behind_parked(&self, rows: &[Row], row: usize) -> bool {
        self.parked.iter().any(|&parked| parked <= row && rows[parked].aggregate == rows[row].aggregate)
    }

    /// One round as the relay makes it; `fails` says whether the database notes what it is told.
    fn round(&mut self, rows: &mut [Row], rounds: &mut Rounds, mut fails: impl FnMut() -> bool) -> Result<(), TestCaseError> {
        rounds.begin();
        for row in 0..rows.len() {
            let aggregate = rows[row].aggregate;
            let name = aggregate.to_string();
            if self.marked.contains(&row) || self.waits_behind_parked(rows, row) || !rounds.may_carry(&name) {
                continue;
            }
            let earlier = (0..row).filter(|&earlier| rows[earlier].aggregate == aggregate);
            let was_carried = |row| self.marked.contains(&row) || self.set_aside.contains(&row);
            prop_assert!(earlier.clone().all(was_carried), "row {} overtakes one of its aggregate", row);
            if !self.set_aside.contains(&row) {
                self.carried.entry(aggregate).or_default().push(row);
            }
            let settled = rows[row].transient.pop().unwrap_or(if rows[row].impossible { Settled::Impossible } else { Settled::Done });
            let verdict = rounds.settle(&name, settled);
            if settled == Settled::SetAside {
                self.set_aside.insert(row);
            }
            match verdict {
                Verdict::EndRound => return Ok(()),
                Verdict::Leave => continue,
                Verdict::Mark | Verdict::Park if fails() => {
                    rounds.interrupted();
                    return Ok(());
                }
                Verdict::Mark => self.marked.insert(row),
                Verdict::Park => self.parked.insert(row),
            };
            rounds.noted(&name, verdict);
        }
        Ok(())
    }
}

proptest! {
    #[test]
    fn every_row_is_carried_in_its_order_whatever_fails(
        mut rows in prop::collection::vec(row(), 1..30),
        faults in prop::collection::vec((any::<bool>(), any::<bool>()), 0..60),
    ) {
        let (mut world, mut rounds, mut faults) = (World::default(), Rounds::default(), faults.into_iter());
        let transient: usize = rows.iter().map(|row| row.transient.len()).sum();
        for _ in 0..=transient + faults.len() + rows.len() {
            let (fails, dies) = faults.next().unwrap_or_default();
            world.round(&mut rows, &mut rounds, || fails)?;
            rounds.end();
            if dies {
                rounds = Rounds::default();
            }
        }
        for (row, one) in rows.iter().enumerate() {
            let waits = world.waits_behind_parked(&rows, row);
            prop_assert!(world.marked.contains(&row) != waits, "row {} {:?} was neither done nor waits behind a parked one", row, one);
        }
        for carried in world.carried.values() {
            prop_assert!(carried.is_sorted(), "{:?}: only the last, and what was set aside, may be repeated", carried);
        }
    }
}

#[test]
fn pauses_grow_with_transient_errors_and_end_with_them() {
    let mut rounds = Rounds::default();
    let mut pauses = Vec::new();
    for _ in 0..8 {
        rounds.begin();
        assert_eq!(rounds.settle("a", Settled::Away), Verdict::EndRound);
        pauses.extend(rounds.end().map(|pause| pause.as_millis()));
    }
    assert_eq!(pauses, [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
    rounds.begin();
    assert_eq!(rounds.settle("a", Settled::Done), Verdict::Mark);
    assert_eq!(rounds.end(), None);
    rounds.begin();
    rounds.settle("a", Settled::Away);
    assert_eq!(rounds.end().map(|pause| pause.as_millis()), Some(100));
}

#[test]
fn what_is_set_aside_holds_up_nothing_and_is_tried_again_after_a_pause() {
    let mut rounds = Rounds::default();
    rounds.begin();
    assert_eq!(rounds.settle("a", Settled::SetAside), Verdict::Leave);
    assert!(rounds.may_carry("a"));
    assert_eq!(rounds.settle("a", Settled::Done), Verdict::Mark);
    assert!(rounds.end().is_some());
}

#[test]
fn what_waits_is_remembered_up_to_a_bound() {
    let mut rounds = Rounds::default();
    rounds.begin();
    for aggregate in 0..HELD_MAX {
        assert_eq!(rounds.settle(&aggregate.to_string(), Settled::Busy), Verdict::Leave);
    }
    assert_eq!(rounds.settle("one more", Settled::Busy), Verdict::EndRound);
    assert_eq!(rounds.settle("another", Settled::Impossible), Verdict::EndRound);
}
