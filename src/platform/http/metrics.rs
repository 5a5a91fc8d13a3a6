//! What is measured of HTTP, and the recorder behind it. Handles are made once a route: recording is two atomic additions.

use std::time::Duration;

use actix_web::http::StatusCode;
use mallcore_actors::metrics::{CounterFamily, GaugeFamily, HistogramFamily};
use metrics::{Counter, Gauge, Histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

use super::table::Table;

/// Requests answered, by route and class of status.
pub static REQUESTS: CounterFamily = CounterFamily::new("mallcore_http_requests_total", "Requests answered, by route and class of status.");
/// From the head of a request to the head of its answer.
pub static DURATION: HistogramFamily =
    HistogramFamily::new("mallcore_http_request_duration_seconds", "From the head of a request to the head of its answer.");
/// Requests that are being served.
pub static IN_FLIGHT: GaugeFamily = GaugeFamily::new("mallcore_http_requests_in_flight", "Requests that are being served.");
/// Connections beyond a limit, by the limit (`all`, `address`).
pub static CONNECTIONS_REFUSED: CounterFamily = CounterFamily::new(
    "mallcore_http_connections_refused_total",
    "Connections beyond HTTP_CONNECTIONS_MAX (all) or HTTP_CONNECTIONS_PER_ADDRESS_MAX (address).",
);
/// Connections whose clients took too long, by what they stalled (`request`, `answer`). A body that does not arrive is answered with 408.
pub static CONNECTIONS_CUT: CounterFamily = CounterFamily::new(
    "mallcore_http_connections_cut_total",
    "Connections closed because the client did not send a request (request) or did not take an answer (answer) in time.",
);

/// 100 µs to 10 s: a purchase takes milliseconds, a sync of a bad disk seconds.
const SECONDS: [f64; 14] = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0];
/// Powers of two, for records of a group and the like.
const COUNTS: [f64; 12] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0, 4096.0];
const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

/// Installs the process's recorder. Before anything that makes handles, and once.
pub fn install() -> Result<PrometheusHandle, BuildError> {
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)?
        .set_buckets_for_metric(Matcher::Suffix("_records".to_owned()), &COUNTS)?
        .set_buckets_for_metric(Matcher::Suffix("_messages".to_owned()), &COUNTS)?
        .install_recorder()
}

/// The handles of all routes.
pub struct HttpMeters {
    routes: Vec<RouteMeters>,
    pub(super) in_flight: Gauge,
}

struct RouteMeters {
    classes: [Counter; CLASSES.len()],
    duration: Histogram,
}

impl HttpMeters {
    /// Makes the handles of these routes.
    pub fn new(table: &Table) -> Self {
        let route = |path: &'static str| RouteMeters {
            classes: CLASSES.map(|class| REQUESTS.with(&[("route", path), ("status", class)])),
            duration: DURATION.with(&[("route", path)]),
        };
        Self { routes: table.patterns().iter().map(|pattern| route(pattern.path)).collect(), in_flight: IN_FLIGHT.get() }
    }

    /// Notes an answer of the route at this place of the table.
    pub fn answered(&self, place: usize, status: StatusCode, took: Duration) {
        let Some(route) = self.routes.get(place) else { return };
        let class = usize::from(status.as_u16() / 100).clamp(1, CLASSES.len()) - 1;
        route.classes[class].increment(1);
        route.duration.record(took.as_secs_f64());
    }
}
