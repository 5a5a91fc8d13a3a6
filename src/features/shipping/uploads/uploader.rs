//! The task that tells WeChat: takes the order whose turn it is, reads it, tells WeChat, and notes what came of it.

use std::sync::Arc;
use std::time::Duration;

use mallcore_actors::engine::Engine;
use mallcore_actors::orders::Order;
use mallcore_actors::time::Timestamp;
use tokio::sync::mpsc;

use super::policy::Note;
use super::repository::{self, Backlog, Upload};
use super::schedule::{self, Next};
use super::shipment::{self, Known, Telling};
use crate::features::addresses::{AddressError, Addresses};
use crate::features::orders::loading;
use crate::features::shipping::{carriers, metrics, repository as orders};
use crate::platform::database::{Database, Error, TransactionError};
use crate::platform::error_chain;
use crate::platform::reads::{ANSWER_WITHIN, Reads};
use crate::platform::wechat::WechatClient;
use crate::platform::wechat::shipping::{OrderKey, Shipment, Uploaded};
use crate::platform::writes::Writes;

/// How soon a note is looked at. A look that finds nothing is one read of an empty index.
const LOOK: Duration = Duration::from_millis(500);
/// How often what waits is counted.
const COUNT: Duration = Duration::from_secs(5);
/// The pause after the database did not answer.
const PAUSE: Duration = Duration::from_secs(1);
/// When an order is looked at again that the database does not have as far as it has to be told, in milliseconds.
const POSTPONE_MILLIS: u64 = 500;

/// Writes notes down, for ever; a note that could not be written is dropped, which its policy sees.
pub async fn keep_noting(mut notes: mpsc::Receiver<Note>, writes: Arc<Writes>, engine: Arc<Engine>) {
    while let Some(Note { of, version, stored }) = notes.recv().await {
        let now = engine.clock().now();
        let noted: Result<(), Error> = writes.write(async |database: &Database| repository::want(database, of, version, now).await).await;
        match noted {
            // Nobody may wait any more: the policy will send it again.
            Ok(()) => drop(stored.send(())),
            Err(error) => tracing::debug!("order {} cannot be noted for WeChat: {}", of.1, error_chain::of(&error)),
        }
    }
}

/// Tells WeChat of parcels.
pub struct Uploader {
    pub wechat: WechatClient,
    pub reads: Arc<Reads>,
    pub writes: Arc<Writes>,
    pub engine: Arc<Engine>,
    pub addresses: Arc<Addresses>,
}

/// Why an order could not be looked at.
#[derive(Debug, thiserror::Error)]
enum NotRead {
    #[error(transparent)]
    Database(#[from] Error),
    #[error("the address cannot be opened")]
    Address(#[from] AddressError),
}

impl NotRead {
    fn is_transient(&self) -> bool {
        match self {
            Self::Database(cause) => cause.is_transient(),
            Self::Address(cause) => TransactionError::is_transient(cause),
        }
    }
}

/// What is to be done about an order.
enum Work {
    /// The database does not have the wanted version yet.
    NotYet,
    Told(Telling),
}

impl Uploader {
    /// Goes on for ever.
    pub async fn keep_uploading(self) {
        let mut counted_at: Option<std::time::Instant> = None;
        let mut is_away = false;
        loop {
            if counted_at.is_none_or(|at| at.elapsed() >= COUNT) {
                counted_at = Some(std::time::Instant::now());
                self.count().await;
            }
            match self.one().await {
                Ok(true) => is_away = false,
                Ok(false) => {
                    is_away = false;
                    tokio::time::sleep(LOOK).await;
                }
                Err(error) => {
                    // Told once an outage; the age of what waits is measured.
                    if !std::mem::replace(&mut is_away, true) {
                        tracing::warn!("WeChat is not told of parcels now: {}", error_chain::of(&error));
                    }
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    /// Looks after the order whose turn it is; false if there is none.
    async fn one(&self) -> Result<bool, NotRead> {
        let now = self.now();
        let Some(upload) = self.reads.ask(ANSWER_WITHIN, async |database: &Database| repository::due(database, now).await).await? else {
            return Ok(false);
        };
        let work = match self.work(&upload).await {
            Ok(work) => work,
            Err(error) if error.is_transient() => return Err(error),
            // Nobody else waits for an order that cannot be read.
            Err(error) => Work::Told(Telling::Impossible(error_chain::of(&error))),
        };
        match work {
            Work::NotYet => {
                let (order, until) = (upload.order, now.plus_millis(POSTPONE_MILLIS));
                self.writes.write(async |database: &Database| repository::postpone(database, order, until).await).await?;
            }
            Work::Told(Telling::Nothing) => {
                self.writes.write(async |database: &Database| repository::nothing(database, &upload, now).await).await?;
            }
            Work::Told(Telling::Impossible(problem)) => self.settle(&upload, Next::Failed { problem }, None).await?,
            Work::Told(Telling::Shipment(shipment)) => self.tell(&upload, &shipment).await?,
        }
        Ok(true)
    }

    async fn work(&self, upload: &Upload) -> Result<Work, NotRead> {
        let (user, id) = (upload.user, upload.order);
        let ask = async |database: &Database| {
            let order = loading::load(database, user, id).await?.value;
            let names = orders::names(database, id).await?;
            let openid = orders::openid(database, user).await?;
            Ok((order, names, openid, carriers::by_code(database).await?))
        };
        let (order, names, openid, carriers) = self.reads.ask(ANSWER_WITHIN, ask).await?;
        let Some(order) = order.filter(|order| order.version >= upload.wanted_version) else { return Ok(Work::NotYet) };
        if !shipment::concerns_wechat(&order) {
            return Ok(Work::Told(Telling::Nothing));
        }
        let payer = order.progress.as_ref().and_then(|progress| progress.payment.as_ref()).and_then(|payment| payment.payer.as_ref());
        let Some(openid) = payer.map(|payer| payer.as_str().to_owned()).or(openid) else {
            return Ok(Work::Told(Telling::Impossible("nobody knows the openid of whoever paid".to_owned())));
        };
        let contact = self.receiver_contact(&order).await?;
        let Some(trade) = order.paying.as_ref().and_then(|paying| paying.taken.as_ref()) else {
            return Ok(Work::Told(Telling::Impossible("WeChat's number of the payment is not known".to_owned())));
        };
        let key = OrderKey::Transaction(trade.transaction.as_str().to_owned());
        let known = Known { names: &names, carriers: &carriers, receiver_contact: contact.as_deref(), key, openid: &openid };
        Ok(Work::Told(shipment::telling(&order, &known)))
    }

    /// The receiver's phone, masked; none for an order without an address.
    async fn receiver_contact(&self, order: &Order) -> Result<Option<String>, NotRead> {
        let Some((key, delivery)) = order.basket.as_deref().and_then(|basket| Some((basket.key, basket.delivery.as_ref()?))) else {
            return Ok(None);
        };
        let delivered = self.addresses.delivered(order.user, key, &delivery.snapshot).await?;
        Ok(delivered.map(|delivered| delivered.view().phone).filter(|phone| !phone.is_empty()))
    }

    async fn tell(&self, upload: &Upload, shipment: &Shipment) -> Result<(), NotRead> {
        if let Some(broken) = shipment.broken() {
            return self.settle(upload, Next::Failed { problem: broken.to_owned() }, None).await;
        }
        let fingerprint = shipment.fingerprint();
        if upload.fingerprint == Some(fingerprint) {
            return self.settle(upload, Next::Done, Some(fingerprint)).await;
        }
        if upload.is_uncertain {
            match self.wechat.shipping_state(&shipment.key).await {
                Ok(Some(state)) if shipment.is_known(&state) => return self.settle(upload, Next::Done, Some(fingerprint)).await,
                // It was not taken, or there is more to tell.
                Ok(_) => {}
                Err(error) => {
                    let next = match schedule::after(&Uploaded::from(error), upload.attempts + 1, shipment.is_all_delivered) {
                        Next::Later { pause_millis, problem, .. } => Next::Later { pause_millis, is_uncertain: true, problem },
                        next => next,
                    };
                    return self.settle(upload, next, None).await;
                }
            }
        }
        // Before it is sent: a process that ends now must not send it again unasked.
        let (order, now) = (upload.order, self.now());
        self.writes.write(async |database: &Database| repository::begin(database, order, now).await).await?;
        let uploaded = self.wechat.upload_shipping(shipment, now).await;
        metrics::UPLOADS_TOTAL.with(&[(metrics::OUTCOME, outcome(&uploaded))]).increment(1);
        let next = schedule::after(&uploaded, upload.attempts + 1, shipment.is_all_delivered);
        self.settle(upload, next, Some(fingerprint)).await
    }

    async fn settle(&self, upload: &Upload, next: Next, fingerprint: Option<[u8; 16]>) -> Result<(), NotRead> {
        if let Next::Failed { problem } = &next {
            tracing::error!(
                order.id = %upload.order,
                "WeChat was not told of the parcels of order {}, and its money stays frozen (`mallcore shipping uploads list`): {problem}",
                upload.order
            );
        }
        let (told, now) = (upload.clone(), self.now());
        let settle = async |database: &Database| repository::settle(database, &told, (&next, fingerprint), now).await;
        Ok(self.writes.write(settle).await?)
    }

    /// Measures what waits; what cannot be counted now is counted later.
    async fn count(&self) {
        let Ok(Backlog { waiting, oldest, failed }) =
            self.reads.ask(ANSWER_WITHIN, async |database: &Database| repository::backlog(database).await).await
        else {
            return;
        };
        metrics::UPLOADS_WAITING.get().set(waiting as f64);
        metrics::UPLOADS_FAILED.get().set(failed as f64);
        let age = oldest.map_or(0, |oldest| self.now().millis_since(oldest));
        metrics::UPLOADS_OLDEST_AGE.get().set(age as f64 / 1_000.0);
    }

    fn now(&self) -> Timestamp {
        self.engine.clock().now()
    }
}

const fn outcome(uploaded: &Uploaded) -> &'static str {
    match uploaded {
        Uploaded::Taken => "taken",
        Uploaded::Unchanged | Uploaded::Finished => "known",
        Uploaded::UnknownPayment(_) => "unknown_payment",
        Uploaded::NotNow(_) => "unavailable",
        Uploaded::Unknown(_) => "outcome_unknown",
        Uploaded::Refused(_) => "refused",
    }
}
