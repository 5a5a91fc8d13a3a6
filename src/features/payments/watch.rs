//! Which open attempts are looked at, and when: soon after they were begun, because most are paid within a minute and their notification is
//! on its way; then more and more seldom; and at their order's deadline, to end them.
//! - W1 Every open attempt is here: those of before come from the order book at start, the others when they are begun.

use std::collections::{BTreeSet, HashMap};

use mallcore_actors::ids::{OrderId, UserId};
use mallcore_actors::orders::{AttemptNumber, Order};
use mallcore_actors::time::Timestamp;
use parking_lot::Mutex;

/// First look at an attempt whose notification has not come.
const FIRST_MILLIS: u64 = 10_000;
/// The longest pause between two looks.
const LONGEST_MILLIS: u64 = 120_000;
/// After an attempt should have ended: WeChat Pay asks for five seconds while somebody is paying.
const OVERDUE_FIRST_MILLIS: u64 = 5_000;
/// The shortest pause between two questions on a shopper's behalf.
const ASK_MILLIS: u64 = 1_000;

/// An attempt that is looked after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Watched {
    /// The shopper who owns the order.
    pub user: UserId,
    /// Of which order.
    pub order: OrderId,
    /// Number of the attempt.
    pub attempt: AttemptNumber,
    /// From then on it is ended.
    pub deadline: Timestamp,
    /// The pause before the next look but one.
    pause_millis: u64,
    /// When WeChat Pay was last asked on somebody's behalf.
    asked_at: Option<Timestamp>,
}

impl Watched {
    /// The open attempt of an order; none if it has none.
    pub fn of(order: &Order) -> Option<Self> {
        let attempt = order.open_attempt()?;
        let (user, deadline) = (order.user, order.expires_at);
        Some(Self { user, order: order.id, attempt: attempt.number, deadline, pause_millis: FIRST_MILLIS, asked_at: None })
    }

    /// The same with the next pause doubled, and when to look next.
    fn again(self, now: Timestamp) -> (Timestamp, Self) {
        if now >= self.deadline {
            let pause = if self.pause_millis < OVERDUE_FIRST_MILLIS { OVERDUE_FIRST_MILLIS } else { self.pause_millis };
            return (now.plus_millis(pause), Self { pause_millis: (pause * 2).min(LONGEST_MILLIS), ..self });
        }
        // Not behind the deadline: there it is ended, and pauses begin anew.
        let at = now.plus_millis(self.pause_millis);
        if at >= self.deadline {
            return (self.deadline, Self { pause_millis: OVERDUE_FIRST_MILLIS, ..self });
        }
        (at, Self { pause_millis: (self.pause_millis * 2).min(LONGEST_MILLIS), ..self })
    }
}

#[derive(Default)]
struct Places {
    by_order: HashMap<OrderId, (Timestamp, Watched)>,
    due: BTreeSet<(Timestamp, OrderId)>,
}

/// Open attempts by the time at which they are looked at.
#[derive(Default)]
pub(super) struct Watch(Mutex<Places>);

impl Watch {
    /// Looks after the open attempt of an order that was begun just now.
    pub fn add(&self, order: &Order, now: Timestamp) {
        let Some(watched) = Watched::of(order) else { return };
        let mut places = self.0.lock();
        if places.by_order.get(&watched.order).is_some_and(|(_, known)| known.attempt == watched.attempt) {
            return;
        }
        let (at, next) = watched.again(now);
        places.put(at, next);
    }

    /// The same for an attempt of before a restart: its notification may have come while nobody was there, so it is looked at at once.
    pub fn add_known(&self, order: &Order, now: Timestamp) {
        if let Some(watched) = Watched::of(order) {
            self.0.lock().put(now, watched);
        }
    }

    /// Whether WeChat Pay may be asked about an order on somebody's behalf: not more often than once a second.
    pub fn may_ask(&self, order: OrderId, now: Timestamp) -> bool {
        let mut places = self.0.lock();
        let Some((_, watched)) = places.by_order.get_mut(&order) else { return false };
        let may = watched.asked_at.is_none_or(|at| now.millis_since(at) >= ASK_MILLIS);
        if may {
            watched.asked_at = Some(now);
        }
        may
    }

    /// The attempt is over.
    pub fn remove(&self, order: OrderId) {
        self.0.lock().take(order);
    }

    /// At most so many attempts whose time has come. Each has its next time already: whoever fails with one need not hand it back.
    pub fn take_due(&self, now: Timestamp, most: usize) -> Vec<Watched> {
        let mut places = self.0.lock();
        let mut taken = Vec::new();
        while taken.len() < most
            && let Some(&(at, order)) = places.due.first()
            && at <= now
        {
            let Some(watched) = places.take(order) else { break };
            let (at, next) = watched.again(now);
            places.put(at, next);
            taken.push(watched);
        }
        taken
    }

    /// How many there are, and for how many milliseconds the oldest is past its deadline.
    pub fn overdue(&self, now: Timestamp) -> (usize, u64) {
        let places = self.0.lock();
        let oldest = places.by_order.values().map(|(_, watched)| now.millis().saturating_sub(watched.deadline.millis())).max();
        (places.by_order.len(), oldest.unwrap_or_default())
    }
}

impl Places {
    fn put(&mut self, at: Timestamp, watched: Watched) {
        self.take(watched.order);
        self.by_order.insert(watched.order, (at, watched));
        self.due.insert((at, watched.order));
        debug_assert_eq!(self.by_order.len(), self.due.len(), "W1: an attempt is looked at twice, or never");
    }

    fn take(&mut self, order: OrderId) -> Option<Watched> {
        let (at, watched) = self.by_order.remove(&order)?;
        self.due.remove(&(at, order));
        Some(watched)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watched(deadline: u64) -> Watched {
        Watched {
            user: UserId::new(1).unwrap(),
            order: OrderId::new(1).unwrap(),
            attempt: AttemptNumber::FIRST,
            deadline: Timestamp::from_millis(deadline),
            pause_millis: FIRST_MILLIS,
            asked_at: None,
        }
    }

    #[test]
    fn pauses_grow_and_one_look_is_at_the_deadline() {
        let (mut now, mut next, mut looks) = (Timestamp::from_millis(0), watched(300_000), Vec::new());
        for _ in 0..8 {
            (now, next) = next.again(now);
            looks.push(now.millis() / 1_000);
        }
        assert_eq!(looks, [10, 30, 70, 150, 270, 300, 305, 315]);
    }

    #[test]
    fn what_is_due_comes_once_and_has_its_next_time() {
        let watch = Watch::default();
        let (at, next) = watched(300_000).again(Timestamp::from_millis(0));
        watch.0.lock().put(at, next);
        assert_eq!(watch.take_due(Timestamp::from_millis(9_999), 9), []);
        assert_eq!(watch.take_due(Timestamp::from_millis(10_000), 9).len(), 1);
        assert_eq!(watch.take_due(Timestamp::from_millis(10_001), 9), []);
        assert_eq!(watch.overdue(Timestamp::from_millis(301_000)), (1, 1_000));
        watch.remove(OrderId::new(1).unwrap());
        assert_eq!(watch.take_due(Timestamp::MAX, 9), []);
    }
}
