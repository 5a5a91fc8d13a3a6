//! What the outbox's relay asks of the shop: offers read anew, adjustments of stock, refunds of after-sale, and parcels.

use std::sync::Arc;

use mallcore_actors::ids::{AdjustmentId, AfterSaleId};
use mallcore_actors::kernel::BoxFuture;

use crate::features::after_sales::Refunder;
use crate::features::seckill::Seckill;
use crate::features::shipping::Shipper;
use crate::features::stock::effects::StockAdjuster;
use crate::platform::outbox::ports::{Failure, InShop};
use crate::platform::outbox::{AdjustStock, Carried, ShipOrder};

/// The running shop, as the relay sees it.
pub(super) struct InThisShop {
    seckill: Arc<Seckill>,
    stock: Arc<StockAdjuster>,
    refunds: Arc<Refunder>,
    shipper: Shipper,
}

impl InThisShop {
    pub(super) fn new(seckill: Arc<Seckill>, stock: StockAdjuster, refunds: Refunder, shipper: Shipper) -> Self {
        Self { seckill, stock: Arc::new(stock), refunds: Arc::new(refunds), shipper }
    }
}

impl InShop for InThisShop {
    fn reread_offers(&self) -> BoxFuture<Result<(), Failure>> {
        let seckill = Arc::clone(&self.seckill);
        Box::pin(async move { seckill.refresh().await.map_err(|cause| Failure::Away(cause.to_string())) })
    }

    fn adjust(&self, id: AdjustmentId, asked: AdjustStock) -> BoxFuture<Carried> {
        let stock = Arc::clone(&self.stock);
        Box::pin(async move { stock.adjust(id, asked).await })
    }

    fn refund(&self, after_sale: AfterSaleId) -> BoxFuture<Carried> {
        let refunds = Arc::clone(&self.refunds);
        Box::pin(async move { refunds.refund(after_sale).await })
    }

    fn ship(&self, asked: ShipOrder) -> BoxFuture<Carried> {
        let shipper = self.shipper.clone();
        Box::pin(async move { shipper.ship(asked).await })
    }
}
