//! The API over real HTTP: happy paths, refusals, permissions, bad input.

pub mod app;
mod arrival;
mod bad_input;
mod books;
mod carts;
mod catalog;
mod checkout;
mod cold_writes;
mod cors;
mod demo;
mod documents;
mod expectation;
mod favorites;
mod health;
mod lag;
mod limits;
mod order_life;
mod orders;
mod redis;
mod search;
mod seckill;
mod stalled;
