//! Writes of reviews: a shopper's own, and what the back office does. Each commits with its row of the outbox.
//! - S1 Rows are locked in one order: the review, the product's sums, the outbox.

use mallcore_actors::ids::{OrderId, UserId};
use mallcore_actors::refusal::{Refusal, Rule, RuleClass};
use mallcore_actors::time::Timestamp;

use super::model::{Opinion, Reply, Review, Status};
use super::repository;
use crate::platform::database::{Arguments, Database, Error, Rows, TransactionError, Tx, Value};
use crate::platform::outbox::{self, AppendError, Message, Topic};

/// Only what was received can be reviewed.
pub const NOT_RECEIVED: Rule = Rule {
    code: "not_received",
    class: RuleClass::Conflict,
    title: "尚未确认收货 / Not received",
    detail: "确认收货之后才能评价；已全额退款的订单不能评价。",
};
/// A line has one review.
pub const ALREADY_REVIEWED: Rule = Rule {
    code: "already_reviewed",
    class: RuleClass::Conflict,
    title: "已经评价过 / Already reviewed",
    detail: "这件商品已经评价过，评价提交后不能修改。",
};
/// Reviews are written within a time.
pub const REVIEW_CLOSED: Rule = Rule {
    code: "review_closed",
    class: RuleClass::Conflict,
    title: "评价已截止 / Reviews are closed",
    detail: "这个订单已经超过可以评价的时间。",
};
/// The order has no such line.
pub const UNKNOWN_ORDER_LINE: Rule = Rule {
    code: "unknown_order_line",
    class: RuleClass::Missing,
    title: "订单中没有这件商品 / Unknown order line",
    detail: "这个订单没有买过这件商品。",
};

const MILLIS_OF_DAY: u64 = 86_400_000;

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    /// There is no such review.
    #[error("there is no review {0}")]
    Unknown(u64),
    /// The rules say no.
    #[error("refused: {}", .0.code())]
    Refused(Refusal),
    /// The database did not do it.
    #[error(transparent)]
    Database(#[from] Error),
    /// The outbox did not take it.
    #[error("failed to append to the outbox")]
    Append(#[from] AppendError),
}

impl TransactionError for ReviewError {
    fn is_transient(&self) -> bool {
        match self {
            Self::Database(cause) => cause.is_transient(),
            Self::Append(cause) => cause.is_transient(),
            Self::Unknown(_) | Self::Refused(_) => false,
        }
    }
}

/// A review to be written: the caller has made sure that the order is the shopper's, that it is completed, and that it has the line.
#[derive(Debug, Clone)]
pub struct NewReview {
    /// The author's id.
    pub user: UserId,
    /// The order that was received.
    pub order: OrderId,
    /// The SKU of its line.
    pub sku: u64,
    /// The product of the SKU.
    pub product: u64,
    /// What sets the SKU apart; empty for a product without specs.
    pub spec: String,
    /// What the author says.
    pub opinion: Opinion,
}

/// A review that was written now, or by an earlier request with the same body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// As it is stored.
    pub review: Review,
    /// Whether it was written now.
    pub is_new: bool,
}

/// Runs a cold write whole ([`Database::transaction`]).
async fn write<T>(database: &Database, edit: impl AsyncFn(&mut Tx) -> Result<T, ReviewError>) -> Result<T, ReviewError> {
    database.transaction(edit).await
}

/// Writes a review of a line. One that is there is answered if it says the same.
///
/// # Errors
/// [`ALREADY_REVIEWED`] if the line has another review, [`REVIEW_CLOSED`] if the order was completed more than `window_days` ago.
pub async fn submit(
    database: &Database,
    new: &NewReview,
    status: Status,
    window_days: u32,
    now: Timestamp,
) -> Result<Written, ReviewError> {
    write(database, async |tx| {
        if let Some(review) = repository::of_line(tx, new.order, new.sku).await? {
            let is_same = review.opinion == new.opinion;
            return if is_same {
                Ok(Written { review, is_new: false })
            } else {
                Err(ReviewError::Refused(Refusal::Rule(&ALREADY_REVIEWED)))
            };
        }
        // An order that the database does not know to be completed was completed just now.
        let row = tx.first("SELECT completed_at FROM orders WHERE id = ?", vec![new.order.get().into()]).await?;
        let completed_at = row.map(|row| row.time_or_null(0)).transpose()?.flatten().unwrap_or(now);
        if now.millis_since(completed_at) > u64::from(window_days) * MILLIS_OF_DAY {
            return Err(ReviewError::Refused(Refusal::Rule(&REVIEW_CLOSED)));
        }
        let opinion = &new.opinion;
        let text = "INSERT INTO reviews (order_id, sku_id, product_id, user_id, sku_spec, stars, content, pictures, has_pictures, \
             is_anonymous, status, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        let values: Arguments = vec![
            new.order.get().into(),
            new.sku.into(),
            new.product.into(),
            new.user.get().into(),
            new.spec.clone().into(),
            opinion.stars.into(),
            opinion.content.clone().into(),
            pictures(&opinion.pictures),
            (!opinion.pictures.is_empty()).into(),
            opinion.is_anonymous.into(),
            (status as u8).into(),
            now.into(),
            now.into(),
        ];
        let id = tx.insert(text, values).await?;
        let review = Review {
            id,
            order: Some(new.order.get()),
            sku: new.sku,
            product: new.product,
            user: new.user.get(),
            spec: new.spec.clone(),
            opinion: opinion.clone(),
            status,
            reply: None,
            created_at: now,
        };
        if status == Status::Shown {
            count(tx, &review, 1, now).await?;
        }
        outbox::append(tx, &Message::changed(Topic::Review, id), now).await?;
        Ok(Written { review, is_new: true })
    })
    .await
}

fn pictures(addresses: &[String]) -> Value {
    // A list of texts has no way to fail.
    if addresses.is_empty() { Value::Null } else { serde_json::to_string(addresses).unwrap_or_default().into() }
}

/// Adds a shown review to its product's sums, or takes it out: `by` is 1 or -1.
async fn count(tx: &mut Tx, review: &Review, by: i64, now: Timestamp) -> Result<(), Error> {
    let columns = ["product_id", "reviews_count", "updated_at"];
    // The row is there from now on, whatever it counts: the larger of it and nothing.
    let text = Rows::upsert(tx.engine(), "product_ratings", &["product_id"], &columns, &["reviews_count", "updated_at"], 1);
    tx.execute(text, vec![review.product.into(), 0_u64.into(), now.into()]).await?;
    let stars = review.opinion.stars;
    let text = format!(
        "UPDATE product_ratings SET reviews_count = reviews_count + ?, stars_sum = stars_sum + ?, stars_{stars} = stars_{stars} + ?, \
         pictures_count = pictures_count + ? WHERE product_id = ?"
    );
    let with_pictures = if review.opinion.pictures.is_empty() { 0 } else { by };
    let values = vec![by.into(), (by * i64::from(stars)).into(), by.into(), with_pictures.into(), review.product.into()];
    tx.execute(text, values).await.map(drop)
}

/// Shows a review to everybody or hides it; returns the row of the outbox, or none if it was so already.
///
/// # Errors
/// [`ReviewError::Unknown`].
pub async fn set_shown(database: &Database, id: u64, is_shown: bool, now: Timestamp) -> Result<Option<u64>, ReviewError> {
    write(database, async |tx| {
        let review = repository::locked(tx, id).await?.ok_or(ReviewError::Unknown(id))?;
        let status = if is_shown { Status::Shown } else { Status::Hidden };
        if review.status == status {
            return Ok(None);
        }
        let values = vec![(status as u8).into(), now.into(), id.into()];
        tx.execute("UPDATE reviews SET status = ?, updated_at = ? WHERE id = ?", values).await?;
        match (review.status, status) {
            (_, Status::Shown) => count(tx, &review, 1, now).await?,
            (Status::Shown, _) => count(tx, &review, -1, now).await?,
            _ => {}
        }
        Ok(Some(outbox::append(tx, &Message::changed(Topic::Review, id), now).await?))
    })
    .await
}

/// Answers a review in the shop's name; a later answer replaces the one before. Returns the row of the outbox, or none if it says the same.
///
/// # Errors
/// [`ReviewError::Unknown`].
pub async fn reply(database: &Database, id: u64, reply: &Reply, now: Timestamp) -> Result<Option<u64>, ReviewError> {
    write(database, async |tx| {
        let review = repository::locked(tx, id).await?.ok_or(ReviewError::Unknown(id))?;
        if review.reply.is_some_and(|(before, _)| before == reply.as_str()) {
            return Ok(None);
        }
        let values = vec![reply.as_str().to_owned().into(), now.into(), now.into(), id.into()];
        tx.execute("UPDATE reviews SET reply = ?, replied_at = ?, updated_at = ? WHERE id = ?", values).await?;
        Ok(Some(outbox::append(tx, &Message::changed(Topic::Review, id), now).await?))
    })
    .await
}
