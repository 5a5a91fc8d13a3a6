use proptest::prelude::*;

use super::*;

const BUDGET: Budget = Budget { records_max: 1_000, bytes_max: 1 << 20, memory_bytes_max: u64::MAX, alert_percent: 25, shed_percent: 75 };

fn records(records: u64) -> Lag {
    Lag { records, ..Lag::default() }
}

fn levels(lags: &[u64]) -> Vec<Level> {
    let mut meter = Meter::new(BUDGET);
    lags.iter().map(|lag| meter.observe(records(*lag)).level).collect()
}

#[test]
fn a_growing_lag_alerts_then_sheds_then_refuses() {
    use Level::{Alert, Ok, Refuse, Shed};
    assert_eq!(levels(&[0, 249, 250, 749, 750, 999, 1_000, 9_999]), [Ok, Ok, Alert, Alert, Shed, Shed, Refuse, Refuse]);
}

#[test]
fn a_level_falls_an_eighth_below_its_threshold() {
    use Level::{Alert, Ok, Refuse, Shed};
    assert_eq!(levels(&[1_000, 875, 874, 657, 656, 219, 218]), [Refuse, Refuse, Shed, Shed, Alert, Alert, Ok]);
}

#[test]
fn what_is_shortest_decides() {
    let mut meter = Meter::new(Budget { memory_bytes_max: 100, ..BUDGET });
    assert_eq!(meter.observe(Lag { memory_bytes: 80, ..Lag::default() }).level, Level::Shed);
    assert_eq!(meter.observe(Lag { bytes: 1 << 20, ..Lag::default() }).level, Level::Refuse);
}

#[test]
fn the_nearer_the_end_the_more_are_turned_away() {
    let mut meter = Meter::new(BUDGET);
    let shares = [0, 749, 750, 875, 999, 1_000].map(|lag| meter.observe(records(lag)).turned_away);
    assert_eq!(shares, [0, 0, 4, 9, 14, PARTS]);
}

#[test]
fn all_that_is_let_in_is_counted_in_sixteenths() {
    for parts in 0..=PARTS {
        let admission = Admission::default();
        admission.turn_away(parts);
        let away = (0..160).filter(|_| admission.refusal().is_some()).count();
        assert_eq!(away, usize::from(parts) * 10);
    }
}

#[test]
fn urgency_ends_well_below_where_it_began() {
    assert_eq!(Urgency::Calm.next(800, 800), Urgency::Calm);
    assert_eq!(Urgency::Calm.next(801, 800), Urgency::Urgent);
    assert_eq!(Urgency::Urgent.next(101, 800), Urgency::Urgent);
    assert_eq!(Urgency::Urgent.next(100, 800), Urgency::Calm);
}

proptest! {
    #[test]
    fn the_level_never_falls_while_the_lag_grows(mut lags in proptest::collection::vec(0u64..1_500, 1..50), before in 0u64..1_500) {
        lags.sort_unstable();
        let mut meter = Meter::new(BUDGET);
        meter.observe(records(before));
        // Where it was before may have been higher; from the first observation on it only grows.
        let first = meter.observe(records(lags[0]));
        let mut last = first;
        for lag in lags {
            let reading = meter.observe(records(lag));
            prop_assert!(reading.level >= last.level && reading.turned_away >= last.turned_away, "{reading:?} after {last:?}");
            last = reading;
        }
    }

    #[test]
    fn trembling_by_less_than_an_eighth_changes_the_level_once_at_most(middle in 100u64..1_400, by in proptest::collection::vec(0u64..=6, 1..60)) {
        let mut meter = Meter::new(BUDGET);
        let mut changes = 0;
        let mut level = meter.observe(records(middle)).level;
        for part in by {
            let next = meter.observe(records(middle + middle * part / 100)).level;
            changes += u32::from(next != level);
            level = next;
        }
        prop_assert!(changes <= 1, "{changes} changes around {middle}");
    }

    #[test]
    fn everything_is_refused_at_the_end_of_any_budget_and_nothing_below_where_shedding_begins(
        records_max in 1u64.., bytes_max in 1u64.., lag in any::<u64>(), bytes in any::<u64>(), alert in 1u32..50, shed in 50u32..100,
    ) {
        let budget = Budget { records_max, bytes_max, memory_bytes_max: u64::MAX, alert_percent: alert, shed_percent: shed };
        let reading = Meter::new(budget).observe(Lag { records: lag, bytes, memory_bytes: 0 });
        let full = lag >= records_max || bytes >= bytes_max;
        prop_assert_eq!(reading.level == Level::Refuse, full);
        prop_assert_eq!(reading.turned_away == PARTS, full);
        prop_assert_eq!(reading.turned_away > 0, reading.level >= Level::Shed);
    }
}

const BURST: BurstLimits = BurstLimits { records_per_second: 1_000, records_max: 800, eased_below: 1_600 };

#[test]
fn a_burst_is_let_pass_until_too_much_waits_and_then_stored_down_to_an_eighth() {
    let mut burst = Burst::new(BURST);
    let seen = [10, 799, 800, 799, 100, 99, 799].map(|waiting| burst.goes_on(waiting, 50, 50));
    assert_eq!(seen, [true, true, false, false, false, true, true]);
}

#[test]
fn what_trickles_in_is_stored_as_it_comes() {
    let mut burst = Burst::new(BURST);
    assert!(!burst.goes_on(700, 49, 50));
    assert!(!burst.goes_on(700, 0, 0), "no time has passed and nothing came");
}

#[test]
fn a_moment_in_which_little_comes_ends_no_burst() {
    let mut burst = Burst::new(BURST);
    assert!(burst.goes_on(100, 100, 50));
    let seen = [0, 49, 10, 60, 0, 0].map(|came| burst.goes_on(200, came, if came == 60 { 50 } else { 249 }));
    assert_eq!(seen, [true, true, false, true, true, true]);
    assert!(!burst.goes_on(200, 1, 2), "half a second of it does");
}

#[test]
fn what_is_stored_in_a_burst_is_rested_from_the_less_the_more_waits() {
    let mut burst = Burst::new(BURST);
    assert_eq!(burst.rest_millis(100, 200), 0, "no burst");
    assert!(!burst.goes_on(900, 50, 50));
    let seen = [0, 800, 1_000, 1_200, 1_599, 1_600, 9_999].map(|waiting| burst.rest_millis(waiting, 200));
    assert_eq!(seen, [600, 600, 450, 300, 0, 0, 0]);
    assert_eq!(burst.rest_millis(800, 60_000), 3_000, "a batch that hung for a minute");
    assert!(!burst.goes_on(900, 0, 500));
    assert_eq!(burst.rest_millis(800, 200), 0, "the burst is over");
}

#[test]
fn without_room_to_wait_there_is_no_rest() {
    let mut burst = Burst::new(BurstLimits { eased_below: 0, ..BURST });
    assert!(!burst.goes_on(900, 50, 50));
    assert_eq!(burst.rest_millis(900, 200), 0);
}

proptest! {
    #[test]
    fn a_rest_is_bounded_and_never_grows_with_what_waits(
        records_max in any::<u64>(), eased_below in any::<u64>(), waiting in any::<u64>(), more in any::<u64>(), worked in any::<u64>(),
    ) {
        let mut burst = Burst::new(BurstLimits { records_max, eased_below, ..BURST });
        burst.goes_on(waiting, 1_000, 1);
        let rest = burst.rest_millis(waiting, worked);
        prop_assert!(rest <= worked.saturating_mul(3).min(3_000));
        prop_assert!(burst.rest_millis(waiting.saturating_add(more), worked) <= rest);
        prop_assert!(rest == 0 || waiting < eased_below);
    }

    #[test]
    fn storing_begins_at_the_limit_and_is_not_left_before_an_eighth(max in 0u64..5_000, seconds in proptest::collection::vec((0u64..3_000, 1u64..3_000), 1..80)) {
        let mut burst = Burst::new(BurstLimits { records_max: max, ..BURST });
        let (mut waiting, mut storing) = (0u64, false);
        for (came, stored) in seconds {
            waiting += came;
            let goes_on = burst.goes_on(waiting, came, 1_000);
            prop_assert!(!goes_on || waiting < max && came >= 1_000);
            prop_assert!(!goes_on || !storing || waiting < max.div_ceil(8).max(1), "left at {waiting} of {max}");
            storing = waiting >= max || storing && !goes_on && waiting >= max.div_ceil(8).max(1);
            if !goes_on {
                waiting -= stored.min(waiting);
            }
        }
    }
}
