//! `/health`: is the process alive, and can it sell.

use actix_web::{HttpResponse, get, web};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::state::State;
use crate::platform::readiness::Readiness;

/// Adds the routes.
pub fn configure(routes: &mut ServiceConfig) {
    routes.service(live).service(ready);
}

#[derive(Serialize, ToSchema)]
struct Alive {
    #[schema(value_type = String, example = "pass")]
    status: &'static str,
}

/// Is the process alive
#[utoipa::path(tag = "health", operation_id = "health_live", responses((status = 200, description = "It is", body = Alive)))]
#[get("/health/live")]
pub async fn live() -> HttpResponse {
    HttpResponse::Ok().json(Alive { status: "pass" })
}

/// Can it sell
///
/// A missing database, Redis or broker is `degraded` with 200: orders can be taken all the same.
#[utoipa::path(
    tag = "health",
    operation_id = "health_ready",
    responses(
        (status = 200, description = "It can; the parts that are degraded are listed", body = Readiness),
        (status = 503, description = "It cannot: the journal is closed or full, or its tail is still being folded", body = Readiness),
    ),
)]
#[get("/health/ready")]
pub async fn ready(state: web::Data<State>) -> HttpResponse {
    let readiness = state.readiness();
    let mut answer = if readiness.can_sell() { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
    answer.json(readiness)
}
