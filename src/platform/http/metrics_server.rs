//! `/metrics` on a port of its own, so that the shop's balancer never shows it, and `/health` once more: whoever crowds the shop's port
//! does not reach this one, so a probe here is always answered.

use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_server::Server;
use actix_web::dev::Service;
use actix_web::http::Method;
use actix_web::{App, HttpResponse, web};
use metrics_exporter_prometheus::PrometheusHandle;

use super::admission::Admission;
use super::connection::{Progress, TimeLimits};
use super::health;
use super::server::{self, Door};
use super::state::State;

/// Samples of histograms wait in memory until they are folded.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(2);
/// Scrapers and probes are few.
const CONNECTIONS_MAX: usize = 64;
const LIMITS: TimeLimits = TimeLimits { read: Duration::from_secs(10), write: Duration::from_secs(30), idle: Duration::from_secs(75) };

/// Starts it; the address is the real one where the port was 0.
pub fn start(host: &str, port: u16, metrics: PrometheusHandle, state: Arc<State>) -> io::Result<(SocketAddr, Server)> {
    let folding = metrics.clone();
    actix_web::rt::spawn(async move {
        let mut interval = tokio::time::interval(UPKEEP_INTERVAL);
        loop {
            interval.tick().await;
            folding.run_upkeep();
        }
    });
    let admission = Arc::new(Admission::new(CONNECTIONS_MAX, CONNECTIONS_MAX, Arc::clone(&state.addresses)));
    server::listen(
        host,
        port,
        Door { workers: 1, admission, limits: LIMITS },
        |_| Ok(()),
        move || {
            App::new()
                .app_data(web::Data::new(metrics.clone()))
                .app_data(web::Data::from(Arc::clone(&state)))
                .service(health::live)
                .service(health::ready)
                .route("/metrics", web::get().to(render))
                .wrap_fn(|mut request, routes| {
                    if *request.method() == Method::HEAD {
                        request.head_mut().method = Method::GET;
                    }
                    let progress = request.conn_data::<Rc<Progress>>().cloned();
                    progress.iter().for_each(|progress| progress.request());
                    let answer = routes.call(request);
                    async move {
                        let answer = answer.await;
                        progress.iter().for_each(|progress| progress.answered(Instant::now()));
                        answer
                    }
                })
        },
    )
}

async fn render(metrics: web::Data<PrometheusHandle>) -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(metrics.render())
}
