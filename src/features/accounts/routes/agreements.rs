//! `/agreements`, and accepting them.

use actix_web::{HttpResponse, get, post};

use crate::features::accounts::Accounts;
use crate::features::accounts::views::{AcceptBody, AcceptanceBody, AgreementBody, AgreementsBody};
use crate::platform::auth::Shopper;
use crate::platform::http::body::RawBody;
use crate::platform::http::problem::{Problem, ProblemDocument};
use crate::platform::http::provided::Provided;

/// The agreements in force
#[utoipa::path(
    tag = "user",
    operation_id = "agreements_list",
    responses(
        (status = 200, description = "The newest version of each", body = AgreementsBody),
        (status = 503, description = "database_unavailable", body = ProblemDocument),
    ),
)]
#[get("/agreements")]
pub async fn list(accounts: Provided<Accounts>) -> Result<HttpResponse, Problem> {
    let items = accounts.agreements().await?.into_iter().map(AgreementBody::from).collect();
    Ok(HttpResponse::Ok().json(AgreementsBody { items }))
}

/// Accept an agreement
///
/// The version that is in force; its first acceptance stands.
#[utoipa::path(
    tag = "user",
    operation_id = "agreements_accept",
    request_body = AcceptBody,
    security(("bearer" = [])),
    responses(
        (status = 200, description = "Since when it is accepted", body = AcceptanceBody),
        (status = 400, description = "malformed_json, body_unreadable, header_repeated", body = ProblemDocument),
        (status = 404, description = "unknown_agreement, unknown_user", body = ProblemDocument),
        (status = 409, description = "agreement_outdated: a later version is in force", body = ProblemDocument),
        (status = 422, description = "validation_failed", body = ProblemDocument),
        (status = 503, description = "database_unavailable", body = ProblemDocument),
    ),
)]
#[post("/user/agreements")]
pub async fn accept(body: RawBody, shopper: Shopper, accounts: Provided<Accounts>) -> Result<HttpResponse, Problem> {
    let body: AcceptBody = body.json()?;
    let acceptance = accounts.accept_agreement(shopper.0, &body.kind, body.version).await?;
    Ok(HttpResponse::Ok().json(AcceptanceBody::from(acceptance)))
}
