//! Money that a bill has and the shop does not: WeChat Pay is asked once more, and the order decides as if it had been told in time.

use mallcore_actors::ids::{OrderId, UserId};
use mallcore_actors::orders::UNKNOWN_ATTEMPT;
use mallcore_actors::refusal::Refusal;

use super::attempts::Source;
use super::error::PaymentError;
use super::handle::Payments;
use super::reading;
use crate::platform::wechat::pay::{PayError, TradeRef};

impl Payments {
    /// Asks WeChat Pay for a trade of an order and takes what it says. Returns when that is durable; a trade that is on record is a repeat.
    ///
    /// # Errors
    /// [`PaymentError`]; [`UNKNOWN_ATTEMPT`] if the trade is of another order.
    pub async fn take_billed(&self, user: UserId, id: OrderId, transaction: &str) -> Result<(), PaymentError> {
        let said = self.wechat()?.trade(TradeRef::TransactionId(transaction)).await?;
        let read = reading::money(&said, self.wechat()?);
        let (number, trade) = read.map_err(|bad| PaymentError::Channel(PayError::Unexpected(bad.to_string())))?;
        let _turn = self.turns.of(id).await;
        if self.orders.look(user, id).await??.no != number.order {
            return Err(Refusal::Rule(&UNKNOWN_ATTEMPT).into());
        }
        self.take(Source::Query, user, id, &trade).await.map(drop)
    }
}
