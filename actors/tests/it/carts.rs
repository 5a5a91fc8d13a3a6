//! Carts under any commands, through the kernel's host: C1 to C4, and the fold of their projection.

use std::collections::BTreeMap;
use std::sync::Arc;

use mallcore_actors::carts::{
    AddLine, Cart, CartFold, CartLine, CartShared, CartView, ChangeLine, ClearCart, GetCart, LINES_MAX, MergeLines, Merged,
    REQUESTS_REMEMBERED, RemoveBought, RemoveLine, Request, SelectAll,
};
use mallcore_actors::idempotency::BodyFingerprint;
use mallcore_actors::ids::SkuId;
use mallcore_actors::journal::memory::MemoryJournal;
use mallcore_actors::journal::{Journal, Sequence};
use mallcore_actors::kernel::fold::Batch;
use mallcore_actors::kernel::host::{Host, Keeping, Loaded, Next};
use mallcore_actors::kernel::{Aggregate, Committed, Handle, Provenance, Recorder};
use mallcore_actors::quantity::QUANTITY_MAX;
use mallcore_actors::refusal::{Answer, Refusal};
use mallcore_actors::time::Timestamp;
use proptest::prelude::*;

use crate::baskets::{key, pieces, sku, user};
use crate::clock::SetClock;
use crate::kernel::sum::records;

const SKUS: u64 = 130;
const IDLE_MILLIS: u64 = 10;

#[derive(Debug, Clone)]
enum Step {
    Add {
        sku: u64,
        count: u32,
        key: u64,
    },
    Change {
        sku: u64,
        count: Option<u32>,
        selected: Option<bool>,
    },
    SelectAll(bool),
    Remove(u64),
    Clear,
    Merge {
        lines: Vec<(u64, u32)>,
        key: u64,
    },
    Bought {
        skus: Vec<u64>,
        cause: u64,
    },
    /// Leaves memory and comes back from the rows of the projection.
    LeaveAndReturn,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let count = || prop_oneof![4 => 1..20u32, 1 => QUANTITY_MAX - 30..=QUANTITY_MAX];
    let some = || prop::collection::vec((1..=SKUS, count()), 0..60);
    let step = prop_oneof![
        6 => (1..=SKUS, count(), 0..1_000u64).prop_map(|(sku, count, key)| Step::Add { sku, count, key }),
        2 => (1..=SKUS, prop::option::of(count()), prop::option::of(any::<bool>()))
            .prop_map(|(sku, count, selected)| Step::Change { sku, count, selected }),
        1 => any::<bool>().prop_map(Step::SelectAll),
        1 => (1..=SKUS).prop_map(Step::Remove),
        1 => prop::bool::weighted(0.2).prop_map(|clears| if clears { Step::Clear } else { Step::LeaveAndReturn }),
        3 => (some(), 0..1_000u64).prop_map(|(lines, key)| Step::Merge { lines, key }),
        1 => (prop::collection::vec(1..=SKUS, 1..9), 1..60u64).prop_map(|(skus, cause)| Step::Bought { skus, cause }),
        1 => Just(Step::LeaveAndReturn),
    ];
    prop::collection::vec(step, 1..80)
}

/// A cart's rows, as a projection writes them from what was folded.
#[derive(Debug, Clone, Default, PartialEq)]
struct Rows {
    lines: BTreeMap<SkuId, CartLine>,
    requests: BTreeMap<u32, Request>,
    bought_through: Sequence,
    version: Sequence,
}

impl Rows {
    fn write(&mut self, batch: &Batch<CartFold>) {
        for change in batch.folded().carts().values() {
            if change.is_cleared {
                self.lines.clear();
            }
            for (sku, line) in &change.lines {
                match line {
                    Some(line) => drop(self.lines.insert(*sku, *line)),
                    None => drop(self.lines.remove(sku)),
                }
            }
            self.requests.extend(&change.requests);
            let newest = self.requests.last_key_value().map_or(0, |last| *last.0);
            self.requests.retain(|number, _| number + REQUESTS_REMEMBERED > newest);
            self.bought_through = self.bought_through.max(change.bought_through);
            self.version = change.version;
        }
    }

    /// The records in batches of these sizes, again and again.
    fn of(records: &[Committed], sizes: &[usize]) -> Self {
        let (mut rows, mut rest, mut after) = (Self::default(), records, Sequence::ZERO);
        for size in sizes.iter().cycle() {
            let (now, later) = rest.split_at((*size).min(rest.len()));
            let mut batch = Batch::<CartFold>::after(after);
            now.iter().for_each(|committed| batch.take(committed.sequence, committed.record.clone()).unwrap());
            rows.write(&batch);
            (rest, after) = (later, batch.through());
            if rest.is_empty() {
                break;
            }
        }
        rows
    }

    fn cart(&self) -> Cart {
        let (lines, requests) = (self.lines.values().copied(), self.requests.values().copied());
        Cart::restored(user(1), lines, requests, self.bought_through, self.version).unwrap()
    }
}

struct World {
    journal: Arc<MemoryJournal>,
    recorder: Arc<Recorder>,
    clock: Arc<SetClock>,
    shared: CartShared,
    host: Host<Cart>,
}

impl World {
    fn new() -> Self {
        let journal = Arc::new(MemoryJournal::durable_at_once());
        let clock = Arc::new(SetClock::at(Timestamp::from_millis(1_000)));
        let recorder = Arc::new(Recorder::new(Arc::clone(&journal) as _, Arc::clone(&clock) as _));
        let host = Host::new(Keeping { waiting_max: 1, waiting_total_max: 1, idle_millis: IDLE_MILLIS, reload_millis: 0 });
        let mut world = Self { journal, recorder, clock, shared: CartShared::default(), host };
        assert_eq!(world.view().lines, []);
        world
    }

    fn ask_by<C: Clone + 'static>(&mut self, by: Provenance, command: C) -> Answer<<Cart as Handle<C>>::Reply>
    where
        Cart: Handle<C>,
    {
        let told = std::rc::Rc::new(std::cell::RefCell::new(None));
        let reply = {
            let told = std::rc::Rc::clone(&told);
            move |answer: Answer<mallcore_actors::kernel::Settled<_>>| {
                *told.borrow_mut() = Some(answer.map(|answer| answer.map(|settled| settled.reply)));
            }
        };
        if self.host.ask(user(1), command, by, (&self.shared, &self.recorder), reply) == Next::Load {
            let rows = Rows::of(&records(&self.journal), &[usize::MAX]);
            let found = (rows.version > Sequence::ZERO).then(|| rows.cart());
            self.host.loaded(user(1), Loaded::Read(found, self.journal.last_enqueued()), (&self.shared, &self.recorder));
        }
        told.take().unwrap()
    }

    fn ask<C: Clone + 'static>(&mut self, command: C) -> Result<<Cart as Handle<C>>::Reply, Refusal>
    where
        Cart: Handle<C>,
    {
        self.ask_by(Provenance::SHOPPER, command).unwrap()
    }

    fn view(&mut self) -> CartView {
        self.ask(GetCart).unwrap()
    }

    fn leave(&mut self) {
        self.clock.set(self.recorder.clock().now().plus_millis(IDLE_MILLIS));
        assert_eq!(self.host.passivate(self.recorder.clock().now(), self.journal.last_enqueued(), 10), 1);
        assert!(self.host.get(user(1)).is_none());
    }

    fn run(&mut self, step: &Step) {
        let before = self.view();
        let body = BodyFingerprint::from_u64(1);
        match step.clone() {
            Step::Add { sku: id, count, key: number } => {
                let add = AddLine { sku: sku(id), quantity: pieces(count), key: key(number), body };
                if self.ask(add).is_ok() {
                    let after = self.view();
                    let of = |view: &CartView| view.lines.iter().find(|line| line.sku == sku(id)).map_or(0, |line| line.quantity.get());
                    // A key that was used before is a repeat, and adds nothing.
                    assert!(after == before || of(&after) == of(&before) + count, "{count} pieces more of {id}: {before:?} {after:?}");
                    assert_eq!(self.ask(add), Ok(after.clone()), "a repeat changes nothing");
                    let other = AddLine { body: BodyFingerprint::from_u64(2), ..add };
                    assert_eq!(self.ask(other), Err(Refusal::IdempotencyMismatch));
                    assert_eq!(self.view(), after);
                } else {
                    assert_eq!(self.view(), before, "a refusal changes nothing");
                }
            }
            Step::Change { sku: id, count, selected } => {
                let change = ChangeLine { sku: sku(id), quantity: count.map(pieces), selected };
                let is_there = before.lines.iter().any(|line| line.sku == sku(id));
                let mut expected = before.lines;
                for line in expected.iter_mut().filter(|line| line.sku == sku(id)) {
                    line.quantity = count.map_or(line.quantity, pieces);
                    line.selected = selected.unwrap_or(line.selected);
                }
                let answer = self.ask(change);
                assert_eq!(answer.is_ok(), is_there);
                assert!(answer.is_err() || self.ask(change) == answer, "done again it changes nothing");
                assert_eq!(self.view().lines, expected);
            }
            Step::SelectAll(selected) => {
                let after = self.ask(SelectAll(selected)).unwrap();
                assert!(after.lines.iter().all(|line| line.selected == selected));
            }
            Step::Remove(id) => {
                let after = self.ask(RemoveLine(sku(id))).unwrap();
                let expected: Vec<CartLine> = before.lines.into_iter().filter(|line| line.sku != sku(id)).collect();
                assert_eq!(after.lines, expected);
            }
            Step::Clear => assert_eq!(self.ask(ClearCart).unwrap().lines, []),
            Step::Merge { lines, key: number } => self.merge(&before, &lines, number),
            Step::Bought { skus, cause } => {
                let bought = RemoveBought { skus: skus.iter().map(|id| sku(*id)).collect() };
                let by = Provenance::policy(1, Sequence(cause));
                let after = self.ask_by(by, bought.clone()).unwrap().unwrap();
                assert_eq!(self.ask_by(by, bought).unwrap().unwrap(), after, "taken out once");
                let gone = |line: &&CartLine| !after.lines.iter().any(|left| left.sku == line.sku);
                assert!(before.lines.iter().filter(gone).all(|line| skus.contains(&line.sku.get())));
                // What is laid in after an order stays, however often the policy asks for that order.
                let add = AddLine { sku: sku(skus[0]), quantity: pieces(1), key: key(10_000 + after.version.0), body };
                if let Ok(again) = self.ask(add) {
                    assert_eq!(self.ask_by(by, RemoveBought { skus: vec![sku(skus[0])] }).unwrap(), Ok(again));
                }
            }
            Step::LeaveAndReturn => {
                self.leave();
                assert_eq!(self.view(), before, "a cart that left comes back equal");
            }
        }
    }

    fn merge(&mut self, before: &CartView, lines: &[(u64, u32)], number: u64) {
        let body = BodyFingerprint::from_u64(1);
        let lines: Vec<_> = lines.iter().map(|&(id, count)| (sku(id), pieces(count))).collect();
        let merge = MergeLines { lines: lines.clone(), key: key(number), body };
        let Ok(Merged { cart, left_out }) = self.ask(merge.clone()) else { return assert_eq!(self.view(), *before) };
        let of = |view: &CartView, sku: SkuId| view.lines.iter().find(|line| line.sku == sku).map_or(0, |line| line.quantity.get());
        if cart.version == before.version {
            // A repeat, or nothing found room.
            assert_eq!(cart, *before);
        } else {
            for line in &cart.lines {
                let added: u32 = lines.iter().filter(|added| added.0 == line.sku).map(|added| added.1.get()).sum();
                let expected = (of(before, line.sku) + added).min(QUANTITY_MAX);
                assert_eq!(line.quantity.get(), expected, "{:?}", line.sku);
            }
            let missing = |sku: &SkuId| of(&cart, *sku) == 0;
            let mut expected: Vec<SkuId> = Vec::new();
            for sku in lines.iter().map(|line| line.0).filter(missing) {
                if !expected.contains(&sku) {
                    expected.push(sku);
                }
            }
            assert_eq!(left_out, expected, "what found no room is said once");
            assert!(left_out.is_empty() || cart.lines.len() == LINES_MAX);
            assert_eq!(self.ask(merge), Ok(Merged { cart, left_out }), "a repeat changes nothing and gets the first answer");
        }
    }
}

proptest! {
    #[test]
    fn whatever_is_asked_of_a_cart_its_records_say_what_it_is(
        steps in steps(), sizes in prop::collection::vec(1..9usize, 1..5),
    ) {
        let mut world = World::new();
        for step in &steps {
            world.run(step);
            let cart = world.host.get(user(1)).unwrap();
            prop_assert_eq!(cart.broken(), None);
            prop_assert!(cart.lines().len() <= LINES_MAX);
        }
        let live = world.host.get(user(1)).unwrap();
        let records = records(&world.journal);
        let mut replayed = Cart::empty(user(1));
        for committed in records.iter().chain(&records) {
            Aggregate::apply(&mut replayed, committed);
        }
        // All but how far loading has read.
        let state = |cart: &Cart| format!("{cart:?}").rsplit_once("folded").unwrap().0.to_owned();
        prop_assert_eq!(state(&replayed), state(live));
        let (whole, split, single) = (Rows::of(&records, &[usize::MAX]), Rows::of(&records, &sizes), Rows::of(&records, &[1]));
        prop_assert_eq!(&whole, &split);
        prop_assert_eq!(&whole, &single);
        prop_assert_eq!(whole.lines.values().copied().collect::<Vec<_>>(), live.lines());
        prop_assert_eq!((whole.version, whole.bought_through), (live.version(), live.bought_through()));
    }
}

#[test]
fn a_full_cart_takes_no_other_line_but_more_of_one_that_it_has() {
    let mut world = World::new();
    for id in 1..=LINES_MAX as u64 {
        let add = AddLine { sku: sku(id), quantity: pieces(1), key: key(id), body: BodyFingerprint::from_u64(id) };
        assert!(world.ask(add).is_ok());
    }
    let add = |id| AddLine { sku: sku(id), quantity: pieces(1), key: key(1_000), body: BodyFingerprint::from_u64(1) };
    let refused = world.ask(add(LINES_MAX as u64 + 1)).unwrap_err();
    assert!(matches!(refused, Refusal::Rule(rule) if rule.code == "cart_full"), "{refused:?}");
    assert!(world.ask(add(1)).is_ok());
    world.leave();
    assert_eq!(world.view().lines.len(), LINES_MAX);
}
