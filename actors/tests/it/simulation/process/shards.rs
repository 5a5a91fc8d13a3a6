//! Carts in shards, each with the server's own host in it, completed from the server's own tail. Modelled are mailboxes and loads.

use std::collections::VecDeque;

use mallcore_actors::carts::{Cart, CartShared};
use mallcore_actors::kernel::host::{Host, Keeping, Loaded, Next};
use mallcore_actors::kernel::{Recorder, Tail};

use super::super::database::Runner;
use super::*;

const MAILBOX_CAPACITY: usize = 16;
/// Idle carts looked at in one turn.
const IDLE_LOOKS: usize = 2;

/// What a shard's turn finds.
pub struct CartTurn<'a> {
    pub host: &'a mut Host<Cart>,
    pub shared: &'a CartShared,
    pub recorder: &'a Recorder,
    pub replies: &'a Replies,
}

pub type CartLetter = Box<dyn FnOnce(&mut CartTurn<'_>) -> Next>;

enum Load {
    Wanted,
    Brought(Loaded<Cart>),
}

struct Shard {
    mailbox: VecDeque<(UserId, CartLetter)>,
    host: Host<Cart>,
    loads: Vec<(UserId, Load)>,
}

pub struct CartShards {
    shared: CartShared,
    recorder: Arc<Recorder>,
    keeping: Keeping,
    shards: Vec<Option<Shard>>,
    tail: Tail<Cart>,
    floor: Sequence,
}

impl CartShards {
    pub fn new(count: usize, recorder: Arc<Recorder>, keeping: Keeping, tail: Tail<Cart>, floor: Sequence) -> Self {
        let shards = (0..count).map(|_| None).collect();
        Self { shared: CartShared::default(), recorder, keeping, shards, tail, floor }
    }

    fn place(&self, user: UserId) -> usize {
        user.get() as usize % self.shards.len()
    }

    /// False: the mailbox is full.
    pub fn post(&mut self, user: UserId, letter: CartLetter) -> bool {
        let (place, keeping) = (self.place(user), self.keeping);
        let shard =
            self.shards[place].get_or_insert_with(|| Shard { mailbox: VecDeque::new(), host: Host::new(keeping), loads: Vec::new() });
        let fits = shard.mailbox.len() < MAILBOX_CAPACITY;
        if fits {
            shard.mailbox.push_back((user, letter));
        }
        fits
    }

    pub fn get(&self, user: UserId) -> Option<&Cart> {
        self.shards[self.place(user)].as_ref()?.host.get(user)
    }

    /// Shards that have something to do; `projected` is what the database is known to have of carts.
    pub fn runnable(&self, projected: Sequence) -> Vec<usize> {
        let can_load = |shard: &Shard| shard.loads.iter().any(|load| matches!(load.1, Load::Brought(_)) || self.floor <= projected);
        let can_run = |shard: &Shard| !shard.mailbox.is_empty() || can_load(shard);
        (0..self.shards.len()).filter(|place| self.shards[*place].as_ref().is_some_and(can_run)).collect()
    }

    pub fn step(&mut self, place: usize, replies: &Replies, database: &Database, projected: Sequence, prefers_load: bool) {
        let Some(shard) = &mut self.shards[place] else { return };
        let can_load = self.floor <= projected;
        let ready = shard.loads.iter().position(|load| can_load || matches!(load.1, Load::Brought(_)));
        match ready.filter(|_| prefers_load || shard.mailbox.is_empty()) {
            Some(nth) => match shard.loads.remove(nth) {
                (user, Load::Wanted) => {
                    let loaded = if database.is_up {
                        let (found, checkpoint) = database.load_cart(user);
                        assert!(checkpoint >= self.floor, "the database went back");
                        // None: the tail let go of records that this row does not have.
                        let completed = self.tail.complete(user, found, checkpoint);
                        completed.map_or(Loaded::Failed, |found| Loaded::Read(found, checkpoint))
                    } else {
                        Loaded::Failed
                    };
                    shard.loads.push((user, Load::Brought(loaded)));
                }
                (user, Load::Brought(loaded)) => shard.host.loaded(user, loaded, (&self.shared, &self.recorder)),
            },
            None => {
                let Some((user, letter)) = shard.mailbox.pop_front() else { return };
                let (host, shared, recorder) = (&mut shard.host, &self.shared, &*self.recorder);
                if letter(&mut CartTurn { host, shared, recorder, replies }) == Next::Load {
                    assert!(shard.loads.iter().all(|load| load.0 != user), "{user} is loaded twice at a time");
                    shard.loads.push((user, Load::Wanted));
                }
            }
        }
    }

    /// Lets go of idle carts; how many left.
    pub fn keep_house(&mut self, projected: Sequence) -> usize {
        let now = self.recorder.clock().now();
        self.tail.drop_through(projected);
        self.shards.iter_mut().flatten().map(|shard| shard.host.passivate(now, projected, IDLE_LOOKS)).sum()
    }

    /// A shard dies with what is in its mailbox.
    pub fn kill(&mut self, place: usize) -> bool {
        let was_there = self.shards[place].take().is_some();
        if was_there {
            self.floor = self.recorder.journal().last_enqueued();
        }
        was_there
    }
}

impl Process {
    pub fn runnable_shards(&self) -> Vec<usize> {
        self.carts.runnable(self.cart_rows.progress.sequence())
    }

    pub fn step_shard(&mut self, place: usize, database: &Database, prefers_load: bool) {
        self.carts.step(place, &self.replies, database, self.cart_rows.progress.sequence(), prefers_load);
    }

    pub fn keep_carts(&mut self) -> usize {
        self.carts.keep_house(self.cart_rows.progress.sequence())
    }

    /// A shard's actor panics; true if it was there.
    pub fn kill_shard(&mut self, place: usize) -> bool {
        self.carts.kill(place)
    }

    /// Carts in memory, and those that a start would make now, are those that the database has.
    pub fn compare_carts(&self, database: &Database) {
        assert_eq!(database.sequence(Runner::Carts), self.journal.last_enqueued());
        for user in database.carts.keys() {
            let row = database.load_cart(*user).0.expect("its row");
            if let Some(cart) = self.carts.get(*user) {
                let live = (cart.lines(), cart.version(), cart.bought_through());
                assert_eq!(live, (row.lines(), row.version(), row.bought_through()), "memory and database differ about the cart of {user}");
            }
        }
    }
}
