//! Who carries parcels: the table `carriers`, and a copy of it for those who show parcels.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::platform::database::{Database, Error, Row};
use crate::platform::error_chain;
use crate::platform::reads::{ANSWER_WITHIN, Reads};

/// Stands for a carrier where the shopper picks the goods up.
pub const PICK_UP: &str = "PICKUP";
/// Carriers that are read, at most.
const CARRIERS_MAX: u64 = 1_000;
/// The table is read anew after this time: a person changes it by hand.
const FRESH: Duration = Duration::from_secs(30);

/// A carrier, as the shop knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownCarrier {
    /// The shop's code for it.
    pub code: String,
    /// Its name for shoppers.
    pub name: String,
    /// Its id in WeChat's list of carriers.
    pub wechat_id: Option<String>,
    /// Its code at 快递100.
    pub kuaidi100_code: Option<String>,
    /// Whether it tells where a parcel is to those only who know the receiver's phone.
    pub needs_phone: bool,
    /// Whether parcels can be given to it.
    pub is_in_use: bool,
}

/// Carriers by code.
pub type ByCode = HashMap<String, KnownCarrier>;

fn carrier(row: &Row) -> Result<KnownCarrier, Error> {
    Ok(KnownCarrier {
        code: row.text(0)?,
        name: row.text(1)?,
        wechat_id: row.text_or_null(2)?,
        kuaidi100_code: row.text_or_null(3)?,
        needs_phone: row.flag(4)?,
        is_in_use: row.flag(5)?,
    })
}

/// All carriers in their order.
pub async fn all(database: &Database) -> Result<Vec<KnownCarrier>, Error> {
    let mut tx = database.snapshot().await?;
    let text = "SELECT code, name, wechat_id, kuaidi100_code, needs_phone, status FROM carriers ORDER BY sort_order, code LIMIT ?";
    let rows = tx.all(text, vec![CARRIERS_MAX.into()]).await?;
    tx.commit().await?;
    rows.iter().map(carrier).collect()
}

/// The same by code.
pub async fn by_code(database: &Database) -> Result<ByCode, Error> {
    Ok(all(database).await?.into_iter().map(|carrier| (carrier.code.clone(), carrier)).collect())
}

/// A copy of the table.
pub(super) struct Carriers {
    reads: Arc<Reads>,
    kept: Mutex<Option<(Arc<ByCode>, Instant)>>,
}

impl Carriers {
    pub fn new(reads: Arc<Reads>) -> Self {
        Self { reads, kept: Mutex::default() }
    }

    /// The carriers as they were some seconds ago; none while nobody could read them.
    pub async fn by_code(&self) -> Arc<ByCode> {
        let kept = self.kept.lock().clone();
        if let Some((carriers, read_at)) = &kept
            && read_at.elapsed() < FRESH
        {
            return Arc::clone(carriers);
        }
        match self.reads.ask(ANSWER_WITHIN, by_code).await {
            Ok(carriers) => {
                let carriers = Arc::new(carriers);
                *self.kept.lock() = Some((Arc::clone(&carriers), Instant::now()));
                carriers
            }
            Err(error) => {
                tracing::debug!("the carriers cannot be read: {}", error_chain::of(&error));
                kept.map(|(carriers, _)| carriers).unwrap_or_default()
            }
        }
    }
}
