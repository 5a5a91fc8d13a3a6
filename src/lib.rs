//! The service: configuration, HTTP, adapters and their wiring around the hot core of `mallcore-actors`.

// `println!` panics when nobody reads: commands print through `cli::out`.
#![deny(clippy::print_stdout, clippy::print_stderr)]

pub mod cli;
pub mod demo;
pub mod doctor;
pub mod features;
pub mod platform;
pub mod reconcile;
pub mod recovery;
pub mod sale_snapshot;
pub mod shop;
