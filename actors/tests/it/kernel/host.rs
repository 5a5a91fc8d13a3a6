//! A host under any order of commands, effects, loads and looks at what is idle: T1 to T4, and its bounds.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use mallcore_actors::journal::memory::MemoryJournal;
use mallcore_actors::journal::{Journal, Sequence};
use mallcore_actors::kernel::host::{Host, Keeping, Loaded, Next};
use mallcore_actors::kernel::{Aggregate, Handle, Provenance, Recorder, Settled};
use mallcore_actors::refusal::{Answer, Refusal, Unavailable};
use mallcore_actors::time::{Clock, Timestamp};
use parking_lot::Mutex;
use proptest::prelude::*;

use super::sum::{Add, NO_ROW, Owe, Panic, Rows, Sum, Tell, commit_elsewhere, read, recorder, records};
use crate::clock::SetClock;

const KEEPING: Keeping = Keeping { waiting_max: 3, waiting_total_max: 5, idle_millis: 50, reload_millis: 20 };

#[derive(Debug, Clone, Copy)]
enum Command {
    Add(u32),
    Tell,
    Owe(bool),
    Panic,
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Ask(u64, Command),
    Effect(u64, u32),
    /// The row of one that loads is read; the database may be away.
    Read {
        nth: usize,
        fails: bool,
    },
    /// What was read arrives.
    Arrive {
        nth: usize,
    },
    Wait(u64),
    Project,
    Passivate,
    Due,
}

fn step() -> impl Strategy<Value = Step> {
    let key = || prop_oneof![4 => 1..4u64, 1 => Just(NO_ROW)];
    let command = prop_oneof![
        4 => (1..100u32).prop_map(Command::Add),
        2 => Just(Command::Tell),
        1 => any::<bool>().prop_map(Command::Owe),
        1 => Just(Command::Panic),
    ];
    prop_oneof![
        6 => (key(), command).prop_map(|(key, command)| Step::Ask(key, command)),
        3 => (1..4u64, 1..100u32).prop_map(|(key, count)| Step::Effect(key, count)),
        4 => (0..3usize, prop::bool::weighted(0.2)).prop_map(|(nth, fails)| Step::Read { nth, fails }),
        4 => (0..3usize).prop_map(|nth| Step::Arrive { nth }),
        3 => (0..40u64).prop_map(Step::Wait),
        2 => Just(Step::Project),
        2 => Just(Step::Passivate),
        1 => Just(Step::Due),
    ]
}

type Replies = Rc<RefCell<Vec<(usize, Answer<Settled<u64>>)>>>;

/// A host, the shell around it, and what was asked and answered.
struct Shell {
    journal: Arc<MemoryJournal>,
    recorder: Arc<Recorder>,
    clock: Arc<SetClock>,
    rows: Rows,
    shared: Mutex<Vec<(u64, u32)>>,
    host: Host<Sum>,
    /// Keys that load, with what was read.
    loads: Vec<(u64, Option<Loaded<Sum>>)>,
    asked: Vec<(u64, Command)>,
    replies: Replies,
    answers: BTreeMap<usize, Answer<Settled<u64>>>,
    asked_at: BTreeMap<u64, Timestamp>,
    effects: BTreeMap<u64, usize>,
}

impl Shell {
    fn new() -> Self {
        let journal = Arc::new(MemoryJournal::durable_at_once());
        let (recorder, clock) = recorder(&journal);
        Self {
            journal,
            recorder,
            clock,
            rows: Rows::default(),
            shared: Mutex::default(),
            host: Host::new(KEEPING),
            loads: Vec::new(),
            asked: Vec::new(),
            replies: Replies::default(),
            answers: BTreeMap::new(),
            asked_at: BTreeMap::new(),
            effects: BTreeMap::new(),
        }
    }

    fn unanswered(&self, of: Option<u64>) -> usize {
        let open = |nth: &usize| !self.answers.contains_key(nth) && of.is_none_or(|key| self.asked[*nth].0 == key);
        (0..self.asked.len()).filter(open).count()
    }

    fn note(&mut self, key: u64, next: Next) {
        if next == Next::Load {
            assert!(self.loads.iter().all(|load| load.0 != key), "{key} is loaded twice at a time");
            self.loads.push((key, None));
        }
    }

    fn ask(&mut self, key: u64, command: Command) {
        let (before, before_in_all) = (self.unanswered(Some(key)), self.unanswered(None));
        let nth = self.asked.len();
        self.asked.push((key, command));
        self.asked_at.insert(key, self.clock.now());
        let next = match command {
            Command::Add(count) => self.host_ask(key, Add(count), nth, |total| total),
            Command::Tell => self.host_ask(key, Tell, nth, |total| total),
            Command::Owe(owes) => self.host_ask(key, Owe(owes), nth, |()| 0),
            Command::Panic => self.host_ask(key, Panic, nth, |()| 0),
        };
        self.note(key, next);
        self.hear();
        let is_busy = self.answers.get(&nth) == Some(&Err(Unavailable::Busy));
        let has_no_room = before >= KEEPING.waiting_max || before_in_all >= KEEPING.waiting_total_max;
        assert!(!is_busy || has_no_room, "there was room for {nth}");
        assert!(self.unanswered(Some(key)) <= KEEPING.waiting_max && self.unanswered(None) <= KEEPING.waiting_total_max);
    }

    fn host_ask<C>(&mut self, key: u64, command: C, nth: usize, told: fn(<Sum as Handle<C>>::Reply) -> u64) -> Next
    where
        C: 'static,
        Sum: Handle<C>,
    {
        let replies = Rc::clone(&self.replies);
        self.host.ask(key, command, Provenance::SHOPPER, (&self.shared, &self.recorder), move |answer| {
            let settled = |settled: Settled<_>| Settled::on(settled.relies_on, told(settled.reply));
            replies.borrow_mut().push((nth, answer.map(|answer| answer.map(settled))));
        })
    }

    fn hear(&mut self) {
        for (nth, answer) in self.replies.take() {
            assert!(self.answers.insert(nth, answer).is_none(), "{nth} was answered twice");
        }
    }

    fn run(&mut self, step: Step) {
        match step {
            Step::Ask(key, command) => self.ask(key, command),
            Step::Effect(key, count) => {
                let effect = commit_elsewhere(&self.recorder, key, count);
                *self.effects.entry(key).or_default() += 1;
                let next = self.host.effect(key, effect, &self.shared, self.clock.now());
                self.note(key, next);
            }
            Step::Read { nth, fails } => {
                let unread = self.loads.iter_mut().filter(|load| load.1.is_none()).nth(nth);
                if let Some((key, read)) = unread {
                    self.rows.set_down(fails);
                    *read = Some(self.rows.read(*key).map_or(Loaded::Failed, |(found, checkpoint)| Loaded::Read(found, checkpoint)));
                }
            }
            Step::Arrive { nth } => {
                let read: Vec<usize> = (0..self.loads.len()).filter(|place| self.loads[*place].1.is_some()).collect();
                if let Some(place) = read.get(nth)
                    && let (key, Some(loaded)) = self.loads.remove(*place)
                {
                    self.host.loaded(key, loaded, (&self.shared, &self.recorder));
                    self.hear();
                    assert_eq!(self.unanswered(Some(key)), 0, "loading ended, and somebody still waits for {key}");
                }
            }
            Step::Wait(millis) => self.clock.set(self.clock.now().plus_millis(millis)),
            Step::Project => self.rows.project(&records(&self.journal), self.journal.last_enqueued()),
            Step::Passivate => self.passivate(usize::MAX),
            Step::Due => {
                let now = self.clock.now();
                for key in self.host.due(now) {
                    self.note(key, Next::Load);
                }
            }
        }
        self.check();
    }

    /// Passivates idle ones at the model's time (T3).
    fn passivate(&mut self, most: usize) {
        let (now, projected) = (self.clock.now(), self.rows.checkpoint());
        let before: Vec<Sum> = (1..4).filter_map(|key| self.host.get(key).cloned()).collect();
        self.host.passivate(now, projected, most);
        for left in before.into_iter().filter(|sum| self.host.get(sum.key).is_none()) {
            let asked_at = self.asked_at.get(&left.key).copied().unwrap_or_default();
            assert!(now.millis_since(asked_at) >= KEEPING.idle_millis, "{left:?} is not idle");
            assert!(!left.owes && left.last_record() <= projected, "{left:?} owes something");
        }
    }

    /// What is in memory is the sum of all records, its own and others'.
    fn check(&self) {
        let mut sums: BTreeMap<u64, u64> = BTreeMap::new();
        for committed in records(&self.journal) {
            let (key, count) = read(&committed.record.fact);
            *sums.entry(key).or_default() += u64::from(count);
        }
        for key in 1..4 {
            if let Some(sum) = self.host.get(key) {
                assert_eq!(sum.total, sums.get(&key).copied().unwrap_or_default(), "{sum:?}");
            }
        }
        assert!(self.host.get(NO_ROW).is_none());
    }

    /// Everything comes to an end: nothing waits any more, and what owes nothing leaves.
    fn rest(&mut self) {
        while !self.loads.is_empty() {
            self.run(Step::Read { nth: 0, fails: false });
            self.run(Step::Arrive { nth: 0 });
            self.run(Step::Wait(KEEPING.reload_millis));
            self.run(Step::Due);
        }
        self.run(Step::Wait(KEEPING.reload_millis));
        self.run(Step::Due);
        while !self.loads.is_empty() {
            self.run(Step::Read { nth: 0, fails: false });
            self.run(Step::Arrive { nth: 0 });
        }
        self.run(Step::Project);
        for _ in 0..3 {
            self.run(Step::Wait(2 * KEEPING.idle_millis));
            self.run(Step::Passivate);
        }
        let owing = (1..4).filter(|key| self.host.get(*key).is_some_and(|sum| sum.owes)).count();
        assert_eq!((self.host.resident(), self.unanswered(None)), (owing, 0));
    }

    /// Each command was carried out once and in its turn, or not at all, as its answer says.
    fn check_answers(&self) {
        let mut added: BTreeMap<u64, Vec<(Sequence, u32)>> = BTreeMap::new();
        for committed in records(&self.journal) {
            let (key, count) = read(&committed.record.fact);
            added.entry(key).or_default().push((committed.sequence, count));
        }
        let mut own: BTreeMap<u64, Vec<Sequence>> = BTreeMap::new();
        for (nth, answer) in &self.answers {
            let (key, command) = self.asked[*nth];
            match (command, answer) {
                (_, Ok(Err(refusal))) => assert!(key == NO_ROW && *refusal == Refusal::UnknownItem),
                (_, Err(Unavailable::Busy | Unavailable::Warming)) => {}
                (Command::Panic, answer) => assert_eq!(*answer, Err(Unavailable::OutcomeUnknown)),
                (Command::Add(count), Ok(Ok(settled))) => {
                    assert!(added[&key].contains(&(settled.relies_on, count)), "{nth} left no record");
                    let up_to = added[&key].iter().filter(|record| record.0 <= settled.relies_on).map(|record| u64::from(record.1));
                    assert!(
                        settled.reply >= u64::from(count) && settled.reply <= added[&key].iter().map(|record| u64::from(record.1)).sum()
                    );
                    assert!(up_to.sum::<u64>() >= u64::from(count));
                    own.entry(key).or_default().push(settled.relies_on);
                }
                (Command::Tell | Command::Owe(_), Ok(Ok(_))) => {}
                (command, answer) => panic!("{command:?} was answered {answer:?}"),
            }
        }
        for (key, own) in own {
            assert!(own.is_sorted(), "commands to {key} lost their order");
            let effects = self.effects.get(&key).copied().unwrap_or_default();
            assert_eq!(own.len() + effects, added[&key].len(), "a command to {key} was carried out twice, or refused and carried out");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn no_order_of_commands_effects_and_loads_loses_or_doubles_anything(steps in prop::collection::vec(step(), 1..120)) {
        let mut shell = Shell::new();
        steps.into_iter().for_each(|step| shell.run(step));
        shell.rest();
        shell.check_answers();
    }
}

/// A shell whose key 1 is loaded.
fn loaded() -> Shell {
    let mut shell = Shell::new();
    shell.run(Step::Ask(1, Command::Tell));
    shell.run(Step::Read { nth: 0, fails: false });
    shell.run(Step::Arrive { nth: 0 });
    shell
}

#[test]
fn a_command_that_panics_changes_nothing_and_takes_nobody_along() {
    let mut shell = Shell::new();
    for command in [Command::Add(1), Command::Panic, Command::Add(2)] {
        shell.run(Step::Ask(1, command));
    }
    shell.run(Step::Read { nth: 0, fails: false });
    shell.run(Step::Arrive { nth: 0 });
    shell.run(Step::Ask(1, Command::Panic));
    shell.run(Step::Ask(1, Command::Tell));
    let totals: Vec<_> = shell.answers.values().map(|answer| answer.map(|answer| answer.map(|settled| settled.reply))).collect();
    let unknown = Err(Unavailable::OutcomeUnknown);
    assert_eq!(totals, [Ok(Ok(1)), unknown, Ok(Ok(3)), unknown, Ok(Ok(3))]);
}

#[test]
fn no_more_commands_wait_than_there_is_room_for() {
    let mut shell = Shell::new();
    for key in [1, 1, 1, 1, 2, 2, 2] {
        shell.run(Step::Ask(key, Command::Tell));
    }
    let busy: Vec<usize> = shell.answers.iter().filter(|answer| *answer.1 == Err(Unavailable::Busy)).map(|answer| *answer.0).collect();
    assert_eq!(busy, [3, 6], "three for a key, five in all");
}

#[test]
fn a_failed_load_is_tried_again_after_its_pause() {
    let mut shell = Shell::new();
    shell.run(Step::Ask(1, Command::Tell));
    shell.run(Step::Read { nth: 0, fails: true });
    shell.run(Step::Arrive { nth: 0 });
    shell.run(Step::Wait(KEEPING.reload_millis - 1));
    shell.run(Step::Ask(1, Command::Tell));
    assert_eq!((shell.answers[&0], shell.answers[&1]), (Err(Unavailable::Warming), Err(Unavailable::Warming)));
    assert!(shell.loads.is_empty());
    shell.run(Step::Wait(1));
    shell.run(Step::Ask(1, Command::Tell));
    assert_eq!(shell.loads.len(), 1);
}

#[test]
fn effects_that_met_a_failed_load_are_made_so_by_the_next() {
    let mut shell = Shell::new();
    shell.run(Step::Effect(1, 5));
    shell.run(Step::Read { nth: 0, fails: true });
    shell.run(Step::Arrive { nth: 0 });
    shell.run(Step::Effect(1, 7));
    shell.run(Step::Due);
    assert!(shell.loads.is_empty(), "its pause is not over");
    shell.run(Step::Wait(KEEPING.reload_millis));
    shell.run(Step::Due);
    shell.run(Step::Read { nth: 0, fails: false });
    shell.run(Step::Arrive { nth: 0 });
    assert_eq!(shell.host.get(1).map(|sum| sum.total), Some(12));
}

#[test]
fn a_key_without_a_row_is_looked_for_again_however_often_it_is_asked_for() {
    let mut shell = Shell::new();
    shell.run(Step::Ask(NO_ROW, Command::Tell));
    shell.run(Step::Read { nth: 0, fails: false });
    shell.run(Step::Arrive { nth: 0 });
    assert_eq!(shell.answers[&0], Ok(Err(Refusal::UnknownItem)));
    for _ in 0..KEEPING.reload_millis {
        assert!(shell.loads.is_empty());
        shell.run(Step::Ask(NO_ROW, Command::Tell));
        shell.run(Step::Wait(1));
    }
    shell.run(Step::Ask(NO_ROW, Command::Tell));
    assert_eq!(shell.loads.len(), 1, "nobody ever looks whether there is a row by now");
}

#[test]
fn what_owes_or_is_ahead_of_the_database_stays() {
    let mut shell = loaded();
    let idle = Step::Wait(KEEPING.idle_millis);
    shell.run(Step::Ask(1, Command::Add(1)));
    shell.run(idle);
    shell.run(Step::Passivate);
    assert!(shell.host.get(1).is_some(), "its record is not projected");
    shell.run(Step::Project);
    shell.run(Step::Ask(1, Command::Owe(true)));
    shell.run(idle);
    shell.run(Step::Passivate);
    assert!(shell.host.get(1).is_some(), "it owes something");
    shell.run(Step::Ask(1, Command::Owe(false)));
    shell.run(Step::Passivate);
    assert!(shell.host.get(1).is_some(), "it has just been asked for");
    shell.run(idle);
    shell.run(Step::Passivate);
    shell.run(idle);
    shell.run(Step::Passivate);
    assert_eq!(shell.host.resident(), 0);
}
