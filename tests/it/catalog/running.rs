//! A shop over a database of its own, with actors, journal, projection, relay and catalogue.

use std::sync::Arc;
use std::time::Duration;

use mallcore::features::catalog::Catalog;
use mallcore::features::catalog::snapshot::Entry;
use mallcore::platform::config::Config;
use mallcore::shop::{Plan, Shop};

use crate::api::app::until;
use crate::database::scratch::Scratch;

pub struct Running {
    pub shop: Shop,
    pub scratch: Scratch,
    pub catalog: Arc<Catalog>,
    folder: tempfile::TempDir,
}

impl Running {
    /// Opens a shop over these rows, and waits until its catalogue is loaded.
    pub async fn open(scratch: Scratch) -> Self {
        Self::over(scratch, tempfile::tempdir().unwrap()).await
    }

    async fn over(scratch: Scratch, folder: tempfile::TempDir) -> Self {
        let mut config = Config::embedded(folder.path()).unwrap();
        config.journal.segment_bytes = 1 << 20;
        let plan = Plan { database: scratch.settings.clone(), ..Plan::of(&config) };
        let shop = Shop::open(plan).await.unwrap();
        shop.adopt_this_thread();
        shop.begin().await.unwrap();
        let catalog = shop.provided::<Catalog>().unwrap();
        until("the catalogue is loaded", async || catalog.current().is_ok()).await;
        Self { shop, scratch, catalog, folder }
    }

    /// As after `kill -9`: nothing is written any more, whoever is behind, and another shop begins with the rows and the journal as they are.
    pub async fn killed_and_restarted(self) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("journal")).unwrap();
        self.shop.stop(Duration::ZERO).await;
        for entry in std::fs::read_dir(self.folder.path().join("journal")).unwrap() {
            let entry = entry.unwrap();
            std::fs::copy(entry.path(), folder.path().join("journal").join(entry.file_name())).unwrap();
        }
        Self::over(self.scratch, folder).await
    }

    pub async fn stop(&self) {
        self.shop.stop(Duration::from_secs(60)).await;
    }

    /// A product once it is as wanted.
    pub async fn shows(&self, what: &str, product: u64, is_so: impl Fn(&Entry) -> bool) {
        until(what, async || self.catalog.product(product).is_some_and(|entry| is_so(&entry))).await;
    }
}
