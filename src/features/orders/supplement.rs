//! What other features add to the detail of an order. They build on orders, so orders cannot ask them by name: each registers when it is
//! opened.

use std::sync::Arc;

use futures_util::future::LocalBoxFuture;
use mallcore_actors::orders::Order;
use parking_lot::RwLock;

use super::OrderDetail;

/// The part of an order's detail that another feature knows.
pub trait Supplement: Send + Sync {
    /// Adds it. What cannot be known now, because the database does not answer, stays null.
    fn add<'a>(&'a self, order: &'a Order, detail: &'a mut OrderDetail) -> LocalBoxFuture<'a, ()>;
}

/// The parts of other features, in the order in which those were opened.
#[derive(Default)]
pub(super) struct Supplements(RwLock<Vec<Arc<dyn Supplement>>>);

impl Supplements {
    pub(super) fn register(&self, supplement: Arc<dyn Supplement>) {
        self.0.write().push(supplement);
    }

    /// Adds every part.
    pub(super) async fn add_to(&self, order: &Order, mut detail: OrderDetail) -> OrderDetail {
        let all: Vec<_> = self.0.read().clone();
        for supplement in all {
            supplement.add(order, &mut detail).await;
        }
        detail
    }
}
