//! `/seckill`: what is on, and buying.

use std::fmt::Write;

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, HeaderValue, LOCATION};
use actix_web::{HttpResponse, ResponseError, get, post, web};
use mallcore_actors::idempotency::{BodyFingerprint, KeyHash};
use mallcore_actors::ids::{ActivityId, AddressId, FlashItemId, UserId};
use mallcore_actors::refusal::Answer;
use mallcore_actors::stock::Placed;
use utoipa_actix_web::service_config::ServiceConfig;

use super::Seckill;
use super::views::{ActivityView, BuyBody, ReceiptView};
use crate::features::addresses::Addresses;
use crate::platform::auth::Shopper;
use crate::platform::http::body::RawBody;
use crate::platform::http::idempotency::IdempotencyKey;
use crate::platform::http::path::PathId;
use crate::platform::http::problem::{Problem, ProblemDocument};
use crate::platform::http::provided::Provided;
use crate::platform::http::state::State;
use crate::platform::page::Page;
use crate::platform::reads::StoreError;

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Adds the routes.
pub fn configure(routes: &mut ServiceConfig) {
    routes.service(buy).service(list).service(show);
}

/// Buy pieces of a flash item
///
/// Answered once the order is on disk. `address_id`, if given, has to be one of the shopper's own. The same key and body again gets the same answer with 200, also after a restart;
/// `outcome_unknown` and a lost connection are resolved by repeating with the same key.
#[utoipa::path(
    tag = "seckill",
    operation_id = "seckill_buy",
    request_body = BuyBody,
    params(PathId::<FlashItemId>, IdempotencyKey),
    security(("bearer" = [])),
    responses(
        (status = 201, description = "Ordered", body = ReceiptView, headers(("Location" = String, description = "The order")), links(
            ("order" = (operation_id = "orders_show", parameters(("id" = "$response.body#/order_no")))),
            ("cancel" = (operation_id = "orders_cancel", parameters(("id" = "$response.body#/order_no")))),
        )),
        (status = 200, description = "A repeat: the first answer", body = ReceiptView, links(
            ("order" = (operation_id = "orders_show", parameters(("id" = "$response.body#/order_no")))),
            ("cancel" = (operation_id = "orders_cancel", parameters(("id" = "$response.body#/order_no")))),
        )),
        (status = 400, description = "malformed_json, header_missing, header_invalid, header_repeated, validation_failed (id)", body = ProblemDocument),
        (status = 404, description = "unknown_item, unknown_address: there is none, or it is another's", body = ProblemDocument),
        (status = 409, description = "sold_out, purchase_limit, not_started, ended, off_sale, too_many_unpaid", body = ProblemDocument),
        (status = 422, description = "validation_failed, idempotency_mismatch", body = ProblemDocument),
        (status = 503, description = "busy, journal_full, lag_shed, lag_full, warming, outcome_unknown, database_unavailable: the last one with an address only", body = ProblemDocument),
    ),
)]
#[post("/seckill/items/{id}/orders")]
pub async fn buy(
    body: RawBody,
    shopper: Shopper,
    item: PathId<FlashItemId>,
    key: IdempotencyKey,
    seckill: Provided<Seckill>,
    addresses: Provided<Addresses>,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let counter = Counter { state: &state, seckill: &seckill, addresses: &addresses };
    purchase(counter, shopper, item.0, body.parse()?, |scope| key.hash(scope)).await
}

/// Where purchases are made.
#[derive(Clone, Copy)]
pub(super) struct Counter<'a> {
    pub state: &'a State,
    pub seckill: &'a Seckill,
    pub addresses: &'a Addresses,
}

/// The purchase itself; `key` hashes the key within a scope, and is only asked where the answer depends on it.
pub(super) async fn purchase(
    counter: Counter<'_>,
    Shopper(user): Shopper,
    item: FlashItemId,
    body: BuyBody,
    key: impl FnOnce(&str) -> KeyHash,
) -> Result<HttpResponse, Problem> {
    let Counter { state, seckill, .. } = counter;
    let outcome = match body.address_id {
        None => seckill.buy(user, item, body.quantity, None, || (key(&scope(item)), fingerprint(&body))).await,
        // Boxed: purchases without an address do not carry the room that this takes.
        Some(address) => Box::pin(buy_for(counter, user, item, &body, address, key(&scope(item)))).await?,
    };
    let Placed { receipt, repeat } = match outcome.map_err(Problem::from).and_then(|answer| answer.map_err(Problem::from)) {
        Ok(placed) => placed,
        Err(problem) => {
            state.chart.refused(problem.code);
            // An answer like any other: as an error it would be boxed first.
            return Ok(problem.error_response());
        }
    };
    let view = ReceiptView::new(&receipt, item, body.quantity);
    let mut answer = if repeat { HttpResponse::Ok() } else { HttpResponse::Created() };
    if !repeat {
        state.chart.placed();
        answer.insert_header((LOCATION, location(&state.prefix, &view)));
    }
    Ok(answer.insert_header((CONTENT_TYPE, JSON)).body(view.to_json()))
}

/// A purchase that names an address asks the database whose it is, before the item's actor and outside of any lock. The gate comes first: most
/// who come to a sale are refused there, and a sale that is sold out costs the database nothing. A repeat is answered whatever became of the
/// address.
async fn buy_for(
    Counter { seckill, addresses, .. }: Counter<'_>,
    user: UserId,
    item: FlashItemId,
    body: &BuyBody,
    address: AddressId,
    key: KeyHash,
) -> Result<Answer<Placed>, Problem> {
    if let Some(turned_away) = seckill.turned_away(user, item) {
        return Ok(turned_away);
    }
    let is_good = addresses.has(user, address).await? || seckill.has_placed(user, key).await.map_err(StoreError::from)?;
    if !is_good {
        return Err(Problem::new(StatusCode::NOT_FOUND, "unknown_address").naming("address_id", "unknown_address"));
    }
    Ok(seckill.buy(user, item, body.quantity, Some(address), || (key, fingerprint(body))).await)
}

/// Flash sales that run or will run
#[utoipa::path(
    tag = "seckill",
    operation_id = "seckill_list",
    responses(
        (status = 200, description = "All of them", body = Page<ActivityView>, links(
            ("first" = (operation_id = "seckill_show", parameters(("id" = "$response.body#/items/0/id")))),
        )),
    ),
)]
#[get("/seckill/activities")]
pub async fn list(seckill: Provided<Seckill>) -> HttpResponse {
    let items = seckill.activities();
    HttpResponse::Ok().json(Page { total: Some(items.len() as u64), items, next: None })
}

/// One flash sale with its items and what is left of them
#[utoipa::path(
    tag = "seckill",
    operation_id = "seckill_show",
    params(PathId::<ActivityId>),
    responses(
        (status = 200, description = "The sale as of `server_time`", body = ActivityView, links(
            ("first" = (operation_id = "seckill_buy", parameters(("id" = "$response.body#/items/0/id")))),
        )),
        (status = 400, description = "validation_failed (id)", body = ProblemDocument),
        (status = 404, description = "unknown_activity", body = ProblemDocument),
    ),
)]
#[get("/seckill/activities/{id}")]
pub async fn show(id: PathId<ActivityId>, seckill: Provided<Seckill>) -> Result<HttpResponse, Problem> {
    let activity = seckill.activity(id.0).ok_or_else(|| Problem::unknown("unknown_activity"))?;
    Ok(HttpResponse::Ok().json(activity))
}

/// What a key belongs to: this route with its item.
fn scope(item: FlashItemId) -> String {
    let mut scope = String::with_capacity(40);
    // Writing to a String cannot fail.
    let _ = write!(scope, "seckill/items/{item}/orders");
    scope
}

/// Over the fields in one order and width, so that spelling does not matter.
fn fingerprint(body: &BuyBody) -> BodyFingerprint {
    let mut canonical = [0; 12];
    canonical[..4].copy_from_slice(&body.quantity.get().to_be_bytes());
    canonical[4..].copy_from_slice(&body.address_id.map_or(0, |address| address.get()).to_be_bytes());
    BodyFingerprint::of(&canonical)
}

fn location(prefix: &str, view: &ReceiptView) -> String {
    let mut location = String::with_capacity(64);
    // Writing to a String cannot fail.
    let _ = write!(location, "{prefix}/orders/{}", view.order_no);
    location
}
