//! `mall-bench peer redis`: a purchase is one Lua call (`purchase.lua`): key, limit and pieces checked, pieces taken, buyer and key noted.
//! - E2 an answer leaves when Redis has answered, and Redis answers when its append is synced (`appendfsync always`).
//! - E3 nothing is held back from it: calls of all requests of a worker share connections and travel together (Redis syncs once for all that
//!   arrived together), the append-only file is never rewritten, nobody is rate-limited, and no order goes on to a database or a broker.
//! - E4 with `--orders` what is sold can also be read, closed when it is not paid, and handed on, as the server's can: an order is a hash, a place
//!   in the deadlines, and an entry in a stream. Nobody works these off here. Without, pieces are counted and keys remembered, and that is all.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use clap::Args;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Script};

use crate::baseline::{BODY_BYTES, Door, PRICE_FEN, PurchaseBody, Receipt};
use crate::error::{Attempt as _, Error, Verdict};
use crate::servers::{Appends, Redis};

/// Timeout of the client, not of the peer: a full disk is slow, not broken.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);
/// As long as the server's order numbers.
const ORDER_NO_PREFIX: &str = "20260101000000";
/// As long as the server waits for a payment.
const PAY_WITHIN: Duration = Duration::from_secs(300);

/// Options of `mall-bench peer redis`.
#[derive(Debug, Args)]
pub struct Options {
    /// Port on 127.0.0.1.
    #[arg(long, default_value_t = 3002)]
    port: u16,
    /// HTTP worker threads; 0: one a core.
    #[arg(long, default_value_t = 0, env = "HTTP_WORKERS")]
    workers: usize,
    /// Secret of the tokens, as the server's.
    #[arg(long, default_value = "mall-bench-development-secret-0123456789", env = "JWT_SECRET", hide_env_values = true)]
    secret: String,
    /// Length of the rendered body.
    #[arg(long, default_value_t = BODY_BYTES)]
    body_bytes: usize,
    /// A Redis on 127.0.0.1 with `appendonly yes` and `appendfsync always`; without: one of our own in --folder.
    #[arg(long)]
    redis_port: Option<u16>,
    /// Where our own keeps its files.
    #[arg(long, default_value = ".")]
    folder: PathBuf,
    /// Connections to Redis of each worker.
    #[arg(long, default_value_t = 1)]
    pipelines: usize,
    /// Items, with ids from 1.
    #[arg(long, default_value_t = 1)]
    items: u64,
    /// Pieces of each.
    #[arg(long, default_value_t = 10_000_000)]
    stock: u64,
    /// Pieces that a user may have of each.
    #[arg(long, default_value_t = 9_999)]
    limit: u64,
    /// Keep each order, its deadline, and an event of it for others.
    #[arg(long)]
    orders: bool,
}

/// What the workers share.
struct Counter {
    door: Door,
    script: Script,
    limit: u64,
    keeps_orders: bool,
    next_order: AtomicU64,
}

/// One worker's connections, used in turn.
struct Pipelines {
    connections: Vec<MultiplexedConnection>,
    turn: std::cell::Cell<usize>,
}

/// Serves until it is stopped.
pub fn run(options: Options) -> Result<Verdict, Error> {
    let folder = tempfile::Builder::new().prefix("mall-bench-").tempdir_in(&options.folder);
    let folder = folder.attempt(|| format!("make a folder in {}", options.folder.display()))?;
    let own = if options.redis_port.is_none() { Some(Redis::start(&folder.path().join("redis"), Appends::Always)?) } else { None };
    let redis_port = options.redis_port.or(own.as_ref().map(|redis| redis.child().port())).unwrap_or_default();
    let client = Client::open(format!("redis://127.0.0.1:{redis_port}")).map_err(refused)?;
    let port = options.port;
    actix_web::rt::System::new().block_on(async {
        stock_up(&client, options.items, options.stock).await.map_err(refused)?;
        serve(options, client).await.attempt(|| format!("serve on port {port}"))
    })?;
    Ok(Verdict::Holds)
}

fn refused(cause: redis::RedisError) -> Error {
    Error::Unexpected(format!("redis: {cause}"))
}

async fn connect(client: &Client) -> redis::RedisResult<MultiplexedConnection> {
    let config = AsyncConnectionConfig::new().set_response_timeout(Some(ANSWER_TIMEOUT));
    client.get_multiplexed_async_connection_with_config(&config).await
}

async fn stock_up(client: &Client, items: u64, stock: u64) -> redis::RedisResult<()> {
    let mut connection = connect(client).await?;
    let mut all = redis::pipe();
    for item in 1..=items {
        all.cmd("SET").arg(format!("stock:{item}")).arg(stock).ignore();
    }
    all.query_async(&mut connection).await
}

async fn serve(options: Options, client: Client) -> std::io::Result<()> {
    let counter = web::Data::new(Counter {
        door: Door::new(options.secret.as_bytes(), options.body_bytes),
        script: Script::new(include_str!("purchase.lua")),
        limit: options.limit,
        keeps_orders: options.orders,
        next_order: AtomicU64::new(1),
    });
    let (client, pipelines) = (Arc::new(client), options.pipelines.max(1));
    let server = HttpServer::new(move || {
        let client = client.clone();
        App::new()
            .app_data(counter.clone())
            .data_factory(move || {
                let client = client.clone();
                async move {
                    let mut connections = Vec::with_capacity(pipelines);
                    for _ in 0..pipelines {
                        connections.push(connect(&client).await?);
                    }
                    Ok::<_, redis::RedisError>(Pipelines { connections, turn: std::cell::Cell::new(0) })
                }
            })
            .route("/v1/seckill/items/{id}/orders", web::post().to(purchase))
            .route("/health/ready", web::get().to(HttpResponse::Ok))
    });
    let server = if options.workers > 0 { server.workers(options.workers) } else { server };
    server.bind(("127.0.0.1", options.port))?.run().await
}

async fn purchase(
    counter: web::Data<Counter>,
    pipelines: web::Data<Pipelines>,
    item: web::Path<u64>,
    request: HttpRequest,
    body: web::Json<PurchaseBody>,
) -> HttpResponse {
    let caller = match counter.door.admit(&request, &body) {
        Ok(caller) => caller,
        Err(refused) => return HttpResponse::new(refused),
    };
    let receipt = Receipt { user_id: caller.user_id, item_id: item.into_inner(), quantity: body.quantity };
    let Receipt { user_id, item_id, quantity } = receipt;
    let order_no = format!("{ORDER_NO_PREFIX}{:015}", counter.next_order.fetch_add(1, Ordering::Relaxed));
    let mut call = counter.script.prepare_invoke();
    call.key(format!("stock:{item_id}"))
        .key(format!("buyers:{item_id}"))
        .key(format!("key:{user_id}:{item_id}:{}", caller.key))
        .arg(user_id)
        .arg(quantity)
        .arg(counter.limit)
        .arg(&order_no);
    if counter.keeps_orders {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        call.key(format!("order:{order_no}"))
            .key("deadlines")
            .key("events")
            .arg(item_id)
            .arg(PRICE_FEN * i64::from(quantity))
            .arg((now + PAY_WITHIN).as_millis() as u64);
    }
    let mut connection = pipelines.next();
    match call.invoke_async::<(u8, String)>(&mut connection).await {
        Ok((0, order_no)) => counter.door.created(&order_no, receipt),
        Ok((1, seen)) => match seen.split_once(',') {
            Some((order_no, pieces)) if pieces.parse() == Ok(quantity) => counter.door.repeated(order_no, receipt),
            _ => problem(422, "idempotency_mismatch"),
        },
        Ok((2, _)) => problem(409, "purchase_limit"),
        Ok(_) => problem(409, "sold_out"),
        Err(_) => problem(503, "outcome_unknown"),
    }
}

impl Pipelines {
    fn next(&self) -> MultiplexedConnection {
        let turn = self.turn.get();
        self.turn.set(turn.wrapping_add(1));
        self.connections[turn % self.connections.len()].clone()
    }
}

fn problem(status: u16, code: &str) -> HttpResponse {
    let status = actix_web::http::StatusCode::from_u16(status).unwrap_or_default();
    let body = format!("{{\"type\":\"about:blank\",\"title\":\"{code}\",\"status\":{},\"code\":\"{code}\"}}", status.as_u16());
    HttpResponse::build(status).content_type("application/problem+json").body(body)
}
