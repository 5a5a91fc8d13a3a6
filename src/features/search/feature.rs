//! What search brings to the shop: the thread that keeps the index, the task that writes histories, and its routes.

use std::sync::Arc;

use tokio::sync::watch;

use super::handle::Search;
use super::history::History;
use super::{hot, keeper, repository, routes};
use crate::features::catalog::Catalog;
use crate::platform::backoff::Backoff;
use crate::platform::feature::{Feature, FeatureError, Opening};
use crate::platform::http::table::{Pattern, shop};
use crate::platform::reads::ANSWER_WITHIN;
use crate::platform::writes::Writes;

/// The feature. It stands before the catalogue in the list of features: `/products/search` would be a product's id there.
pub const FEATURE: Feature = Feature {
    forgets: &["DELETE FROM search_history WHERE user_id = ?"],
    open,
    ..Feature::of_routes("search", routes::configure, PATTERNS)
};

const PATTERNS: &[Pattern] =
    &[shop("/products/search", "GET"), shop("/search/suggest", "GET"), shop("/search/hot", "GET"), shop("/search/history", "DELETE, GET")];

fn open(opening: &mut Opening<'_>) -> Result<(), FeatureError> {
    let catalog = opening.provided::<Catalog>().ok_or(FeatureError::Handle("Catalog"))?;
    let history = History::new(Writes::behind(opening.runners.database.clone(), opening.nudge()));
    let engine = Arc::clone(opening.engine);
    let search = Search::new(Catalog::clone(&catalog), move || engine.clock().now(), Arc::clone(opening.reads), history);
    let (running, stopped) = watch::channel(());
    keeper::start(search.clone(), Catalog::clone(&catalog), stopped).map_err(FeatureError::Thread)?;
    let writing = search.clone();
    opening.run(async move {
        // Dropped with this task when the shop stops, which ends the keeper's thread.
        let _running = running;
        writing.history().keep_writing(|| writing.refresh_hot()).await;
    });
    opening.run(begin_hot(search.clone()));
    opening.provide(search);
    Ok(())
}

/// Counts what histories say of the last days, once the database answers.
async fn begin_hot(search: Search) {
    let mut backoff = Backoff::default();
    loop {
        let reads = search.reads();
        match reads.ask(ANSWER_WITHIN, async |database| repository::latest_found(database, hot::WORDS_MAX as u64).await).await {
            Ok(searches) => {
                searches.iter().rev().for_each(|searched| search.hot().note(&searched.word, searched.searched_at));
                return;
            }
            Err(cause) if cause.is_transient() => tokio::time::sleep(backoff.next_pause()).await,
            Err(cause) => {
                tracing::warn!("hot words begin with nothing, because the histories cannot be read: {cause}");
                return;
            }
        }
    }
}
