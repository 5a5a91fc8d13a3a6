//! Keeps what is shown up to date: rows that were changed are read anew, windows begin and end by the clock.

use std::sync::Arc;
use std::time::Duration;

use super::handle::Banners;
use super::repository;
use crate::platform::database::Error;
use crate::platform::outbox::ports::Failure;
use crate::platform::reads::{ANSWER_WITHIN, Reads};

/// The longest sleep: clocks are set right now and again.
const LOOK: Duration = Duration::from_secs(30);

/// One reading after another: what was read first is never published last.
pub(super) type Turn = Arc<tokio::sync::Mutex<()>>;

async fn read(banners: &Banners, reads: &Reads, turn: &Turn) -> Result<(), Error> {
    let _turn = turn.lock().await;
    let now = banners.now();
    let read = reads.ask(ANSWER_WITHIN, async |database| repository::coming(database, now).await).await?;
    banners.load(read);
    Ok(())
}

/// Reads the banners anew, because one of them was changed.
pub(super) async fn renew(banners: Banners, reads: Arc<Reads>, turn: Turn) -> Result<(), Failure> {
    match read(&banners, &reads, &turn).await {
        Err(cause) if cause.is_transient() => Err(Failure::Away(cause.to_string())),
        // Asking again would not help, and would hold up what others have changed.
        Err(cause) => {
            tracing::error!("changed banners cannot be read and stay as they were for shoppers: {cause}");
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}

/// Loads the banners, then publishes whenever a window begins or ends, until the task is dropped.
pub(super) async fn keep(banners: Banners, reads: Arc<Reads>, turn: Turn) {
    let mut pause = Duration::from_millis(100);
    while let Err(cause) = read(&banners, &reads, &turn).await {
        tracing::warn!("the banners cannot be read; they are tried again in {pause:?}: {cause}");
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LOOK);
    }
    loop {
        let turns_at = banners.publish();
        let wait = turns_at.map_or(LOOK, |at| Duration::from_millis(at.millis_since(banners.now()).max(1)).min(LOOK));
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = banners.reloaded() => {}
        }
    }
}
