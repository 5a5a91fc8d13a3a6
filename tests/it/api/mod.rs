//! The API over real HTTP: happy paths, refusals, permissions, bad input.

mod app;
mod bad_input;
mod books;
mod catalog;
mod demo;
mod documents;
mod health;
mod lag;
mod limits;
mod orders;
mod seckill;
