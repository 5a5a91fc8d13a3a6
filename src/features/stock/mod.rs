//! Stock in the database: what an activated SKU starts from, and what somebody of the shop asks of it.

pub mod adjustments;
pub mod documents;
pub mod effects;
pub mod projection;
pub mod repository;
