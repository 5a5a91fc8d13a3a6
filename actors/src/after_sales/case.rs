//! One case: applied → refunding → done, or applied → awaiting return → returning → refunding → done; it may end earlier. Table in
//! docs/RULES.md.
//! - A1 A case that has ended never moves again.
//! - A2 Each change makes the next version; a command that was carried out before changes nothing.
//! - A3 Money goes back from `refunding` only, and a return gets there by the receipt of its goods only.
//! - A4 A case is due at a time exactly while somebody has to act: the merchant, or the shopper who sends the goods.
//! - A5 A case is done exactly if money went back for it.
//!
//! Not here: what may be applied for (`claims`), who may ask (the edge), how much goes back (`orders::refunding`).

use super::reason::Kind;
use super::rules::{AFTER_SALE_STATUS, SETTLED_ON_RECEIPT};
use super::terms::Terms;
use crate::money::Money;
use crate::orders::{Carrier, Tracking};
use crate::refusal::Refusal;
use crate::time::Timestamp;
use crate::values::text::Text;

/// What the merchant says to a refusal.
pub type Note = Text<200>;

/// Where a case stands. The numbers are those of the column `after_sales.status`: append only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Status {
    /// The merchant has to answer.
    Applied = 1,
    /// The shopper has to send the goods.
    AwaitingReturn = 2,
    /// The goods are on their way back, and the merchant has to receive them.
    Returning = 3,
    /// The order is being asked to refund.
    Refunding = 4,
    /// The money went back.
    Done = 5,
    /// The shopper took the application back.
    Cancelled = 6,
    /// The merchant, or the order, refused it.
    Refused = 7,
    /// The merchant refused the goods that came back.
    ReturnRefused = 8,
    /// The goods were not sent in time.
    Expired = 9,
}

impl Status {
    /// Each of them, in the order of their numbers.
    pub const ALL: [Self; 9] = [
        Self::Applied,
        Self::AwaitingReturn,
        Self::Returning,
        Self::Refunding,
        Self::Done,
        Self::Cancelled,
        Self::Refused,
        Self::ReturnRefused,
        Self::Expired,
    ];

    /// From the column.
    pub fn from_number(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|status| *status as i64 == number)
    }

    /// The status with this word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == word)
    }

    /// The word in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::AwaitingReturn => "awaiting_return",
            Self::Returning => "returning",
            Self::Refunding => "refunding",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
            Self::Refused => "refused",
            Self::ReturnRefused => "return_refused",
            Self::Expired => "expired",
        }
    }

    /// Whether the case may still lead to a refund: its pieces are nobody else's until then.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Applied | Self::AwaitingReturn | Self::Returning | Self::Refunding)
    }

    /// Whether somebody has to act until a time.
    pub const fn is_awaited(self) -> bool {
        matches!(self, Self::Applied | Self::AwaitingReturn | Self::Returning)
    }
}

/// How much of the freight goes back with the pieces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Freight {
    /// By the rule: what is left of it, if nothing of the order was sent and the case takes its last pieces; otherwise nothing.
    #[default]
    ByRule,
    /// So much, or what is left of it if that is less.
    Exactly(Money),
}

/// What the merchant decides about a refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Settlement {
    /// Whether the pieces are available again.
    pub restock: bool,
    /// How much of the freight goes back.
    pub freight: Freight,
}

/// What the shopper sent back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnParcel {
    /// Who carries it.
    pub carrier: Carrier,
    /// Its number there.
    pub tracking: Tracking,
}

/// Who did something. The numbers are those of the column `after_sale_events.done_by`: append only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum By {
    /// The shopper whose case it is.
    Shopper = 1,
    /// Somebody of the shop.
    Merchant = 2,
    /// Nobody did, in time.
    Time = 3,
    /// The order, which was asked to refund.
    Order = 4,
}

impl By {
    /// Each of them, in the order of their numbers.
    pub const ALL: [Self; 4] = [Self::Shopper, Self::Merchant, Self::Time, Self::Order];

    /// From the column.
    pub fn from_number(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|by| *by as i64 == number)
    }

    /// The word in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Shopper => "shopper",
            Self::Merchant => "merchant",
            Self::Time => "time",
            Self::Order => "order",
        }
    }
}

/// What is asked of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// The merchant agrees. For a refund they may say how it is settled; for a return they do so when the goods are there.
    Approve(Option<Settlement>),
    /// The merchant does not agree.
    Refuse(Note),
    /// The shopper takes the application back.
    Cancel,
    /// The shopper has sent the goods.
    Ship(ReturnParcel),
    /// The merchant has the goods.
    Receive(Settlement),
    /// The merchant does not take the goods.
    RefuseReturn(Note),
    /// Time has passed.
    Lapse,
    /// The order has refunded so much, freight included.
    Refunded(Money),
    /// The order refuses, with this code.
    RefundRefused(Note),
}

/// What a command leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decided {
    /// It was carried out before; the case stands as it does.
    Repeat,
    /// This may be stored.
    Fresh(Event),
}

/// What happened to a case after it was applied for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// It was approved, and the money may go back.
    Approved {
        /// By the merchant or by time.
        by: By,
        /// How the refund is settled.
        settlement: Settlement,
    },
    /// It was approved, and the goods have to come back first.
    ReturnWanted {
        /// By the merchant or by time.
        by: By,
        /// Until when they have to be sent.
        ship_by: Timestamp,
    },
    /// It was refused.
    Refused(Note),
    /// It was taken back.
    Cancelled,
    /// The goods were sent.
    Shipped {
        /// What was sent.
        parcel: ReturnParcel,
        /// Until when the merchant has to receive them.
        receive_by: Timestamp,
    },
    /// The goods are there, and the money may go back.
    Received {
        /// By the merchant or by time.
        by: By,
        /// How the refund is settled.
        settlement: Settlement,
    },
    /// The goods were not taken.
    ReturnRefused(Note),
    /// The goods were not sent in time.
    Expired,
    /// The money went back.
    Refunded(Money),
    /// The order has refused to refund.
    RefundRefused(Note),
}

impl Event {
    /// Who did it.
    pub const fn by(&self) -> By {
        match self {
            Self::Approved { by, .. } | Self::ReturnWanted { by, .. } | Self::Received { by, .. } => *by,
            Self::Refused(_) | Self::ReturnRefused(_) => By::Merchant,
            Self::Cancelled | Self::Shipped { .. } => By::Shopper,
            Self::Expired => By::Time,
            Self::Refunded(_) | Self::RefundRefused(_) => By::Order,
        }
    }
}

/// A case, as far as it decides how it goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// What the shopper wants.
    pub kind: Kind,
    /// Where it stands.
    pub status: Status,
    /// Grows by one with each change.
    pub version: u32,
    /// Until when somebody has to act (A4).
    pub due_at: Option<Timestamp>,
    /// How the refund is settled, once somebody has decided that.
    pub settlement: Option<Settlement>,
    /// What was sent back.
    pub parcel: Option<ReturnParcel>,
    /// What was said to the last refusal.
    pub note: Option<Note>,
    /// What went back, freight included (A5).
    pub refunded: Option<Money>,
}

impl Case {
    /// A case that was just applied for.
    pub const fn applied(kind: Kind, terms: &Terms, now: Timestamp) -> Self {
        let due_at = Some(now.plus_millis(terms.answer_millis));
        Self { kind, status: Status::Applied, version: 1, due_at, settlement: None, parcel: None, note: None, refunded: None }
    }

    /// Says what would happen and changes nothing. Repeats first, then what the status allows.
    ///
    /// # Errors
    /// [`AFTER_SALE_STATUS`] where the case stands elsewhere, [`SETTLED_ON_RECEIPT`] for an approval of a return that settles its refund, [`Refusal::NotDue`] for
    /// time before its time, or where time does not approve.
    pub fn decide(&self, command: &Command, terms: &Terms, now: Timestamp) -> Result<Decided, Refusal> {
        if self.has_carried_out(command) {
            return Ok(Decided::Repeat);
        }
        let event = match (self.status, command) {
            (Status::Applied, Command::Approve(settlement)) => self.approved(By::Merchant, *settlement, terms, now)?,
            (Status::Applied, Command::Refuse(note)) => Event::Refused(note.clone()),
            (Status::Applied | Status::AwaitingReturn, Command::Cancel) => Event::Cancelled,
            (Status::AwaitingReturn, Command::Ship(parcel)) => {
                Event::Shipped { parcel: parcel.clone(), receive_by: now.plus_millis(terms.receive_millis) }
            }
            (Status::Returning, Command::Receive(settlement)) => Event::Received { by: By::Merchant, settlement: *settlement },
            (Status::Returning, Command::RefuseReturn(note)) => Event::ReturnRefused(note.clone()),
            (Status::Refunding, Command::Refunded(amount)) => Event::Refunded(*amount),
            (Status::Refunding, Command::RefundRefused(note)) => Event::RefundRefused(note.clone()),
            (status, Command::Lapse) if status.is_awaited() => self.lapsed(terms, now)?,
            _ => return Err(Refusal::Rule(&AFTER_SALE_STATUS)),
        };
        Ok(Decided::Fresh(event))
    }

    fn approved(&self, by: By, settlement: Option<Settlement>, terms: &Terms, now: Timestamp) -> Result<Event, Refusal> {
        match (self.kind, settlement) {
            (Kind::Refund, settlement) => Ok(Event::Approved { by, settlement: settlement.unwrap_or_default() }),
            (Kind::Return, None) => Ok(Event::ReturnWanted { by, ship_by: now.plus_millis(terms.return_millis) }),
            (Kind::Return, Some(_)) => Err(Refusal::Rule(&SETTLED_ON_RECEIPT)),
        }
    }

    /// What time does. Nobody has looked at the goods then, so nothing becomes available by it.
    fn lapsed(&self, terms: &Terms, now: Timestamp) -> Result<Event, Refusal> {
        if self.due_at.is_none_or(|due| now < due) {
            return Err(Refusal::NotDue);
        }
        match self.status {
            Status::AwaitingReturn => Ok(Event::Expired),
            Status::Applied if terms.approves_by_time => self.approved(By::Time, None, terms, now),
            Status::Returning if terms.approves_by_time => Ok(Event::Received { by: By::Time, settlement: Settlement::default() }),
            _ => Err(Refusal::NotDue),
        }
    }

    /// Whether the case stands where the command leads, by the very same command.
    fn has_carried_out(&self, command: &Command) -> bool {
        let settled = matches!(self.status, Status::Refunding | Status::Done);
        match command {
            Command::Approve(settlement) => match self.kind {
                Kind::Return => self.status == Status::AwaitingReturn && settlement.is_none(),
                Kind::Refund => settled && self.settlement == Some(settlement.unwrap_or_default()),
            },
            Command::Receive(settlement) => self.kind == Kind::Return && settled && self.settlement == Some(*settlement),
            Command::Cancel => self.status == Status::Cancelled,
            Command::Ship(parcel) => self.status != Status::AwaitingReturn && self.parcel.as_ref() == Some(parcel),
            Command::Refuse(note) | Command::RefundRefused(note) => self.status == Status::Refused && self.note.as_ref() == Some(note),
            Command::RefuseReturn(note) => self.status == Status::ReturnRefused && self.note.as_ref() == Some(note),
            Command::Refunded(amount) => self.refunded == Some(*amount),
            Command::Lapse => false,
        }
    }

    /// Makes it so. Total: what was decided on this case can be applied to it.
    pub fn apply(&mut self, event: &Event) {
        assert!(self.status.is_open(), "A1: {event:?} happens to a case that has ended: {self:?}");
        let before = self.status;
        let due = match event {
            Event::Approved { settlement, .. } | Event::Received { settlement, .. } => {
                self.settlement = Some(*settlement);
                self.status = Status::Refunding;
                None
            }
            Event::ReturnWanted { ship_by, .. } => {
                self.status = Status::AwaitingReturn;
                Some(*ship_by)
            }
            Event::Shipped { parcel, receive_by } => {
                self.parcel = Some(parcel.clone());
                self.status = Status::Returning;
                Some(*receive_by)
            }
            Event::Refused(note) | Event::RefundRefused(note) => {
                self.note = Some(note.clone());
                self.status = Status::Refused;
                None
            }
            Event::ReturnRefused(note) => {
                self.note = Some(note.clone());
                self.status = Status::ReturnRefused;
                None
            }
            Event::Cancelled => {
                self.status = Status::Cancelled;
                None
            }
            Event::Expired => {
                self.status = Status::Expired;
                None
            }
            Event::Refunded(amount) => {
                self.refunded = Some(*amount);
                self.status = Status::Done;
                None
            }
        };
        self.due_at = due;
        self.version += 1;
        assert_ne!(self.status, before, "A2: {event:?} leads nowhere: {self:?}");
        assert_eq!(self.broken(), None, "{self:?} after {event:?}");
    }

    /// The invariant that does not hold, if any.
    pub fn broken(&self) -> Option<&'static str> {
        let is_settled = matches!(self.status, Status::Refunding | Status::Done);
        if is_settled && self.settlement.is_none() {
            return Some("A3: money goes back though nobody decided how");
        }
        if is_settled && self.kind == Kind::Return && self.parcel.is_none() {
            return Some("A3: money goes back for goods that never came back");
        }
        if self.status.is_awaited() != self.due_at.is_some() {
            return Some("A4: a case is due though nobody has to act, or never due though somebody has to");
        }
        ((self.status == Status::Done) != self.refunded.is_some()).then_some("A5: done without money, or money without being done")
    }
}
