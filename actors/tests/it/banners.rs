//! Clicks on banners: each counts once, nothing is lost on its way to the database, memory is bounded.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};

use mallcore_actors::banners::{CLICK_WINDOW_MILLIS, Clicked, Clicks, REMEMBERED_MAX, Tally, Visitor};
use mallcore_actors::ids::{BannerId, UserId};
use mallcore_actors::time::Timestamp;
use mallcore_actors::values::day::BusinessDay;
use proptest::prelude::*;

/// 2026-11-23, a minute before the business day ends.
const START: u64 = 1_795_449_540_000;

fn banner(id: u64) -> BannerId {
    BannerId::new(id).unwrap()
}

fn shopper(id: u64) -> Visitor {
    Visitor::Shopper(UserId::new(id).unwrap())
}

fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(START + millis)
}

#[test]
fn a_visitor_counts_once_in_a_window_and_each_banner_for_itself() {
    let mut clicks = Clicks::default();
    assert_eq!(clicks.click(shopper(1), banner(1), at(0)), Clicked::Counted);
    assert_eq!(clicks.click(shopper(1), banner(1), at(CLICK_WINDOW_MILLIS - 1)), Clicked::Repeated);
    assert_eq!(clicks.click(shopper(1), banner(2), at(CLICK_WINDOW_MILLIS - 1)), Clicked::Counted);
    let address = Visitor::Address(IpAddr::V4(Ipv4Addr::LOCALHOST));
    assert_eq!(clicks.click(address, banner(1), at(CLICK_WINDOW_MILLIS - 1)), Clicked::Counted);
    assert_eq!(clicks.click(shopper(1), banner(1), at(CLICK_WINDOW_MILLIS)), Clicked::Counted);
    let (today, tomorrow) = (BusinessDay::of(at(0)), BusinessDay::of(at(CLICK_WINDOW_MILLIS)));
    assert!(today < tomorrow);
    let tally = |id, day, clicks| Tally { banner: banner(id), day, clicks };
    assert_eq!(clicks.take(), [tally(1, today, 2), tally(1, tomorrow, 1), tally(2, today, 1)]);
    assert_eq!(clicks.take(), []);
}

#[test]
fn memory_is_bounded_and_the_oldest_are_forgotten() {
    let mut clicks = Clicks::default();
    for id in 0..REMEMBERED_MAX as u64 + 10 {
        assert_eq!(clicks.click(shopper(id + 1), banner(1), at(0)), Clicked::Counted);
    }
    assert_eq!(clicks.remembered(), REMEMBERED_MAX);
    assert_eq!(clicks.click(shopper(REMEMBERED_MAX as u64), banner(1), at(1)), Clicked::Repeated);
    assert_eq!(clicks.click(shopper(1), banner(1), at(1)), Clicked::Counted, "it was forgotten");
    clicks.click(shopper(1), banner(2), at(2 * CLICK_WINDOW_MILLIS));
    assert_eq!(clicks.remembered(), 1, "windows that are over are forgotten");
}

proptest! {
    #[test]
    fn what_is_handed_out_is_what_was_counted(
        steps in prop::collection::vec((1..=4_u64, 1..=3_u64, 0..40_000_u64, prop::option::of(any::<bool>())), 0..120),
    ) {
        let (mut clicks, mut now, mut last) = (Clicks::default(), 0, HashMap::<(u64, u64), u64>::new());
        let (mut expected, mut written) = (HashMap::<(u64, BusinessDay), u64>::new(), HashMap::<(u64, BusinessDay), u64>::new());
        for (user, id, pause, flush) in steps {
            now += pause;
            let is_fresh = last.get(&(user, id)).is_none_or(|counted| now - counted >= CLICK_WINDOW_MILLIS);
            let clicked = clicks.click(shopper(user), banner(id), at(now));
            prop_assert_eq!(clicked, if is_fresh { Clicked::Counted } else { Clicked::Repeated });
            if is_fresh {
                last.insert((user, id), now);
                *expected.entry((id, BusinessDay::of(at(now)))).or_default() += 1;
            }
            let Some(is_written) = flush else { continue };
            let taken = clicks.take();
            if is_written {
                taken.iter().for_each(|tally| *written.entry((tally.banner.get(), tally.day)).or_default() += tally.clicks);
            } else {
                clicks.give_back(&taken);
            }
        }
        clicks.take().iter().for_each(|tally| *written.entry((tally.banner.get(), tally.day)).or_default() += tally.clicks);
        prop_assert_eq!(written, expected);
    }
}
