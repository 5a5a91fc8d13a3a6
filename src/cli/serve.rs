//! `serve`: the shop, until a signal ends it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::rt::System;
use mallcore_actors::journal::Durable;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::args::SeedDemo;
use super::out::Out;
use super::{CliError, admin, store, wechat_sandbox};
use crate::features::{accounts, payments};
use crate::platform::auth::Verifier;
use crate::platform::config::Config;
use crate::platform::http::state::State;
use crate::platform::http::{metrics, metrics_server};
use crate::platform::redis::Link;
use crate::platform::{file_limit, health_metrics, redis, telemetry};
use crate::shop;
use crate::shop::{Plan, Shop};

/// For requests in flight when the process is told to stop.
const REQUESTS_AT_STOP: Duration = Duration::from_secs(20);
/// For the projection to catch up when the process is told to stop.
const PROJECTION_AT_STOP: Duration = Duration::from_secs(10);
/// For answers that say "outcome unknown" to leave.
const LAST_ANSWERS: Duration = Duration::from_millis(300);
/// EX_OSFILE of sysexits.h.
const EXIT_DISPLACED: i32 = 72;
/// EX_IOERR of sysexits.h.
const EXIT_JOURNAL_FAILED: i32 = 74;
/// EX_CONFIG of sysexits.h.
const EXIT_MISMATCHED: i32 = 78;
/// What a shell says of a process that a signal ended: 128 and its number.
const EXIT_SIGNALLED: i32 = 128;

/// Serves until the process is told to stop.
pub fn run(config: &Config, out: &mut Out) -> Result<(), CliError> {
    telemetry::install(&config.telemetry).map_err(|cause| CliError::failed("the log cannot be set up", cause))?;
    // Before the shop: whatever is measured asks for its handles once, and they have to be real ones.
    let recorder = metrics::install().map_err(|cause| CliError::failed("metrics cannot be set up", cause))?;
    let verifier = Arc::new(Verifier::of(config).map_err(|cause| CliError::failed("tokens cannot be checked", cause))?);
    file_limit::raise();
    let link = config.redis.as_ref().map(redis::Link::of).transpose();
    let link = link.map_err(|cause| CliError::failed("the settings of Redis cannot be used", cause))?;
    System::new().block_on(async {
        let watching = link.as_ref().map(redis::Link::start);
        let (sandbox, wechat) = wechat_sandbox::beside(config)?;
        let config = &Config { wechat, ..config.clone() };
        let accounts = accounts::Settings {
            verifier: Some(Arc::clone(&verifier)),
            redis: link.clone(),
            sandbox: sandbox.as_ref().map(|running| Arc::clone(&running.sandbox)),
            ..accounts::Settings::of(config)
        };
        let payments = payments::Settings::of(&accounts.wechat);
        let payments = payments.map_err(|cause| CliError::failed("the merchant of WeChat Pay cannot be used", cause))?;
        let shop = open(config, link.clone(), accounts, payments, out).await?;
        let listen = |variable, port| {
            let what = format!("cannot listen on HOST {:?} with {variable} {port}", config.http.host);
            move |cause| CliError::failed(what, cause)
        };
        let state = Arc::new(State::new(config, shop.clone(), verifier).with_redis(link));
        let (metrics_address, metrics_server) =
            metrics_server::start(&config.http.host, config.http.metrics_port, recorder, Arc::clone(&state))
                .map_err(listen("METRICS_PORT", config.http.metrics_port))?;
        actix_web::rt::spawn(metrics_server);
        let (address, server) = shop::listen(&config.http, Arc::clone(&state)).map_err(listen("PORT", config.http.port))?;
        if let Some(sandbox) = &sandbox {
            sandbox.shop_listens(address);
        }
        let handle = server.handle();
        let server = actix_web::rt::spawn(server);
        shop.begin().await.map_err(|cause| CliError::failed("the flash sales cannot be read", cause))?;
        banner(config, &address.to_string(), &metrics_address.to_string(), sandbox.map(|running| running.address), out);
        actix_web::rt::spawn(stop_when_the_journal_fails(shop.clone()));
        actix_web::rt::spawn(stop_when_the_data_folder_is_displaced(shop.clone()));
        let watched = Arc::clone(&state);
        actix_web::rt::spawn(health_metrics::keep(move || watched.readiness()));
        actix_web::rt::spawn(stop_when_the_database_is_another(shop.clone()));
        let signals = Signals::listen().map_err(|cause| CliError::failed("signals cannot be listened to", cause))?;
        actix_web::rt::spawn(stop_at_a_signal(signals, shop.clone(), state, handle, Duration::from_secs(config.http.drain_seconds)));
        let served = match server.await {
            Ok(served) => served.map_err(|cause| CliError::failed("the server failed", cause)),
            Err(cause) => Err(CliError::failed("the server's task failed", cause)),
        };
        watching.iter().for_each(tokio::task::JoinHandle::abort);
        shop.stop(PROJECTION_AT_STOP).await;
        served
    })
}

/// Opens the shop; an empty database of the embedded mode gets the demo shop first.
async fn open(
    config: &Config,
    redis: Option<Link>,
    accounts: accounts::Settings,
    payments: payments::Settings,
    out: &mut Out,
) -> Result<Shop, CliError> {
    if config.http.demo {
        let plan = Plan::of(config);
        let refused = |cause| CliError::failed("the shop cannot open", cause);
        shop::refuse_without_database(&plan).map_err(refused)?;
        let database = store::ready_database(config).await?;
        let empty = crate::demo::seed::is_empty(&database).await.map_err(|cause| CliError::failed("the database cannot be read", cause))?;
        // Beside a journal that has records an empty database is refused, and not filled with a fresh shop.
        if empty && shop::last_record(&plan.journal_folder).map_err(refused)?.is_none() {
            store::fill(&database, &SeedDemo::default()).await?;
            admin::for_the_demo(config, &database, out).await?;
        }
        database.close().await;
    }
    Shop::open(Plan { redis, accounts, payments, ..Plan::of(config) })
        .await
        .map_err(|cause| CliError::failed("the shop cannot open", cause))
}

/// After a failed sync nobody knows what is on disk: those who wait are told so, then the process ends, and the next one reads what is there.
async fn stop_when_the_journal_fails(shop: Shop) {
    let mut durable = shop.durable();
    let has_failed = durable.wait_for(|durable| matches!(durable, Durable::Failed(_))).await.is_ok();
    // Abandoned for a reason of its own, which has its own status.
    if has_failed && !shop.is_displaced() {
        tracing::error!("the journal failed; the process ends, and its next start reads what is on disk");
        tokio::time::sleep(LAST_ANSWERS).await;
        std::process::exit(EXIT_JOURNAL_FAILED);
    }
}

/// What is written to files that nobody finds again is lost at the next start: those who wait are told that the outcome is unknown, then the
/// process ends.
async fn stop_when_the_data_folder_is_displaced(shop: Shop) {
    let path = shop.displaced().await;
    tracing::error!(
        "{path} was deleted or replaced under the running shop; nothing is acknowledged any more, and the process ends. Put back what was moved \
         away, or a backup of the whole data folder, before the next start: what was sold is in the files that were opened, not in those that \
         are there now"
    );
    tokio::time::sleep(LAST_ANSWERS).await;
    std::process::exit(EXIT_DISPLACED);
}

/// A start without the database believed the snapshot. If the database that comes back has other records, pieces may be sold twice: the
/// process ends, and its next start says the same and refuses.
async fn stop_when_the_database_is_another(shop: Shop) {
    let reason = shop.mismatch().await;
    tracing::error!("selling stops, what was acknowledged is safe in the journal: {reason}");
    tokio::time::sleep(LAST_ANSWERS).await;
    std::process::exit(EXIT_MISMATCHED);
}

/// SIGTERM and SIGINT.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// The number of the next one.
    async fn next(&mut self) -> i32 {
        tokio::select! {
            _ = self.terminate.recv() => SignalKind::terminate().as_raw_value(),
            _ = self.interrupt.recv() => SignalKind::interrupt().as_raw_value(),
        }
    }
}

/// The first signal drains: readiness fails at once; after the grace no connection is accepted; requests in flight are answered while
/// the actors they need still live, and only then do the workers end. The second signal ends the process at once.
async fn stop_at_a_signal(mut signals: Signals, shop: Shop, state: Arc<State>, server: ServerHandle, grace: Duration) {
    let first = signals.next().await;
    tracing::info!("signal {first}: stopping; readiness fails from now on, connections are closed in {grace:?}");
    actix_web::rt::spawn(async move {
        let second = signals.next().await;
        tracing::warn!("signal {second} while stopping: the process ends at once, its next start reads the journal");
        std::process::exit(EXIT_SIGNALLED + second);
    });
    shop.announce_stop();
    tokio::time::sleep(grace).await;
    server.pause().await;
    if tokio::time::timeout(REQUESTS_AT_STOP, state.in_flight.none()).await.is_err() {
        tracing::warn!(
            "{} requests were not answered within {REQUESTS_AT_STOP:?}; repeating them with their keys tells",
            state.in_flight.count()
        );
    }
    // Idle connections are all that is left.
    server.stop(false).await;
}

/// Tells whoever started it what runs and what to open.
fn banner(config: &Config, address: &str, metrics_address: &str, sandbox: Option<SocketAddr>, out: &mut Out) {
    out.line(format_args!(
        "mallcore {} · mode {} · data in {}",
        env!("CARGO_PKG_VERSION"),
        config.mode.name(),
        config.storage.data_dir.display()
    ));
    if config.http.demo {
        out.line(format_args!("  抢购演示 / demo     http://{address}/"));
    }
    out.line(format_args!("  API               http://{address}{}", config.http.api_prefix));
    out.line(format_args!("  API 文档 / docs     http://{address}/docs/"));
    out.line(format_args!("  metrics           http://{metrics_address}/metrics"));
    if let Some(sandbox) = sandbox {
        out.line(format_args!("  微信沙箱 / WeChat   http://{sandbox}/"));
    }
    out.flush();
}
