//! `mall-bench peer`: the purchase route built the way others build it, for comparison on the same machine with the same client.
//! - E1 a peer does what the server does at its door and at the end (`baseline::Door`), and keeps the same promises: stock, limit, key, durability.

mod redis;

use clap::Subcommand;

use crate::error::{Error, Verdict};

/// The peer to be served.
#[derive(Debug, Subcommand)]
pub enum Peer {
    /// actix-web and one Lua script in a Redis whose every append is synced before its answer: the best durable peer that we know.
    Redis(redis::Options),
}

/// Serves until it is stopped.
pub fn run(peer: Peer) -> Result<Verdict, Error> {
    match peer {
        Peer::Redis(options) => redis::run(options),
    }
}
