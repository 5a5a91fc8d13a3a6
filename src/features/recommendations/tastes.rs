//! What is known of shoppers who ask: their looks, favourites and purchases, kept for a moment.
//! - T1 No answer waits for the database longer than [`WAIT_MAX`], and at most once a minute for each shopper; who is not known by then gets
//!   what everybody gets.
//! - T2 One task reads, one shopper after the other; more than [`WAITING_MAX`] who wait are not waited for. Memory is bounded: two generations
//!   of shoppers, of which the older one is forgotten when the younger one is full.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use foldhash::fast::RandomState;
use mallcore_actors::ids::UserId;
use mallcore_actors::recommendations::{SIGNALS_MAX, Sign, Signal};
use parking_lot::Mutex;
use tokio::sync::{mpsc, oneshot};

use super::repository;
use crate::features::catalog::visits::Visits;
use crate::features::favorites::repository as favorites;
use crate::platform::database::{Database, Error};
use crate::platform::reads::{ANSWER_WITHIN, Reads};

/// How long an answer waits for somebody who is not known.
const WAIT_MAX: Duration = Duration::from_millis(150);
/// How long what is known stays good.
const KEPT_FOR: Duration = Duration::from_secs(60);
/// Shoppers that are waited for.
const WAITING_MAX: usize = 64;
/// Shoppers of a generation; about 6 KiB each at most.
const GENERATION_MAX: usize = 10_000;

#[derive(Clone)]
struct Known {
    signals: Arc<[Signal]>,
    since: Instant,
}

#[derive(Default)]
struct Generations {
    young: HashMap<UserId, Known, RandomState>,
    old: HashMap<UserId, Known, RandomState>,
}

impl Generations {
    fn get(&mut self, user: UserId) -> Option<Known> {
        if let Some(known) = self.young.get(&user) {
            return Some(known.clone());
        }
        let known = self.old.remove(&user)?;
        self.insert(user, known.clone());
        Some(known)
    }

    fn insert(&mut self, user: UserId, known: Known) {
        if self.young.len() >= GENERATION_MAX {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(user, known);
        debug_assert!(self.young.len() <= GENERATION_MAX && self.old.len() <= GENERATION_MAX, "T2: too many shoppers are known");
    }
}

type Asked = (UserId, oneshot::Sender<Arc<[Signal]>>);

/// What is known of shoppers; cheap to clone.
#[derive(Clone)]
pub(super) struct Tastes {
    known: Arc<Mutex<Generations>>,
    ask: mpsc::Sender<Asked>,
}

/// The other end, for the task that reads.
pub(super) struct Asking(mpsc::Receiver<Asked>);

impl Tastes {
    pub fn new() -> (Self, Asking) {
        let (ask, asked) = mpsc::channel(WAITING_MAX);
        (Self { known: Arc::default(), ask }, Asking(asked))
    }

    /// What is known of a shopper; nothing if it cannot be found out in time.
    pub async fn of(&self, user: UserId) -> Arc<[Signal]> {
        let known = self.known.lock().get(user);
        if let Some(known) = &known
            && known.since.elapsed() < KEPT_FOR
        {
            return Arc::clone(&known.signals);
        }
        let stale = known.map(|known| known.signals).unwrap_or_default();
        let (tell, told) = oneshot::channel();
        if self.ask.try_send((user, tell)).is_err() {
            return stale;
        }
        match tokio::time::timeout(WAIT_MAX, told).await {
            Ok(Ok(signals)) => signals,
            _ => stale,
        }
    }

    /// Notes a purchase of somebody who is known: the database may not have it yet.
    pub fn bought(&self, user: UserId, products: &[u64]) {
        let mut generations = self.known.lock();
        let Some(known) = generations.get(user) else { return };
        let bought = products.iter().map(|product| Signal { product: *product, sign: Sign::Bought, place: 0 });
        let signals = bought.chain(known.signals.iter().copied()).take(SIGNALS_MAX * 4).collect();
        generations.insert(user, Known { signals, ..known });
    }

    /// Reads what is asked for, for ever.
    pub async fn keep_reading(self, mut asking: Asking, reads: Arc<Reads>, visits: Arc<Visits>) {
        while let Some((user, tell)) = asking.0.recv().await {
            match read(user, &reads, &visits).await {
                Ok(signals) => {
                    let signals: Arc<[Signal]> = signals.into();
                    self.known.lock().insert(user, Known { signals: Arc::clone(&signals), since: Instant::now() });
                    // Whoever asked may have gone.
                    drop(tell.send(signals));
                }
                Err(cause) => tracing::debug!("what a shopper may like waits for the database: {cause}"),
            }
        }
    }
}

async fn read(user: UserId, reads: &Reads, visits: &Visits) -> Result<Vec<Signal>, Error> {
    let stored = async |database: &Database| {
        let footprints = favorites::footprints(database, user).await?;
        let kept = favorites::favorites(database, user).await?;
        Ok((footprints, kept, repository::bought(database, user, SIGNALS_MAX as u64).await?))
    };
    let (footprints, kept, bought) = reads.ask(ANSWER_WITHIN, stored).await?;
    let looked = visits.footprints(user, async || Ok(footprints)).await?;
    let of = |sign, products: Vec<u64>| {
        let places = products.into_iter().enumerate().take(SIGNALS_MAX);
        places.map(move |(place, product)| Signal { product, sign, place })
    };
    let bought = of(Sign::Bought, bought);
    let kept = of(Sign::Favourite, kept.iter().map(|favorite| favorite.product).collect());
    let looked = of(Sign::Looked, looked.iter().map(|look| look.product).collect());
    Ok(bought.chain(kept).chain(looked).collect())
}
