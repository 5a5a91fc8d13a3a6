//! One thing at a time about one order: paying, looking, ending. WeChat Pay is asked on the way, so this is a lock that is waited for without
//! holding a thread. What is decided does not depend on it: the order decides; it only spares WeChat Pay and the shopper questions that cross.

use mallcore_actors::ids::OrderId;
use tokio::sync::{Mutex, MutexGuard};

/// Power of two; two orders that share a place wait for each other now and then.
const PLACES: usize = 1_024;

const _: () = assert!(PLACES.is_power_of_two(), "a mask finds the place of an order");

/// Places in the queue of each order.
pub(super) struct Turns(Box<[Mutex<()>]>);

impl Default for Turns {
    fn default() -> Self {
        Self((0..PLACES).map(|_| Mutex::default()).collect())
    }
}

impl Turns {
    /// Waits until nobody else is at this order.
    pub async fn of(&self, order: OrderId) -> MutexGuard<'_, ()> {
        // The mask keeps the index below the number of places.
        self.0[order.get() as usize & (PLACES - 1)].lock().await
    }
}
