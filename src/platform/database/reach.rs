//! A pool that can be replaced as a whole.
//! - B1 After a statement that was never answered, connections that lie idle are likely to be dead too: all are replaced at once.
//! - B2 At most two pools exist at a time: the one in use, and one that is being closed. Until that is closed nothing is replaced, and a
//!   connection that fails is replaced alone. So there are never more than twice [`Connections::max`] connections, however long an outage.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arc_swap::ArcSwap;

use super::{Connections, Database, Settings};

/// The way to a database: connects when it is first asked.
pub struct Reach {
    settings: Settings,
    connections: Connections,
    current: ArcSwap<Database>,
    closing: Arc<AtomicBool>,
}

impl Reach {
    /// With so many connections at a time, once more as many while they are replaced.
    pub fn new(settings: Settings, connections: Connections) -> Self {
        let current = ArcSwap::from_pointee(settings.connect_lazily(connections));
        Self { settings, connections, current, closing: Arc::default() }
    }

    /// The pool to use now.
    pub fn current(&self) -> Arc<Database> {
        self.current.load_full()
    }

    /// Replaces the connections of a pool that has not answered, unless somebody else has, or the ones before it are not closed yet. Has to be
    /// called inside a runtime.
    pub fn replace(&self, silent: &Arc<Database>) {
        if self.closing.swap(true, Ordering::AcqRel) {
            return;
        }
        let fresh = Arc::new(self.settings.connect_lazily(self.connections));
        let before = self.current.compare_and_swap(silent, fresh);
        if !Arc::ptr_eq(&before, silent) {
            return self.closing.store(false, Ordering::Release);
        }
        let (silent, closing) = (Arc::clone(silent), Arc::clone(&self.closing));
        tokio::spawn(async move {
            silent.close().await;
            closing.store(false, Ordering::Release);
        });
    }
}
