//! The protocol of group commit, without a disk.

use mallcore_actors::journal::{
    Sequence,
    group_commit::{Group, GroupCommit, Next},
};
use proptest::prelude::*;

fn queued(protocol: &mut GroupCommit, records: u64) {
    for _ in 0..records {
        protocol.queue().unwrap();
    }
}

fn write_all(protocol: &mut GroupCommit) -> Option<Group> {
    let group = protocol.take_group()?;
    protocol.synced(group.last);
    Some(group)
}

#[test]
fn a_lone_record_is_cut_at_once() {
    let mut protocol = GroupCommit::new(Sequence(10), 1000);
    assert_eq!(protocol.next(0), Next::Sleep);
    queued(&mut protocol, 1);
    assert_eq!(protocol.next(0), Next::Cut);
    assert_eq!(write_all(&mut protocol), Some(Group { first: Sequence(11), last: Sequence(11) }));
    assert_eq!(protocol.durable(), Sequence(11));
}

#[test]
fn under_load_a_group_waits_for_as_many_as_of_late_but_not_longer_than_the_window() {
    let mut protocol = GroupCommit::new(Sequence::ZERO, 1000);
    queued(&mut protocol, 64);
    write_all(&mut protocol);
    queued(&mut protocol, 1);
    assert_eq!(protocol.next(500), Next::Gather { until_micros: 1500, records: 64 });
    queued(&mut protocol, 10);
    assert_eq!(protocol.next(900), Next::Gather { until_micros: 1500, records: 64 });
    assert_eq!(protocol.next(1500), Next::Cut);
    queued(&mut protocol, 53);
    assert_eq!(protocol.next(900), Next::Cut);
}

#[test]
fn the_load_is_forgotten_when_it_is_gone() {
    let mut protocol = GroupCommit::new(Sequence::ZERO, 1000);
    queued(&mut protocol, 1000);
    write_all(&mut protocol);
    let mut waited = 0;
    loop {
        queued(&mut protocol, 1);
        if protocol.next(0) == Next::Cut {
            break;
        }
        waited += 1;
        write_all(&mut protocol);
    }
    assert!(waited < 50, "{waited} lone records waited");
}

#[test]
fn without_a_window_nothing_waits() {
    let mut protocol = GroupCommit::new(Sequence::ZERO, 0);
    queued(&mut protocol, 1000);
    write_all(&mut protocol);
    queued(&mut protocol, 1);
    assert_eq!(protocol.next(0), Next::Cut);
}

#[test]
fn closing_writes_what_is_queued_and_takes_no_more() {
    let mut protocol = GroupCommit::new(Sequence::ZERO, 1000);
    queued(&mut protocol, 64);
    write_all(&mut protocol);
    queued(&mut protocol, 2);
    protocol.close();
    assert!(protocol.queue().is_err());
    assert_eq!(protocol.next(0), Next::Cut);
    write_all(&mut protocol);
    assert_eq!(protocol.next(0), Next::Stop);
}

#[test]
fn a_failure_is_for_ever() {
    let mut protocol = GroupCommit::new(Sequence::ZERO, 0);
    queued(&mut protocol, 3);
    protocol.take_group().unwrap();
    queued(&mut protocol, 1);
    protocol.failed();
    protocol.close();
    assert_eq!((protocol.next(0), protocol.take_group(), protocol.durable()), (Next::Stop, None, Sequence::ZERO));
    assert!(protocol.queue().is_err() && protocol.has_failed());
}

proptest! {
    #[test]
    fn places_are_given_once_and_become_durable_in_order(steps in prop::collection::vec(0..4_u8, 0..200), window in 0..3_u64) {
        let mut protocol = GroupCommit::new(Sequence::ZERO, window);
        let (mut last, mut flight, mut now) = (0, None::<Group>, 0);
        for step in steps {
            let durable = protocol.durable();
            match step {
                0 => {
                    last += 1;
                    prop_assert_eq!(protocol.queue().unwrap(), Sequence(last));
                }
                1 => {
                    let group = protocol.take_group();
                    if let Some(group) = group {
                        prop_assert!(flight.is_none(), "two groups are being written");
                        prop_assert_eq!((group.first, group.last), (durable.next(), Sequence(last)));
                        flight = Some(group);
                    }
                }
                2 => if let Some(group) = flight.take() {
                    // Sometimes in two parts.
                    let through = Sequence((group.first.0 + group.last.0) / 2);
                    protocol.synced(through);
                    if through < group.last {
                        flight = Some(Group { first: through.next(), last: group.last });
                    }
                }
                _ => {
                    now += 1;
                    let next = protocol.next(now);
                    prop_assert_eq!(next == Next::Sleep, protocol.waiting() == 0);
                }
            }
            prop_assert!(protocol.durable() >= durable && protocol.durable() <= protocol.last_queued());
        }
    }
}
