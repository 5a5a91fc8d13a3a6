//! `/cart`: the shopper's own.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, delete, get, post, put};
use mallcore_actors::carts::{AddLine, CartView, ChangeLine, MergeLines};
use mallcore_actors::idempotency::BodyFingerprint;
use mallcore_actors::ids::SkuId;
use mallcore_actors::quantity::Quantity;
use utoipa_actix_web::service_config::ServiceConfig;

use super::Carts;
use super::views::{AddBody, CartBody, ChangeBody, MergeBody, SelectionBody};
use crate::platform::auth::Shopper;
use crate::platform::http::body::RawBody;
use crate::platform::http::idempotency::IdempotencyKey;
use crate::platform::http::path::PathId;
use crate::platform::http::problem::{Problem, ProblemDocument};
use crate::platform::http::provided::Provided;

/// Adds the routes.
pub fn configure(routes: &mut ServiceConfig) {
    routes.service(show).service(clear).service(add).service(merge).service(select).service(change).service(remove);
}

/// The answer to whatever changed or shows a cart: its lines with what the shelf says now. While the database does not answer, lines are
/// shown without: the cart itself is in memory.
async fn render(carts: &Carts, cart: &CartView, left_out: Option<Vec<SkuId>>) -> HttpResponse {
    let goods = carts.goods(cart.lines.iter().map(|line| line.sku).collect()).await.ok();
    let left_out = left_out.map(|skus| skus.into_iter().map(SkuId::get).collect());
    HttpResponse::Ok().json(CartBody { left_out, ..CartBody::new(cart, goods.as_ref()) })
}

/// Garde has checked the range.
fn parsed(body: &AddBody) -> Result<(SkuId, Quantity), Problem> {
    let sku = SkuId::new(body.sku_id).map_err(|_| Problem::field("sku_id", "out_of_range"))?;
    let quantity = Quantity::new(body.quantity).map_err(|_| Problem::field("quantity", "out_of_range"))?;
    Ok((sku, quantity))
}

/// The shopper's cart
///
/// With prices, stock and shelf as they are now: they are no part of the cart, and frozen only when an order is placed.
#[utoipa::path(
    tag = "cart",
    operation_id = "cart_show",
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The cart", body = CartBody),
        (status = 400, description = "header_repeated", body = ProblemDocument),
        (status = 503, description = "busy, warming", body = ProblemDocument),
    ),
)]
#[get("/cart")]
pub async fn show(shopper: Shopper, carts: Provided<Carts>) -> Result<HttpResponse, Problem> {
    let cart = carts.get(shopper.0).await??;
    Ok(render(&carts, &cart, None).await)
}

/// Empty the cart
#[utoipa::path(
    tag = "cart",
    operation_id = "cart_clear",
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The cart, empty", body = CartBody),
        (status = 400, description = "header_repeated", body = ProblemDocument),
        (status = 503, description = "busy, journal_full, lag_shed, lag_full, warming, outcome_unknown", body = ProblemDocument),
    ),
)]
#[delete("/cart")]
pub async fn clear(shopper: Shopper, carts: Provided<Carts>) -> Result<HttpResponse, Problem> {
    let cart = carts.clear(shopper.0).await??;
    Ok(render(&carts, &cart, None).await)
}

/// Add pieces to the cart
///
/// Pieces are added to the SKU's line, or make a new, selected one. The same key and body again changes nothing.
#[utoipa::path(
    tag = "cart",
    operation_id = "cart_add",
    request_body = AddBody,
    params(IdempotencyKey),
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The cart", body = CartBody),
        (status = 400, description = "malformed_json, body_unreadable, header_missing, header_invalid, header_repeated", body = ProblemDocument),
        (status = 404, description = "unknown_product: no such SKU, or off the shelf", body = ProblemDocument),
        (status = 409, description = "cart_full, cart_quantity_limit", body = ProblemDocument),
        (status = 422, description = "validation_failed, idempotency_mismatch", body = ProblemDocument),
        (status = 503, description = "busy, journal_full, lag_shed, lag_full, warming, outcome_unknown, database_unavailable", body = ProblemDocument),
    ),
)]
#[post("/cart/add")]
pub async fn add(body: RawBody, shopper: Shopper, key: IdempotencyKey, carts: Provided<Carts>) -> Result<HttpResponse, Problem> {
    let body: AddBody = body.json()?;
    let (sku, quantity) = parsed(&body)?;
    let goods = carts.goods(vec![sku]).await.map_err(|_| Problem::database_unavailable())?;
    if !goods.get(&sku).is_some_and(|goods| goods.on_sale) {
        return Err(Problem::new(StatusCode::NOT_FOUND, "unknown_product").naming("sku_id", "unknown_product"));
    }
    let fingerprint = BodyFingerprint::of(format!("{}:{}", body.sku_id, body.quantity).as_bytes());
    let add = AddLine { sku, quantity, key: key.hash("cart/add"), body: fingerprint };
    let cart = carts.add(shopper.0, add).await??;
    Ok(render(&carts, &cart, None).await)
}

/// Take in what was laid aside before logging in
///
/// Pieces are added to the lines that are there. What finds no room is left out and listed in `left_out`.
#[utoipa::path(
    tag = "cart",
    operation_id = "cart_merge",
    request_body = MergeBody,
    params(IdempotencyKey),
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The cart", body = CartBody),
        (status = 400, description = "malformed_json, body_unreadable, header_missing, header_invalid, header_repeated", body = ProblemDocument),
        (status = 422, description = "validation_failed, idempotency_mismatch", body = ProblemDocument),
        (status = 503, description = "busy, journal_full, lag_shed, lag_full, warming, outcome_unknown, database_unavailable", body = ProblemDocument),
    ),
)]
#[post("/cart/merge")]
pub async fn merge(body: RawBody, shopper: Shopper, key: IdempotencyKey, carts: Provided<Carts>) -> Result<HttpResponse, Problem> {
    let body: MergeBody = body.json()?;
    let lines = body.items.iter().map(parsed).collect::<Result<Vec<_>, _>>()?;
    let goods = carts.goods(lines.iter().map(|line| line.0).collect()).await.map_err(|_| Problem::database_unavailable())?;
    let fingerprint = lines.iter().map(|(sku, quantity)| format!("{sku}:{}", quantity.get())).collect::<Vec<_>>().join(",");
    let (known, gone): (Vec<_>, Vec<_>) = lines.into_iter().partition(|(sku, _)| goods.get(sku).is_some_and(|goods| goods.on_sale));
    let merge = MergeLines { lines: known, key: key.hash("cart/merge"), body: BodyFingerprint::of(fingerprint.as_bytes()) };
    let mut merged = carts.merge(shopper.0, merge).await??;
    merged.left_out.extend(gone.into_iter().map(|line| line.0));
    Ok(render(&carts, &merged.cart, Some(merged.left_out)).await)
}

/// Select every line, or none
#[utoipa::path(
    tag = "cart",
    operation_id = "cart_select",
    request_body = SelectionBody,
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The cart", body = CartBody),
        (status = 400, description = "malformed_json, body_unreadable, header_repeated", body = ProblemDocument),
        (status = 422, description = "validation_failed", body = ProblemDocument),
        (status = 503, description = "busy, journal_full, lag_shed, lag_full, warming, outcome_unknown", body = ProblemDocument),
    ),
)]
#[put("/cart/selection")]
pub async fn select(body: RawBody, shopper: Shopper, carts: Provided<Carts>) -> Result<HttpResponse, Problem> {
    let body: SelectionBody = body.json()?;
    let cart = carts.select_all(shopper.0, body.selected).await??;
    Ok(render(&carts, &cart, None).await)
}

/// Say how many pieces of a line are wanted, and whether it is selected
///
/// The line is so from now on, however often this is asked.
#[utoipa::path(
    tag = "cart",
    operation_id = "cart_change",
    request_body = ChangeBody,
    params(PathId<SkuId>),
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The cart", body = CartBody),
        (status = 400, description = "malformed_json, body_unreadable, header_repeated, validation_failed (id)", body = ProblemDocument),
        (status = 404, description = "unknown_cart_line", body = ProblemDocument),
        (status = 422, description = "validation_failed", body = ProblemDocument),
        (status = 503, description = "busy, journal_full, lag_shed, lag_full, warming, outcome_unknown", body = ProblemDocument),
    ),
)]
#[put("/cart/items/{id}")]
pub async fn change(body: RawBody, shopper: Shopper, sku: PathId<SkuId>, carts: Provided<Carts>) -> Result<HttpResponse, Problem> {
    let body: ChangeBody = body.json()?;
    let quantity = body.quantity.map(Quantity::new).transpose().map_err(|_| Problem::field("quantity", "out_of_range"))?;
    let cart = carts.change(shopper.0, ChangeLine { sku: sku.0, quantity, selected: body.selected }).await??;
    Ok(render(&carts, &cart, None).await)
}

/// Take a line out of the cart
///
/// One that is not there is out already.
#[utoipa::path(
    tag = "cart",
    operation_id = "cart_remove",
    params(PathId<SkuId>),
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The cart", body = CartBody),
        (status = 400, description = "validation_failed (id), header_repeated", body = ProblemDocument),
        (status = 503, description = "busy, journal_full, lag_shed, lag_full, warming, outcome_unknown", body = ProblemDocument),
    ),
)]
#[delete("/cart/items/{id}")]
pub async fn remove(shopper: Shopper, sku: PathId<SkuId>, carts: Provided<Carts>) -> Result<HttpResponse, Problem> {
    let cart = carts.remove(shopper.0, sku.0).await??;
    Ok(render(&carts, &cart, None).await)
}
