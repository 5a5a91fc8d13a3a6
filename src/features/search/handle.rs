//! Search as handlers ask it.
//! - A1 A search runs on a thread of its own, at most [`RUNNING_MAX`] at a time: a worker that serves purchases is never held up. At most
//!   [`ADMITTED_MAX`] wait or run; the next one is told `busy`.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Instant;

use arc_swap::ArcSwapOption;
use mallcore_actors::ids::UserId;
use mallcore_actors::refusal::Unavailable;
use mallcore_actors::time::Timestamp;
use tokio::sync::Semaphore;

use super::history::History;
use super::hot::{Hot, Shown};
use super::index::Index;
use super::metrics;
use super::question::Question;
use super::ranking::{Found, Wanted};
use super::suggest::{Kind, Phrase, Prefixes};
use super::words::folded;
use crate::features::catalog::Catalog;
use crate::features::catalog::snapshot::Snapshot;
use crate::platform::reads::Reads;

/// Searches at a time.
const RUNNING_MAX: usize = 2;
/// Searches that run or wait.
const ADMITTED_MAX: usize = 64;
/// Suggestions of an answer.
pub const SUGGESTIONS_MAX: usize = 10;
/// Hot words among them, at most; the same for categories and brands.
const OF_A_KIND_MAX: usize = 3;
/// Names that are looked at to suggest [`SUGGESTIONS_MAX`]: some have changed meanwhile, or are the same.
const NAMES_LOOKED_AT: usize = 40;

/// What the keeper publishes.
pub struct Published {
    /// The index of words.
    pub index: Index,
    /// Names of categories and brands.
    pub filed: Arc<Prefixes>,
    /// Names of products, some of which have changed since.
    pub names: Arc<Prefixes>,
    /// The names of those that have changed.
    pub new_names: Arc<Prefixes>,
}

/// Search; cheap to clone.
#[derive(Clone)]
pub struct Search(Arc<Inner>);

struct Inner {
    catalog: Catalog,
    now: Box<dyn Fn() -> Timestamp + Send + Sync>,
    reads: Arc<Reads>,
    /// None until the index is built.
    published: ArcSwapOption<Published>,
    admitted: Arc<Semaphore>,
    running: Arc<Semaphore>,
    hot: Hot,
    history: History,
}

/// Why a search has no answer.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// The index is not built yet, or too many search.
    #[error("search is not available: {0:?}")]
    Unavailable(Unavailable),
    /// The index failed, or a bug of ours ended the search.
    #[error("failed to search the index: {0}")]
    Failed(String),
}

impl Search {
    /// `now` tells the shop's time.
    pub(super) fn new(catalog: Catalog, now: impl Fn() -> Timestamp + Send + Sync + 'static, reads: Arc<Reads>, history: History) -> Self {
        let [admitted, running] = [ADMITTED_MAX, RUNNING_MAX].map(|permits| Arc::new(Semaphore::new(permits)));
        let (now, published, hot) = (Box::new(now), ArcSwapOption::empty(), Hot::default());
        Self(Arc::new(Inner { catalog, now, reads, published, admitted, running, hot, history }))
    }

    /// Publishes what is searched from now on; says whether it is the first.
    pub(super) fn publish(&self, published: Published) -> bool {
        self.0.published.swap(Some(Arc::new(published))).is_none()
    }

    fn published(&self) -> Result<Arc<Published>, Unavailable> {
        self.0.published.load_full().ok_or(Unavailable::Warming)
    }

    /// Whether the index is built.
    pub fn is_ready(&self) -> bool {
        self.0.published.load().is_some()
    }

    /// The catalogue, for the cards of what was found.
    pub(super) fn catalog(&self) -> &Catalog {
        &self.0.catalog
    }

    /// The database, for histories.
    pub(super) fn reads(&self) -> &Reads {
        &self.0.reads
    }

    /// Histories of shoppers.
    pub(super) fn history(&self) -> &History {
        &self.0.history
    }

    /// The hot words.
    pub(super) fn hot(&self) -> &Hot {
        &self.0.hot
    }

    /// What was shown as hot last.
    pub(super) fn shown(&self) -> Arc<Shown> {
        self.0.hot.shown()
    }

    /// Finds a page of products.
    ///
    /// # Errors
    /// [`FindError::Unavailable`] as `Warming` until the index is built, and as `Busy` while too many search.
    pub(super) async fn find(&self, question: Question, wanted: Wanted) -> Result<Found, FindError> {
        let began = Instant::now();
        let admitted = Arc::clone(&self.0.admitted).try_acquire_owned().map_err(|_| {
            metrics::BUSY_TOTAL.get().increment(1);
            FindError::Unavailable(Unavailable::Busy)
        })?;
        // Never closed.
        let running = Arc::clone(&self.0.running).acquire_owned().await.map_err(|closed| FindError::Failed(closed.to_string()))?;
        let published = self.published().map_err(FindError::Unavailable)?;
        let search = move || {
            // Held until the search ends, also if its client has hung up.
            let _permits = (admitted, running);
            published.index.find(&question, wanted)
        };
        let found = tokio::task::spawn_blocking(search).await.map_err(|panicked| FindError::Failed(panicked.to_string()))?;
        metrics::SEARCH_SECONDS.get().record(began.elapsed().as_secs_f64());
        found.map_err(|cause| FindError::Failed(cause.to_string()))
    }

    /// Nobody else is admitted while these are held.
    #[cfg(test)]
    pub(super) fn take_all_places(&self) -> impl Sized {
        Arc::clone(&self.0.admitted).try_acquire_many_owned(ADMITTED_MAX as u32)
    }

    /// Notes a search of somebody, for hot words and, if they are logged in, for their history.
    pub(super) fn note(&self, user: Option<UserId>, word: &str, has_found: bool) {
        let now = (self.0.now)();
        if has_found {
            self.0.hot.note(word, now);
        }
        if let Some(user) = user {
            self.0.history.note(user, word, has_found, now);
        }
    }

    /// Shows the hot words as they are counted by now.
    pub(super) fn refresh_hot(&self) {
        self.0.hot.refresh((self.0.now)());
    }

    /// What somebody may be typing: hot words first, then categories and brands, then products that sell.
    ///
    /// # Errors
    /// [`Unavailable::Warming`] until the index is built.
    pub(super) fn suggest(&self, typed: &str) -> Result<Vec<Phrase>, Unavailable> {
        let (published, snapshot, hot) = (self.published()?, self.0.catalog.current()?, self.0.hot.shown());
        let prefix = folded(typed);
        let mut suggestions: Vec<Phrase> = Vec::with_capacity(SUGGESTIONS_MAX);
        let mut known = HashSet::new();
        let few = hot.suggested.find(&prefix, OF_A_KIND_MAX).chain(published.filed.find(&prefix, OF_A_KIND_MAX));
        let names = published.new_names.find(&prefix, NAMES_LOOKED_AT).chain(published.names.find(&prefix, NAMES_LOOKED_AT));
        for phrase in few.chain(names.filter(|phrase| is_current(phrase, &snapshot))) {
            if suggestions.len() < SUGGESTIONS_MAX && known.insert(folded(&phrase.text)) {
                suggestions.push(phrase.clone());
            }
        }
        Ok(suggestions)
    }
}

/// Whether the product still has this name, and is on the shelf.
fn is_current(phrase: &Phrase, snapshot: &Snapshot) -> bool {
    match phrase.kind {
        Kind::Product(id) => snapshot.product(id).is_some_and(|entry| entry.product.on_sale && *entry.product.name == *phrase.text),
        Kind::Hot | Kind::Category | Kind::Brand => true,
    }
}
