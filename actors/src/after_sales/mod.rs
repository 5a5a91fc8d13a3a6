//! After-sale: a shopper wants money back for pieces that they paid for, with or without sending them back. What may be applied for, how a
//! case moves, what is due when. Pure: cases are cold rows of the server, changed one transaction at a time (ADR 0032); the money goes back
//! by the order's own [`decide_refund`](crate::orders::Order::decide_refund), which has the last word.

mod case;
mod claims;
mod reason;
mod rules;
mod terms;

pub use case::{By, Case, Command, Decided, Event, Freight, Note, ReturnParcel, Settlement, Status};
pub use claims::{Claim, LineLeft, Quote, QuotedLine, REFUND_IDS_FROM, Standing, Wanted, freight_back, refund_of};
pub use reason::{Kind, Reason};
pub use rules::{
    AFTER_SALE_CLOSED, AFTER_SALE_STATUS, NOT_SENT, NOTHING_LEFT, ORDER_NOT_PAID, REASON_UNFIT, RULES, SETTLED_ON_RECEIPT,
    TOO_MANY_AFTER_SALES, UNKNOWN_AFTER_SALE,
};
pub use terms::Terms;
