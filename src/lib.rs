//! The service: HTTP, wiring, and the adapters of the hot core's ports.

pub mod clock;
