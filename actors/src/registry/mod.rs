//! Which aggregates are in memory.

pub mod lifecycle;
