//! A day's bills of WeChat Pay against the shop's own books: every difference, its class, and what may be done about it.
//! - R1 Books that agree have no difference; one that is found again is the same one.
//! - R2 Over payments and refunds, the differences sum to what the bill has more than the shop.
//! - R3 Only a named action settles a difference, and what it books balances.
//!
//! Not here: fetching and reading bills (`platform::wechat::pay`), rows of differences, who may settle them.

mod action;
mod bill;
mod compare;
mod difference;

pub use action::{Action, MisfitAction};
pub use bill::{Bill, BilledPayment, BilledRefund, BilledState, Movement, MovementKind};
pub use compare::{OurPayment, OurRefund, Ours, compare};
pub use difference::{Class, Difference, Subject};
