//! The end of an account. What the shop has to keep (orders) then belongs to a number; what said who that was is gone.
//! - C1 Refused while an order is unpaid, paid or on its way.
//! - C2 In one transaction: the row is emptied, openid and phone are free, the data key is destroyed, tokens are void, and what other features
//!   keep about the shopper is deleted (`Feature::forgets`).
//! - C3 Cancelling twice is cancelling once; whatever fails can be repeated.
//!
//! An order that is placed between the second look and the transaction, by a request that was let in before, stays: it is closed by its time
//! limit, or sent to the address that was frozen in it.

use mallcore_actors::ids::{OrderId, UserId};
use mallcore_actors::orders::{Order, Status};

use super::refusals::{AccountError, OPEN_ORDERS, UNKNOWN_USER};
use super::repository;
use super::service::Accounts;
use crate::features::orders;
use crate::platform::database::Tx;
use crate::platform::reads::ANSWER_WITHIN;
use crate::platform::sessions::Owner;

const fn is_open(status: Status) -> bool {
    matches!(status, Status::PendingPayment | Status::Paid | Status::Shipped)
}

impl Accounts {
    /// Cancels somebody's account.
    pub async fn cancel(&self, id: UserId) -> Result<(), AccountError> {
        let found = self.reads.ask(ANSWER_WITHIN, async |database| repository::active(database, id).await).await?;
        if found.is_none() {
            // Cancelled already, or somebody with a token of `mallcore token`: there is nothing to end.
            return Ok(());
        }
        self.refuse_open_orders(id).await?;
        // From here on no new request is let in; a session that goes on refreshes, and finds its account cancelled or asks again.
        self.revoke_access_tokens(id).await?;
        self.refuse_open_orders(id).await?;
        if let Some(carts) = &self.carts {
            // The cart's own refusals do not exist for clearing it.
            let _cleared = carts.clear(id).await.map_err(AccountError::Cart)?;
        }
        self.sessions.kick(Owner::Shopper(id)).await?;
        let now = self.now();
        let version = self
            .writes
            .transaction(async |tx: &mut Tx| -> Result<_, AccountError> {
                let user = repository::lock(tx, id).await?.ok_or(AccountError::Rule(&UNKNOWN_USER))?;
                if user.is_cancelled {
                    return Ok(None);
                }
                repository::erase(tx, id, now).await?;
                self.vault.destroy(tx, id, now).await?;
                for statement in &self.forgets {
                    tx.execute(*statement, vec![id.get().into()]).await?;
                }
                // Once more: somebody may have logged in since.
                Ok(repository::revoke_tokens(tx, id, now).await?)
            })
            .await?;
        if let Some(version) = version {
            self.revoked(id, version, now).await;
        }
        self.sessions.kick(Owner::Shopper(id)).await?;
        tracing::info!(user.id = %id, "an account was cancelled");
        Ok(())
    }

    /// Memory knows what the rows do not have yet, and of an order that is in both it is right.
    async fn refuse_open_orders(&self, id: UserId) -> Result<(), AccountError> {
        let in_memory: Vec<Order> = self.engine.orders.shard(id).orders(id).cloned().collect();
        let known: Vec<OrderId> = in_memory.iter().map(|order| order.id).collect();
        let ask = async |database: &_| orders::repository::counts(database, id, &known).await;
        let stored = self.reads.ask(ANSWER_WITHIN, ask).await?;
        let stored_open = stored.iter().any(|(status, count)| is_open(*status) && *count > 0);
        if stored_open || in_memory.iter().any(|order| is_open(order.status)) {
            return Err(AccountError::Rule(&OPEN_ORDERS));
        }
        Ok(())
    }
}
