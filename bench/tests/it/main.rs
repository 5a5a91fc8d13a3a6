//! The bench crate's tests, in one binary.

#![expect(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

mod drills;
mod fake_shop;
mod generator;
mod servers;
