//! `/products`, `/categories`, `/brands`: what the shop has, from its snapshot: no route here asks the database.

use actix_web::{HttpRequest, HttpResponse, get};
use utoipa_actix_web::service_config::ServiceConfig;

use super::query::ProductsWithin;
use super::snapshot::{Rendered, Snapshot};
use super::visits::Visits;
use super::{BrandView, CardView, Catalog, CategoryNode, DetailView, Items, ProductQuery};
use crate::platform::auth::Shopper;
use crate::platform::http::cached::answer;
use crate::platform::http::path::PathId;
use crate::platform::http::problem::{Problem, ProblemDocument};
use crate::platform::http::provided::Provided;
use crate::platform::page::Page;

/// Adds the routes.
pub fn configure(routes: &mut ServiceConfig) {
    routes.service(show).service(list).service(list_category).service(categories).service(category_tree).service(children).service(brands);
}

fn whole(request: &HttpRequest, rendered: &Rendered) -> HttpResponse {
    answer(request, rendered.etag.clone(), || rendered.body.clone())
}

fn page(request: &HttpRequest, snapshot: &Snapshot, query: ProductQuery) -> HttpResponse {
    let listed = snapshot.list(query.filter, query.sort, query.start, query.size as usize);
    answer(request, listed.etag(), || listed.body())
}

/// Products on sale
///
/// Any filters at once; newest first unless `sort` says otherwise, products that are equal in that by id. Go on with `cursor`, or ask for a
/// page by its number.
#[utoipa::path(
    tag = "catalog",
    operation_id = "products_list",
    params(ProductQuery),
    responses(
        (status = 200, description = "A page", body = Page<CardView>),
        (status = 304, description = "As `If-None-Match` has it"),
        (status = 400, description = "validation_failed: each wrong parameter is named", body = ProblemDocument),
        (status = 503, description = "warming", body = ProblemDocument),
    ),
)]
#[get("/products")]
pub async fn list(request: HttpRequest, catalog: Provided<Catalog>) -> Result<HttpResponse, Problem> {
    let query = ProductQuery::parse(request.query_string())?;
    Ok(page(&request, &*catalog.current()?, query))
}

/// Products on sale in a category
///
/// And in those below it.
#[utoipa::path(
    tag = "catalog",
    operation_id = "products_of_category",
    params(PathId::<u64>, ProductsWithin),
    responses(
        (status = 200, description = "A page", body = Page<CardView>),
        (status = 304, description = "As `If-None-Match` has it"),
        (status = 400, description = "validation_failed: each wrong parameter is named", body = ProblemDocument),
        (status = 404, description = "unknown_category: there is none, or it is hidden", body = ProblemDocument),
        (status = 503, description = "warming", body = ProblemDocument),
    ),
)]
#[get("/products/category/{id}")]
pub async fn list_category(request: HttpRequest, id: PathId<u64>, catalog: Provided<Catalog>) -> Result<HttpResponse, Problem> {
    let query = ProductQuery::parse_within(request.query_string(), id.0)?;
    let snapshot = catalog.current()?;
    snapshot.taxonomy.category(id.0).ok_or_else(|| Problem::unknown("unknown_category"))?;
    Ok(page(&request, &snapshot, query))
}

/// One product
///
/// With its specs, its SKUs and their stock as it is now. The look is counted; one with a good token leaves a footprint.
#[utoipa::path(
    tag = "catalog",
    operation_id = "products_show",
    params(PathId::<u64>),
    responses(
        (status = 200, description = "The product", body = DetailView),
        (status = 304, description = "As `If-None-Match` has it"),
        (status = 400, description = "validation_failed (id)", body = ProblemDocument),
        (status = 404, description = "unknown_product: there is none, or it is off the shelf", body = ProblemDocument),
        (status = 503, description = "warming", body = ProblemDocument),
    ),
)]
#[get("/products/{id}")]
pub async fn show(
    request: HttpRequest,
    id: PathId<u64>,
    shopper: Option<Shopper>,
    catalog: Provided<Catalog>,
    visits: Provided<Visits>,
) -> Result<HttpResponse, Problem> {
    let snapshot = catalog.current()?;
    let entry = snapshot.product(id.0).filter(|entry| entry.product.on_sale).ok_or_else(|| Problem::unknown("unknown_product"))?;
    visits.look(id.0, shopper.map(|shopper| shopper.0));
    Ok(whole(&request, &entry.detail(&snapshot.taxonomy)))
}

/// All categories
///
/// As a tree of three levels at most, each level in the shop's order.
#[utoipa::path(
    tag = "catalog",
    operation_id = "categories_list",
    responses(
        (status = 200, description = "Those of the first level, with those below them", body = Items<CategoryNode>),
        (status = 304, description = "As `If-None-Match` has it"),
        (status = 503, description = "warming", body = ProblemDocument),
    ),
)]
#[get("/categories")]
pub async fn categories(request: HttpRequest, catalog: Provided<Catalog>) -> Result<HttpResponse, Problem> {
    Ok(whole(&request, &catalog.current()?.taxonomy.tree))
}

/// All categories as a tree
///
/// The same as `/categories`.
#[utoipa::path(
    tag = "catalog",
    operation_id = "categories_tree",
    responses(
        (status = 200, description = "Those of the first level, with those below them", body = Items<CategoryNode>),
        (status = 304, description = "As `If-None-Match` has it"),
        (status = 503, description = "warming", body = ProblemDocument),
    ),
)]
#[get("/categories/tree")]
pub async fn category_tree(request: HttpRequest, catalog: Provided<Catalog>) -> Result<HttpResponse, Problem> {
    Ok(whole(&request, &catalog.current()?.taxonomy.tree))
}

/// Categories below a category
///
/// One level; `children` of each is empty.
#[utoipa::path(
    tag = "catalog",
    operation_id = "categories_children",
    params(PathId::<u64>),
    responses(
        (status = 200, description = "Those directly below it", body = Items<CategoryNode>),
        (status = 304, description = "As `If-None-Match` has it"),
        (status = 400, description = "validation_failed (id)", body = ProblemDocument),
        (status = 404, description = "unknown_category: there is none, or it is hidden", body = ProblemDocument),
        (status = 503, description = "warming", body = ProblemDocument),
    ),
)]
#[get("/categories/{id}/children")]
pub async fn children(request: HttpRequest, id: PathId<u64>, catalog: Provided<Catalog>) -> Result<HttpResponse, Problem> {
    let snapshot = catalog.current()?;
    let category = snapshot.taxonomy.category(id.0).ok_or_else(|| Problem::unknown("unknown_category"))?;
    Ok(whole(&request, &category.children))
}

/// All brands that are shown
#[utoipa::path(
    tag = "catalog",
    operation_id = "brands_list",
    responses(
        (status = 200, description = "The brands in the shop's order", body = Items<BrandView>),
        (status = 304, description = "As `If-None-Match` has it"),
        (status = 503, description = "warming", body = ProblemDocument),
    ),
)]
#[get("/brands")]
pub async fn brands(request: HttpRequest, catalog: Provided<Catalog>) -> Result<HttpResponse, Problem> {
    Ok(whole(&request, &catalog.current()?.taxonomy.brand_list))
}
