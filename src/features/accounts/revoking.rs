//! Keeps this process's knowledge of revoked tokens complete: from the database at start and again and again, and by messages of the other
//! processes at once. A message that got lost is made up for by the next look at the database.

use std::sync::Arc;
use std::time::Duration;

use mallcore_actors::engine::Engine;
use mallcore_actors::ids::UserId;
use mallcore_actors::time::Timestamp;

use super::repository;
use super::service::Accounts;
use crate::platform::auth::revocations::{KEPT, Revocations};
use crate::platform::backoff::Backoff;
use crate::platform::error_chain;
use crate::platform::http::path::plain_number;
use crate::platform::reads::{ANSWER_WITHIN, Reads};

/// Between two looks at a database that other processes write to.
const LOOK: Duration = Duration::from_secs(5);
/// Between two looks at one that is this process's own: only for forgetting.
const SWEEP: Duration = Duration::from_secs(600);
/// A look goes back beyond the one before by so much: clocks of processes differ, and commits take their time.
const OVERLAP_MILLIS: u64 = 60_000;

impl Accounts {
    /// Tokens of a user below this version no longer count, here and in the other processes.
    pub(super) async fn revoked(&self, user: UserId, version: u32, now: Timestamp) {
        self.verifier.revocations().revoke_below(user, version, now);
        if let Some(channel) = &self.channel
            && let Err(cause) = channel.tell(&format!("{user} {version}")).await
        {
            tracing::warn!("other processes learn of revoked tokens from the database only: {}", error_chain::of(&cause));
        }
    }
}

/// Looks at the database until the task ends.
pub(super) fn keep_known(accounts: &Accounts) -> impl Future<Output = ()> + Send + 'static {
    let (reads, engine) = (Arc::clone(&accounts.reads), Arc::clone(&accounts.engine));
    let revocations = Arc::clone(accounts.verifier.revocations());
    let is_shared = accounts.is_shared;
    async move {
        let (mut since, mut backoff) = (before(engine.clock().now(), KEPT.as_millis() as u64), Backoff::default());
        loop {
            let began = engine.clock().now();
            match look(&reads, &revocations, since).await {
                Ok(()) => {
                    since = before(began, OVERLAP_MILLIS);
                    backoff = Backoff::default();
                    tokio::time::sleep(if is_shared { LOOK } else { SWEEP }).await;
                }
                Err(cause) => {
                    tracing::debug!("revoked tokens cannot be read now: {}", error_chain::of(&cause));
                    tokio::time::sleep(backoff.next_pause()).await;
                }
            }
            sweep(&revocations, &engine);
        }
    }
}

async fn look(reads: &Reads, revocations: &Revocations, since: Timestamp) -> Result<(), crate::platform::database::Error> {
    let ask = async |database: &_| repository::revoked_since(database, since).await;
    for (user, version, at) in reads.ask(ANSWER_WITHIN, ask).await? {
        revocations.revoke_below(user, version, at);
    }
    Ok(())
}

fn sweep(revocations: &Revocations, engine: &Engine) {
    revocations.forget_old(engine.clock().now());
}

fn before(now: Timestamp, millis: u64) -> Timestamp {
    Timestamp::from_millis(now.millis().saturating_sub(millis))
}

/// Listens to the other processes until the task ends; none where there are no others.
pub(super) fn listen(accounts: &Accounts) -> Option<impl Future<Output = ()> + Send + 'static> {
    let channel = accounts.channel.clone()?;
    let (revocations, engine) = (Arc::clone(accounts.verifier.revocations()), Arc::clone(&accounts.engine));
    Some(async move {
        channel
            .listen(|message| match parse(message) {
                Some((user, version)) => revocations.revoke_below(user, version, engine.clock().now()),
                None => tracing::warn!("a message of the channel of revoked tokens cannot be read"),
            })
            .await;
    })
}

fn parse(message: &str) -> Option<(UserId, u32)> {
    let (user, version) = message.split_once(' ')?;
    Some((UserId::new(plain_number(user)?).ok()?, u32::try_from(plain_number(version)?).ok()?))
}
