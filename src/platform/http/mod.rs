//! The front door: everything that knows HTTP. A handler parses, authorises, makes one call, and renders.
//! - H1 Every "no" is a problem document (`problem`); nothing else chooses a status for a refusal.
//! - H2 The way of a purchase has no lock, no log line and no boxed middleware.
//!
//! Not here: the features' own routes (`seckill::routes`, …), deciding anything.

pub mod admission;
pub mod body;
pub mod cached;
mod chart;
pub mod client_address;
mod connection;
pub mod cors;
pub mod demo;
mod docs;
mod fallback;
pub mod fields;
pub mod header;
pub mod health;
pub mod idempotency;
pub mod in_flight;
pub mod json;
pub mod metrics;
pub mod metrics_server;
mod middleware;
pub mod path;
pub mod problem;
pub mod provided;
pub mod query;
mod rate_limit;
mod refusal;
pub mod schemas;
mod server;
pub mod state;
pub mod table;
mod wording;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_server::Server;
use actix_web::{App, web};
use utoipa::openapi::OpenApi;
use utoipa_actix_web::service_config::ServiceConfig;
use utoipa_actix_web::{AppExt, scope};

use crate::features::FEATURES;
use crate::features::seckill;
use crate::platform::config::Http;
use connection::TimeLimits;
use middleware::Middleware;
use server::Door;
use state::State;

/// Longer than a balancer keeps an idle connection, so that it is the one to close it.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
const FORGET_INTERVAL: Duration = Duration::from_secs(10);

/// Starts serving; the address is the real one where the port was 0. The server runs when it is awaited or spawned.
/// Signals are the caller's affair.
pub fn start(settings: &Http, state: Arc<State>) -> io::Result<(SocketAddr, Server)> {
    let idle = Arc::downgrade(&state);
    actix_web::rt::spawn(async move {
        let mut interval = tokio::time::interval(FORGET_INTERVAL);
        while let Some(state) = idle.upgrade() {
            state.limits.forget_idle();
            drop(state);
            interval.tick().await;
        }
    });
    if let Some(sharing) = state.redis.clone().and_then(|link| state.limits.share(link)) {
        actix_web::rt::spawn(sharing);
    }
    let door = Door {
        workers: settings.workers,
        admission: Arc::clone(&state.connections),
        limits: TimeLimits {
            read: Duration::from_secs(settings.read_timeout_seconds),
            write: Duration::from_secs(settings.write_timeout_seconds),
            idle: KEEP_ALIVE,
        },
    };
    server::listen(&settings.host, settings.port, door, move || {
        // Called once on each worker's thread, before anything is accepted.
        state.shop.adopt_this_thread();
        let (app, _) = App::new()
            .service(seckill::Express::new(Arc::clone(&state)))
            .into_utoipa_app()
            .openapi(docs::base())
            .app_data(web::Data::from(state.clone()))
            .configure(|routes| configure(routes, &state.prefix, state.demo))
            .openapi_service(docs::page)
            .split_for_parts();
        app.service(web::redirect("/docs", "/docs/").permanent())
            .default_service(web::to(fallback::fallback))
            .wrap(Middleware(state.clone()))
    })
}

/// The OpenAPI document with the routes under this prefix.
pub fn document(prefix: &str) -> OpenApi {
    docs::complete(
        App::new().into_utoipa_app().openapi(docs::base()).configure(|routes| configure(routes, prefix, true)).split_for_parts().1,
    )
}

fn configure(routes: &mut ServiceConfig, prefix: &str, with_demo: bool) {
    routes.configure(health::configure);
    if with_demo {
        routes.configure(demo::configure);
    }
    routes.service(scope::scope(prefix).configure(|routes| {
        for feature in FEATURES {
            routes.configure(feature.routes);
        }
    }));
}
