//! Stock: the pieces of each SKU, and the flash quotas carved out of them.

mod quota;
mod sku;

pub use quota::{Buy, Buyer, FlashQuota, Purchase, Receipt};
pub use sku::{QuotaPlan, Stock};
