//! `mall-bench baseline`: the purchase route with everything but a purchase: the token is verified, the headers and the body are read,
//! an answer of the server's size is rendered. No state, nothing kept. What it reaches is the ceiling that HTTP and JSON leave.
//! - N1 it refuses what the server refuses at its door (401, 400), so both do the same work before the decision.

use std::path::PathBuf;
use std::time::Duration;

use actix_web::http::header::{AUTHORIZATION, LOCATION};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use clap::Args;
use mallcore::auth::Verifier;
use mallcore_actors::ids::UserId;
use serde::{Deserialize, Serialize};

use crate::error::{Attempt as _, Error, Verdict};

/// The body of the server's 201 when nobody says otherwise.
pub const BODY_BYTES: usize = 285;
const ORDER_NO: &str = "20260101000000000000100000000";
const TOKEN_LIFETIME: Duration = Duration::from_secs(86_400);

/// Options of `mall-bench baseline`.
#[derive(Debug, Args)]
pub struct Options {
    /// Port on 127.0.0.1.
    #[arg(long, default_value_t = 3001)]
    pub port: u16,
    /// HTTP worker threads; 0: one a core.
    #[arg(long, default_value_t = 0, env = "HTTP_WORKERS")]
    pub workers: usize,
    /// Secret of the tokens, as the server's.
    #[arg(long, default_value = "mall-bench-development-secret-0123456789", env = "JWT_SECRET", hide_env_values = true)]
    pub secret: String,
    /// Length of the rendered body.
    #[arg(long, default_value_t = BODY_BYTES)]
    pub body_bytes: usize,
    /// Write tokens of users 1 to --users here before serving.
    #[arg(long)]
    pub write_tokens: Option<PathBuf>,
    /// How many tokens.
    #[arg(long, default_value_t = 10_000)]
    pub users: u64,
}

#[derive(Deserialize)]
struct PurchaseBody {
    quantity: u32,
}

#[derive(Serialize)]
struct OrderBody<'a> {
    order_no: &'a str,
    status: &'a str,
    item_id: u64,
    user_id: u64,
    quantity: u32,
    payable_fen: i64,
    expires_at: &'a str,
    note: &'a str,
}

struct Door {
    verifier: Verifier,
    filling: String,
}

/// Serves until it is stopped.
pub fn run(options: Options) -> Result<Verdict, Error> {
    if let Some(path) = &options.write_tokens {
        let tokens = tokens(options.secret.as_bytes(), options.users)?;
        std::fs::write(path, tokens.join("\n") + "\n").attempt(|| format!("write {}", path.display()))?;
    }
    let port = options.port;
    actix_web::rt::System::new().block_on(serve(options)).attempt(|| format!("serve on port {port}"))?;
    Ok(Verdict::Holds)
}

/// Tokens of users 1 to `users`, good for a day.
pub fn tokens(secret: &[u8], users: u64) -> Result<Vec<String>, Error> {
    let verifier = Verifier::new(secret);
    let token = |user| {
        let user = UserId::new(user).map_err(|cause| Error::Unexpected(cause.to_string()))?;
        verifier.issue(user, TOKEN_LIFETIME).map_err(|cause| Error::Unexpected(cause.to_string()))
    };
    (1..=users).map(token).collect()
}

async fn serve(options: Options) -> std::io::Result<()> {
    let filling = " ".repeat(options.body_bytes.saturating_sub(rendered(1, 1, 1, "").len()));
    let door = web::Data::new(Door { verifier: Verifier::new(options.secret.as_bytes()), filling });
    let server = HttpServer::new(move || {
        App::new()
            .app_data(door.clone())
            .route("/v1/seckill/items/{id}/orders", web::post().to(purchase))
            .route("/health/ready", web::get().to(HttpResponse::Ok))
    });
    let server = if options.workers > 0 { server.workers(options.workers) } else { server };
    server.bind(("127.0.0.1", options.port))?.run().await
}

async fn purchase(door: web::Data<Door>, item: web::Path<u64>, request: HttpRequest, body: web::Json<PurchaseBody>) -> HttpResponse {
    let token = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let Some(user_id) = token.and_then(|token| door.verifier.verify(token).ok()) else {
        return HttpResponse::Unauthorized().finish();
    };
    if request.headers().get("idempotency-key").is_none_or(|key| key.is_empty()) || body.quantity == 0 {
        return HttpResponse::BadRequest().finish();
    }
    let body = rendered(user_id.get(), item.into_inner(), body.quantity, &door.filling);
    HttpResponse::Created().insert_header((LOCATION, format!("/v1/orders/{ORDER_NO}"))).content_type("application/json").body(body)
}

fn rendered(user_id: u64, item_id: u64, quantity: u32, filling: &str) -> String {
    let body = OrderBody {
        order_no: ORDER_NO,
        status: "pending_payment",
        item_id,
        user_id,
        quantity,
        payable_fen: 9_900 * i64::from(quantity),
        expires_at: "2026-01-01T00:05:00.000Z",
        note: filling,
    };
    // Numbers and strings always serialise.
    serde_json::to_string(&body).unwrap_or_default()
}
