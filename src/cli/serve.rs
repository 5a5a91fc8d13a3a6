//! `serve`: the shop, until a signal ends it.

use actix_web::rt::System;

use super::CliError;
use crate::auth::Verifier;
use crate::config::Config;
use crate::http::state::State;
use crate::http::{metrics, metrics_server};
use crate::shop::Shop;
use crate::{http, telemetry};

/// Serves until the process is told to stop.
pub fn run(config: &Config) -> Result<(), CliError> {
    telemetry::install(&config.telemetry).map_err(|cause| CliError::failed("the log cannot be set up", cause))?;
    // Before the shop: whatever is measured asks for its handles once, and they have to be real ones.
    let recorder = metrics::install().map_err(|cause| CliError::failed("metrics cannot be set up", cause))?;
    let verifier = Verifier::of(config).map_err(|cause| CliError::failed("tokens cannot be checked", cause))?;
    System::new().block_on(async {
        let shop = Shop::sample(1_000, 1);
        let listen = |port| move |cause| CliError::failed(format!("cannot listen on {}:{port}", config.http.host), cause);
        let (metrics_address, metrics_server) =
            metrics_server::start(&config.http.host, config.http.metrics_port, recorder).map_err(listen(config.http.metrics_port))?;
        actix_web::rt::spawn(metrics_server);
        let (address, server) = http::start(&config.http, State::new(config, shop, verifier)).map_err(listen(config.http.port))?;
        banner(config, &address.to_string(), &metrics_address.to_string());
        server.await.map_err(|cause| CliError::failed("the server failed", cause))
    })
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
