//! The API over real HTTP: happy paths, refusals, permissions, bad input.

pub mod app;
mod arrival;
mod bad_input;
mod books;
mod catalog;
mod cold_writes;
mod cors;
mod demo;
mod documents;
mod health;
mod lag;
mod limits;
mod orders;
mod redis;
mod seckill;
mod stalled;
