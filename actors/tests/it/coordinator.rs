//! Orders over several SKUs: whatever fails at whatever step, nothing stays held; opposite baskets never both lose.

use std::collections::{BTreeMap, VecDeque};

use mallcore_actors::coordinator::{Action, BadBasket, Coordinator, Input, Outcome, PARTICIPANTS_MAX, Participant};
use mallcore_actors::facts::Record;
use mallcore_actors::idempotency::{BodyFingerprint, KeyHash};
use mallcore_actors::ids::{OrderId, SkuId, UserId};
use mallcore_actors::journal::Sequence;
use mallcore_actors::kernel::Committed;
use mallcore_actors::order_no::OrderNo;
use mallcore_actors::orders::{Line, OrderFact, OrderPlaced};
use mallcore_actors::quantity::{QUANTITY_MAX, Quantity};
use mallcore_actors::refusal::{Refusal, Unavailable};
use mallcore_actors::stock::{Asked, Holds, Owner, Stock, WAITING_MAX, Woken};
use mallcore_actors::time::Timestamp;
use proptest::prelude::*;

use crate::shop::{fen, pieces};

type Basket = Vec<(u64, u32)>;

/// Who says what to whom, in the order in which it was said; the test decides whose message comes next.
enum Mail {
    Ask(Owner, SkuId, Quantity),
    Settle(Owner, SkuId, Option<Committed>),
    Tell(Owner, Input),
}

/// SKUs, coordinators, and the mail between them. Mail to one receiver stays in order.
struct World {
    stocks: BTreeMap<SkuId, (Stock, Holds)>,
    coordinators: BTreeMap<Owner, (Coordinator, Basket)>,
    mail: BTreeMap<(bool, u64), VecDeque<Mail>>,
    answers: BTreeMap<Owner, Vec<Outcome>>,
    journal: Vec<Record>,
    /// Steps that a coordinator has taken; the failure that it meets instead of the input at that step.
    steps: usize,
    fail_at: Option<(usize, Input)>,
}

fn sku(id: u64) -> SkuId {
    SkuId::new(id).unwrap()
}

impl World {
    fn new(stock: &[(u64, u32)]) -> Self {
        let stocks = stock
            .iter()
            .map(|&(id, available)| {
                (sku(id), (Stock::new(sku(id), available, 0, 0, Sequence::ZERO, None, Default::default()), Holds::default()))
            })
            .collect();
        Self {
            stocks,
            coordinators: BTreeMap::new(),
            mail: BTreeMap::new(),
            answers: BTreeMap::new(),
            journal: Vec::new(),
            steps: 0,
            fail_at: None,
        }
    }

    fn start(&mut self, owner: Owner, basket: &Basket) {
        let wants = basket.iter().map(|&(id, count)| (Participant::Stock(sku(id)), pieces(count)));
        let (coordinator, first) = Coordinator::start(wants).unwrap();
        self.coordinators.insert(owner, (coordinator, basket.clone()));
        self.act(owner, first);
    }

    fn send(&mut self, mail: Mail) {
        let to = match &mail {
            Mail::Ask(_, sku, _) | Mail::Settle(_, sku, _) => (false, sku.get()),
            Mail::Tell(owner, _) => (true, owner.0),
        };
        self.mail.entry(to).or_default().push_back(mail);
    }

    fn act(&mut self, owner: Owner, action: Action) {
        match action {
            Action::Hold(Participant::Stock(sku), quantity) => self.send(Mail::Ask(owner, sku, quantity)),
            Action::Commit => {
                let outcome = match self.fail_at {
                    Some((step, failure)) if step == self.steps => failure,
                    _ => Input::Enqueued(self.place(owner)),
                };
                self.step(owner, outcome);
            }
            Action::Confirm(Participant::Stock(sku), sequence) => {
                let record = self.journal[sequence.0 as usize - 1].clone();
                self.send(Mail::Settle(owner, sku, Some(Committed { sequence, record })));
            }
            Action::Release(Participant::Stock(sku)) => self.send(Mail::Settle(owner, sku, None)),
            Action::Answer(outcome) => self.answers.entry(owner).or_default().push(outcome),
        }
    }

    fn place(&mut self, owner: Owner) -> Sequence {
        let basket = &self.coordinators[&owner].1;
        let order = OrderId::new(self.journal.len() as u64 + 1).unwrap();
        let lines = basket.iter().map(|&(id, count)| Line { sku: sku(id), flash: None, quantity: pieces(count), unit_price: fen(1) });
        let placed = OrderPlaced {
            order,
            no: OrderNo::new(order, Timestamp::default(), 0),
            user: UserId::new(1).unwrap(),
            lines: lines.collect(),
            payable: fen(1),
            expires_at: Timestamp::MAX,
            key: KeyHash::from_bytes([0; 16]),
            body: BodyFingerprint::from_u64(0),
            address: None,
        };
        self.journal.push(Record::system(Timestamp::default(), OrderFact::Placed(placed)));
        Sequence(self.journal.len() as u64)
    }

    fn step(&mut self, owner: Owner, input: Input) {
        let failure = self.fail_at.filter(|fail| fail.0 == self.steps).map(|fail| fail.1);
        self.steps += 1;
        let actions = self.coordinators.get_mut(&owner).unwrap().0.step(failure.unwrap_or(input));
        actions.into_iter().for_each(|action| self.act(owner, action));
    }

    /// Delivers the next message to one receiver; false if there is none for anybody.
    fn deliver(&mut self, pick: usize) -> bool {
        let receivers: Vec<_> = self.mail.iter().filter(|queue| !queue.1.is_empty()).map(|queue| *queue.0).collect();
        if receivers.is_empty() {
            return false;
        }
        let Some(mail) = self.mail.get_mut(&receivers[pick % receivers.len()]).and_then(VecDeque::pop_front) else { return false };
        match mail {
            Mail::Ask(owner, sku, quantity) => {
                let (stock, holds) = self.stocks.get_mut(&sku).unwrap();
                match holds.hold(stock, owner, quantity) {
                    Asked::Granted => self.send(Mail::Tell(owner, Input::Granted)),
                    Asked::Waiting => {}
                    Asked::SoldOut => self.send(Mail::Tell(owner, Input::Refused(Refusal::SoldOut))),
                    Asked::Busy => self.send(Mail::Tell(owner, Input::Unavailable(Unavailable::Busy))),
                }
            }
            Mail::Settle(owner, sku, record) => {
                let (stock, holds) = self.stocks.get_mut(&sku).unwrap();
                let woken = match record {
                    Some(committed) => holds.confirm(stock, owner, &committed),
                    None => holds.release(stock, owner),
                };
                for woken in woken {
                    match woken {
                        Woken::Granted(owner) => self.send(Mail::Tell(owner, Input::Granted)),
                        Woken::SoldOut(owner) => self.send(Mail::Tell(owner, Input::Refused(Refusal::SoldOut))),
                    }
                }
            }
            Mail::Tell(owner, input) => self.step(owner, input),
        }
        true
    }

    fn settle(&mut self, seed: u64) {
        let mut state = seed | 1;
        loop {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            if !self.deliver((state >> 33) as usize) {
                return;
            }
        }
    }

    /// Nothing is held, everybody has one answer, and the stock is what the placed orders left of it.
    fn assert_settled(&self, received: &[(u64, u32)]) {
        for (owner, (coordinator, _)) in &self.coordinators {
            assert!(coordinator.is_done(), "{owner:?} hangs");
            assert_eq!(self.answers[owner].len(), 1, "{owner:?}");
        }
        for &(id, count) in received {
            let (stock, holds) = &self.stocks[&sku(id)];
            assert!(holds.is_empty(), "something stays held at {id}: {holds:?}");
            let placed: u32 = self.placed().flat_map(|basket| basket.iter().filter(|line| line.0 == id)).map(|line| line.1).sum();
            assert_eq!((stock.available(), stock.held()), (count - placed, placed), "sku {id}");
        }
    }

    fn placed(&self) -> impl Iterator<Item = &Basket> {
        self.answers.iter().filter(|answers| matches!(answers.1[..], [Outcome::Placed(_)])).map(|answers| &self.coordinators[answers.0].1)
    }
}

/// Fails every step of `baskets` in turn in every way, and finds nothing held afterwards.
fn fail_at_every_step(stock: &[(u64, u32)], baskets: &[Basket]) {
    let failures = [Input::Refused(Refusal::SoldOut), Input::Unavailable(Unavailable::JournalFull), Input::TimedOut, Input::Abandoned];
    for failure in failures {
        for step in 0.. {
            let mut world = World::new(stock);
            world.fail_at = Some((step, failure));
            for (owner, basket) in baskets.iter().enumerate() {
                world.start(Owner(owner as u64), basket);
            }
            world.settle(step as u64);
            world.assert_settled(stock);
            if world.steps <= step {
                break;
            }
        }
    }
}

#[test]
fn a_failure_at_any_step_leaves_nothing_held() {
    fail_at_every_step(&[(1, 3), (2, 3), (3, 3)], &[vec![(3, 2), (1, 2), (2, 2)]]);
    fail_at_every_step(&[(1, 3), (2, 3), (3, 3)], &[vec![(3, 2), (1, 2), (2, 2)], vec![(2, 2), (3, 2)], vec![(1, 3)]]);
}

#[test]
fn one_of_two_opposite_baskets_wins() {
    for seed in 0..200 {
        let stock = [(1, 1), (2, 1)];
        let mut world = World::new(&stock);
        world.start(Owner(1), &vec![(1, 1), (2, 1)]);
        world.start(Owner(2), &vec![(2, 1), (1, 1)]);
        world.settle(seed);
        world.assert_settled(&stock);
        assert_eq!(world.placed().count(), 1, "seed {seed}");
    }
}

#[test]
fn a_basket_that_waits_gets_what_a_failed_one_gives_back() {
    let stock = [(1, 1), (2, 1)];
    let mut world = World::new(&stock);
    world.start(Owner(1), &vec![(1, 1), (2, 2)]);
    world.start(Owner(2), &vec![(1, 1)]);
    world.settle(0);
    world.assert_settled(&stock);
    assert_eq!(world.answers[&Owner(1)], [Outcome::Refused(Refusal::SoldOut)]);
    assert!(matches!(world.answers[&Owner(2)][..], [Outcome::Placed(_)]));
}

proptest! {
    #[test]
    fn nothing_is_oversold_or_left_over_in_any_interleaving(
        stock in prop::collection::vec(0..4u32, 3),
        baskets in prop::collection::vec(prop::collection::btree_map(1..4u64, 1..3u32, 1..4), 1..8),
        fail_at in prop::option::of(0..30usize),
        seed: u64,
    ) {
        let stock: Vec<(u64, u32)> = (1..).zip(stock).collect();
        let mut world = World::new(&stock);
        world.fail_at = fail_at.map(|step| (step, Input::TimedOut));
        for (owner, basket) in baskets.iter().enumerate() {
            world.start(Owner(owner as u64), &basket.clone().into_iter().collect());
        }
        world.settle(seed);
        world.assert_settled(&stock);
        if fail_at.is_none() {
            // Nobody lost for nothing: who was refused does not fit into what is left.
            for (owner, (_, basket)) in &world.coordinators {
                if world.answers[owner] == [Outcome::Refused(Refusal::SoldOut)] {
                    prop_assert!(basket.iter().any(|&(id, count)| world.stocks[&sku(id)].0.available() < count), "{:?} lost for nothing", owner);
                }
            }
        }
    }
}

fn stock_of(available: u32) -> Stock {
    Stock::new(sku(1), available, 0, 0, Sequence::ZERO, None, Default::default())
}

#[test]
fn whoever_came_first_is_granted_first() {
    let (stock, mut holds) = (stock_of(3), Holds::default());
    assert_eq!(holds.hold(&stock, Owner(1), pieces(2)), Asked::Granted);
    assert_eq!(holds.hold(&stock, Owner(2), pieces(3)), Asked::Waiting);
    assert_eq!(holds.hold(&stock, Owner(3), pieces(1)), Asked::Waiting, "there is one, but somebody waits already");
    assert_eq!(holds.hold(&stock, Owner(4), pieces(4)), Asked::SoldOut);
    assert_eq!(holds.hold(&stock, Owner(1), pieces(2)), Asked::Granted, "asking again changes nothing");
    assert_eq!(holds.free(&stock), 1);
    assert_eq!(holds.release(&stock, Owner(1))[..], [Woken::Granted(Owner(2))]);
    assert_eq!(holds.release(&stock, Owner(2))[..], [Woken::Granted(Owner(3))]);
    assert_eq!(holds.release(&stock, Owner(3))[..], []);
    assert!(holds.is_empty());
}

#[test]
fn the_queue_is_bounded() {
    let (stock, mut holds) = (stock_of(1), Holds::default());
    holds.hold(&stock, Owner(0), pieces(1));
    for owner in 1..=WAITING_MAX as u64 {
        assert_eq!(holds.hold(&stock, Owner(owner), pieces(1)), Asked::Waiting);
    }
    assert_eq!(holds.hold(&stock, Owner(u64::MAX), pieces(1)), Asked::Busy);
}

#[test]
fn held_pieces_are_not_carved_for_a_sale() {
    let (stock, mut holds) = (stock_of(5), Holds::default());
    holds.hold(&stock, Owner(1), pieces(2));
    assert_eq!(holds.decide_carve(&stock, &crate::shop::plan(1, 4, 1), mallcore_actors::time::Timestamp::default()), Err(Refusal::SoldOut));
    assert!(matches!(holds.decide_carve(&stock, &crate::shop::plan(1, 3, 1), mallcore_actors::time::Timestamp::default()), Ok(Some(_))));
}

#[test]
fn a_basket_is_merged_sorted_and_bounded() {
    let stock = |id| Participant::Stock(sku(id));
    let (_, first) = Coordinator::start([(stock(2), pieces(1)), (stock(1), pieces(1)), (stock(1), pieces(2))]).unwrap();
    assert_eq!(first, Action::Hold(stock(1), pieces(3)));
    assert_eq!(Coordinator::start([]).unwrap_err(), BadBasket::Empty);
    assert_eq!(Coordinator::start([(stock(1), pieces(QUANTITY_MAX)), (stock(1), pieces(1))]).unwrap_err(), BadBasket::Quantity);
    let many = (1..=PARTICIPANTS_MAX as u64 + 1).map(|id| (stock(id), pieces(1)));
    assert_eq!(Coordinator::start(many).unwrap_err(), BadBasket::TooMany);
}
