//! The service: configuration, HTTP, adapters and their wiring around the hot core of `mallcore-actors`.

pub mod auth;
pub mod backoff;
pub mod broker;
pub mod catalog;
pub mod cli;
pub mod clock;
pub mod config;
pub mod database;
pub mod demo;
pub mod http;
pub mod orders;
pub mod page;
pub mod projection;
pub mod readiness;
pub mod reconcile;
pub mod recovery;
pub mod rfc3339;
pub mod seckill;
pub mod shop;
pub mod stock;
pub mod story;
pub mod telemetry;
