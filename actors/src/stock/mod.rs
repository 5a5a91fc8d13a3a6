//! Stock: the pieces of each SKU, and the flash quotas carved out of them.

mod actor;
mod gate;
mod messages;
mod quota;
mod sku;

pub use actor::StockActor;
pub use gate::Gate;
pub use messages::{CarveQuota, CloseOrder, Closed, PlaceOrder, Placed, ReleaseQuota};
pub use quota::{Buy, Buyer, FlashQuota, Purchase, Receipt};
pub use sku::{QuotaPlan, Stock};
