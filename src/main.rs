//! The server and its tools in one binary.

use std::process::ExitCode;

use clap::Parser;
use mallcore::cli::{self, args::Cli};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    mallcore::platform::tls::install_provider();
    cli::run(Cli::parse())
}
