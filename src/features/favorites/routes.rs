//! `/user/favorites`, `/user/footprints`: the shopper's own.

use actix_web::{HttpRequest, HttpResponse, delete, get, put};
use mallcore_actors::refusal::Refusal;
use utoipa_actix_web::service_config::ServiceConfig;

use super::feature::{FAVORITES_FULL, Keeping};
use super::repository::{self, Added};
use super::views::{FavoriteView, FootprintView, card};
use crate::features::catalog::visits::Visits;
use crate::features::catalog::{Catalog, Items};
use crate::platform::auth::Shopper;
use crate::platform::http::path::PathId;
use crate::platform::http::problem::{Problem, ProblemDocument};
use crate::platform::http::provided::Provided;
use crate::platform::http::query::Query;
use crate::platform::page::{Page, PageParameters};
use crate::platform::reads::ANSWER_WITHIN;
use crate::platform::reads::StoreError;

/// Adds the routes.
pub fn configure(routes: &mut ServiceConfig) {
    routes.service(favorites).service(add).service(remove).service(footprints).service(forget);
}

/// The shopper's favourites
///
/// Newest first.
#[utoipa::path(
    tag = "user",
    operation_id = "favorites_list",
    params(PageParameters),
    security(("bearer" = [])),
    responses(
        (status = 200, description = "A page", body = Page<FavoriteView>),
        (status = 400, description = "validation_failed: each wrong parameter is named; header_repeated", body = ProblemDocument),
        (status = 503, description = "database_unavailable, warming", body = ProblemDocument),
    ),
)]
#[get("/user/favorites")]
pub async fn favorites(
    request: HttpRequest,
    shopper: Shopper,
    keeping: Provided<Keeping>,
    catalog: Provided<Catalog>,
) -> Result<HttpResponse, Problem> {
    let mut query = Query::new(request.query_string(), &["cursor", "size"]);
    let after = query.cursor();
    let size = query.size();
    query.finish()?;
    let snapshot = catalog.current()?;
    let all = keeping.reads.ask(ANSWER_WITHIN, async |database| repository::favorites(database, shopper.0).await).await;
    let all = all.map_err(StoreError::from)?;
    let from = after.map_or(0, |after| all.iter().position(|favorite| favorite.product == after).map_or(all.len(), |place| place + 1));
    let page: Vec<_> = all[from..].iter().take(size as usize).collect();
    let next = page.last().filter(|_| from + page.len() < all.len()).map(|favorite| favorite.product);
    let items = page.into_iter().map(|favorite| FavoriteView {
        product_id: favorite.product,
        added_at: favorite.created_at.into(),
        product: card(snapshot.card(favorite.product)),
    });
    Ok(HttpResponse::Ok().json(Page { items: items.collect(), total: Some(all.len() as u64), next }))
}

/// Make a product a favourite
///
/// One that is a favourite already stays where it is in the list.
#[utoipa::path(
    tag = "user",
    operation_id = "favorites_add",
    params(PathId::<u64>),
    security(("bearer" = [])),
    responses(
        (status = 204, description = "It is one"),
        (status = 400, description = "validation_failed (id), header_repeated", body = ProblemDocument),
        (status = 404, description = "unknown_product: there is none, or it is off the shelf", body = ProblemDocument),
        (status = 409, description = "favorites_full: 1,000 are kept", body = ProblemDocument),
        (status = 503, description = "database_unavailable, warming", body = ProblemDocument),
    ),
)]
#[put("/user/favorites/{id}")]
pub async fn add(
    shopper: Shopper,
    product: PathId<u64>,
    keeping: Provided<Keeping>,
    catalog: Provided<Catalog>,
) -> Result<HttpResponse, Problem> {
    catalog.current()?.card(product.0).ok_or_else(|| Problem::unknown("unknown_product"))?;
    let now = keeping.engine.clock().now();
    let added = keeping.writes.write(async |database| repository::add(database, shopper.0, product.0, now).await).await;
    match added.map_err(StoreError::from)? {
        Added::Kept => Ok(HttpResponse::NoContent().finish()),
        Added::Full => Err(Refusal::Rule(&FAVORITES_FULL).into()),
    }
}

/// Make a product no favourite
///
/// One that is none is none already.
#[utoipa::path(
    tag = "user",
    operation_id = "favorites_remove",
    params(PathId::<u64>),
    security(("bearer" = [])),
    responses(
        (status = 204, description = "It is none"),
        (status = 400, description = "validation_failed (id), header_repeated", body = ProblemDocument),
        (status = 503, description = "database_unavailable", body = ProblemDocument),
    ),
)]
#[delete("/user/favorites/{id}")]
pub async fn remove(shopper: Shopper, product: PathId<u64>, keeping: Provided<Keeping>) -> Result<HttpResponse, Problem> {
    let removed = keeping.writes.write(async |database| repository::remove(database, shopper.0, product.0).await).await;
    removed.map_err(StoreError::from)?;
    Ok(HttpResponse::NoContent().finish())
}

/// What the shopper has looked at
///
/// The last 100 products, newest first, each once.
#[utoipa::path(
    tag = "user",
    operation_id = "footprints_list",
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The footprints", body = Items<FootprintView>),
        (status = 400, description = "header_repeated", body = ProblemDocument),
        (status = 503, description = "database_unavailable, warming", body = ProblemDocument),
    ),
)]
#[get("/user/footprints")]
pub async fn footprints(
    shopper: Shopper,
    keeping: Provided<Keeping>,
    visits: Provided<Visits>,
    catalog: Provided<Catalog>,
) -> Result<HttpResponse, Problem> {
    let snapshot = catalog.current()?;
    let stored = async || keeping.reads.ask(ANSWER_WITHIN, async |database| repository::footprints(database, shopper.0).await).await;
    let footprints = visits.footprints(shopper.0, stored).await.map_err(StoreError::from)?;
    let items = footprints.into_iter().map(|look| FootprintView {
        product_id: look.product,
        viewed_at: look.viewed_at.into(),
        product: card(snapshot.card(look.product)),
    });
    Ok(HttpResponse::Ok().json(Items { items: items.collect() }))
}

/// Forget what the shopper has looked at
#[utoipa::path(
    tag = "user",
    operation_id = "footprints_forget",
    security(("bearer" = [])),
    responses(
        (status = 204, description = "There are no footprints"),
        (status = 400, description = "header_repeated", body = ProblemDocument),
        (status = 503, description = "database_unavailable", body = ProblemDocument),
    ),
)]
#[delete("/user/footprints")]
pub async fn forget(shopper: Shopper, visits: Provided<Visits>) -> Result<HttpResponse, Problem> {
    visits.forget(shopper.0).await.map_err(StoreError::from)?;
    Ok(HttpResponse::NoContent().finish())
}
