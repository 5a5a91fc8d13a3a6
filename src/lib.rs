//! The service: configuration, HTTP, adapters and their wiring around the hot core of `mallcore-actors`.

pub mod auth;
pub mod config;
