//! What no route takes: a browser's question before a call from another origin, 404, or 405 with the methods that there are.

use std::future::{Ready, ready};

use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, ResponseError, web};

use super::problem::Problem;
use super::state::State;
use super::table::{self, Part};

/// The default service.
pub fn fallback(request: HttpRequest) -> Ready<HttpResponse> {
    let Some(state) = request.app_data::<web::Data<State>>() else {
        return ready(Problem::internal("a route without state").error_response());
    };
    let place = state.table.place(request.path(), &state.prefix);
    let pattern = &state.table[place];
    if let Some(cors) = state.cors.as_ref().filter(|_| *request.method() == Method::OPTIONS && place != table::OTHER)
        && let Some(answer) = cors.preflight(request.headers(), pattern.allow())
    {
        return ready(answer);
    }
    let problem = if place == table::OTHER || (pattern.part == Part::Demo && !state.demo) {
        Problem::new(StatusCode::NOT_FOUND, "not_found")
    } else {
        Problem::method_not_allowed(pattern.allow())
    };
    ready(problem.error_response())
}
