//! Logs: lines for people on a terminal, JSON for machines in production. Never one line a request: meters do that.

use std::io::{IsTerminal, stderr};

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};
use tracing_subscriber::{Layer, fmt};

use crate::platform::config::Telemetry;

/// Installs the process's subscriber, once. Lines go to standard error: standard output is for what a command prints.
pub fn install(settings: &Telemetry) -> Result<(), TryInitError> {
    // Libraries tell more than anybody wants to read below `info`.
    let ours = Targets::new()
        .with_default(LevelFilter::from_level(settings.log_level).min(LevelFilter::INFO))
        // It would show each message that comes back, whole; `broker::Returns` tells of them.
        .with_target("lapin", LevelFilter::ERROR)
        .with_target("mallcore", settings.log_level)
        .with_target("mallcore_actors", settings.log_level);
    // A line that cannot be written is lost. Told of it on standard error, which is where it could not be written, the thread would panic.
    let lines = if settings.log_json {
        fmt::layer().json().flatten_event(true).with_writer(stderr).log_internal_errors(false).boxed()
    } else {
        fmt::layer().with_ansi(stderr().is_terminal()).with_writer(stderr).log_internal_errors(false).boxed()
    };
    tracing_subscriber::registry().with(lines.with_filter(ours)).try_init()
}
