//! `events tail`: what other services get, printed as it comes.

use clap::{Args, Subcommand};

use super::CliError;
use super::out::Out;
use crate::platform::broker::{self, Source};
use crate::platform::config::Config;

/// What `events` can do.
#[derive(Debug, Subcommand)]
pub enum EventsCommand {
    /// Print events as the broker hands them out, one JSON document a line, until interrupted
    Tail(TailEvents),
}

/// What `events tail` prints.
#[derive(Debug, Args)]
pub struct TailEvents {
    /// Kinds, as patterns of the topic exchange: `order.*`, `#` for all
    #[arg(default_value = "#")]
    pub patterns: Vec<String>,
    /// Take from this queue instead of one of our own; what is printed is then gone from it
    #[arg(long, conflicts_with = "patterns")]
    pub from_queue_name: Option<String>,
    /// End after so many
    #[arg(long)]
    pub count: Option<u64>,
}

/// Carries the command out.
pub fn tail(config: &Config, args: TailEvents, out: &mut Out) -> Result<(), CliError> {
    let none = || CliError::Argument("there is no broker: set APP_ENV and RABBITMQ_URL (the embedded mode has none)".to_owned());
    let configured = config.broker.as_ref().ok_or_else(none)?;
    let source = match args.from_queue_name {
        Some(queue) => Source::Queue(queue),
        None => Source::Patterns(args.patterns),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|cause| CliError::failed("no runtime for the connection", cause))?;
    let mut left = args.count.unwrap_or(u64::MAX);
    let mut print = |body: &[u8]| {
        left = left.saturating_sub(1);
        out.live_line(body);
        // Without a reader there is nothing to do.
        !out.is_closed() && left > 0
    };
    let tailed = runtime.block_on(broker::tail(&configured.into(), &source, &mut print));
    tailed.map_err(|cause| CliError::failed("the events cannot be read", cause))
}
