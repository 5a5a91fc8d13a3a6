//! What reconciliation brings to the shop: the task that compares day after day.

use std::path::PathBuf;
use std::sync::Arc;

use mallcore_actors::time::Clock;

use super::daily::{Daily, TICK, keep_reconciling};
use crate::features::payments::{self, Payments};
use crate::platform::config::Config;
use crate::platform::feature::{Feature, FeatureError, Opening};

/// How payments are reconciled.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Where bills are kept.
    pub folder: PathBuf,
    /// The hour of the shop's day from which the day before is compared; none if only people start it.
    pub hour: Option<u8>,
}

impl Settings {
    /// What the configuration says.
    pub fn of(config: &Config) -> Self {
        Self { folder: config.storage.data_dir.join("bills"), hour: Some(config.reconciliation.hour) }
    }
}

/// The bills of WeChat Pay against the books.
pub const FEATURE: Feature = Feature { open, ..Feature::of_routes("reconciliation", |_| (), &[]) };

fn open(opening: &mut Opening<'_>) -> Result<(), FeatureError> {
    let settings = opening.provided::<Settings>().ok_or(FeatureError::Handle("reconciliation::Settings"))?;
    let paying = opening.provided::<payments::Settings>().ok_or(FeatureError::Handle("payments::Settings"))?;
    let payments = opening.provided::<Payments>().ok_or(FeatureError::Handle("Payments"))?;
    if let Some(wechat) = paying.wechat.clone() {
        let (engine, database) = (Arc::clone(opening.engine), opening.runners.database.clone());
        let Settings { folder, hour } = Settings::clone(&settings);
        let now = Box::new(move || Some(engine.clock()).filter(|clock| !clock.frozen()).map(Clock::now));
        opening.run(keep_reconciling(Daily { now, every: TICK, payments, wechat, database, folder, hour }));
    }
    Ok(())
}
