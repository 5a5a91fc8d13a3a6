//! Fills the catalogue from the database: everything in bounded chunks, and afterwards rows that have changed.

use std::sync::Arc;

use mallcore_actors::journal::Sequence;

use super::handle::{Catalog, Missed};
use super::repository::{self, CHUNK, Filed};
use super::snapshot::{Change, Snapshot, Taxonomy};
use crate::platform::database::{Database, Error};
use crate::platform::outbox::Topic;
use crate::platform::outbox::ports::Failure;
use crate::shop::reads::{ANSWER_WITHIN, Reads};

/// Loads everything and publishes it; returns the record above which the counts are to be followed.
pub async fn load(catalog: &Catalog, database: &Database) -> Result<Sequence, Error> {
    catalog.begin_loading();
    let mut snapshot = Snapshot::empty(Arc::new(taxonomy(1, repository::filed(database).await?)));
    let (mut changed, mut after, mut from) = (Vec::new(), 0, None::<Sequence>);
    loop {
        let chunk = repository::after(database, after).await?;
        from = Some(from.map_or(chunk.checkpoint, |from| from.min(chunk.checkpoint)));
        let (read, last) = chunk.value;
        changed.extend(read.into_iter().map(|read| catalog.entry(read, chunk.checkpoint, &snapshot.taxonomy, true)));
        match last {
            Some(last) => after = last,
            None => break,
        }
    }
    snapshot = snapshot.next(Change { changed, ..Change::default() });
    let mut missed = catalog.take_missed();
    loop {
        snapshot = caught_up(catalog, database, snapshot, missed).await?;
        match catalog.publish_loaded(snapshot) {
            Ok(()) => break,
            Err(again) => (snapshot, missed) = *again,
        }
    }
    Ok(from.unwrap_or_default())
}

/// What was loaded, with the rows that have changed meanwhile.
async fn caught_up(catalog: &Catalog, database: &Database, mut loaded: Snapshot, missed: Missed) -> Result<Snapshot, Error> {
    if missed.is_taxonomy {
        let taxonomy = Arc::new(taxonomy(loaded.taxonomy.version + 1, repository::filed(database).await?));
        let counted = loaded.products().map(|entry| Arc::new(entry.recounted(&taxonomy))).collect();
        loaded = loaded.next(Change { counted, taxonomy: Some(taxonomy), ..Change::default() });
    }
    let ids: Vec<u64> = missed.products.into_iter().collect();
    for ids in ids.chunks(CHUNK as usize) {
        let chunk = repository::by_ids(database, ids).await?;
        let changed: Vec<_> =
            chunk.value.0.into_iter().map(|read| catalog.entry(read, chunk.checkpoint, &loaded.taxonomy, false)).collect();
        let removed = ids.iter().copied().filter(|id| !changed.iter().any(|entry| entry.product.id.get() == *id)).collect();
        loaded = loaded.next(Change { changed, removed, ..Change::default() });
    }
    Ok(loaded)
}

fn taxonomy(version: u64, filed: Filed) -> Taxonomy {
    let Filed { categories, brands, tags } = filed;
    Taxonomy::new(version, categories, brands, tags)
}

/// Reads changed rows anew and publishes them.
pub async fn renew(catalog: Catalog, reads: Arc<Reads>, topic: Topic, ids: Arc<[u64]>) -> Result<(), Failure> {
    // Before they are read: whoever loads everything reads them after that.
    catalog.miss(topic, &ids);
    let renewed = match topic {
        Topic::Product => products(&catalog, &reads, &ids).await,
        _ => filed(&catalog, &reads, topic, &ids).await,
    };
    match renewed {
        Err(cause) if cause.is_transient() => Err(Failure::Away(cause.to_string())),
        // Asking again would not help, and would hold up what others have changed.
        Err(cause) => {
            tracing::error!("changed rows ({} {ids:?}) cannot be read and stay as they were for shoppers: {cause}", topic.name());
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}

async fn products(catalog: &Catalog, reads: &Reads, ids: &[u64]) -> Result<(), Error> {
    for ids in ids.chunks(CHUNK as usize) {
        let read = reads.ask(ANSWER_WITHIN, async |database| repository::by_ids(database, ids).await).await?;
        let (catalog, ids) = (catalog.clone(), ids.to_vec());
        aside(move || catalog.publish_products(&ids, read.value.0, read.checkpoint)).await;
    }
    Ok(())
}

async fn filed(catalog: &Catalog, reads: &Reads, topic: Topic, ids: &[u64]) -> Result<(), Error> {
    let filed = reads.ask(ANSWER_WITHIN, async |database| repository::filed(database).await).await?;
    let tags = if topic == Topic::Tag { ids.to_vec() } else { Vec::new() };
    let catalog = catalog.clone();
    aside(move || catalog.publish_filed(filed, &tags)).await;
    Ok(())
}

/// Makes a version on a thread that nobody waits on.
async fn aside(publish: impl FnOnce() + Send + 'static) {
    // A panic was told by its hook; the version before it stays.
    drop(tokio::task::spawn_blocking(publish).await);
}

/// Publishes what products count now, as it changes: at most one version in [`PAUSE`].
pub async fn keep_counting(catalog: Catalog) {
    loop {
        let touched = catalog.counters().touched().await;
        let publishing = catalog.clone();
        aside(move || publishing.publish_counts(&touched)).await;
        tokio::time::sleep(PAUSE).await;
    }
}

/// Between two versions that only count: what sells thousands of times a second is rendered forty times.
const PAUSE: std::time::Duration = std::time::Duration::from_millis(25);
