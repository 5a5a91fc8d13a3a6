//! The command line: what one can ask of the binary, and who carries it out.

pub mod args;
mod clock;
mod config_check;
mod doctor;
mod events;
mod journal;
mod outbox;
mod product;
mod serve;
mod store;
mod token;

use std::process::ExitCode;

use args::{Cli, Command, ConfigCommand, EventsCommand};

use crate::config::{Config, Faults};

/// Why a command failed, for its last line.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] Faults),
    /// The command exists for trying out only.
    #[error("`{command}` is for trying out and is refused in production")]
    NotInProduction {
        /// Which.
        command: &'static str,
    },
    /// An argument that the command line could not check by itself.
    #[error("{0}")]
    Argument(String),
    /// Sums that do not agree.
    #[error("{0} differences")]
    Differences(usize),
    /// Checks that failed.
    #[error("{0} checks failed")]
    Unwell(usize),
    /// Something that the command needs failed.
    #[error("{what}")]
    Failed {
        /// What was attempted.
        what: String,
        /// Why it failed.
        #[source]
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl CliError {
    /// With what was attempted.
    pub fn failed(what: impl Into<String>, cause: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Failed { what: what.into(), cause: Box::new(cause) }
    }
}

/// Carries a command out.
pub fn run(cli: Cli) -> ExitCode {
    match dispatch(cli.command.unwrap_or_default()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("mallcore: {error}");
            let mut cause = std::error::Error::source(&error);
            while let Some(error) = cause {
                eprintln!("  because: {error}");
                cause = error.source();
            }
            ExitCode::FAILURE
        }
    }
}

fn dispatch(command: Command) -> Result<(), CliError> {
    let config = Config::from_environment();
    if let Command::Doctor(args) = &command {
        return doctor::run(config, args);
    }
    let config = config?;
    match command {
        Command::Serve => serve::run(&config),
        Command::Config(ConfigCommand::Check) => {
            config_check::run(&config);
            Ok(())
        }
        Command::Token(args) => token::run(&config, &args),
        Command::Migrate => store::migrate(&config),
        Command::SeedDemo(args) => store::seed_demo(&config, &args),
        Command::Journal(command) => journal::run(&config, &command),
        Command::Clock(command) => clock::run(&config, &command),
        Command::Seckill(command) => store::sales(&config, &command),
        Command::Events(EventsCommand::Tail(args)) => events::tail(&config, args),
        Command::Product(command) => product::run(&config, &command),
        Command::Outbox(command) => outbox::run(&config, &command),
        // Answered above: it looks at a configuration with faults too.
        Command::Doctor(_) => Ok(()),
        Command::Reconcile => store::reconcile(&config),
    }
}

/// For commands that must not touch a real shop.
fn only_for_trying_out(config: &Config, command: &'static str) -> Result<(), CliError> {
    if config.mode.allows_demo() { Ok(()) } else { Err(CliError::NotInProduction { command }) }
}
