//! Orders: what was bought, until when it may be paid, and where it stands.

mod book;
mod changes;
mod deadlines;
mod facts;
mod fold;
mod ids;
mod order;
mod shard;

pub use book::OrderBook;
pub use changes::{Lane, change};
pub use deadlines::Deadlines;
pub use facts::{
    CloseReason, FlashRef, IdsFact, IdsReserved, Line, Lines, OrderClosed, OrderFact, OrderMoved, OrderPaid, OrderPlaced, Return,
};
pub use fold::{Adjustment, ItemChange, Milestones, NewOrder, OrderChange, Progress, SkuChange, TradeFold};
pub use ids::OrderIds;
pub use order::{Order, OrderCommand, PaymentStatus, Status};
pub use shard::{Deadline, OrderShard};
