//! Redis for real: a server of our own for each test, so that it can be stopped, cut off and emptied.

mod limits;
mod link;
mod refusals;
pub mod server;
