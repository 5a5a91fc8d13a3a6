//! The embedded mode's own page: one running sale to try, without a build step. These routes exist in no other mode.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use actix_web::http::header::{CONTENT_SECURITY_POLICY, ContentType, HeaderName};
use actix_web::{HttpResponse, get, post, web};
use mallcore_actors::ids::UserId;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::chart::ChartView;
use super::problem::{Problem, ProblemDocument};
use super::state::State;

/// Everything comes from this server: no script or style within the page, nothing from elsewhere.
const POLICY: (HeaderName, &str) = (
    CONTENT_SECURITY_POLICY,
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);
const TOKEN_LIFETIME: Duration = Duration::from_secs(24 * 3600);
/// Demo shoppers' ids begin here, far above those of `mallcore token --users`.
const FIRST_DEMO_USER: u64 = 1 << 40;

/// Adds the routes.
pub fn configure(routes: &mut ServiceConfig) {
    routes.service(shopper).service(stats);
    routes.route("/", web::get().to(page)).route("/demo/app.js", web::get().to(script)).route("/demo/style.css", web::get().to(style));
}

async fn page(state: web::Data<State>) -> HttpResponse {
    let html = include_str!("index.html").replace("{{prefix}}", &state.prefix);
    HttpResponse::Ok().insert_header(POLICY).content_type(ContentType::html()).body(html)
}

async fn script() -> HttpResponse {
    HttpResponse::Ok().content_type("text/javascript; charset=utf-8").body(include_str!("app.js"))
}

async fn style() -> HttpResponse {
    HttpResponse::Ok().content_type("text/css; charset=utf-8").body(include_str!("style.css"))
}

/// A shopper to try with.
#[derive(Serialize, ToSchema)]
pub struct DemoShopper {
    /// Id of the demo user.
    pub user_id: u64,
    /// Their token, good for a day.
    pub token: String,
}

/// A fresh shopper to try with (embedded mode only)
#[utoipa::path(
    tag = "demo",
    operation_id = "demo_shopper",
    responses(
        (status = 201, description = "A shopper who has bought nothing yet", body = DemoShopper),
        (status = 429, description = "rate_limited", body = ProblemDocument),
    ),
)]
#[post("/demo/shopper")]
pub async fn shopper(state: web::Data<State>) -> Result<HttpResponse, Problem> {
    let user = fresh_user().ok_or_else(|| Problem::internal("no id is left for a demo shopper"))?;
    let token = state.verifier.issue(user, TOKEN_LIFETIME).map_err(|_| Problem::internal("a token could not be signed"))?;
    Ok(HttpResponse::Created().json(DemoShopper { user_id: user.get(), token }))
}

/// Orders and refusals since the start (embedded mode only)
#[utoipa::path(tag = "demo", operation_id = "demo_stats", responses(
    (status = 200, description = "Cumulative counters", body = ChartView),
    (status = 429, description = "rate_limited", body = ProblemDocument),
))]
#[get("/demo/stats")]
pub async fn stats(state: web::Data<State>) -> HttpResponse {
    HttpResponse::Ok().json(state.chart.view())
}

/// Unlike those before a restart, too: the clock's milliseconds are part of it.
fn fresh_user() -> Option<UserId> {
    static GIVEN: AtomicU64 = AtomicU64::new(0);
    let millis = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_millis() as u64;
    UserId::new(FIRST_DEMO_USER + (millis & ((1 << 40) - 1)) * 512 + GIVEN.fetch_add(1, Ordering::Relaxed) % 512).ok()
}
