//! Who looked at what: views of products and footprints of shoppers, noted in memory and written behind.
//! - V1 A look costs no write and waits for nothing. It is in the database half a second later; a stop or crash loses at most that.
//! - V2 What could not be written is written later. Views add up; footprints beyond [`FOOTPRINTS_WAITING_MAX`] are not kept, and counted.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use foldhash::fast::RandomState;
use mallcore_actors::engine::Engine;
use mallcore_actors::ids::UserId;
use mallcore_actors::metrics::CounterFamily;
use mallcore_actors::time::Timestamp;
use parking_lot::Mutex;

use crate::platform::database::{Column, Database, Error, Row, Rows, Tx, chunks};
use crate::platform::writes::Writes;

static DROPPED_TOTAL: CounterFamily =
    CounterFamily::new("mallcore_catalog_footprints_dropped_total", "Looks of shoppers that were not kept, because too many waited.");

/// Footprints that a shopper keeps.
pub const FOOTPRINTS_MAX: u64 = 100;
/// Footprints that wait for the database, at most.
const FOOTPRINTS_WAITING_MAX: usize = 100_000;
/// How often what waits is written.
const WRITE_EVERY: Duration = Duration::from_millis(500);

/// A shopper's look at a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Footprint {
    /// When they looked last.
    pub viewed_at: Timestamp,
    /// Id of the product.
    pub product: u64,
}

/// What waits to be written.
#[derive(Default)]
struct Waiting {
    views: BTreeMap<u64, u64>,
    footprints: HashMap<(UserId, u64), Timestamp, RandomState>,
}

impl Waiting {
    fn of(&self, user: UserId) -> Vec<Footprint> {
        let its = self.footprints.iter().filter(|((of, _), _)| *of == user);
        its.map(|((_, product), viewed_at)| Footprint { viewed_at: *viewed_at, product: *product }).collect()
    }
}

/// The looks of this process; cheap to clone.
#[derive(Clone)]
pub struct Visits(Arc<Inner>);

struct Inner {
    engine: Arc<Engine>,
    writes: Writes,
    waiting: Mutex<Waiting>,
    /// What is being written: in neither place a look would be invisible for a moment.
    written: Mutex<Arc<Waiting>>,
    /// Held while looks are written, or forgotten: what was forgotten is not written afterwards.
    writing: tokio::sync::Mutex<()>,
}

impl Visits {
    pub(super) fn new(engine: Arc<Engine>, writes: Writes) -> Self {
        let (waiting, written, writing) = (Mutex::default(), Mutex::default(), tokio::sync::Mutex::default());
        Self(Arc::new(Inner { engine, writes, waiting, written, writing }))
    }

    /// Notes a look at a product.
    pub fn look(&self, product: u64, user: Option<UserId>) {
        let now = self.0.engine.clock().now();
        let mut waiting = self.0.waiting.lock();
        *waiting.views.entry(product).or_default() += 1;
        let Some(user) = user else { return };
        if waiting.footprints.len() < FOOTPRINTS_WAITING_MAX || waiting.footprints.contains_key(&(user, product)) {
            waiting.footprints.insert((user, product), now);
        } else {
            DROPPED_TOTAL.get().increment(1);
        }
    }

    /// A shopper's footprints, newest first, with those that are not written yet.
    pub async fn footprints(
        &self,
        user: UserId,
        stored: impl AsyncFnOnce() -> Result<Vec<Footprint>, Error>,
    ) -> Result<Vec<Footprint>, Error> {
        // Memory first: what is no longer there is in the database by the time that it is asked.
        let mut recent = self.0.waiting.lock().of(user);
        recent.extend(self.0.written.lock().of(user));
        let mut latest: BTreeMap<u64, Timestamp> = stored().await?.into_iter().map(|look| (look.product, look.viewed_at)).collect();
        for look in recent {
            let at = latest.entry(look.product).or_insert(look.viewed_at);
            *at = look.viewed_at.max(*at);
        }
        let mut footprints: Vec<_> = latest.into_iter().map(|(product, viewed_at)| Footprint { viewed_at, product }).collect();
        footprints.sort_by(|one, other| other.cmp(one));
        footprints.truncate(FOOTPRINTS_MAX as usize);
        Ok(footprints)
    }

    /// Forgets all footprints of a shopper.
    pub async fn forget(&self, user: UserId) -> Result<(), Error> {
        let _writing = self.0.writing.lock().await;
        self.0.waiting.lock().footprints.retain(|(of, _), _| *of != user);
        self.0
            .writes
            .write(async |database| {
                let mut tx = database.begin().await?;
                tx.execute("DELETE FROM footprints WHERE user_id = ?", vec![user.get().into()]).await?;
                tx.commit().await
            })
            .await
    }

    /// Writes what waits, now and again.
    pub(super) async fn keep_writing(self) {
        let mut is_failing = false;
        loop {
            tokio::time::sleep(WRITE_EVERY).await;
            match self.flush().await {
                Ok(()) => is_failing = false,
                Err(cause) if !std::mem::replace(&mut is_failing, true) => {
                    tracing::warn!("views and footprints wait for the database: {cause}");
                }
                Err(_) => {}
            }
        }
    }

    async fn flush(&self) -> Result<(), Error> {
        let _writing = self.0.writing.lock().await;
        let taken = {
            let mut waiting = self.0.waiting.lock();
            let taken = Arc::new(std::mem::take(&mut *waiting));
            *self.0.written.lock() = Arc::clone(&taken);
            taken
        };
        if taken.views.is_empty() && taken.footprints.is_empty() {
            return Ok(());
        }
        let written = self.0.writes.write(async |database| write(database, &taken).await).await;
        let mut waiting = self.0.waiting.lock();
        if written.is_err() {
            for (product, views) in &taken.views {
                *waiting.views.entry(*product).or_default() += views;
            }
            for (look, at) in &taken.footprints {
                waiting.footprints.entry(*look).or_insert(*at);
            }
        }
        *self.0.written.lock() = Arc::default();
        written
    }
}

async fn write(database: &Database, looks: &Waiting) -> Result<(), Error> {
    let mut tx = database.begin().await?;
    let views: Vec<_> = looks.views.iter().collect();
    for chunk in chunks(&views) {
        let values = chunk.iter().flat_map(|(product, views)| [(**product).into(), (**views).into()]).collect();
        let columns = ["id", "views"].map(Column::Int);
        let change = [("view_count", "t.view_count + n.views")];
        tx.execute(Rows::update(tx.engine(), "products", &columns, &change, "t.id = n.id", chunk.len()), values).await?;
    }
    // In the order of the key, so that two writers wait for each other and never in a circle.
    let mut footprints: Vec<_> = looks.footprints.iter().collect();
    footprints.sort_unstable();
    let columns = ["user_id", "product_id", "viewed_at"];
    for chunk in chunks(&footprints) {
        let values = chunk.iter().flat_map(|((user, product), at)| [user.get().into(), (*product).into(), (**at).into()]).collect();
        let text = Rows::upsert(tx.engine(), "footprints", &["user_id", "product_id"], &columns, &["viewed_at"], chunk.len());
        tx.execute(text, values).await?;
    }
    let users: BTreeSet<UserId> = footprints.iter().map(|((user, _), _)| *user).collect();
    trim(&mut tx, &users.into_iter().collect::<Vec<_>>()).await?;
    tx.commit().await
}

/// Removes what is beyond the last [`FOOTPRINTS_MAX`] of these shoppers.
async fn trim(tx: &mut Tx, users: &[UserId]) -> Result<(), Error> {
    for chunk in chunks(users) {
        let text = format!(
            "SELECT user_id, product_id FROM (SELECT user_id, product_id, ROW_NUMBER() OVER \
             (PARTITION BY user_id ORDER BY viewed_at DESC, product_id DESC) AS place FROM footprints WHERE user_id IN ({})) AS placed \
             WHERE place > {FOOTPRINTS_MAX}",
            Rows::places(chunk.len())
        );
        let rows = tx.all(text, chunk.iter().map(|user| user.get().into()).collect()).await?;
        let beyond = rows.iter().map(|row: &Row| Ok((row.count(0)?, row.count(1)?))).collect::<Result<Vec<_>, Error>>()?;
        for (user, product) in beyond {
            tx.execute("DELETE FROM footprints WHERE user_id = ? AND product_id = ?", vec![user.into(), product.into()]).await?;
        }
    }
    Ok(())
}
