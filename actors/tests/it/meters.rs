//! What the core counts, as a scrape would show it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use mallcore_actors::metrics::{Meters, ORDERS_REFUSED};
use mallcore_actors::refusal::{Refusal, Rule, RuleClass, Unavailable};
use mallcore_actors::time::Timestamp;
use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use parking_lot::Mutex;

/// Counters by name and reason.
#[derive(Default)]
struct Counters(Mutex<BTreeMap<(String, String), Arc<AtomicU64>>>);

impl Counters {
    /// The reasons that were counted, with how often.
    fn reasons(&self, name: &str) -> BTreeMap<String, u64> {
        let all = self.0.lock();
        let of_name = all.iter().filter(|((of, _), _)| of == name);
        of_name.map(|((_, reason), count)| (reason.clone(), count.load(Ordering::Relaxed))).filter(|(_, count)| *count > 0).collect()
    }
}

impl Recorder for Counters {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        let reason = key.labels().find(|label| label.key() == "reason").map_or("", |label| label.value());
        Counter::from_arc(Arc::clone(self.0.lock().entry((key.name().to_owned(), reason.to_owned())).or_default()))
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

#[test]
fn each_refusal_is_counted_under_its_own_reason_and_no_other() {
    static RULE: Rule = Rule { code: "too_late", class: RuleClass::Conflict, title: "太晚 Too late", detail: "It is over." };
    let counters = Counters::default();
    let meters = metrics::with_local_recorder(&counters, Meters::default);
    let refusals = [
        (Refusal::Rule(&RULE), "rule"),
        (Refusal::SoldOut, "sold_out"),
        (Refusal::PurchaseLimit { limit: 1 }, "purchase_limit"),
        (Refusal::NotStarted { starts_at: Timestamp::default() }, "not_started"),
        (Refusal::TooMuchStock { most: 1 }, "too_much_stock"),
    ];
    let unavailable =
        [(Unavailable::Busy, "busy"), (Unavailable::JournalFull, "journal_full"), (Unavailable::OutcomeUnknown, "outcome_unknown")];
    let mut expected = BTreeMap::new();
    for (times, (refusal, reason)) in (1..).zip(refusals) {
        (0..times).for_each(|_| meters.refused(refusal));
        expected.insert(reason.to_owned(), times);
        assert_eq!(counters.reasons(ORDERS_REFUSED.name()), expected);
    }
    for (times, (cause, reason)) in (1..).zip(unavailable) {
        (0..times).for_each(|_| meters.unavailable(cause));
        expected.insert(reason.to_owned(), times);
        assert_eq!(counters.reasons(ORDERS_REFUSED.name()), expected);
    }
}
