//! `mall-bench baseline`: the purchase route with everything but a purchase: the token is verified, the headers and the body are read,
//! an answer of the server's size is rendered. No state, nothing kept. What it reaches is the ceiling that HTTP and JSON leave.
//! - N1 it refuses what the server refuses at its door (401, 400), so both do the same work before the decision.

use std::path::PathBuf;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, LOCATION};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use clap::Args;
use mallcore::platform::auth::Verifier;
use mallcore_actors::ids::UserId;
use serde::{Deserialize, Serialize};

use crate::error::{Attempt as _, Error, Verdict};

/// The body of the server's 201 when nobody says otherwise.
pub const BODY_BYTES: usize = 285;
/// Of a piece.
pub const PRICE_FEN: i64 = 9_900;
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

/// The body of a purchase.
#[derive(Deserialize)]
pub struct PurchaseBody {
    /// Pieces of the item or SKU.
    pub quantity: u32,
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

/// What the server does before and after the decision: checks at the door, renders at the end.
pub struct Door {
    verifier: Verifier,
    filling: String,
}

/// Who came, and with which key.
pub struct Caller<'a> {
    /// The user whose token was sent.
    pub user_id: u64,
    /// Value of the header `Idempotency-Key`.
    pub key: &'a str,
}

impl Door {
    /// Tokens signed with `secret`; bodies of `body_bytes`.
    pub fn new(secret: &[u8], body_bytes: usize) -> Self {
        let bare = rendered(ORDER_NO, Receipt { user_id: 1, item_id: 1, quantity: 1 }, "").len();
        Self { verifier: Verifier::new(secret), filling: " ".repeat(body_bytes.saturating_sub(bare)) }
    }

    /// Checks token, key and body (N1).
    pub fn admit<'a>(&self, request: &'a HttpRequest, body: &PurchaseBody) -> Result<Caller<'a>, StatusCode> {
        let token = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        let Some(user_id) = token.and_then(|token| self.verifier.verify(token).ok()) else {
            return Err(StatusCode::UNAUTHORIZED);
        };
        let key = request.headers().get("idempotency-key").and_then(|key| key.to_str().ok()).filter(|key| !key.is_empty());
        match key {
            Some(key) if body.quantity > 0 => Ok(Caller { user_id: user_id.get(), key }),
            _ => Err(StatusCode::BAD_REQUEST),
        }
    }

    /// The answer 201 to a placed order.
    pub fn created(&self, order_no: &str, receipt: Receipt) -> HttpResponse {
        let location = (LOCATION, format!("/v1/orders/{order_no}"));
        HttpResponse::Created().insert_header(location).content_type("application/json").body(self.body(order_no, receipt))
    }

    /// The 200 to a repeat.
    pub fn repeated(&self, order_no: &str, receipt: Receipt) -> HttpResponse {
        HttpResponse::Ok().content_type("application/json").body(self.body(order_no, receipt))
    }

    fn body(&self, order_no: &str, receipt: Receipt) -> String {
        rendered(order_no, receipt, &self.filling)
    }
}

/// What was bought.
#[derive(Debug, Clone, Copy)]
pub struct Receipt {
    /// The user who buys.
    pub user_id: u64,
    /// The flash item that is bought.
    pub item_id: u64,
    /// Pieces of the item or SKU.
    pub quantity: u32,
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
    let door = web::Data::new(Door::new(options.secret.as_bytes(), options.body_bytes));
    let server = HttpServer::new(move || {
        App::new()
            .app_data(door.clone())
            .route("/v1/seckill/items/{id}/orders", web::post().to(purchase))
            .route("/v1/base/{bytes}", web::get().to(sized))
            .route("/v1/base/{bytes}", web::post().to(sized_after_body))
            .route("/health/ready", web::get().to(HttpResponse::Ok))
    });
    let server = if options.workers > 0 { server.workers(options.workers) } else { server };
    server.bind(("127.0.0.1", options.port))?.run().await
}

async fn purchase(door: web::Data<Door>, item: web::Path<u64>, request: HttpRequest, body: web::Json<PurchaseBody>) -> HttpResponse {
    match door.admit(&request, &body) {
        Ok(caller) => door.created(ORDER_NO, Receipt { user_id: caller.user_id, item_id: item.into_inner(), quantity: body.quantity }),
        Err(refused) => HttpResponse::new(refused),
    }
}

/// The longest answer that is made up.
const SIZED_BYTES_MAX: usize = 1 << 20;

#[derive(Serialize)]
struct SizedBody<'a> {
    note: &'a str,
}

/// An answer of so many bytes, rendered anew; a token is verified where there is one.
async fn sized(door: web::Data<Door>, bytes: web::Path<usize>, request: HttpRequest) -> HttpResponse {
    if let Some(token) = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "))
        && door.verifier.verify(token).is_err()
    {
        return HttpResponse::new(StatusCode::UNAUTHORIZED);
    }
    let bare = "{\"note\":\"\"}".len();
    let note = " ".repeat(bytes.into_inner().min(SIZED_BYTES_MAX).saturating_sub(bare));
    HttpResponse::Ok().json(SizedBody { note: &note })
}

/// The same behind a JSON body.
async fn sized_after_body(
    door: web::Data<Door>,
    bytes: web::Path<usize>,
    request: HttpRequest,
    _: web::Json<PurchaseBody>,
) -> HttpResponse {
    sized(door, bytes, request).await
}

fn rendered(order_no: &str, receipt: Receipt, filling: &str) -> String {
    let Receipt { user_id, item_id, quantity } = receipt;
    let body = OrderBody {
        order_no,
        status: "pending_payment",
        item_id,
        user_id,
        quantity,
        payable_fen: PRICE_FEN * i64::from(quantity),
        expires_at: "2026-01-01T00:05:00.000Z",
        note: filling,
    };
    // Numbers and strings always serialise.
    serde_json::to_string(&body).unwrap_or_default()
}
