//! Products in Redis follow cold writes.

use mallcore_actors::kernel::BoxFuture;

use super::ports::{Failure, ProductCache};
use crate::platform::cache::Products;
use crate::platform::error_chain;

impl ProductCache for Products {
    fn refresh(&self, product: u64) -> BoxFuture<Result<(), Failure>> {
        let products = self.clone();
        // What Redis did not take is not done, whatever it answered: the row stays and is carried out again.
        Box::pin(async move { Products::refresh(&products, product).await.map_err(|cause| Failure::Away(error_chain::of(&cause))) })
    }
}
