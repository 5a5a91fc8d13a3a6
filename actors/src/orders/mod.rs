//! Orders: what was bought, until when it may be paid, and where it stands.

mod book;
mod deadlines;
mod order;
mod shard;

pub use book::OrderBook;
pub use deadlines::Deadlines;
pub use order::{Order, OrderCommand, PaymentStatus, Status};
pub use shard::{Deadline, OrderShard};
