//! `/auth`: codes, logging in and out, refreshing.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, post, web};

use super::phone;
use crate::features::accounts::Accounts;
use crate::features::accounts::views::{LoggedInBody, LoginBody, Named, RefreshBody, SmsCodeBody, SmsCodeSentBody, TokensBody};
use crate::platform::auth::Shopper;
use crate::platform::http::body::RawBody;
use crate::platform::http::client_address;
use crate::platform::http::problem::{Problem, ProblemDocument};
use crate::platform::http::provided::Provided;
use crate::platform::http::state::State;

/// Send a code to a phone
///
/// Six digits, good once and for five minutes. The answer is the same whether an account has this phone or not. A phone gets one code a minute
/// and ten a day.
#[utoipa::path(
    tag = "auth",
    operation_id = "auth_sms_code",
    request_body = SmsCodeBody,
    responses(
        (status = 202, description = "The code is on its way", body = SmsCodeSentBody),
        (status = 400, description = "malformed_json, body_unreadable", body = ProblemDocument),
        (status = 422, description = "validation_failed, phone_unsupported", body = ProblemDocument),
        (status = 429, description = "rate_limited, sms_rate_limited", body = ProblemDocument),
        (status = 503, description = "sms_unavailable, sessions_unavailable", body = ProblemDocument),
    ),
)]
#[post("/auth/sms-code")]
pub async fn send_code(
    body: RawBody,
    request: HttpRequest,
    state: web::Data<State>,
    accounts: Provided<Accounts>,
) -> Result<HttpResponse, Problem> {
    let body: SmsCodeBody = body.json()?;
    let address = client_address::bucket(state.addresses.of(request.peer_addr(), request.headers()));
    let sent = accounts.send_code(&phone(&body.phone)?, address).await?;
    Ok(HttpResponse::build(StatusCode::ACCEPTED).json(SmsCodeSentBody::from(sent)))
}

/// Log in
///
/// By the `code` of `wx.login`, or by `phone` and the `sms_code` that was sent to it. The first log-in registers.
#[utoipa::path(
    tag = "auth",
    operation_id = "auth_login",
    request_body = LoginBody,
    responses(
        (status = 200, description = "Logged in", body = LoggedInBody),
        (status = 400, description = "malformed_json, body_unreadable", body = ProblemDocument),
        (status = 403, description = "wechat_blocked", body = ProblemDocument),
        (status = 422, description = "validation_failed, wechat_code_invalid, sms_code_wrong", body = ProblemDocument),
        (status = 429, description = "rate_limited, wechat_rate_limited", body = ProblemDocument),
        (status = 503, description = "wechat_busy, wechat_unavailable, sessions_unavailable, database_unavailable, busy", body = ProblemDocument),
    ),
)]
#[post("/auth/login")]
pub async fn log_in(body: RawBody, accounts: Provided<Accounts>) -> Result<HttpResponse, Problem> {
    let body: LoginBody = body.json()?;
    let logged_in = match body.named()? {
        Named::Code(code) => accounts.log_in_by_wechat(&code).await?,
        Named::Phone(number, code) => accounts.log_in_by_phone(phone(&number)?, &code).await?,
    };
    Ok(HttpResponse::Ok().json(LoggedInBody::from(logged_in)))
}

/// Get new tokens for a session
///
/// Each refresh token is used once and answered with the next one. The same one again within 30 seconds gets the same answer, because the first
/// one may have been lost; later it ends the session.
#[utoipa::path(
    tag = "auth",
    operation_id = "auth_refresh",
    request_body = RefreshBody,
    security(()),
    responses(
        (status = 200, description = "New tokens", body = TokensBody),
        (status = 400, description = "malformed_json, body_unreadable", body = ProblemDocument),
        (status = 401, description = "session_revoked: log in again", body = ProblemDocument),
        (status = 422, description = "validation_failed", body = ProblemDocument),
        (status = 503, description = "sessions_unavailable, database_unavailable, busy", body = ProblemDocument),
    ),
)]
#[post("/auth/refresh")]
pub async fn refresh(body: RawBody, accounts: Provided<Accounts>) -> Result<HttpResponse, Problem> {
    let body: RefreshBody = body.json()?;
    Ok(HttpResponse::Ok().json(TokensBody::from(accounts.refresh(&body.refresh_token).await?)))
}

/// Log out
///
/// Ends the session of this access token. Other sessions of the shopper go on with their refresh tokens; all access tokens are void at once.
#[utoipa::path(
    tag = "auth",
    operation_id = "auth_logout",
    security(("bearer" = [])),
    responses(
        (status = 204, description = "Logged out"),
        (status = 400, description = "header_repeated", body = ProblemDocument),
        (status = 503, description = "sessions_unavailable, database_unavailable, busy", body = ProblemDocument),
    ),
)]
#[post("/auth/logout")]
pub async fn log_out(request: HttpRequest, shopper: Shopper, accounts: Provided<Accounts>) -> Result<HttpResponse, Problem> {
    let token = Shopper::token(request.headers())?;
    accounts.log_out(shopper.0, token).await?;
    Ok(HttpResponse::NoContent().finish())
}
