//! Stock: the pieces of each SKU, the flash quotas carved out of them, and tentative holds on them.

pub mod adjustment;
mod buyers;
mod commands;
mod facts;
mod gate;
mod holds;
mod hosted;
mod parted;
mod quota;
mod sku;

pub use buyers::Granted;
pub use commands::{AdjustStock, Adjusted, CarveQuota, CloseOrder, Closed, HoldPieces, PlaceOrder, Placed, ReleaseQuota};
pub use facts::{QuotaCarved, QuotaReleased, StockAdjusted, StockFact, skus};
pub use gate::Gate;
pub use holds::{Asked, Holds, Owner, WAITING_MAX, Woken};
pub use hosted::{Sku, SkuEffect};
pub use quota::{Buy, FlashQuota, Purchase, Receipt};
pub use sku::{Adjusting, Adjustment, Change, QuotaPlan, Stock};
