//! `/user/addresses`: the shopper's own.

use actix_web::http::header::LOCATION;
use actix_web::{HttpResponse, delete, get, post, put, web};
use mallcore_actors::ids::AddressId;
use utoipa_actix_web::service_config::ServiceConfig;

use super::Addresses;
use super::views::{AddressBody, AddressView, AddressesView};
use crate::platform::auth::Shopper;
use crate::platform::http::body::RawBody;
use crate::platform::http::path::PathId;
use crate::platform::http::problem::{Problem, ProblemDocument};
use crate::platform::http::provided::Provided;
use crate::platform::http::state::State;

/// Adds the routes.
pub fn configure(routes: &mut ServiceConfig) {
    routes.service(set_default).service(change).service(remove).service(list).service(add);
}

/// The shopper's addresses
#[utoipa::path(
    tag = "user",
    operation_id = "addresses_list",
    security(("bearer" = [])),
    responses(
        (status = 200, description = "All of them", body = AddressesView),
        (status = 400, description = "header_repeated", body = ProblemDocument),
        (status = 503, description = "database_unavailable", body = ProblemDocument),
    ),
)]
#[get("/user/addresses")]
pub async fn list(shopper: Shopper, addresses: Provided<Addresses>) -> Result<HttpResponse, Problem> {
    let items = addresses.list(shopper.0).await?.iter().map(AddressView::from).collect();
    Ok(HttpResponse::Ok().json(AddressesView { items }))
}

/// Add an address
///
/// The first one becomes the default. An address that is there already and says the same is not added again.
#[utoipa::path(
    tag = "user",
    operation_id = "addresses_add",
    request_body = AddressBody,
    security(("bearer" = [])),
    responses(
        (status = 201, description = "Added", body = AddressView),
        (status = 200, description = "It was there already", body = AddressView),
        (status = 400, description = "malformed_json, body_unreadable, header_repeated", body = ProblemDocument),
        (status = 409, description = "too_many_addresses: with the `limit`", body = ProblemDocument),
        (status = 422, description = "validation_failed", body = ProblemDocument),
        (status = 503, description = "database_unavailable", body = ProblemDocument),
    ),
)]
#[post("/user/addresses")]
pub async fn add(
    body: RawBody,
    shopper: Shopper,
    addresses: Provided<Addresses>,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let draft = body.json::<AddressBody>()?.draft()?;
    let added = addresses.add(shopper.0, &draft).await?;
    let view = AddressView::from(&added.address);
    if added.repeat {
        return Ok(HttpResponse::Ok().json(view));
    }
    let location = format!("{}/user/addresses/{}", state.prefix, view.id);
    Ok(HttpResponse::Created().insert_header((LOCATION, location)).json(view))
}

/// Say what an address is from now on
///
/// Orders keep what it said when they were placed.
#[utoipa::path(
    tag = "user",
    operation_id = "addresses_change",
    request_body = AddressBody,
    params(PathId<AddressId>),
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The address", body = AddressView),
        (status = 400, description = "malformed_json, body_unreadable, header_repeated, validation_failed (id)", body = ProblemDocument),
        (status = 404, description = "unknown_address: there is none, or it is another's", body = ProblemDocument),
        (status = 422, description = "validation_failed", body = ProblemDocument),
        (status = 503, description = "database_unavailable", body = ProblemDocument),
    ),
)]
#[put("/user/addresses/{id}")]
pub async fn change(
    body: RawBody,
    shopper: Shopper,
    id: PathId<AddressId>,
    addresses: Provided<Addresses>,
) -> Result<HttpResponse, Problem> {
    let draft = body.json::<AddressBody>()?.draft()?;
    let address = addresses.change(shopper.0, id.0, &draft).await?;
    Ok(HttpResponse::Ok().json(AddressView::from(&address)))
}

/// Remove an address
///
/// After the default the newest one becomes the default. Orders keep what it said.
#[utoipa::path(
    tag = "user",
    operation_id = "addresses_remove",
    params(PathId<AddressId>),
    security(("bearer" = [])),
    responses(
        (status = 204, description = "Removed"),
        (status = 400, description = "validation_failed (id), header_repeated", body = ProblemDocument),
        (status = 404, description = "unknown_address: there is none, or it is another's", body = ProblemDocument),
        (status = 503, description = "database_unavailable", body = ProblemDocument),
    ),
)]
#[delete("/user/addresses/{id}")]
pub async fn remove(shopper: Shopper, id: PathId<AddressId>, addresses: Provided<Addresses>) -> Result<HttpResponse, Problem> {
    addresses.remove(shopper.0, id.0).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Make an address the default
#[utoipa::path(
    tag = "user",
    operation_id = "addresses_set_default",
    params(PathId<AddressId>),
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The address", body = AddressView),
        (status = 400, description = "validation_failed (id), header_repeated", body = ProblemDocument),
        (status = 404, description = "unknown_address: there is none, or it is another's", body = ProblemDocument),
        (status = 503, description = "database_unavailable", body = ProblemDocument),
    ),
)]
#[put("/user/addresses/{id}/default")]
pub async fn set_default(shopper: Shopper, id: PathId<AddressId>, addresses: Provided<Addresses>) -> Result<HttpResponse, Problem> {
    let address = addresses.set_default(shopper.0, id.0).await?;
    Ok(HttpResponse::Ok().json(AddressView::from(&address)))
}
