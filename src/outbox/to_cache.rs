//! Products in Redis follow cold writes.

use mallcore_actors::kernel::BoxFuture;

use super::ports::{Failure, ProductCache};
use crate::cache::Products;

impl ProductCache for Products {
    fn refresh(&self, product: u64) -> BoxFuture<Result<(), Failure>> {
        let products = self.clone();
        // Redis that is away is no failure: when it is back everything is written again.
        Box::pin(async move { Products::refresh(&products, product).await.map_err(|cause| Failure::Away(cause.to_string())) })
    }
}
