//! `/auth`, `/user` and `/agreements`.

mod agreements;
mod auth;
mod user;

use mallcore_actors::values::phone::PhoneNumber;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::platform::http::problem::Problem;
use crate::platform::http::wording;

/// Adds the routes.
pub fn configure(routes: &mut ServiceConfig) {
    routes.service(auth::send_code).service(auth::log_in).service(auth::refresh).service(auth::log_out);
    routes.service(user::show).service(user::change).service(user::bind_phone).service(user::cancel);
    routes.service(agreements::list).service(agreements::accept);
}

fn phone(text: &str) -> Result<PhoneNumber, Problem> {
    PhoneNumber::parse(text).map_err(|_| Problem::invalid("phone", wording::PHONE))
}
