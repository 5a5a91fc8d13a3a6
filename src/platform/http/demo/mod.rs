//! The embedded mode's own page: one running sale to try, without a build step, and the pictures of the demo shop's goods. These routes exist in
//! no other mode.

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, ContentType, HeaderName};
use actix_web::{HttpResponse, get, post, web};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::chart::ChartView;
use super::problem::{Problem, ProblemDocument};
use super::provided::Provided;
use super::state::State;
use crate::platform::wechat::sandbox::Sandbox;

/// Everything comes from this server: no script or style within the page, nothing from elsewhere.
const POLICY: (HeaderName, &str) = (
    CONTENT_SECURITY_POLICY,
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// Adds the routes.
pub fn configure(routes: &mut ServiceConfig) {
    routes.service(shopper).service(stats);
    routes.route("/demo/pictures/{name}", web::get().to(picture));
    routes.route("/", web::get().to(page)).route("/demo/app.js", web::get().to(script)).route("/demo/style.css", web::get().to(style));
}

async fn page(state: web::Data<State>) -> HttpResponse {
    let html = include_str!("index.html").replace("{{prefix}}", &state.prefix);
    HttpResponse::Ok().insert_header(POLICY).content_type(ContentType::html()).body(html)
}

async fn script() -> HttpResponse {
    HttpResponse::Ok().content_type("text/javascript; charset=utf-8").body(include_str!("app.js"))
}

/// Draws the demo shop's pictures: the SVG of a file name, or nothing for a name that no picture has. The shop provides it.
pub struct Pictures(pub fn(&str) -> Option<String>);

/// What may happen in a picture that is opened by itself.
const PICTURE_POLICY: (HeaderName, &str) = (CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'");

async fn picture(pictures: Provided<Pictures>, name: web::Path<String>) -> Result<HttpResponse, Problem> {
    let svg = (pictures.0)(&name).ok_or_else(|| Problem::new(StatusCode::NOT_FOUND, "not_found"))?;
    let mut answer = HttpResponse::Ok();
    // A name has one picture as long as the release is the same.
    answer.insert_header(PICTURE_POLICY).insert_header((CACHE_CONTROL, "public, max-age=3600")).content_type("image/svg+xml");
    Ok(answer.body(svg))
}

async fn style() -> HttpResponse {
    HttpResponse::Ok().content_type("text/css; charset=utf-8").body(include_str!("style.css"))
}

/// A shopper to try with.
#[derive(Serialize, ToSchema)]
pub struct DemoShopper {
    /// What `wx.login` gives to their phone: for `POST /v1/auth/login`.
    pub code: String,
}

/// A fresh shopper to try with (embedded mode only)
#[utoipa::path(
    tag = "demo",
    operation_id = "demo_shopper",
    responses(
        (status = 201, description = "A WeChat user of the sandbox who has bought nothing yet", body = DemoShopper),
        (status = 404, description = "not_found: this shop asks another WeChat", body = ProblemDocument),
    ),
)]
#[post("/demo/shopper")]
pub async fn shopper(state: web::Data<State>) -> Result<HttpResponse, Problem> {
    let sandbox = state.handles.get::<Sandbox>().ok_or_else(|| Problem::new(StatusCode::NOT_FOUND, "not_found"))?;
    Ok(HttpResponse::Created().json(DemoShopper { code: sandbox.login_code(None) }))
}

/// Orders and refusals since the start (embedded mode only)
#[utoipa::path(tag = "demo", operation_id = "demo_stats", responses(
    (status = 200, description = "Cumulative counters", body = ChartView),
))]
#[get("/demo/stats")]
pub async fn stats(state: web::Data<State>) -> HttpResponse {
    HttpResponse::Ok().json(state.chart.view())
}
