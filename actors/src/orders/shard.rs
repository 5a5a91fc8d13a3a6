//! The orders in memory of some users: open ones, and changed ones until the database has them.
//! - U1 A user's open unpaid orders never exceed the limit at which `admit` was asked.
//! - U2 A user's purchase limit is given back at most once per activity.
//! - U3 An order leaves memory only when it is not open, no attempt to pay it is, and the database has its last change.
//! - U4 An order that comes back is never older than it was when it left, and never replaces one that is here.

use std::collections::{BTreeSet, VecDeque};

use hashbrown::{HashMap, HashSet};
use smallvec::SmallVec;

use super::facts::OrderFact;
use super::keys::PlacedKeys;
use super::order::Order;
use super::status::Status;
use crate::idempotency::{BodyFingerprint, KeyHash};
use crate::ids::{ActivityId, OrderId, UserId};
use crate::journal::Sequence;
use crate::kernel::Fact;
use crate::refusal::Refusal;
use crate::stock::Receipt;
use crate::time::Timestamp;

/// When an open order may be closed unpaid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline {
    /// From then on.
    pub at: Timestamp,
    /// The shopper who owns it.
    pub user: UserId,
    /// The order that is due.
    pub order: OrderId,
}

/// An order in a place that never moves: growing a user's list, or the map of users, copies 16 bytes an order and not 200. Users who buy
/// in step, as they do when a sale begins, would otherwise all be moved within the same fraction of a second.
#[derive(Debug)]
struct Kept {
    id: OrderId,
    order: Box<Order>,
}

#[derive(Debug, Default)]
struct UserOrders {
    /// In the order of their ids. New ones come last, so the usual insertion moves nothing, and finding one among thousands is quick.
    orders: SmallVec<[Kept; 1]>,
    /// How many of them are open: kept, because each purchase asks.
    open: u32,
}

impl UserOrders {
    /// Where an order lies, or would.
    fn place(&self, id: OrderId) -> Result<usize, usize> {
        match self.orders.last() {
            Some(last) if last.id < id => Err(self.orders.len()),
            _ => self.orders.binary_search_by_key(&id, |kept| kept.id),
        }
    }

    fn find(&self, id: OrderId) -> Option<&Order> {
        self.place(id).ok().and_then(|place| self.orders.get(place)).map(|kept| &*kept.order)
    }

    fn find_mut(&mut self, id: OrderId) -> Option<&mut Order> {
        self.place(id).ok().and_then(|place| self.orders.get_mut(place)).map(|kept| &mut *kept.order)
    }
}

/// A part of the order book, serialised by its lock in [`super::OrderBook`].
#[derive(Debug, Default)]
pub struct OrderShard {
    users: HashMap<UserId, UserOrders, foldhash::fast::FixedState>,
    /// Whose limit was given back already, by activity: forgetting an activity is one removal, however many users there are.
    limits_returned: HashMap<ActivityId, HashSet<UserId>>,
    deadlines: BTreeSet<Deadline>,
    /// Orders that are no longer open, by their last record: they leave when the database has it.
    settled: VecDeque<(Sequence, UserId, OrderId)>,
    resident: usize,
    /// The highest record of an order that left; before the first one left, the journal's end at start. A row that was read when the
    /// database had less may lack changes.
    evicted_through: Sequence,
    keys: PlacedKeys,
}

/// What became of an order that was read from the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TakenIn {
    /// It is in memory, this one or a newer one that was there already.
    Resident,
    /// The row may lack changes: it has to be read again.
    Stale,
}

impl OrderShard {
    /// Whether the user may open one more order.
    pub fn admit(&self, user: UserId, unpaid_max: u32) -> Result<(), Refusal> {
        let open = self.users.get(&user).map_or(0, |orders| orders.open);
        if open >= unpaid_max { Err(Refusal::TooManyUnpaid { limit: unpaid_max }) } else { Ok(()) }
    }

    /// Whether closing an order of `activity` gives the user's purchase limit back.
    pub fn gives_limit_back(&self, user: UserId, activity: ActivityId) -> bool {
        self.limits_returned.get(&activity).is_none_or(|users| !users.contains(&user))
    }

    /// An order of this user, if it is in memory.
    pub fn order(&self, user: UserId, order: OrderId) -> Option<&Order> {
        self.users.get(&user)?.find(order)
    }

    /// The order in memory that this request of the user placed. Newest first, for who repeats repeats soon.
    pub fn placed_by(&self, user: UserId, key: KeyHash) -> Option<&Order> {
        let orders = &self.users.get(&user)?.orders;
        orders.iter().rev().map(|kept| &*kept.order).find(|order| order.key == key)
    }

    /// The first answer to a request for a basket, none if it is not known (K1).
    pub fn answered(&self, user: UserId, key: KeyHash, body: BodyFingerprint) -> Option<Result<Receipt, Refusal>> {
        self.keys.find(user, key, body)
    }

    /// Takes in, at start, the answer to a request for a basket that the database has. Oldest first.
    pub fn remember(&mut self, user: UserId, key: KeyHash, body: BodyFingerprint, receipt: Receipt) {
        let users = &self.users;
        let is_open =
            |order| users.get(&user).and_then(|orders| orders.find(order)).is_some_and(|order| order.status == Status::PendingPayment);
        self.keys.remember(user, key, body, receipt, is_open);
    }

    /// Forgets answers that are old enough, at most `most` looked at.
    pub fn forget_keys(&mut self, now: Timestamp, most: usize) {
        let users = &self.users;
        self.keys.forget(now, most, |user, order| users.get(&user).is_some_and(|orders| orders.find(order).is_some()));
    }

    /// Answers to requests for baskets that are remembered.
    pub fn keys(&self) -> usize {
        self.keys.count()
    }

    /// The user's orders in memory, in no order.
    pub fn orders(&self, user: UserId) -> impl Iterator<Item = &Order> {
        self.users.get(&user).into_iter().flat_map(|orders| &orders.orders).map(|kept| &*kept.order)
    }

    /// Makes a fact so. Facts that it already has, and those that concern no order, change nothing.
    pub fn apply(&mut self, sequence: Sequence, at: Timestamp, fact: &Fact) {
        let Fact::Orders(fact) = fact else { return };
        let (user, id) = match fact {
            OrderFact::Placed(placed) => return self.place(Order::placed(sequence, at, placed)),
            OrderFact::BasketPlaced(placed) => return self.place(Order::basket_placed(sequence, at, placed)),
            fact => (fact.user(), fact.version().0),
        };
        if let OrderFact::Closed(closed) = fact
            && closed.limit_returned
        {
            closed.returns.iter().filter_map(|back| back.line.flash).for_each(|flash| self.note_limit_returned(user, flash.activity));
        }
        let Some(orders) = self.users.get_mut(&user) else { return };
        let Some(order) = orders.find_mut(id) else { return };
        let (before, was_open) = (order.sequence, order.status == Status::PendingPayment);
        order.apply(sequence, at, fact);
        if order.sequence != before {
            let expires_at = order.expires_at;
            assert_eq!(order.sequence, sequence, "O2: {id:?} stands at another record than the one that changed it");
            let is_open = order.status == Status::PendingPayment;
            debug_assert!(was_open || !is_open, "U1: {id:?} is open again and would not be counted");
            let deadline = Deadline { at: expires_at, user, order: id };
            // One with an open attempt to pay has none: whoever looks after the attempt ends it first.
            let is_timed = is_open && order.open_attempt().is_none();
            orders.open -= u32::from(was_open && !is_open);
            if is_timed {
                self.deadlines.insert(deadline);
            } else if was_open {
                self.deadlines.remove(&deadline);
            }
            if !is_open {
                self.settled.push_back((sequence, user, id));
            }
        }
    }

    /// Takes in an order that was just placed, or that was read from the database or a snapshot. A basket's request is remembered with it.
    pub fn place(&mut self, order: Order) {
        let orders = self.users.entry(order.user).or_default();
        let place = match orders.place(order.id) {
            Ok(_) => return,
            Err(place) => place,
        };
        if order.status == Status::PendingPayment {
            orders.open += 1;
            if order.open_attempt().is_none() {
                self.deadlines.insert(Deadline { at: order.expires_at, user: order.user, order: order.id });
            }
        } else {
            self.settled.push_back((order.sequence, order.user, order.id));
        }
        let request = order.basket.is_some().then(|| (order.user, order.key, order.body, order.receipt()));
        orders.orders.insert(place, Kept { id: order.id, order: Box::new(order) });
        debug_assert!(orders.open as usize <= orders.orders.len(), "U1: {} of {} orders are open", orders.open, orders.orders.len());
        debug_assert!(
            orders.orders[place.saturating_sub(1)..].iter().take(3).is_sorted_by_key(|kept| kept.id),
            "a user's orders are out of order"
        );
        self.resident += 1;
        if let Some((user, key, body, receipt)) = request {
            self.remember(user, key, body, receipt);
        }
    }

    /// Takes in an order that was read from the database when that had every record up to `read_at` (U4).
    pub fn take_in(&mut self, order: Order, read_at: Sequence) -> TakenIn {
        if self.order(order.user, order.id).is_some() {
            return TakenIn::Resident;
        }
        // An open order never leaves, nor one with an open attempt: a row that says so is from before that was over.
        if read_at < self.evicted_through || order.status == Status::PendingPayment || order.open_attempt().is_some() {
            return TakenIn::Stale;
        }
        let (user, id) = (order.user, order.id);
        self.place(order);
        debug_assert!(self.order(user, id).is_some(), "U4: {id:?} was taken in and is not there");
        TakenIn::Resident
    }

    /// Whether a row read when the database had every record up to `read_at` has all that ever happened to an order that is not here.
    pub fn is_current(&self, read_at: Sequence) -> bool {
        read_at >= self.evicted_through
    }

    /// From now on only rows that have every record up to this one are taken in: the journal's end at start.
    pub fn require(&mut self, through: Sequence) {
        self.evicted_through = self.evicted_through.max(through);
    }

    /// Notes, from the database at start, that the user's limit was given back in this activity.
    pub fn note_limit_returned(&mut self, user: UserId, activity: ActivityId) {
        self.limits_returned.entry(activity).or_default().insert(user);
    }

    /// Takes out at most `most` deadlines that have come. Whoever cannot act on one hands it back with [`Self::postpone`].
    pub fn take_due(&mut self, now: Timestamp, most: usize) -> Vec<Deadline> {
        let mut due = Vec::new();
        while due.len() < most
            && let Some(first) = self.deadlines.first()
            && first.at <= now
        {
            due.extend(self.deadlines.pop_first());
        }
        due
    }

    /// Puts a deadline back that could not be acted on, if its order is still open.
    pub fn postpone(&mut self, deadline: Deadline) {
        let is_timed = |order: &Order| order.status == Status::PendingPayment && order.open_attempt().is_none();
        if self.order(deadline.user, deadline.order).is_some_and(is_timed) {
            self.deadlines.insert(deadline);
        }
    }

    /// Gives every open order that was placed at or before this record the whole time to pay, counted from `at`. How many there are.
    /// Once, at start-up, on orders as they were placed: the deadline that it gives is not kept anywhere.
    pub fn restart_pay_windows(&mut self, through: Sequence, at: Timestamp) -> usize {
        let mut restarted = 0;
        for order in self.users.values_mut().flat_map(|orders| &mut orders.orders).map(|kept| &mut *kept.order) {
            if order.status == Status::PendingPayment && order.sequence <= through {
                let had_deadline = self.deadlines.remove(&Deadline { at: order.expires_at, user: order.user, order: order.id });
                debug_assert!(had_deadline || order.open_attempt().is_some(), "{:?} is open and has no deadline", order.id);
                order.restart_pay_window(at);
                if had_deadline {
                    self.deadlines.insert(Deadline { at: order.expires_at, user: order.user, order: order.id });
                }
                restarted += 1;
            }
        }
        restarted
    }

    /// Lets go of what the database has; `projected` is its checkpoint.
    pub fn evict(&mut self, projected: Sequence) {
        while let Some(&(sequence, user, id)) = self.settled.front()
            && sequence <= projected
        {
            self.settled.pop_front();
            let Some(orders) = self.users.get_mut(&user) else { continue };
            let is_done = |order: &Order| order.status != Status::PendingPayment && order.open_attempt().is_none();
            let leaves = |kept: &Kept| kept.order.sequence <= projected && is_done(&kept.order);
            if let Ok(place) = orders.place(id)
                && orders.orders.get(place).is_some_and(leaves)
            {
                let left = orders.orders.remove(place);
                self.evicted_through = self.evicted_through.max(left.order.sequence);
                self.resident -= 1;
            }
            if orders.orders.is_empty() {
                assert_eq!(orders.open, 0, "U3: an open order of {user:?} has left memory");
                self.users.remove(&user);
            }
        }
    }

    /// Forgets whose limits were given back in an activity that has ended.
    pub fn forget_activity(&mut self, activity: ActivityId) {
        self.limits_returned.remove(&activity);
    }

    /// Orders in memory.
    pub fn resident(&self) -> usize {
        self.resident
    }

    /// Every order in memory, in no order (for snapshots).
    pub fn all_orders(&self) -> impl Iterator<Item = &Order> {
        self.users.values().flat_map(|orders| &orders.orders).map(|kept| &*kept.order)
    }

    /// Whose limit was given back in which activity (for snapshots).
    pub fn limits_returned(&self) -> impl Iterator<Item = (UserId, ActivityId)> {
        self.limits_returned.iter().flat_map(|(activity, users)| users.iter().map(|user| (*user, *activity)))
    }

    /// Orders that somebody may be paying: every order with an open attempt is in memory.
    pub fn being_paid(&self) -> impl Iterator<Item = &Order> {
        self.all_orders().filter(|order| order.open_attempt().is_some())
    }

    /// Open unpaid orders in memory, with their lines (for audits).
    pub fn open_orders(&self) -> impl Iterator<Item = &Order> {
        self.all_orders().filter(|order| order.status == Status::PendingPayment)
    }
}
