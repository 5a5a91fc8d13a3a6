//! Actors that come and go, over actix: A2 to A4, and the meters of mailboxes.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Barrier};
use std::task::{Context, Waker};
use std::time::Duration;

use actix_rt::{Arbiter, System};
use mallcore_actors::journal::memory::MemoryJournal;
use mallcore_actors::journal::{Journal, Sequence};
use mallcore_actors::kernel::host::Keeping;
use mallcore_actors::kernel::{Common, Provenance, Recorder};
use mallcore_actors::refusal::{Refusal, Unavailable};
use mallcore_actors::registry::Registry;
use metrics::{Counter, Gauge, GaugeFn, Histogram, Key, KeyName, Metadata, SharedString, Unit};
use parking_lot::Mutex;
use tokio::sync::watch;

use super::sum::{Add, Effect, Hook, NO_ROW, Owe, Panic, Rows, Sum, Tell, commit_elsewhere, recorder, records};

/// Idle at once, loaded again at once.
pub const KEEPING: Keeping = Keeping { waiting_max: 100, waiting_total_max: 100, idle_millis: 0, reload_millis: 0 };
const OFTEN: Duration = Duration::from_millis(1);
/// Longer than any test.
const NEVER: Duration = Duration::from_secs(3_600);
/// Outlasts a machine that is busy with something else.
const PATIENCE: Duration = Duration::from_secs(60);

/// Gauges by name, whatever their labels.
#[derive(Default)]
pub struct Gauges(Mutex<HashMap<String, Arc<Meter>>>);

impl Gauges {
    pub fn value(&self, name: &str) -> f64 {
        f64::from_bits(self.0.lock()[name].value.load(Ordering::Acquire))
    }
}

/// A gauge whose value a test reads.
#[derive(Default)]
struct Meter {
    value: AtomicU64,
    /// Run once, when it is next counted down: a command is being taken up then.
    on_decrement: Mutex<Option<Hook>>,
}

impl GaugeFn for Meter {
    fn increment(&self, by: f64) {
        GaugeFn::increment(&self.value, by);
    }

    fn decrement(&self, by: f64) {
        GaugeFn::decrement(&self.value, by);
        let hook = self.on_decrement.lock().take();
        if let Some(hook) = hook {
            hook.run();
        }
    }

    fn set(&self, value: f64) {
        GaugeFn::set(&self.value, value);
    }
}

impl metrics::Recorder for Gauges {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
        Counter::noop()
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(Arc::clone(self.0.lock().entry(key.name().to_owned()).or_default()))
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

/// A journal, a database, and what projects the one into the other when told.
pub struct Ground {
    pub journal: Arc<MemoryJournal>,
    pub recorder: Arc<Recorder>,
    pub rows: Arc<Rows>,
    pub arrived: Arc<Mutex<Vec<(u64, u32)>>>,
    pub projected: watch::Sender<Sequence>,
    pub gauges: Gauges,
    pub thread: Arbiter,
}

impl Ground {
    pub fn new() -> Self {
        let journal = Arc::new(MemoryJournal::durable_at_once());
        let recorder = recorder(&journal).0;
        Self {
            journal,
            recorder,
            rows: Arc::default(),
            arrived: Arc::default(),
            projected: watch::Sender::new(Sequence::ZERO),
            gauges: Gauges::default(),
            thread: Arbiter::new(),
        }
    }

    pub fn common(&self) -> Common<Sum> {
        metrics::with_local_recorder(&self.gauges, || Common::new(Arc::clone(&self.arrived), Arc::clone(&self.recorder), KEEPING))
    }

    pub fn project(&self) {
        let through = self.journal.last_enqueued();
        self.rows.project(&records(&self.journal), through);
        self.projected.send_replace(through);
    }

    /// The actors' thread stands still until the barrier is reached here.
    pub fn hold_up(&self) -> Arc<Barrier> {
        let barrier = Arc::new(Barrier::new(2));
        let theirs = Arc::clone(&barrier);
        assert!(self.thread.spawn_fn(move || {
            theirs.wait();
        }));
        barrier
    }

    fn registry(&self, idle_check: Duration) -> Arc<Registry<Sum>> {
        let registry = Registry::new(self.common(), Arc::clone(&self.rows) as _, idle_check, [], self.projected.subscribe());
        registry.live_on(self.thread.handle());
        Arc::new(registry)
    }
}

/// Waits until this holds.
#[track_caller]
pub fn until(holds: impl Fn() -> bool) -> impl Future<Output = ()> {
    let asker = std::panic::Location::caller();
    async move {
        let begin = std::time::Instant::now();
        while !holds() {
            assert!(begin.elapsed() < PATIENCE, "waited in vain at {asker}");
            tokio::time::sleep(OFTEN).await;
        }
    }
}

#[test]
fn an_actor_loads_once_answers_and_leaves_when_the_database_has_all_of_it() {
    System::new().block_on(async {
        let ground = Ground::new();
        let registry = ground.registry(OFTEN);
        assert_eq!(registry.ask(1, Provenance::SHOPPER, Add(3)).await, Ok(Ok(3)));
        assert_eq!(registry.ask(1, Provenance::SHOPPER, Add(4)).await, Ok(Ok(7)));
        assert_eq!(ground.rows.loads(), [(1, Sequence::ZERO)], "it stays while it is ahead of the database");
        assert_eq!(registry.ask(1, Provenance::SHOPPER, Panic).await, Err(Unavailable::OutcomeUnknown));
        registry.ask(1, Provenance::SHOPPER, Owe(true)).await.unwrap().unwrap();
        ground.project();
        assert_eq!(registry.ask(NO_ROW, Provenance::SHOPPER, Tell).await, Ok(Err(Refusal::UnknownItem)));
        until(|| !registry.is_resident(NO_ROW)).await;
        assert!(registry.is_resident(1), "it owes something");
        registry.ask(1, Provenance::SHOPPER, Owe(false)).await.unwrap().unwrap();
        until(|| registry.resident() == 0).await;
        assert_eq!(registry.ask(1, Provenance::SHOPPER, Tell).await, Ok(Ok(7)));
        assert!(ground.rows.loads().contains(&(1, Sequence(2))));
    });
}

#[test]
fn effects_reach_successors_in_their_order_whoever_leaves_meanwhile() {
    const EFFECTS: u32 = 4_000;
    System::new().block_on(async {
        let ground = Ground::new();
        let registry = ground.registry(OFTEN);
        for count in 1..=EFFECTS {
            registry.effect(1, commit_elsewhere(&ground.recorder, 1, count));
            if count % 3 == 0 {
                ground.project();
            }
            if count % 64 == 0 {
                tokio::time::sleep(OFTEN).await;
            }
        }
        ground.project();
        until(|| ground.arrived.lock().len() >= EFFECTS as usize).await;
        let expected: Vec<(u64, u32)> = (1..=EFFECTS).map(|count| (1, count)).collect();
        assert_eq!(*ground.arrived.lock(), expected, "an effect was overtaken or lost");
        let total = u64::from(EFFECTS) * u64::from(EFFECTS + 1) / 2;
        assert_eq!(registry.ask(1, Provenance::SHOPPER, Tell).await, Ok(Ok(total)));
        assert!(ground.rows.loads().len() > 10, "nobody left: {:?}", ground.rows.loads());
    });
}

#[test]
fn effects_that_meet_a_leaving_actor_reach_its_successor_in_their_order() {
    System::new().block_on(async {
        let ground = Ground::new();
        let registry = ground.registry(OFTEN);
        let effect = |count| {
            let (registry, recorder) = (Arc::clone(&registry), Arc::clone(&ground.recorder));
            move || registry.effect(1, commit_elsewhere(&recorder, 1, count))
        };
        let (first, second, third) = (effect(1), Hook::new(effect(2)), effect(3));
        let mailbox = Arc::clone(&ground.gauges.0.lock()["mallcore_mailbox_messages"]);
        let asker = Arc::clone(&registry);
        ground.rows.on_settling(Hook::new(move || {
            // The actor is about to leave and does not know yet what comes now. The command is the first that it hands back, and while it
            // does, the second effect finds it leaving.
            let is_first = mailbox.on_decrement.lock().replace(second.clone()).is_none();
            assert!(is_first, "it was asked again before it left");
            let mut ask = std::pin::pin!(asker.ask(1, Provenance::SHOPPER, Tell));
            assert!(ask.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
            first();
        }));
        assert_eq!(registry.ask(1, Provenance::SHOPPER, Tell).await, Ok(Ok(0)));
        until(|| ground.arrived.lock().len() >= 2).await;
        third();
        until(|| ground.arrived.lock().len() >= 3).await;
        assert_eq!(*ground.arrived.lock(), [(1, 1), (1, 2), (1, 3)]);
        assert!(ground.rows.loads().len() >= 2, "they reached the one that was leaving");
        assert_eq!(registry.ask(1, Provenance::SHOPPER, Tell).await, Ok(Ok(6)));
    });
}

#[test]
fn effects_that_come_before_there_is_a_thread_are_not_lost() {
    System::new().block_on(async {
        let ground = Ground::new();
        let registry = Registry::new(ground.common(), Arc::clone(&ground.rows) as _, NEVER, [], ground.projected.subscribe());
        for count in [1, 2] {
            registry.effect(1, commit_elsewhere(&ground.recorder, 1, count));
        }
        registry.live_on(ground.thread.handle());
        assert_eq!(registry.ask(1, Provenance::SHOPPER, Tell).await, Ok(Ok(3)));
        assert_eq!(*ground.arrived.lock(), [(1, 1), (1, 2)]);
    });
}

#[test]
fn a_successor_of_one_that_died_waits_for_the_database() {
    System::new().block_on(async {
        let ground = Ground::new();
        let registry = ground.registry(NEVER);
        assert_eq!(registry.ask(1, Provenance::SHOPPER, Add(5)).await, Ok(Ok(5)));
        registry.effect(1, Effect::Die);
        until(|| !registry.is_resident(1)).await;
        assert_eq!(registry.ask(1, Provenance::SHOPPER, Tell).await, Err(Unavailable::Warming));
        assert_eq!(ground.rows.loads(), [(1, Sequence::ZERO)], "a row without the dead one's record was read");
        ground.project();
        assert_eq!(registry.ask(1, Provenance::SHOPPER, Tell).await, Ok(Ok(5)));
    });
}

#[test]
fn a_command_is_sent_again_twice_after_its_actor_died_and_not_for_ever() {
    System::new().block_on(async {
        let ground = Ground::new();
        let registry = ground.registry(NEVER);
        ground.rows.damage(1, 2);
        assert_eq!(registry.ask(1, Provenance::SHOPPER, Tell).await, Ok(Ok(0)), "the second successor answers");
        ground.rows.damage(2, 3);
        assert_eq!(registry.ask(2, Provenance::SHOPPER, Tell).await, Err(Unavailable::OutcomeUnknown), "it may be what kills them");
        let loads = |key| ground.rows.loads().iter().filter(|load| load.0 == key).count();
        assert_eq!((loads(1), loads(2)), (3, 3));
    });
}

#[test]
fn what_was_warm_is_not_used_by_a_successor() {
    System::new().block_on(async {
        let ground = Ground::new();
        let warm = [(1, Sum::of(1, 0, Sequence::ZERO)), (2, Sum::broken(2))];
        let registry = Registry::new(ground.common(), Arc::clone(&ground.rows) as _, NEVER, warm, ground.projected.subscribe());
        registry.live_on(ground.thread.handle());
        assert_eq!(registry.ask(1, Provenance::SHOPPER, Add(5)).await, Ok(Ok(5)));
        assert_eq!(ground.rows.loads(), [], "start-up had folded it");
        ground.project();
        assert_eq!(registry.ask(2, Provenance::SHOPPER, Tell).await, Ok(Ok(0)), "what start-up folded was damaged, the row is not");
        registry.effect(1, Effect::Die);
        assert_eq!(registry.ask(1, Provenance::SHOPPER, Tell).await, Ok(Ok(5)));
        assert_eq!(ground.rows.loads(), [(2, Sequence(1)), (1, Sequence(1))]);
    });
}

#[test]
fn a_mailbox_that_dies_with_its_actor_is_counted_down() {
    System::new().block_on(async {
        let ground = Ground::new();
        let registry = ground.registry(NEVER);
        registry.ask(1, Provenance::SHOPPER, Tell).await.unwrap().unwrap();
        let held_up = ground.hold_up();
        registry.effect(1, Effect::Die);
        let asked: Vec<_> = (0..5)
            .map(|_| {
                let registry = Arc::clone(&registry);
                actix_rt::spawn(async move { registry.ask(1, Provenance::SHOPPER, Tell).await })
            })
            .collect();
        until(|| ground.gauges.value("mallcore_mailbox_messages") == 5.0).await;
        held_up.wait();
        for answer in asked {
            assert_eq!(answer.await.unwrap(), Ok(Ok(0)), "its successor answers");
        }
        assert_eq!(ground.gauges.value("mallcore_mailbox_messages"), 0.0);
        until(|| ground.gauges.value("mallcore_actors_resident") == registry.resident() as f64).await;
    });
}
