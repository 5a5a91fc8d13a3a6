//! The command line: what one can ask of the binary, and who carries it out.

pub mod admin;
pub mod after_sale;
pub mod after_sale_args;
mod agreement;
pub mod args;
mod banner;
pub mod banner_args;
mod catalog;
pub mod catalog_args;
mod clock;
mod config;
mod doctor;
mod events;
pub mod freight;
mod journal;
mod keys;
mod order;
pub mod order_args;
mod out;
mod outbox;
mod product;
mod reconcile;
pub mod reconcile_args;
mod refund;
mod review;
pub mod review_args;
mod serve;
mod shipping;
mod store;
mod token;
mod variant;
pub mod variant_args;
pub mod wechat_sandbox;

use std::process::ExitCode;

use args::{Cli, Command, ConfigCommand};
use events::EventsCommand;
use out::{Out, complain};

use crate::platform::config::{Config, Faults};

/// Why a command failed, for its last line.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] Faults),
    /// The command exists for trying out only.
    #[error("`{command}` is for trying out and is refused in production")]
    NotInProduction {
        /// Name of the command.
        command: &'static str,
    },
    /// A command that makes no shop found none.
    #[error(
        "there is no shop in {place}: set DATA_DIR (or APP_ENV and DB_*) to where it is; only `mallcore serve`, `mallcore migrate` and \
         `mallcore seed-demo` make a new one"
    )]
    NoShop {
        /// The database that was looked for.
        place: String,
    },
    /// The schema lacks steps of this release, or has them with another text.
    #[error(
        "the schema in {place} is not this release's (steps {}): run `mallcore migrate`, or start the server, which does the same",
        list(steps)
    )]
    OldSchema {
        /// Where the database was looked for: a file or a URL without its password.
        place: String,
        /// Numbers of the steps.
        steps: Vec<i64>,
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

fn list(steps: &[i64]) -> String {
    steps.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

impl CliError {
    /// With what was attempted.
    pub fn failed(what: impl Into<String>, cause: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Failed { what: what.into(), cause: Box::new(cause) }
    }
}

/// Carries a command out.
pub fn run(cli: Cli) -> ExitCode {
    let mut out = Out::stdout();
    let done = dispatch(cli.command.unwrap_or_default(), &mut out);
    let printed = out.finish().map_err(|cause| CliError::failed("the output cannot be written", cause));
    match done.and(printed) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(format_args!("mallcore: {error}"));
            let mut cause = std::error::Error::source(&error);
            while let Some(error) = cause {
                complain(format_args!("  because: {error}"));
                cause = error.source();
            }
            ExitCode::FAILURE
        }
    }
}

fn dispatch(command: Command, out: &mut Out) -> Result<(), CliError> {
    // What can be set is the same whatever is set.
    if let Command::Config(ConfigCommand::List) = &command {
        config::list(out);
        return Ok(());
    }
    let config = Config::from_environment();
    if let Command::Doctor(args) = &command {
        return doctor::run(config, args, out);
    }
    let config = config?;
    let done = match command {
        Command::Serve => serve::run(&config, out),
        Command::Config(ConfigCommand::Check) => {
            config::check(&config, out);
            Ok(())
        }
        Command::Token(args) => token::run(&config, &args, out),
        Command::Migrate => store::migrate(&config, out),
        Command::SeedDemo(args) => store::seed_demo(&config, &args, out),
        Command::Journal(command) => journal::run(&config, &command, out),
        Command::Clock(command) => clock::run(&config, &command, out),
        Command::Seckill(command) => store::sales(&config, &command, out),
        Command::Events(EventsCommand::Tail(args)) => events::tail(&config, args, out),
        Command::Product(command) => product::run(&config, &command, out),
        Command::Admin(command) => admin::run(&config, &command, out),
        Command::Keys(command) => keys::run(&config, &command, out),
        Command::Agreement(command) => agreement::run(&config, &command, out),
        Command::Banner(command) => banner::run(&config, &command, out),
        Command::Freight(command) => freight::run(&config, &command, out),
        Command::Review(command) => review::run(&config, &command, out),
        Command::AfterSale(command) => after_sale::run(&config, &command, out),
        Command::Order(command) => order::run(&config, &command, out),
        Command::Shipping(command) => shipping::run(&config, &command, out),
        Command::Refund(command) => refund::run(&config, &command, out),
        Command::Outbox(command) => outbox::run(&config, &command, out),
        // Answered above: they need no configuration, or look at one with faults too.
        Command::Doctor(_) | Command::Config(ConfigCommand::List) => Ok(()),
        Command::WechatSandbox(args) => wechat_sandbox::run(&config, &args, out),
        Command::Reconcile(args) => reconcile::run(&config, &args, out),
    };
    if done.is_err()
        && let Some(doubt) = config.doubt()
    {
        complain(format_args!("mallcore: NODE_ENV {doubt}"));
    }
    done
}

/// For commands that must not touch a real shop.
fn only_for_trying_out(config: &Config, command: &'static str) -> Result<(), CliError> {
    if config.mode.allows_demo() { Ok(()) } else { Err(CliError::NotInProduction { command }) }
}
