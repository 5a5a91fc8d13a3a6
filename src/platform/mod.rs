//! What every feature stands on: HTTP, databases, Redis, the broker, projections, configuration. No rule of the shop is here.

pub mod auth;
pub mod backoff;
pub mod broker;
pub mod cache;
pub mod clock;
pub mod config;
pub mod database;
pub mod error_chain;
pub mod file_limit;
pub mod health_metrics;
pub mod http;
pub mod limits;
pub mod outbox;
pub mod page;
pub mod policy;
pub mod projection;
pub mod readiness;
pub mod redis;
pub mod rfc3339;
pub mod sessions;
pub mod small_file;
pub mod telemetry;
pub mod tls;
pub mod vault;
