//! The bench crate's tests, in one binary.

mod fake_shop;
mod generator;
