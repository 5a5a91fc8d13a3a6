//! The database as handlers and actors read it: bounded in time, and reached again by itself after an outage.
//! - E1 Nobody waits longer than this for a database that does not answer: it is unavailable then.
//! - E2 A connection cut off in the middle of a statement never comes back, so after a time-out all of them are replaced; their number
//!   stays bounded (`database::Reach`).

use std::time::Duration;

use crate::platform::database::{Connections, Database, Error, Reach, Settings};

/// For a list or a detail that a client waits for.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(3);
/// For a SKU with all its buyers.
pub const LOAD_WITHIN: Duration = Duration::from_secs(60);

/// The database did not answer.
#[derive(Debug, thiserror::Error)]
#[error("the database did not answer")]
pub struct StoreError(#[from] Error);

/// The readers' connections.
pub struct Reads(Reach);

impl Reads {
    /// Connects when it is first asked.
    pub fn new(settings: Settings) -> Self {
        Self(Reach::new(settings, CONNECTIONS))
    }

    /// Asks, and gives up after a while.
    pub async fn ask<T>(&self, within: Duration, question: impl AsyncFnOnce(&Database) -> Result<T, Error>) -> Result<T, Error> {
        let database = self.0.current();
        match tokio::time::timeout(within, question(&database)).await {
            Ok(answer) => answer,
            Err(_) => {
                self.0.replace(&database);
                Err(Error::timed_out())
            }
        }
    }
}

/// A missing connection is told, with its reason, before the one who asked gives up.
const CONNECTIONS: Connections =
    Connections { wait_max: Duration::from_millis(2_500), statement_max: Some(LOAD_WITHIN), ..Connections::READ };
