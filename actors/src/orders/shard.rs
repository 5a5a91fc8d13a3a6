//! The orders in memory of some users: open ones, and changed ones until the database has them.
//! - U1 A user's open unpaid orders never exceed the limit at which `admit` was asked.
//! - U2 A user's purchase limit is given back at most once per activity.
//! - U3 An order leaves memory only when it is not open and the database has its last change.

use std::collections::{BTreeSet, VecDeque};

use hashbrown::HashMap;
use smallvec::SmallVec;

use super::order::{Order, Status};
use crate::ids::{ActivityId, OrderId, UserId};
use crate::journal::Sequence;
use crate::record::Event;
use crate::refusal::Refusal;
use crate::time::Timestamp;

/// When an open order may be closed unpaid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline {
    /// From then on.
    pub at: Timestamp,
    /// Whose.
    pub user: UserId,
    /// Which.
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
    orders: SmallVec<[Kept; 1]>,
    /// The highest id among all that were ever here: an order above it is new without a search.
    newest: Option<OrderId>,
    /// How many of them are open: kept, because each purchase asks.
    open: u32,
    /// Activities in which this user's limit was given back already.
    limit_returned: SmallVec<[ActivityId; 1]>,
}

/// A part of the order book, serialised by its lock in [`super::OrderBook`].
#[derive(Debug, Default)]
pub struct OrderShard {
    users: HashMap<UserId, UserOrders, foldhash::fast::FixedState>,
    deadlines: BTreeSet<Deadline>,
    /// Orders that are no longer open, by their last record: they leave when the database has it.
    settled: VecDeque<(Sequence, UserId, OrderId)>,
    resident: usize,
}

impl OrderShard {
    /// Whether the user may open one more order.
    pub fn admit(&self, user: UserId, unpaid_max: u32) -> Result<(), Refusal> {
        let open = self.users.get(&user).map_or(0, |orders| orders.open);
        if open >= unpaid_max { Err(Refusal::TooManyUnpaid { limit: unpaid_max }) } else { Ok(()) }
    }

    /// Whether closing an order of `activity` gives the user's purchase limit back.
    pub fn gives_limit_back(&self, user: UserId, activity: ActivityId) -> bool {
        self.users.get(&user).is_none_or(|orders| !orders.limit_returned.contains(&activity))
    }

    /// An order of this user, if it is in memory.
    pub fn order(&self, user: UserId, order: OrderId) -> Option<&Order> {
        self.users.get(&user)?.orders.iter().find(|kept| kept.id == order).map(|kept| &*kept.order)
    }

    /// The user's orders in memory, in no order.
    pub fn orders(&self, user: UserId) -> impl Iterator<Item = &Order> {
        self.users.get(&user).into_iter().flat_map(|orders| &orders.orders).map(|kept| &*kept.order)
    }

    /// Makes an event so. Events that it already has, and those that concern no order, change nothing.
    pub fn apply(&mut self, sequence: Sequence, at: Timestamp, event: &Event) {
        let (user, id) = match event {
            Event::OrderPlaced(placed) => return self.place(Order::placed(sequence, at, placed)),
            Event::OrderPaid(paid) => (paid.user, paid.order),
            Event::OrderShipped(moved) | Event::OrderCompleted(moved) => (moved.user, moved.order),
            Event::OrderClosed(closed) => (closed.user, closed.order),
            Event::IdsReserved(_) | Event::QuotaCarved(_) | Event::QuotaReleased(_) | Event::StockAdjusted(_) => return,
        };
        let Some(orders) = self.users.get_mut(&user) else { return };
        if let Event::OrderClosed(closed) = event
            && closed.limit_returned
        {
            for flash in closed.returns.iter().filter_map(|back| back.line.flash) {
                if !orders.limit_returned.contains(&flash.activity) {
                    orders.limit_returned.push(flash.activity);
                }
            }
        }
        let Some(Kept { order, .. }) = orders.orders.iter_mut().find(|kept| kept.id == id) else { return };
        let (before, was_open) = (order.sequence, order.status == Status::PendingPayment);
        order.apply(sequence, at, event);
        if order.sequence != before {
            orders.open -= u32::from(was_open);
            self.deadlines.remove(&Deadline { at: order.expires_at, user, order: id });
            self.settled.push_back((sequence, user, id));
        }
    }

    /// Takes in an order that was just placed, or that was read from the database at start.
    pub fn place(&mut self, order: Order) {
        let orders = self.users.entry(order.user).or_default();
        if orders.newest >= Some(order.id) && orders.orders.iter().any(|known| known.id == order.id) {
            return;
        }
        orders.newest = orders.newest.max(Some(order.id));
        if order.status == Status::PendingPayment {
            orders.open += 1;
            self.deadlines.insert(Deadline { at: order.expires_at, user: order.user, order: order.id });
        } else {
            self.settled.push_back((order.sequence, order.user, order.id));
        }
        orders.orders.push(Kept { id: order.id, order: Box::new(order) });
        self.resident += 1;
    }

    /// Notes, from the database at start, that the user's limit was given back in this activity.
    pub fn note_limit_returned(&mut self, user: UserId, activity: ActivityId) {
        let returned = &mut self.users.entry(user).or_default().limit_returned;
        if !returned.contains(&activity) {
            returned.push(activity);
        }
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
        if self.order(deadline.user, deadline.order).is_some_and(|order| order.status == Status::PendingPayment) {
            self.deadlines.insert(deadline);
        }
    }

    /// Gives every open order that was placed at or before this record the whole time to pay, counted from `at`. How many there are.
    /// Once, at start-up, on orders as they were placed: the deadline that it gives is not kept anywhere.
    pub fn restart_pay_windows(&mut self, through: Sequence, at: Timestamp) -> usize {
        let mut restarted = 0;
        for order in self.users.values_mut().flat_map(|orders| &mut orders.orders).map(|kept| &mut *kept.order) {
            if order.status == Status::PendingPayment && order.sequence <= through {
                self.deadlines.remove(&Deadline { at: order.expires_at, user: order.user, order: order.id });
                order.restart_pay_window(at);
                self.deadlines.insert(Deadline { at: order.expires_at, user: order.user, order: order.id });
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
            let before = orders.orders.len();
            orders.orders.retain(|kept| kept.id != id || kept.order.sequence > projected || kept.order.status == Status::PendingPayment);
            self.resident -= before - orders.orders.len();
            if orders.orders.is_empty() && orders.limit_returned.is_empty() {
                self.users.remove(&user);
            }
        }
    }

    /// Forgets whose limits were given back in an activity that has ended.
    pub fn forget_activity(&mut self, activity: ActivityId) {
        self.users.retain(|_, orders| {
            orders.limit_returned.retain(|returned| *returned != activity);
            !orders.orders.is_empty() || !orders.limit_returned.is_empty()
        });
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
        self.users.iter().flat_map(|(user, orders)| orders.limit_returned.iter().map(|activity| (*user, *activity)))
    }

    /// Open unpaid orders in memory, with their lines (for audits).
    pub fn open_orders(&self) -> impl Iterator<Item = &Order> {
        self.all_orders().filter(|order| order.status == Status::PendingPayment)
    }
}
