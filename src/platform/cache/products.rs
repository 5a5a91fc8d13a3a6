//! `product:{id}`.

use std::sync::LazyLock;
use std::time::Duration;

use ::redis::Script;
use rand::Rng;
use serde::Serialize;
use tokio::task::JoinHandle;

use super::metrics::{DROPPED_TOTAL, KIND, WRITTEN_TOTAL};
use super::repository::{self, Row};
use crate::platform::database::{self, Database};
use crate::platform::redis::{Condition, Error, Link};

/// Products of one script call and of one statement.
const BATCH: u32 = 200;
/// Between batches, so that warming a large catalogue holds up neither server.
const BREATH: Duration = Duration::from_millis(5);

/// When the database could not be read.
const AGAIN: Duration = Duration::from_secs(10);

/// The key of a product.
pub fn product_key(id: u64) -> String {
    format!("product:{id}")
}

static WRITE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("write.lua")));

/// A product as it lies in Redis. The version has to be first: `write.lua` reads it there.
#[derive(Serialize)]
struct Cached {
    version: u64,
    id: u64,
    on_sale: bool,
    /// What there is to know of it while it is on the shelf.
    #[serde(flatten)]
    shown: Option<Shown>,
}

#[derive(Serialize)]
struct Shown {
    name: String,
    description: String,
    category_id: Option<u64>,
    image: Option<String>,
    price_fen: u64,
    skus: Vec<Sku>,
}

#[derive(Serialize)]
struct Sku {
    id: u64,
    spec: String,
    price_fen: u64,
}

/// Why products are not in Redis as they are in the database. The same may be tried again.
#[derive(Debug, thiserror::Error)]
pub enum NotWritten {
    /// They could not be read.
    #[error("the database cannot be read")]
    Database(#[from] database::Error),
    /// Redis was not asked.
    #[error("redis is not used: {0}")]
    Condition(Condition),
    /// Redis was asked, and did not take them.
    #[error(transparent)]
    Redis(Error),
}

/// The writer; cheap to clone.
#[derive(Clone)]
pub struct Products {
    link: Link,
    database: Database,
    lives: Duration,
}

impl Products {
    /// Of this database, over this link. A value lives so long, and up to a fifth longer, so that not all end at once.
    pub const fn new(link: Link, database: Database, lives: Duration) -> Self {
        Self { link, database, lives }
    }

    /// Writes everything now, again at half of the values' lives, and whenever Redis comes back; until the task is dropped.
    pub fn start(&self) -> JoinHandle<()> {
        tokio::spawn(self.clone().keep())
    }

    async fn keep(self) {
        let mut condition = self.link.condition();
        loop {
            // It ends with the link, of which this holds one.
            if condition.wait_for(|condition| *condition == Condition::Serving).await.is_err() {
                return;
            }
            let warmed = self.warm().await;
            if let Err(NotWritten::Database(error)) = &warmed {
                tracing::warn!(%error, "the caches cannot be filled from the database; they are tried again");
            }
            let again = if warmed.is_ok() { self.lives / 2 } else { AGAIN };
            // Not whether it serves, but whether that has changed: it may be away and back between two looks.
            let _ = tokio::time::timeout(again, condition.changed()).await;
        }
    }

    /// Writes all products. Ends at the first that Redis does not take: once it takes writes again, all are written again.
    pub async fn warm(&self) -> Result<(), NotWritten> {
        let mut after = 0;
        loop {
            let rows = repository::after(&self.database, after, BATCH).await?;
            let Some(last) = rows.last() else { return Ok(()) };
            after = last.id;
            self.write(rows).await?;
            tokio::time::sleep(BREATH).await;
        }
    }

    /// Brings one product up to date with the database. Without Redis the database is not asked.
    pub async fn refresh(&self, id: u64) -> Result<(), NotWritten> {
        let condition = self.link.condition().borrow().clone();
        if condition != Condition::Serving {
            DROPPED_TOTAL.with(&[(KIND, "product")]).increment(1);
            return Err(NotWritten::Condition(condition));
        }
        match repository::one(&self.database, id).await? {
            Some(row) => self.write(vec![row]).await,
            None => Ok(()),
        }
    }

    async fn write(&self, rows: Vec<Row>) -> Result<(), NotWritten> {
        let count = rows.len() as u64;
        let mut call = WRITE.prepare_invoke();
        for row in rows {
            call.key(product_key(row.id)).arg(row.version).arg(self.lives_millis());
            call.arg(json(&Cached::from(row)));
        }
        let written: Result<u64, Error> = self.link.invoke(&call).await;
        note("product", count, written)
    }

    fn lives_millis(&self) -> u64 {
        let millis = u64::try_from(self.lives.as_millis()).unwrap_or(u64::MAX / 2);
        millis + rand::rng().random_range(0..=millis / 5)
    }
}

fn json(value: &impl Serialize) -> String {
    // Plain structures of text and numbers have no way to fail.
    serde_json::to_string(value).unwrap_or_default()
}

/// Not logged: that Redis is away or refuses is said by the link, and otherwise by whoever asked.
fn note<T>(kind: &'static str, count: u64, written: Result<T, Error>) -> Result<(), NotWritten> {
    let metric = if written.is_ok() { &WRITTEN_TOTAL } else { &DROPPED_TOTAL };
    metric.with(&[(KIND, kind)]).increment(count);
    written.map(drop).map_err(NotWritten::Redis)
}

impl From<Row> for Cached {
    fn from(row: Row) -> Self {
        // A list that cannot be read shows no picture; the product is sold all the same.
        let images = row.images.and_then(|images| serde_json::from_str::<Vec<String>>(&images).ok()).unwrap_or_default();
        let shown = row.on_sale.then(|| Shown {
            name: row.name,
            description: row.description.unwrap_or_default(),
            category_id: row.category,
            image: images.into_iter().next(),
            price_fen: row.skus.iter().map(|(_, _, price)| *price).min().unwrap_or(row.price_fen),
            skus: row.skus.into_iter().map(|(id, spec, price_fen)| Sku { id, spec, price_fen }).collect(),
        });
        Self { version: row.version, id: row.id, on_sale: row.on_sale, shown }
    }
}
