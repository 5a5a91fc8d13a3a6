//! Where the service listens and whom it believes.

use super::cidr::Network;
use super::host;
use super::mode::Mode;
use super::reader::Reader;

/// `HOST`, `PORT`, `METRICS_PORT`, `API_PREFIX`, `HTTP_WORKERS`, `HTTP_CONNECTIONS_MAX`,
/// `HTTP_CONNECTIONS_PER_ADDRESS_MAX`, `HTTP_READ_TIMEOUT_SECONDS`, `HTTP_WRITE_TIMEOUT_SECONDS`, `TRUSTED_PROXIES`, `CORS_ORIGIN`, `DRAIN_SECONDS`.
#[derive(Debug, Clone)]
pub struct Http {
    /// Host name or address to listen on: 127.0.0.1 embedded, else all; an IPv6 address without brackets.
    pub host: String,
    /// Port of the shop; 0 takes any free one.
    pub port: u16,
    /// Port of `/metrics`; 0 takes any free one.
    pub metrics_port: u16,
    /// Path before the shop's routes, such as `/v1`; starts with a slash and does not end with one, or is empty.
    pub api_prefix: String,
    /// Threads that serve requests; one a core unless set.
    pub workers: usize,
    /// Connections that all workers have together at most; over further ones only health checks are answered.
    pub connections_max: u32,
    /// The same for one client address that is no trusted proxy's: half of `connections_max` unless set, so that nobody can take them all.
    pub connections_per_address_max: u32,
    /// Seconds that a client may take to send a request's head, and as many again for its body.
    pub read_timeout_seconds: u64,
    /// Seconds in which a client has to take 16 KiB of an answer, or what is left of it.
    pub write_timeout_seconds: u64,
    /// Networks whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
    /// Web origins that may call from a browser, spelled as browsers spell them.
    pub cors_origins: Vec<String>,
    /// Whether `/` and `/demo` are there.
    pub demo: bool,
    /// Seconds between a signal to stop, when readiness begins to fail, and the end of accepting connections: a balancer has to notice.
    pub drain_seconds: u64,
}

impl Http {
    pub(super) fn read(reader: &mut Reader, mode: Mode) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let address = if mode.is_embedded() { "127.0.0.1" } else { "0.0.0.0" };
        let connections_max: u32 = reader.number("HTTP_CONNECTIONS_MAX", 10_000, 1..=10_000_000);
        let http = Self {
            host: reader.parsed_or("HOST", address, |text| host::parse(text, "PORT")),
            port: reader.number("PORT", 3000, 0..=u16::MAX),
            metrics_port: reader.number("METRICS_PORT", 9464, 0..=u16::MAX),
            api_prefix: prefix(reader),
            workers: reader.number("HTTP_WORKERS", cores, 1..=512),
            connections_max,
            connections_per_address_max: reader.number("HTTP_CONNECTIONS_PER_ADDRESS_MAX", connections_max.div_ceil(2), 1..=10_000_000),
            read_timeout_seconds: reader.number("HTTP_READ_TIMEOUT_SECONDS", 10, 1..=600),
            write_timeout_seconds: reader.number("HTTP_WRITE_TIMEOUT_SECONDS", 30, 1..=600),
            trusted_proxies: reader.list("TRUSTED_PROXIES", |text| text.parse::<Network>().map_err(|bad| bad.to_string())),
            cors_origins: reader.list("CORS_ORIGIN", host::origin),
            demo: mode.is_embedded(),
            drain_seconds: reader.number("DRAIN_SECONDS", 0, 0..=300),
        };
        reader.describe_default("HTTP_WORKERS", "one per core");
        reader.describe_default("HTTP_CONNECTIONS_PER_ADDRESS_MAX", "half of `HTTP_CONNECTIONS_MAX`");
        if http.port != 0 && http.port == http.metrics_port {
            reader.fault("METRICS_PORT", format!("has to differ from PORT, both are {}", http.port));
        }
        http
    }
}

fn prefix(reader: &mut Reader) -> String {
    let text = reader.text_or("API_PREFIX", "/v1");
    let prefix = text.trim_end_matches('/');
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_' | b'.');
    if !(prefix.is_empty() || prefix.starts_with('/')) || !prefix.bytes().all(plain) {
        reader.fault("API_PREFIX", format!("has to be a path such as /v1, not {text:?}"));
    }
    prefix.to_owned()
}
