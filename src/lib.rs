//! The service: configuration, HTTP, adapters and their wiring around the hot core of `mallcore-actors`.

// `println!` panics when nobody reads: commands print through `cli::out`.
#![deny(clippy::print_stdout, clippy::print_stderr)]

pub mod auth;
pub mod backoff;
pub mod broker;
pub mod cache;
pub mod carts;
pub mod catalog;
pub mod cli;
pub mod clock;
pub mod config;
pub mod database;
pub mod demo;
pub mod doctor;
pub mod file_limit;
pub mod health_metrics;
pub mod http;
pub mod limits;
pub mod orders;
pub mod outbox;
pub mod page;
pub mod sale_snapshot;
pub mod policy;
pub mod projection;
pub mod readiness;
pub mod reconcile;
pub mod recovery;
pub mod redis;
pub mod rfc3339;
pub mod seckill;
pub mod sessions;
pub mod shop;
pub mod stock;
pub mod error_chain;
pub mod telemetry;
pub mod tls;
