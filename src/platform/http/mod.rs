//! The front door: everything that knows HTTP. A handler parses, authorises, makes one call, and renders.
//! - H1 Every "no" is a problem document. `problem` alone maps refusals of the core to a status; features name those of the edge.
//! - H2 The way of a purchase has no lock, no log line and no boxed middleware.
//!
//! Not here: the features' own routes (they are handed in: `state::Backend`), deciding anything.

pub mod admission;
pub mod body;
pub mod cached;
mod chart;
pub mod client_address;
mod connection;
pub mod cors;
pub mod demo;
mod docs;
mod expectation;
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
mod parameterless;
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
pub mod typed;
pub mod wording;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_server::Server;
use actix_web::dev::HttpServiceFactory;
use actix_web::guard::{self, GuardContext};
use actix_web::{App, web};
use utoipa::openapi::OpenApi;
use utoipa_actix_web::service_config::ServiceConfig;
use utoipa_actix_web::{AppExt, scope};

use crate::platform::config::Http;
use crate::platform::feature::Feature;
use connection::TimeLimits;
use expectation::Expectation;
use middleware::Middleware;
use parameterless::Parameterless;
use server::Door;
use state::State;

/// Longer than a balancer keeps an idle connection, so that it is the one to close it.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
const FORGET_INTERVAL: Duration = Duration::from_secs(10);

/// Starts serving; the address is the real one where the port was 0. The server runs when it is awaited or spawned.
/// `express` makes the route that stands before all others, on each worker's thread. Signals are the caller's affair.
pub fn start<F: HttpServiceFactory + 'static>(
    settings: &Http,
    state: Arc<State>,
    express: impl Fn(Arc<State>) -> F + Clone + Send + 'static,
) -> io::Result<(SocketAddr, Server)> {
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
    let features = state.features;
    let document = document(features, &state.prefix);
    let expectation = Expectation::new(Arc::clone(&state), &document);
    let parameterless = Parameterless::new(&state.table, &state.prefix, &document);
    server::listen(
        &settings.host,
        settings.port,
        door,
        move |head| expectation.check(head),
        move || {
            // Called once on each worker's thread, before anything is accepted.
            state.backend.adopt_this_thread();
            let (app, _) = App::new()
                .service(express(Arc::clone(&state)))
                .into_utoipa_app()
                .openapi(docs::base())
                .app_data(web::Data::from(state.clone()))
                .configure(|routes| configure(routes, features, &state.prefix, state.demo))
                .openapi_service(|document| docs::page(document, features))
                .split_for_parts();
            app.service(web::redirect("/docs", "/docs/").permanent())
                .default_service(web::to(fallback::fallback))
                .wrap(Middleware { state: state.clone(), parameterless: parameterless.clone() })
        },
    )
}

/// The OpenAPI document of these features, with their routes under this prefix.
pub fn document(features: &'static [Feature], prefix: &str) -> OpenApi {
    let app = App::new().into_utoipa_app().openapi(docs::base()).configure(|routes| configure(routes, features, prefix, true));
    docs::complete(app.split_for_parts().1, features)
}

fn configure(routes: &mut ServiceConfig, features: &[Feature], prefix: &str, with_demo: bool) {
    routes.configure(health::configure);
    if with_demo {
        routes.configure(demo::configure);
    }
    routes.service(scope::scope(prefix).configure(|routes| {
        routes.map(|routes| other_methods_of_fixed_paths(routes, features));
        for feature in features {
            routes.configure(feature.routes);
        }
    }));
}

/// The shop's paths without parameters take every method: what is no route of theirs is refused here and never reaches `/orders/{id}`, which
/// would take the `counts` of `DELETE /orders/counts` for an id.
fn other_methods_of_fixed_paths<'a>(routes: &'a mut web::ServiceConfig, features: &[Feature]) -> &'a mut web::ServiceConfig {
    for pattern in features.iter().flat_map(|feature| feature.patterns).filter(|pattern| !pattern.path.contains('{')) {
        let is_other =
            move |context: &GuardContext<'_>| !pattern.methods.split(", ").any(|method| method == context.head().method.as_str());
        routes.service(web::resource(pattern.path).guard(guard::fn_guard(is_other)).to(fallback::fallback));
    }
    routes
}
