//! `mall-bench`: loads, baselines, reconciliation and drills. Every subcommand exits with 0 only when what it checks holds.
//! Not here: any of the work; each subcommand is a module of the library.

use std::process::ExitCode;

use clap::Parser;
use mall_bench::commands::Cli;

/// The server's allocator, so that the baseline differs from it in nothing but the work.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The client is measured beside the server on the same cores, so it uses no more threads than its options say.
fn main() -> ExitCode {
    match Cli::parse().run() {
        Ok(verdict) => verdict.exit_code(),
        Err(error) => {
            eprintln!("mall-bench: {error}");
            ExitCode::from(2)
        }
    }
}
