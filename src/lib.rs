//! The service: configuration, HTTP, adapters and their wiring around the hot core of `mallcore-actors`.

pub mod auth;
pub mod catalog;
pub mod clock;
pub mod config;
pub mod http;
pub mod orders;
pub mod page;
pub mod readiness;
pub mod rfc3339;
pub mod seckill;
pub mod shop;
