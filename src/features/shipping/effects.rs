//! Carries out what the outbox asks of orders: one command to the order, and a second one for goods that the shopper has already.

use mallcore_actors::kernel::Provenance;
use mallcore_actors::orders::{Changed, OrdersHandle, Parcel};
use mallcore_actors::refusal::{Answer, Unavailable};
use serde_json::json;

use super::service;
use crate::platform::outbox::repository::Told;
use crate::platform::outbox::{Carried, ShipOrder};

/// The handler of `order.ship` rows.
#[derive(Debug, Clone)]
pub struct Shipper {
    orders: OrdersHandle,
}

impl Shipper {
    /// Over the orders of this process.
    pub const fn new(orders: OrdersHandle) -> Self {
        Self { orders }
    }

    /// Sends the parcel. A repeat changes nothing and is told as one.
    pub async fn ship(&self, asked: ShipOrder) -> Carried {
        let ShipOrder { order_id, user_id, carrier, tracking_no, pieces, is_received, operator } = asked;
        let parcel =
            Parcel { key: service::key(&carrier, &tracking_no), carrier, tracking: tracking_no, pieces: pieces.into_iter().collect() };
        let shipped = match settled(self.orders.ship(Provenance::COMMAND_LINE, user_id, order_id, &parcel).await) {
            Ok(shipped) => shipped,
            Err(carried) => return carried,
        };
        if !shipped.repeat {
            tracing::info!(order.id = %order_id, operator = operator.as_str(), "a parcel of order {order_id} was sent");
        }
        let last = if is_received {
            match settled(self.orders.confirm_receipt(Provenance::COMMAND_LINE, user_id, order_id).await) {
                Ok(received) => received,
                Err(carried) => return carried,
            }
        } else {
            shipped.clone()
        };
        let order = &last.order;
        let detail = json!({
            "status": order.status.name(),
            "version": order.version,
            "repeat": shipped.repeat,
            "sequence": order.sequence.0,
        });
        Carried::Done(Some(Told { outcome: "done", detail: detail.to_string() }))
    }
}

/// What the order has become, or what is to be noted of the row instead.
fn settled(answer: Answer<Changed>) -> Result<Changed, Carried> {
    match answer {
        Ok(Ok(changed)) => Ok(changed),
        Ok(Err(refusal)) => Err(Carried::Done(Some(Told { outcome: refusal.code(), detail: json!({}).to_string() }))),
        Err(cause @ (Unavailable::Busy | Unavailable::Warming)) => Err(Carried::Busy(cause.to_string())),
        Err(cause) => Err(Carried::Away(cause.to_string())),
    }
}
