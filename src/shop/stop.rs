//! The end: relay, timers and actors first, so that nothing new is queued; then the keeper of snapshots and the projection,
//! with a bounded time; the journal last.

use std::time::Duration;

use super::Shop;

impl Shop {
    /// Stops everything. Whatever the projection cannot finish within this time is in the journal, for the next start.
    pub async fn stop(&self, projection_within: Duration) {
        let Some(running) = self.0.running.lock().take() else { return };
        for task in &running.tasks {
            task.abort();
        }
        drop(running.deadlines);
        running.timers.stop();
        // A thread that panicked has been reported by its actor.
        drop(tokio::task::spawn_blocking(move || running.timers.join()).await);
        let keeper = running.keeper;
        drop(tokio::task::spawn_blocking(move || keeper.stop()).await);
        let broker = async {
            if let Some(broker) = running.broker {
                broker.stop(projection_within).await;
            }
        };
        let features = crate::platform::feature::stop_all(running.projectors, projection_within);
        let (checkpoint, (), ()) = tokio::join!(running.projector.stop(projection_within), broker, features);
        let flusher = running.flusher;
        drop(tokio::task::spawn_blocking(move || drop(flusher)).await);
        running.data_folder.close().await;
        self.0.journal.close();
        tracing::info!("stopped: the database has records up to {checkpoint}");
    }
}
