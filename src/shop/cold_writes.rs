//! What the outbox's relay asks of the shop: offers read anew, and commands to actors.

use std::sync::Arc;

use mallcore_actors::engine::Engine;
use mallcore_actors::ids::SkuId;
use mallcore_actors::kernel::{BoxFuture, Provenance};
use mallcore_actors::refusal::Answer;
use mallcore_actors::registry::Registry;
use mallcore_actors::stock::{AdjustStock, Adjusted, Adjustment, Sku};

use super::reads::Reads;
use super::sales::Sales;
use crate::platform::outbox::ports::{Failure, InShop};

/// The running shop, as the relay sees it.
pub(super) struct InThisShop {
    sales: Arc<Sales>,
    engine: Arc<Engine>,
    registry: Arc<Registry<Sku>>,
    reads: Arc<Reads>,
}

impl InThisShop {
    pub(super) fn new(sales: &Arc<Sales>, engine: &Arc<Engine>, registry: &Arc<Registry<Sku>>, reads: &Arc<Reads>) -> Self {
        Self { sales: Arc::clone(sales), engine: Arc::clone(engine), registry: Arc::clone(registry), reads: Arc::clone(reads) }
    }
}

impl InShop for InThisShop {
    fn reread_offers(&self) -> BoxFuture<Result<(), Failure>> {
        let (sales, engine, registry, reads) =
            (Arc::clone(&self.sales), Arc::clone(&self.engine), Arc::clone(&self.registry), Arc::clone(&self.reads));
        Box::pin(async move { sales.refresh(&reads, &engine, &registry).await.map_err(|cause| Failure::Away(cause.to_string())) })
    }

    fn adjust(&self, sku: SkuId, command: Adjustment) -> BoxFuture<Answer<Adjusted>> {
        let registry = Arc::clone(&self.registry);
        Box::pin(async move { registry.ask(sku, Provenance::COMMAND_LINE, AdjustStock(command)).await })
    }
}
