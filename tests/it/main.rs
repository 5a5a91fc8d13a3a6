//! Everything that is tested from outside: one binary, so that Cargo links once.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "in a test a panic is the report")]

mod admins;
mod api;
mod broker;
mod cache;
mod catalog;
mod codes;
mod command_line;
mod configuration;
mod coverage;
mod database;
mod doctor;
mod doctor_database;
mod keys;
mod layout;
mod operations;
mod outbox;
mod personal_data;
mod recovery;
mod redis;
mod sessions;
mod shipping;
mod tidy;
mod wechat_pay;

/// A client of HTTP; its TLS needs a provider of cryptography even where it speaks plain HTTP.
fn client() -> reqwest::Client {
    mallcore::platform::tls::install_provider();
    reqwest::Client::new()
}
