//! What measures and breaks mallcore from outside: a load generator, a baseline to compare with, a foreign reconciliation, drills.
//! Start reading at `commands.rs`; each subcommand has a module of its name.
//! - B1 an acknowledgement is on file before it counts.
//! - B2 `reconcile` knows tables and columns, never the server's types: it must not share a mistake with it.
//!
//! Not here: micro-benchmarks (`benches/`), tests of behaviour (each crate's own).

pub mod baseline;
pub mod beside;
pub mod browse;
pub mod checkout;
pub mod checks;
pub mod commands;
pub mod compare;
pub mod drills;
pub mod error;
pub mod events;
pub mod fetch;
pub mod footprint;
pub mod instructions;
pub mod journeys;
pub mod load;
pub mod measured;
pub mod peer;
pub mod ports;
pub mod process_cpu;
pub mod reconcile;
pub mod report;
pub mod seckill;
pub mod server_process;
pub mod servers;
pub mod soak;
pub mod stats;
pub mod sustain;
pub mod testbed;

/// A runtime for whoever needs to wait for something on this thread.
fn runtime() -> Result<tokio::runtime::Runtime, error::Error> {
    use error::Attempt as _;
    tokio::runtime::Builder::new_current_thread().enable_all().build().attempt(|| "start a runtime".to_owned())
}
