//! Values that are valid by construction: parsed once at the edge, trusted inside, and never refused by either database.

pub mod day;
pub mod discount;
pub mod idempotency;
pub mod ids;
pub mod money;
pub mod order_no;
pub mod phone;
pub mod quantity;
pub mod refusal;
pub mod region;
pub mod text;
pub mod time;
