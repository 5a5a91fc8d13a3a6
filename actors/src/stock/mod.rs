//! Stock: the pieces of each SKU, the flash quotas carved out of them, and tentative holds on them.

mod holds;
mod quota;
mod sku;

pub use holds::{Asked, Holds, Owner, WAITING_MAX, Woken};
pub use quota::{Buy, Buyer, FlashQuota, Purchase, Receipt};
pub use sku::{QuotaPlan, Stock};
