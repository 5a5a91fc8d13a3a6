//! `/user`: the shopper's own account.

use actix_web::{HttpResponse, delete, get, post, put};

use super::phone;
use crate::features::accounts::Accounts;
use crate::features::accounts::views::{Named, PhoneBody, ProfileBody, UserBody};
use crate::platform::auth::Shopper;
use crate::platform::http::body::RawBody;
use crate::platform::http::problem::{Problem, ProblemDocument};
use crate::platform::http::provided::Provided;

/// The shopper's profile
#[utoipa::path(
    tag = "user",
    operation_id = "user_profile",
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The profile", body = UserBody),
        (status = 400, description = "header_repeated", body = ProblemDocument),
        (status = 404, description = "unknown_user: the account was cancelled", body = ProblemDocument),
        (status = 503, description = "database_unavailable", body = ProblemDocument),
    ),
)]
#[get("/user/profile")]
pub async fn show(shopper: Shopper, accounts: Provided<Accounts>) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(UserBody::from(accounts.user(shopper.0).await?)))
}

/// Set the profile
///
/// The whole of it: what is left out is empty from now on. The phone is not part of it.
#[utoipa::path(
    tag = "user",
    operation_id = "user_set_profile",
    request_body = ProfileBody,
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The profile", body = UserBody),
        (status = 400, description = "malformed_json, body_unreadable, header_repeated", body = ProblemDocument),
        (status = 404, description = "unknown_user: the account was cancelled", body = ProblemDocument),
        (status = 422, description = "validation_failed", body = ProblemDocument),
        (status = 503, description = "database_unavailable", body = ProblemDocument),
    ),
)]
#[put("/user/profile")]
pub async fn change(body: RawBody, shopper: Shopper, accounts: Provided<Accounts>) -> Result<HttpResponse, Problem> {
    let body: ProfileBody = body.json()?;
    let user = accounts.set_profile(shopper.0, body.parsed()?).await?;
    Ok(HttpResponse::Ok().json(UserBody::from(user)))
}

/// Bind a phone
///
/// By the `code` of `getPhoneNumber`, or by `phone` and the `sms_code` that was sent to it. It takes the place of the one before.
#[utoipa::path(
    tag = "user",
    operation_id = "user_bind_phone",
    request_body = PhoneBody,
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The profile", body = UserBody),
        (status = 400, description = "malformed_json, body_unreadable, header_repeated", body = ProblemDocument),
        (status = 403, description = "wechat_blocked", body = ProblemDocument),
        (status = 404, description = "unknown_user: the account was cancelled", body = ProblemDocument),
        (status = 409, description = "phone_taken: another account has this phone", body = ProblemDocument),
        (status = 422, description = "validation_failed, wechat_code_invalid, sms_code_wrong, phone_unsupported", body = ProblemDocument),
        (status = 429, description = "rate_limited, wechat_rate_limited", body = ProblemDocument),
        (status = 503, description = "wechat_busy, wechat_unavailable, sessions_unavailable, database_unavailable", body = ProblemDocument),
    ),
)]
#[post("/user/phone")]
pub async fn bind_phone(body: RawBody, shopper: Shopper, accounts: Provided<Accounts>) -> Result<HttpResponse, Problem> {
    let body: PhoneBody = body.json()?;
    let user = match body.named()? {
        Named::Code(code) => accounts.bind_wechat_phone(shopper.0, &code).await?,
        Named::Phone(number, code) => accounts.bind_phone(shopper.0, phone(&number)?, &code).await?,
    };
    Ok(HttpResponse::Ok().json(UserBody::from(user)))
}

/// Cancel the account
///
/// Refused while orders are open or on their way. Afterwards nothing of the shop says who the account belonged to; the same WeChat user or
/// phone can register anew.
#[utoipa::path(
    tag = "user",
    operation_id = "user_cancel",
    security(("bearer" = [])),
    responses(
        (status = 204, description = "The account is cancelled"),
        (status = 400, description = "header_repeated", body = ProblemDocument),
        (status = 409, description = "open_orders", body = ProblemDocument),
        (status = 503, description = "busy, journal_full, lag_shed, lag_full, warming, outcome_unknown, sessions_unavailable, database_unavailable", body = ProblemDocument),
    ),
)]
#[delete("/user")]
pub async fn cancel(shopper: Shopper, accounts: Provided<Accounts>) -> Result<HttpResponse, Problem> {
    accounts.cancel(shopper.0).await?;
    Ok(HttpResponse::NoContent().finish())
}
