//! The server and its tools in one binary.

use std::process::ExitCode;

use clap::Parser;
use mallcore::cli::{self, args::Cli};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::run(Cli::parse())
}
