//! The service.
pub mod database;
pub mod orders;
pub mod projection;
pub mod stock;
