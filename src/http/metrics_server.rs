//! `/metrics` on a port of its own, so that the shop's balancer never shows it.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::{App, HttpResponse, HttpServer, web};
use metrics_exporter_prometheus::PrometheusHandle;

/// Samples of histograms wait in memory until they are folded.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(2);

/// Starts it; the address is the real one where the port was 0.
pub fn start(host: &str, port: u16, metrics: PrometheusHandle) -> io::Result<(SocketAddr, Server)> {
    let folding = metrics.clone();
    actix_web::rt::spawn(async move {
        let mut interval = tokio::time::interval(UPKEEP_INTERVAL);
        loop {
            interval.tick().await;
            folding.run_upkeep();
        }
    });
    let server = HttpServer::new(move || App::new().app_data(web::Data::new(metrics.clone())).route("/metrics", web::get().to(render)))
        .workers(1)
        .disable_signals()
        .shutdown_timeout(1)
        .bind((host, port))?;
    let address = super::first_address(&server.addrs())?;
    Ok((address, server.run()))
}

async fn render(metrics: web::Data<PrometheusHandle>) -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(metrics.render())
}
