//! The catalogue as handlers ask for it: reads of the database, bounded in time.

use std::sync::Arc;

use super::{ProductQuery, ProductView};
use crate::platform::page::Page;
use crate::platform::reads::{ANSWER_WITHIN, Reads, StoreError};

/// The products on sale.
pub struct Catalog {
    reads: Arc<Reads>,
}

impl Catalog {
    pub(super) fn new(reads: Arc<Reads>) -> Self {
        Self { reads }
    }

    /// A page of the catalogue.
    ///
    /// # Errors
    /// [`StoreError`] if the database does not answer.
    pub async fn products(&self, query: ProductQuery) -> Result<Page<ProductView>, StoreError> {
        Ok(self.reads.ask(ANSWER_WITHIN, async |database| super::products(database, query).await).await?)
    }

    /// One product; none if there is none on sale with this id.
    ///
    /// # Errors
    /// [`StoreError`] if the database does not answer.
    pub async fn product(&self, id: u64) -> Result<Option<ProductView>, StoreError> {
        Ok(self.reads.ask(ANSWER_WITHIN, async |database| super::product(database, id).await).await?)
    }
}
