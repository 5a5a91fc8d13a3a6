//! What reviews look like from outside, and what a shopper sends.

use bytes::Bytes;
use garde::Validate;
use mallcore_actors::ids::ID_MAX;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;
use utoipa::openapi::schema::{Array, ObjectBuilder};

use super::handle::Pending;
use super::model::{CONTENT_CHARACTERS_MAX, Opinion, PICTURES_MAX, Review, STARS_MAX, Signed, Status, Sums};
use crate::features::catalog::CardView;
use crate::features::orders::LineView;
use crate::platform::http::typed::{self, PICTURE_CHARACTERS_MAX};
use crate::platform::http::{json, schemas};
use crate::platform::page::Page;
use crate::platform::rfc3339::Rfc3339;

/// Stands for the author of an anonymous review.
const ANONYMOUS: &str = "匿名用户";
/// Stands for an author without a nickname.
const NAMELESS: &str = "微信用户";

/// A review of one line of an order.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ReviewWrite)]
pub struct WriteBody {
    /// The SKU of the line: an order has each once.
    #[garde(range(min = 1, max = ID_MAX))]
    #[schema(minimum = 1, maximum = 9007199254740991_u64, example = 7)]
    #[serde(deserialize_with = "json::whole")]
    pub sku_id: u64,
    /// 5 is the best.
    #[garde(range(min = 1, max = STARS_MAX))]
    #[schema(minimum = 1, maximum = 5, example = 5)]
    #[serde(deserialize_with = "json::whole")]
    pub stars: u8,
    /// In words; may have line breaks.
    #[garde(inner(length(chars, max = CONTENT_CHARACTERS_MAX), custom(typed::printable)))]
    #[schema(schema_with = content)]
    #[serde(default)]
    pub text: Option<String>,
    /// Addresses of pictures that were uploaded before.
    #[garde(length(max = PICTURES_MAX), inner(length(chars, max = PICTURE_CHARACTERS_MAX), custom(typed::picture)))]
    #[schema(schema_with = pictures)]
    #[serde(default)]
    pub pictures: Vec<String>,
    /// Whether others see `匿名用户` for the author.
    #[garde(skip)]
    #[serde(default)]
    pub anonymous: bool,
}

fn content() -> ObjectBuilder {
    typed::content(CONTENT_CHARACTERS_MAX)
}

fn pictures() -> Array {
    typed::pictures(PICTURES_MAX)
}

impl From<WriteBody> for Opinion {
    fn from(body: WriteBody) -> Self {
        let content = body.text.filter(|text| !text.trim().is_empty());
        Self { stars: body.stars, content, pictures: body.pictures, is_anonymous: body.anonymous }
    }
}

/// What the shop answers to a review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ReviewReply)]
pub struct ReplyView {
    /// Its words, to be shown as plain text.
    pub text: String,
    /// When it was given.
    pub at: Rfc3339,
}

/// A review as others read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Review)]
pub struct ReviewView {
    /// The id of the review.
    pub id: u64,
    /// The author's nickname; `匿名用户` for an anonymous review, `微信用户` for somebody without a nickname.
    pub author: String,
    /// Address of the author's picture; null for an anonymous review.
    pub avatar_url: Option<String>,
    /// 1 to 5; 5 is the best.
    pub stars: u8,
    /// In words, to be shown as plain text; null if nothing was said.
    pub text: Option<String>,
    /// Addresses of pictures.
    pub pictures: Vec<String>,
    /// What the author bought, such as `蓝色 / L`; empty for a product without specs.
    pub spec: String,
    /// When it was written.
    pub created_at: Rfc3339,
    /// What the shop answers, if it does.
    pub reply: Option<ReplyView>,
}

/// What the shown reviews of a product add up to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReviewSummary {
    /// How many reviews there are.
    pub count: u64,
    /// Their average in tenths of a star, 10 to 50, 47 for 4.7; null without reviews.
    pub rating_tenths: Option<u64>,
    /// Reviews with 1 to 5 stars, in that order.
    pub by_stars: Vec<u64>,
    /// Reviews with pictures.
    pub with_pictures: u64,
}

/// A page of a product's reviews.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReviewPage {
    /// What all of its reviews add up to, whatever is asked for.
    pub summary: ReviewSummary,
    /// The reviews that are asked for.
    #[serde(flatten)]
    pub page: Page<ReviewView>,
}

/// One of the shopper's own reviews.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OwnReview)]
pub struct OwnView {
    /// The id of the review.
    pub id: u64,
    /// The order; null for a review that was taken over from elsewhere.
    pub order_id: Option<u64>,
    /// The SKU of the order's line.
    pub sku_id: u64,
    /// The product of the SKU.
    pub product_id: u64,
    /// The product as lists show it; null while it is off the shelf.
    #[schema(value_type = Option<CardView>)]
    pub product: Option<Box<RawValue>>,
    /// What was bought, such as `蓝色 / L`; empty for a product without specs.
    pub spec: String,
    /// 1 to 5; 5 is the best.
    pub stars: u8,
    /// In words, to be shown as plain text; null if nothing was said.
    pub text: Option<String>,
    /// Addresses of pictures.
    pub pictures: Vec<String>,
    /// Whether others see `匿名用户` for the author.
    pub anonymous: bool,
    /// `pending` until somebody of the shop has looked at it, `shown` or `hidden`.
    #[schema(schema_with = status, required = true)]
    pub status: &'static str,
    /// When it was written.
    pub created_at: Rfc3339,
    /// What the shop answers, if it does.
    pub reply: Option<ReplyView>,
}

fn status() -> ObjectBuilder {
    schemas::word(Status::ALL.map(Status::name)).description(Some("Whether others see it"))
}

/// A received order with lines that can be reviewed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ReviewPending)]
pub struct PendingView {
    /// The order's id.
    pub order_id: u64,
    /// The number that people know the order by.
    pub order_no: String,
    /// When it was received.
    pub completed_at: Rfc3339,
    /// Until when it can be reviewed.
    pub review_until: Rfc3339,
    /// Its lines without a review.
    pub items: Vec<LineView>,
}

impl From<Signed> for ReviewView {
    fn from(signed: Signed) -> Self {
        let Signed { review, nickname, avatar_url } = signed;
        let Review { id, opinion, spec, reply, created_at, .. } = review;
        let (author, avatar_url) = match opinion.is_anonymous {
            true => (ANONYMOUS.to_owned(), None),
            false => (nickname.filter(|name| !name.is_empty()).unwrap_or_else(|| NAMELESS.to_owned()), avatar_url),
        };
        let Opinion { stars, content, pictures, .. } = opinion;
        let (created_at, reply) = (created_at.into(), reply.map(ReplyView::from));
        Self { id, author, avatar_url, stars, text: content, pictures, spec, created_at, reply }
    }
}

impl From<(String, mallcore_actors::time::Timestamp)> for ReplyView {
    fn from((text, at): (String, mallcore_actors::time::Timestamp)) -> Self {
        Self { text, at: at.into() }
    }
}

impl From<Sums> for ReviewSummary {
    fn from(sums: Sums) -> Self {
        let rating_tenths = sums.rating().tenths();
        Self { count: sums.count, rating_tenths, by_stars: sums.by_stars.to_vec(), with_pictures: sums.with_pictures }
    }
}

impl OwnView {
    /// With the product's card as it was rendered.
    pub fn new(review: Review, card: Option<Bytes>) -> Self {
        // Rendered from a view: it is JSON.
        let product = card.and_then(|card| RawValue::from_string(String::from_utf8(card.into()).ok()?).ok());
        let opinion = review.opinion;
        Self {
            id: review.id,
            order_id: review.order,
            sku_id: review.sku,
            product_id: review.product,
            product,
            spec: review.spec,
            stars: opinion.stars,
            text: opinion.content,
            pictures: opinion.pictures,
            anonymous: opinion.is_anonymous,
            status: review.status.name(),
            created_at: review.created_at.into(),
            reply: review.reply.map(ReplyView::from),
        }
    }
}

impl From<Pending> for PendingView {
    fn from(pending: Pending) -> Self {
        let order = pending.order;
        Self {
            order_id: order.order_id,
            order_no: order.order_no,
            completed_at: pending.completed_at.into(),
            review_until: pending.until.into(),
            items: order.items,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_anonymous_author_has_neither_name_nor_face() {
        let opinion = Opinion { stars: 5, content: None, pictures: Vec::new(), is_anonymous: true };
        let (spec, created_at) = (String::new(), mallcore_actors::time::Timestamp::default());
        let review =
            Review { id: 1, order: None, sku: 1, product: 1, user: 1, spec, opinion, status: Status::Shown, reply: None, created_at };
        let signed = |review: Review| Signed { review, nickname: Some("小明".into()), avatar_url: Some("https://a.cn/x".into()) };
        let shown = ReviewView::from(signed(review.clone()));
        assert_eq!((shown.author.as_str(), shown.avatar_url), (ANONYMOUS, None));
        let named = Review { opinion: Opinion { is_anonymous: false, ..review.opinion.clone() }, ..review };
        assert_eq!(ReviewView::from(signed(named)).author, "小明");
    }
}
