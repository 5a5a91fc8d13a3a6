//! The catalogue's snapshot and counts beside a running shop, on both engines.

mod counts;
mod edits;
mod reviewed;
mod running;
