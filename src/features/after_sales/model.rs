//! Cases of after-sale as the database has them.

use mallcore_actors::after_sales::{By, Case, Event, Quote, Reason, Status, Wanted};
use mallcore_actors::idempotency::{BodyFingerprint, KeyHash};
use mallcore_actors::ids::{AfterSaleId, OrderId, SkuId, UserId};
use mallcore_actors::money::Money;
use mallcore_actors::quantity::Quantity;
use mallcore_actors::time::Timestamp;

/// Characters of a description.
pub const DESCRIPTION_CHARACTERS_MAX: usize = 500;
/// Pictures of a case.
pub const PICTURES_MAX: usize = 9;
/// Cases that an order may have, whatever became of them.
pub const CASES_MAX: u64 = 50;

/// What the shopper says to it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Told {
    /// In words; none if nothing was said.
    pub description: Option<String>,
    /// Addresses of pictures, in the shopper's order.
    pub pictures: Vec<String>,
}

/// A line's name and price, as they are in the order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// The line's SKU.
    pub sku: SkuId,
    /// The product's name as it was bought.
    pub product_name: Option<String>,
    /// What sets the SKU apart.
    pub spec: Option<String>,
    /// The address of its picture.
    pub picture: Option<String>,
    /// Price of a piece.
    pub unit_price: Money,
}

/// One line of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseLine {
    /// What was bought.
    pub described: Described,
    /// Pieces that the case is about.
    pub quantity: Quantity,
    /// What was promised for them.
    pub expected: Money,
    /// What went back for them, once it did.
    pub refunded: Option<Money>,
}

/// One case as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AfterSale {
    /// The id of the case.
    pub id: AfterSaleId,
    /// The order that was paid.
    pub order: OrderId,
    /// The number that people know the order by.
    pub order_no: String,
    /// The shopper who owns both.
    pub user: UserId,
    /// Why the shopper wants it.
    pub reason: Reason,
    /// What the shopper says to it.
    pub told: Told,
    /// Where it stands.
    pub case: Case,
    /// What was promised when it was applied for, freight included.
    pub expected: Money,
    /// Of what went back, for freight.
    pub refunded_freight: Option<Money>,
    /// When it was applied for.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// What it is about, in the order of the application.
    pub lines: Vec<CaseLine>,
}

/// What happened to a case. The numbers are those of the column `after_sale_events.kind`: append only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum EventKind {
    /// It was applied for.
    Applied = 1,
    /// It was approved; for a return the goods have to come back first.
    Approved = 2,
    /// It was refused.
    Refused = 3,
    /// It was taken back.
    Cancelled = 4,
    /// The goods were sent.
    Shipped = 5,
    /// The goods came back.
    Received = 6,
    /// The goods were not taken.
    ReturnRefused = 7,
    /// The goods were not sent in time.
    Expired = 8,
    /// The money went back.
    Refunded = 9,
    /// The order has refused to refund.
    RefundRefused = 10,
}

impl EventKind {
    /// Each of them, in the order of their numbers.
    pub const ALL: [Self; 10] = [
        Self::Applied,
        Self::Approved,
        Self::Refused,
        Self::Cancelled,
        Self::Shipped,
        Self::Received,
        Self::ReturnRefused,
        Self::Expired,
        Self::Refunded,
        Self::RefundRefused,
    ];

    /// From the column.
    pub fn from_number(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as i64 == number)
    }

    /// The word in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Approved => "approved",
            Self::Refused => "refused",
            Self::Cancelled => "cancelled",
            Self::Shipped => "shipped",
            Self::Received => "received",
            Self::ReturnRefused => "return_refused",
            Self::Expired => "expired",
            Self::Refunded => "refunded",
            Self::RefundRefused => "refund_refused",
        }
    }
}

impl From<&Event> for EventKind {
    fn from(event: &Event) -> Self {
        match event {
            Event::Approved { .. } | Event::ReturnWanted { .. } => Self::Approved,
            Event::Refused(_) => Self::Refused,
            Event::Cancelled => Self::Cancelled,
            Event::Shipped { .. } => Self::Shipped,
            Event::Received { .. } => Self::Received,
            Event::ReturnRefused(_) => Self::ReturnRefused,
            Event::Expired => Self::Expired,
            Event::Refunded(_) => Self::Refunded,
            Event::RefundRefused(_) => Self::RefundRefused,
        }
    }
}

/// One thing that happened to a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRow {
    /// The version that it made.
    pub version: u32,
    /// What happened to the case.
    pub kind: EventKind,
    /// Who did it.
    pub by: By,
    /// The name of somebody of the shop.
    pub operator: Option<String>,
    /// What was said to a refusal.
    pub note: Option<String>,
    /// When it happened.
    pub at: Timestamp,
}

/// An application, as its request made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// The request, by which it is known again.
    pub key: KeyHash,
    /// The request's body.
    pub body: BodyFingerprint,
    /// For which pieces, what and why.
    pub wanted: Wanted,
    /// What the shopper says to it.
    pub told: Told,
}

/// What may be applied for, and what would go back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// The order that was asked about.
    pub order: OrderId,
    /// Until when something of it may be applied for; none while it is not received.
    pub closes_at: Option<Timestamp>,
    /// Its lines, and what is left of them.
    pub lines: Vec<(Described, mallcore_actors::after_sales::LineLeft)>,
    /// What would go back for the pieces that were named, or for all that are left.
    pub quote: Quote,
}

/// Which cases the back office looks at, newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Listed {
    /// Only in this status.
    pub status: Option<Status>,
    /// Only of this order.
    pub order: Option<u64>,
    /// Only those that somebody should have acted on by now.
    pub overdue_at: Option<Timestamp>,
    /// Only with ids below this one.
    pub before: Option<u64>,
}
