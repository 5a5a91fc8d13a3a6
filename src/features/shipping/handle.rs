//! Shipping as handlers ask for it: the parcels of an order, with where they are.

use std::sync::Arc;

use futures_util::future::join_all;
use mallcore_actors::engine::Engine;
use mallcore_actors::ids::{OrderId, UserId};
use mallcore_actors::time::Timestamp;

use super::carriers::{ByCode, Carriers, KnownCarrier, PICK_UP};
use super::pick_up;
use super::repository::{self, PickUpRow};
use crate::features::addresses::Addresses;
use crate::features::orders::{OrderDetail, OrderRef, Orders};
use crate::platform::database::{Database, Error};
use crate::platform::error_chain;
use crate::platform::reads::{ANSWER_WITHIN, Reads, StoreError};
use crate::platform::tracking::{Known, Tracking, Wanted};
use crate::platform::vault::{Vault, VaultError};

/// Digits of a phone by which carriers know the receiver.
const PHONE_TAIL_DIGITS: usize = 4;

/// Parcels of all orders.
pub struct Shipping {
    pub(super) orders: Arc<Orders>,
    pub(super) addresses: Arc<Addresses>,
    pub(super) carriers: Carriers,
    pub(super) tracking: Tracking,
    pub(super) reads: Arc<Reads>,
    pub(super) vault: Vault,
    pub(super) engine: Arc<Engine>,
}

/// The parcels of an order.
pub(super) struct Parcels {
    pub detail: OrderDetail,
    pub carriers: Arc<ByCode>,
    /// What is known of each parcel, in their order.
    pub known: Vec<Option<Known>>,
    pub pick_up: Option<PickUp>,
}

/// How an order waits at the shop.
pub(super) struct PickUp {
    /// What the shopper has to show; none once it was used, or is dead.
    pub code: Option<String>,
    pub ready_at: Timestamp,
    pub collected_at: Option<Timestamp>,
}

impl Shipping {
    /// The parcels of one's own order; none if there is no such order, or it is another's.
    ///
    /// # Errors
    /// [`StoreError`] if the database does not answer.
    pub(super) async fn parcels(&self, user: UserId, named: OrderRef) -> Result<Option<Parcels>, StoreError> {
        let Some(detail) = self.orders.detail(user, named).await? else { return Ok(None) };
        let carriers = self.carriers.by_code().await;
        let pick_up = match OrderId::new(detail.order.order_id) {
            Ok(order) => self.pick_up(user, order).await?,
            Err(_) => None,
        };
        let known = self.track(user, &detail, &carriers).await;
        Ok(Some(Parcels { detail, carriers, known, pick_up }))
    }

    async fn pick_up(&self, user: UserId, order: OrderId) -> Result<Option<PickUp>, StoreError> {
        let ask = async |database: &Database| {
            let Some(row) = repository::pick_up(database, order).await? else { return Ok(None) };
            let code = self.code(database, user, order, &row).await?;
            Ok(Some(PickUp { code, ready_at: row.ready_at, collected_at: row.collected_at }))
        };
        Ok(self.reads.ask(ANSWER_WITHIN, ask).await?)
    }

    /// The code in the clear; without the right keys the order is shown without it.
    async fn code(&self, database: &Database, user: UserId, order: OrderId, row: &PickUpRow) -> Result<Option<String>, Error> {
        let opened = match self.vault.stored_key(database, user).await {
            Ok(Some(key)) => pick_up::code(row, order, &key).map_err(VaultError::from),
            Ok(None) | Err(VaultError::Destroyed { .. }) => Ok(None),
            Err(VaultError::Database(error)) => return Err(error),
            Err(error) => Err(error),
        };
        Ok(opened.unwrap_or_else(|error| {
            tracing::error!("the code of order {order} cannot be opened: {}", error_chain::of(&error));
            None
        }))
    }

    /// What is known of each parcel; all are asked for at once.
    async fn track(&self, user: UserId, detail: &OrderDetail, carriers: &ByCode) -> Vec<Option<Known>> {
        let carrier = |code: &str| carriers.get(code).filter(|carrier| carrier.code != PICK_UP);
        let needs_phone = |carrier: &KnownCarrier| carrier.needs_phone && carrier.kuaidi100_code.is_some();
        let is_wanted = detail.parcels.iter().filter_map(|parcel| carrier(&parcel.carrier)).any(needs_phone);
        let phone_tail = if is_wanted { self.phone_tail(user, detail).await } else { None };
        let now = self.engine.clock().now();
        let asked = detail.parcels.iter().map(|parcel| async {
            let carrier = carrier(&parcel.carrier)?;
            let wanted = Wanted {
                carrier: carrier.kuaidi100_code.clone()?,
                number: parcel.tracking_no.clone(),
                phone_tail: phone_tail.clone().filter(|_| carrier.needs_phone),
                shipped_at: parcel.shipped_at.0,
            };
            self.tracking.of(&wanted, now).await
        });
        join_all(asked).await
    }

    /// The last digits of the receiver's phone; none without an address that can be opened.
    async fn phone_tail(&self, user: UserId, detail: &OrderDetail) -> Option<String> {
        let (request, snapshot) = detail.sealed_delivery.as_ref()?;
        // What is wrong with an address is told where the order itself is shown.
        let delivered = self.addresses.delivered(user, *request, snapshot).await.ok()??;
        // Masked but for its last digits.
        let phone = delivered.view().phone;
        let from = phone.len().checked_sub(PHONE_TAIL_DIGITS)?;
        phone.get(from..).filter(|tail| tail.bytes().all(|byte| byte.is_ascii_digit())).map(str::to_owned)
    }
}
