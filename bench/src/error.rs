//! What ends a subcommand without a verdict.

use std::process::ExitCode;

use crate::load::LoadError;
use crate::load::shoppers::TokensError;

/// A check was made, and this is what came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// What was checked holds.
    Holds,
    /// It does not; the lines printed say why.
    Broken,
}

impl Verdict {
    /// `Holds` when `holds`.
    pub const fn of(holds: bool) -> Self {
        if holds { Self::Holds } else { Self::Broken }
    }

    /// 0 or 1; failures to check at all exit with 2.
    pub fn exit_code(self) -> ExitCode {
        ExitCode::from(match self {
            Self::Holds => 0,
            Self::Broken => 1,
        })
    }
}

/// The check could not be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The load generator.
    #[error("{}", chain(.0))]
    Load(#[from] LoadError),
    /// Tokens could not be made or read.
    #[error("{}", chain(.0))]
    Tokens(#[from] TokensError),
    /// A file, a process or a socket.
    #[error("failed to {attempt}: {cause}")]
    Io {
        /// What was attempted.
        attempt: String,
        /// Why it failed.
        #[source]
        cause: std::io::Error,
    },
    /// A statement of SQL failed.
    #[error("the database refused: {0}")]
    Database(#[from] sqlx::Error),
    /// RabbitMQ refused or went away.
    #[error("the broker refused: {0}")]
    Broker(#[from] lapin::Error),
    /// The server, or what it was asked, is not as it should be.
    #[error("{0}")]
    Unexpected(String),
}

/// Names what was attempted when an I/O call fails.
pub trait Attempt<T> {
    /// `attempt` reads on after "failed to".
    fn attempt(self, attempt: impl FnOnce() -> String) -> Result<T, Error>;
}

impl<T> Attempt<T> for std::io::Result<T> {
    fn attempt(self, attempt: impl FnOnce() -> String) -> Result<T, Error> {
        self.map_err(|cause| Error::Io { attempt: attempt(), cause })
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
