//! The policy that takes out of a cart what an order from it has bought.

use mallcore_actors::facts::Record;
use mallcore_actors::journal::Sequence;
use mallcore_actors::kernel::Fact;
use mallcore_actors::kernel::facts::Kind;
use mallcore_actors::orders::OrderFact;
use mallcore_actors::refusal::Unavailable;

use super::Carts;
use crate::platform::policy::Policy;

/// The number of the facts that it looks at within their family.
const BASKET_PLACED: u8 = 6;

/// An order placed from the cart takes its lines out of the cart.
pub(super) struct TakeOutBought(pub Carts);

impl Policy for TakeOutBought {
    const NAME: &'static str = "carts-bought";
    const THREAD: &'static str = "policy-bought";

    fn takes(kind: Kind) -> bool {
        kind.is_of::<OrderFact>() && kind.number == BASKET_PLACED
    }

    async fn act(&self, sequence: Sequence, record: &Record) -> Result<(), Unavailable> {
        let Fact::Orders(OrderFact::BasketPlaced(placed)) = &record.fact else { return Ok(()) };
        if !placed.from_cart {
            return Ok(());
        }
        let skus = placed.lines.iter().map(|line| line.sku).collect();
        if let Err(refusal) = self.0.remove_bought(placed.user, skus, sequence).await? {
            tracing::warn!("what order {} has bought stays in the cart: {}", placed.order, refusal.code());
        }
        Ok(())
    }
}
