//! `serve`: the shop, until a signal ends it.

use std::time::Duration;

use actix_web::rt::System;
use mallcore_actors::journal::Durable;

use super::args::SeedDemo;
use super::{CliError, store};
use crate::auth::Verifier;
use crate::config::Config;
use crate::http::state::State;
use crate::http::{metrics, metrics_server};
use crate::shop::{Plan, Shop};
use crate::{broker, http, projection, telemetry};

/// For the projection to catch up when the process is told to stop.
const PROJECTION_AT_STOP: Duration = Duration::from_secs(10);
/// For answers that say "outcome unknown" to leave.
const LAST_ANSWERS: Duration = Duration::from_millis(300);
/// EX_IOERR of sysexits.h.
const EXIT_JOURNAL_FAILED: i32 = 74;

/// Serves until the process is told to stop.
pub fn run(config: &Config) -> Result<(), CliError> {
    telemetry::install(&config.telemetry).map_err(|cause| CliError::failed("the log cannot be set up", cause))?;
    // Before the shop: whatever is measured asks for its handles once, and they have to be real ones.
    let recorder = metrics::install().map_err(|cause| CliError::failed("metrics cannot be set up", cause))?;
    mallcore_actors::journal::metrics::describe();
    projection::metrics::describe();
    broker::metrics::describe();
    let verifier = Verifier::of(config).map_err(|cause| CliError::failed("tokens cannot be checked", cause))?;
    System::new().block_on(async {
        let shop = open(config).await?;
        let listen = |port| move |cause| CliError::failed(format!("cannot listen on {}:{port}", config.http.host), cause);
        let (metrics_address, metrics_server) =
            metrics_server::start(&config.http.host, config.http.metrics_port, recorder).map_err(listen(config.http.metrics_port))?;
        actix_web::rt::spawn(metrics_server);
        let (address, server) = http::start(&config.http, State::new(config, shop.clone(), verifier)).map_err(listen(config.http.port))?;
        let server = actix_web::rt::spawn(server);
        shop.begin().await.map_err(|cause| CliError::failed("the flash sales cannot be read", cause))?;
        banner(config, &address.to_string(), &metrics_address.to_string());
        actix_web::rt::spawn(stop_when_the_journal_fails(shop.clone()));
        let served = match server.await {
            Ok(served) => served.map_err(|cause| CliError::failed("the server failed", cause)),
            Err(cause) => Err(CliError::failed("the server's task failed", cause)),
        };
        shop.stop(PROJECTION_AT_STOP).await;
        served
    })
}

/// Opens the shop; an empty database of the embedded mode gets the demo shop first.
async fn open(config: &Config) -> Result<Shop, CliError> {
    let database = store::ready_database(config).await?;
    if config.http.demo {
        let empty = crate::demo::seed::is_empty(&database).await.map_err(|cause| CliError::failed("the database cannot be read", cause))?;
        if empty {
            store::fill(&database, &SeedDemo::default()).await?;
        }
    }
    database.close().await;
    Shop::open(Plan::of(config)).await.map_err(|cause| CliError::failed("the shop cannot open", cause))
}

/// After a failed sync nobody knows what is on disk: those who wait are told so, then the process ends, and the next one reads what is there.
async fn stop_when_the_journal_fails(shop: Shop) {
    let mut durable = shop.durable();
    if durable.wait_for(|durable| matches!(durable, Durable::Failed(_))).await.is_ok() {
        tracing::error!("the journal failed; the process ends, and its next start reads what is on disk");
        tokio::time::sleep(LAST_ANSWERS).await;
        std::process::exit(EXIT_JOURNAL_FAILED);
    }
}

/// Tells whoever started it what runs and what to open.
fn banner(config: &Config, address: &str, metrics_address: &str) {
    println!("mallcore {} · mode {} · data in {}", env!("CARGO_PKG_VERSION"), config.mode.name(), config.storage.data_dir.display());
    if config.http.demo {
        println!("  抢购演示 / demo     http://{address}/");
    }
    println!("  API               http://{address}{}", config.http.api_prefix);
    println!("  API 文档 / docs     http://{address}/docs/");
    println!("  metrics           http://{metrics_address}/metrics");
}
