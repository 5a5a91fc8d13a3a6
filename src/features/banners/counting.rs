//! The actor that counts clicks: one task owns the counts, handlers send it clicks and wait for nothing.
//! - K1 A click that counts is in the database within a second, or once it answers again; a stop or crash loses at most that second.
//! - K2 While a batch is written clicks go on being counted; what could not be written is written later, once.
//! - K3 Memory is bounded: the mailbox ([`MAILBOX`]), the clicks that are remembered (C2), and one count for each banner and day.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{BoxFuture, pending};
use mallcore_actors::banners::{Clicked, Clicks, Tally, Visitor};
use mallcore_actors::ids::BannerId;
use mallcore_actors::metrics::CounterFamily;
use mallcore_actors::time::Timestamp;
use tokio::sync::mpsc;

use super::handle::Banners;
use super::repository::{self, DayClicks};
use crate::platform::database::Error;
use crate::platform::reads::{ANSWER_WITHIN, Reads};
use crate::platform::writes::Writes;

static CLICKS_TOTAL: CounterFamily =
    CounterFamily::new("mallcore_banner_clicks_total", "Clicks on banners, counted or repeated within their window.");

/// Clicks that may wait to be counted.
pub const MAILBOX: usize = 8_192;
/// How often what was counted is written.
const WRITE_EVERY: Duration = Duration::from_millis(500);
/// Between two tries to read what was counted before the start.
const AGAIN: Duration = Duration::from_secs(1);

/// A click on a banner that is shown.
#[derive(Debug, Clone, Copy)]
pub struct Click {
    /// The shopper or address that clicked.
    pub visitor: Visitor,
    /// On which banner.
    pub banner: BannerId,
    /// When, by the shop's clock.
    pub at: Timestamp,
}

type Writing = BoxFuture<'static, (Vec<Tally>, Result<Vec<DayClicks>, Error>)>;

fn write(writes: Arc<Writes>, tallies: Vec<Tally>) -> Writing {
    Box::pin(async move {
        let written = writes.write(async |database| repository::add_clicks(database, &tallies).await).await;
        (tallies, written)
    })
}

/// Counts until every sender is gone or the task is dropped.
pub(super) async fn count(banners: Banners, mut mailbox: mpsc::Receiver<Click>, writes: Arc<Writes>) {
    let (mut clicks, mut writing, mut is_failing) = (Clicks::default(), None::<Writing>, false);
    let mut tick = tokio::time::interval(WRITE_EVERY);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let is_idle = writing.is_none();
        let done = async {
            match &mut writing {
                Some(writing) => writing.await,
                None => pending().await,
            }
        };
        tokio::select! {
            click = mailbox.recv() => {
                let Some(Click { visitor, banner, at }) = click else { return };
                let what = match clicks.click(visitor, banner, at) {
                    Clicked::Counted => "counted",
                    Clicked::Repeated => "repeated",
                };
                CLICKS_TOTAL.with(&[("outcome", what)]).increment(1);
            }
            (tallies, written) = done => {
                writing = None;
                match written {
                    Ok(written) => {
                        is_failing = false;
                        banners.note_written(&written);
                    }
                    Err(cause) => {
                        clicks.give_back(&tallies);
                        if !std::mem::replace(&mut is_failing, true) {
                            tracing::warn!("clicks on banners wait for the database: {cause}");
                        }
                    }
                }
            }
            _ = tick.tick(), if is_idle => {
                let tallies = clicks.take();
                if !tallies.is_empty() {
                    writing = Some(write(Arc::clone(&writes), tallies));
                }
            }
        }
    }
}

/// Reads the clicks of today and yesterday once, for whoever shows them; what is written meanwhile is newer.
pub(super) async fn recall(banners: Banners, reads: Arc<Reads>) {
    loop {
        let since = banners.yesterday();
        match reads.ask(ANSWER_WITHIN, async |database| repository::clicks_since(database, since).await).await {
            Ok(clicks) => return banners.note_recalled(&clicks),
            Err(_) => tokio::time::sleep(AGAIN).await,
        }
    }
}
