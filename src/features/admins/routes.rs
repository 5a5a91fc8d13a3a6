//! `/admin/auth`: signing in to the back office and out of it, one's own profile and password.

use actix_web::http::header::{CACHE_CONTROL, HeaderValue, SET_COOKIE, USER_AGENT};
use actix_web::{HttpRequest, HttpResponse, get, post, put, web};
use utoipa_actix_web::service_config::ServiceConfig;

use super::administrator::Administrator;
use super::cookie;
use super::refusals::AdminError;
use super::service::{Admins, Origin};
use super::views::{AdminLoginBody, AdminProfileBody, CaptchaBody, SetAdminPasswordBody, SetAdminProfileBody};
use crate::platform::http::body::RawBody;
use crate::platform::http::client_address;
use crate::platform::http::problem::{Problem, ProblemDocument};
use crate::platform::http::provided::Provided;
use crate::platform::http::state::State;

/// Longest name of a client that is logged, in characters.
const USER_AGENT_CHARACTERS_MAX: usize = 500;

/// Adds the routes.
pub fn configure(routes: &mut ServiceConfig) {
    routes.service(captcha).service(log_in).service(log_out);
    routes.service(show).service(change).service(set_password);
}

fn origin(request: &HttpRequest, state: &State) -> Origin {
    let address = state.addresses.of(request.peer_addr(), request.headers());
    let user_agent = request.headers().get(USER_AGENT).map(|value| {
        let text = String::from_utf8_lossy(value.as_bytes());
        text.chars().filter(|character| !character.is_control()).take(USER_AGENT_CHARACTERS_MAX).collect()
    });
    Origin { address, bucket: client_address::bucket(address), user_agent }
}

/// Get a captcha
///
/// Four letters in a picture, good for one log-in and for five minutes.
#[utoipa::path(
    tag = "admin",
    operation_id = "admin_captcha",
    responses(
        (status = 200, description = "The picture", body = CaptchaBody),
        (status = 503, description = "sessions_unavailable", body = ProblemDocument),
    ),
)]
#[get("/admin/auth/captcha")]
pub async fn captcha(request: HttpRequest, state: web::Data<State>, admins: Provided<Admins>) -> Result<HttpResponse, Problem> {
    let drawn = admins.draw_captcha(origin(&request, &state).bucket).await?;
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, HeaderValue::from_static("no-store"))).json(CaptchaBody::from(&drawn)))
}

/// Log in to the back office
///
/// The answer sets the cookie `admin_session`, which ends 30 minutes after it was used last. Five wrong tries of a name, or twenty from an
/// address, end all tries for 15 minutes. A wrong name, a wrong password and an account that is off are answered the same.
#[utoipa::path(
    tag = "admin",
    operation_id = "admin_login",
    request_body = AdminLoginBody,
    security(()),
    responses(
        (status = 200, description = "Logged in", body = AdminProfileBody),
        (status = 400, description = "malformed_json, body_unreadable", body = ProblemDocument),
        (status = 401, description = "admin_login_failed", body = ProblemDocument),
        (status = 403, description = "csrf_token_invalid: a page of another site asks", body = ProblemDocument),
        (status = 422, description = "validation_failed, captcha_wrong", body = ProblemDocument),
        (status = 429, description = "rate_limited, admin_login_locked", body = ProblemDocument),
        (status = 503, description = "sessions_unavailable, database_unavailable, busy", body = ProblemDocument),
    ),
)]
#[post("/admin/auth/login")]
pub async fn log_in(
    body: RawBody,
    request: HttpRequest,
    state: web::Data<State>,
    admins: Provided<Admins>,
) -> Result<HttpResponse, Problem> {
    if cookie::is_cross_site(request.headers()) {
        return Err(AdminError::Forged.into());
    }
    let body: AdminLoginBody = body.json()?;
    let signed = admins.log_in(body.into(), &origin(&request, &state)).await?;
    let admin = admins.account(&signed).await?;
    let cookie = admins.cookie().begin(&signed.token);
    Ok(HttpResponse::Ok().insert_header((SET_COOKIE, cookie)).json(AdminProfileBody::of(admin, &signed)))
}

/// Log out of the back office
///
/// Ends this session; others of the same administrator go on.
#[utoipa::path(
    tag = "admin",
    operation_id = "admin_logout",
    security(("admin_session" = [])),
    responses(
        (status = 204, description = "Logged out"),
        (status = 400, description = "header_repeated", body = ProblemDocument),
        (status = 503, description = "sessions_unavailable, database_unavailable", body = ProblemDocument),
    ),
)]
#[post("/admin/auth/logout")]
pub async fn log_out(administrator: Administrator, admins: Provided<Admins>) -> Result<HttpResponse, Problem> {
    admins.log_out(&administrator.0).await?;
    Ok(HttpResponse::NoContent().insert_header((SET_COOKIE, admins.cookie().end())).finish())
}

/// Who is signed in
///
/// With roles, permissions and menus, and the token that everything but GET wants.
#[utoipa::path(
    tag = "admin",
    operation_id = "admin_profile",
    security(("admin_session" = [])),
    responses(
        (status = 200, description = "The profile", body = AdminProfileBody),
        (status = 503, description = "sessions_unavailable, database_unavailable", body = ProblemDocument),
    ),
)]
#[get("/admin/auth/profile")]
pub async fn show(administrator: Administrator, admins: Provided<Admins>) -> Result<HttpResponse, Problem> {
    let admin = admins.account(&administrator.0).await?;
    Ok(HttpResponse::Ok().json(AdminProfileBody::of(admin, &administrator.0)))
}

/// Set one's own profile
///
/// The whole of it: what is left out is empty from now on. Of phone and mail address only the masks are kept; a mask that is sent back stays.
#[utoipa::path(
    tag = "admin",
    operation_id = "admin_set_profile",
    request_body = SetAdminProfileBody,
    security(("admin_session" = [])),
    responses(
        (status = 200, description = "The profile", body = AdminProfileBody),
        (status = 400, description = "malformed_json, body_unreadable, header_repeated", body = ProblemDocument),
        (status = 422, description = "validation_failed", body = ProblemDocument),
        (status = 503, description = "sessions_unavailable, database_unavailable", body = ProblemDocument),
    ),
)]
#[put("/admin/auth/profile")]
pub async fn change(body: RawBody, administrator: Administrator, admins: Provided<Admins>) -> Result<HttpResponse, Problem> {
    let body: SetAdminProfileBody = body.json()?;
    let admin = admins.set_profile(&administrator.0, body.parsed()?).await??;
    Ok(HttpResponse::Ok().json(AdminProfileBody::of(admin, &administrator.0)))
}

/// Set one's own password
///
/// Ends all sessions of the administrator and begins a new one: the answer sets another cookie and has another CSRF token.
#[utoipa::path(
    tag = "admin",
    operation_id = "admin_set_password",
    request_body = SetAdminPasswordBody,
    security(("admin_session" = [])),
    responses(
        (status = 200, description = "The password counts", body = AdminProfileBody),
        (status = 400, description = "malformed_json, body_unreadable, header_repeated", body = ProblemDocument),
        (status = 422, description = "validation_failed, old_password_wrong", body = ProblemDocument),
        (status = 429, description = "rate_limited, admin_login_locked", body = ProblemDocument),
        (status = 503, description = "sessions_unavailable, database_unavailable, busy", body = ProblemDocument),
    ),
)]
#[put("/admin/auth/password")]
pub async fn set_password(
    body: RawBody,
    administrator: Administrator,
    request: HttpRequest,
    state: web::Data<State>,
    admins: Provided<Admins>,
) -> Result<HttpResponse, Problem> {
    let SetAdminPasswordBody { old_password, new_password } = body.json()?;
    let bucket = origin(&request, &state).bucket;
    let signed = admins.set_password(&administrator.0, old_password, new_password, bucket).await?;
    let admin = admins.account(&signed).await?;
    let cookie = admins.cookie().begin(&signed.token);
    Ok(HttpResponse::Ok().insert_header((SET_COOKIE, cookie)).json(AdminProfileBody::of(admin, &signed)))
}
