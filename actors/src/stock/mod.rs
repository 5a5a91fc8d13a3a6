//! Stock: the pieces of each SKU, the flash quotas carved out of them, and tentative holds on them.

mod actor;
mod buyers;
mod gate;
mod holds;
mod messages;
mod parted;
mod quota;
mod sku;

pub use actor::StockActor;
pub use buyers::Granted;
pub use gate::Gate;
pub use holds::{Asked, Holds, Owner, WAITING_MAX, Woken};
pub use messages::{AdjustStock, Adjusted, CarveQuota, CloseOrder, Closed, PlaceOrder, Placed, ReleaseQuota};
pub use quota::{Buy, FlashQuota, Purchase, Receipt};
pub use sku::{Adjusting, Adjustment, Change, QuotaPlan, Stock};
