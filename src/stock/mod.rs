//! Stock in the database: what an activated SKU starts from.

pub mod repository;
