//! Sends what the policy has handed over: some messages at a time, each tried a few times.

use std::sync::Arc;
use std::time::Duration;

use mallcore_actors::engine::Engine;
use mallcore_actors::orders::Order;
use tokio::sync::{Mutex, mpsc};

use super::notice::{self, About, Notice};
use crate::features::orders::loading;
use crate::features::shipping::carriers;
use crate::features::shipping::{metrics, repository};
use crate::platform::backoff::Backoff;
use crate::platform::config::Messages;
use crate::platform::database::{Database, Error};
use crate::platform::error_chain;
use crate::platform::outgoing::Failure;
use crate::platform::reads::{ANSWER_WITHIN, Reads};
use crate::platform::wechat::messages::{NOT_SUBSCRIBED, SubscribeMessage};
use crate::platform::wechat::{WechatClient, WechatError};

/// Notices that wait, of some hundred bytes each.
pub const QUEUE_MAX: usize = 10_000;
/// Messages on their way at the same time.
const WORKERS: usize = 4;
/// How often one notice is tried, the database's lag included.
const ATTEMPTS_MAX: u32 = 6;
/// Pauses between them.
const PAUSE_FIRST: Duration = Duration::from_millis(500);
const PAUSE_LAST: Duration = Duration::from_secs(20);

/// Sends messages to shoppers.
pub struct Sender {
    pub wechat: WechatClient,
    pub messages: Arc<Messages>,
    pub reads: Arc<Reads>,
    pub engine: Arc<Engine>,
}

/// How a try ended.
enum Tried {
    /// It is over, and counted as this.
    Over(&'static str),
    /// It may work later.
    Later,
}

impl Sender {
    /// Takes notices from the queue, for ever.
    pub async fn keep_sending(self, queue: mpsc::Receiver<Notice>) {
        let queue = Mutex::new(queue);
        let workers = (0..WORKERS).map(|_| async {
            loop {
                // Held while it waits: the workers take turns.
                let next = queue.lock().await.recv().await;
                let Some(notice) = next else { return };
                self.send(&notice).await;
            }
        });
        futures_util::future::join_all(workers).await;
    }

    async fn send(&self, notice: &Notice) {
        let mut backoff = Backoff::between(PAUSE_FIRST, PAUSE_LAST);
        let mut attempts = 0;
        let outcome = loop {
            attempts += 1;
            match self.attempt(notice).await {
                Tried::Over(outcome) => break outcome,
                Tried::Later if attempts >= ATTEMPTS_MAX || notice.is_stale(self.engine.clock().now()) => break "given_up",
                Tried::Later => tokio::time::sleep(backoff.next_pause()).await,
            }
        };
        metrics::MESSAGES_TOTAL.with(&[(metrics::EVENT, notice.event.name()), (metrics::OUTCOME, outcome)]).increment(1);
    }

    async fn attempt(&self, notice: &Notice) -> Tried {
        let Some(template) = notice.event.template(&self.messages) else { return Tried::Over("not_configured") };
        let (openid, about) = match self.about(notice).await {
            Ok(Some((Some(openid), about))) => (openid, about),
            Ok(Some((None, _))) => return Tried::Over("no_openid"),
            Ok(None) => return Tried::Later,
            Err(error) => {
                tracing::debug!("order {} cannot be read for a message: {}", notice.order, error_chain::of(&error));
                return Tried::Later;
            }
        };
        let page = self
            .messages
            .page
            .as_ref()
            .map(|page| page.replace("{order_no}", &about.order_no).replace("{order_id}", &notice.order.to_string()));
        let message = SubscribeMessage {
            openid,
            template_id: template.id.clone(),
            page,
            state: self.messages.state,
            fields: template.fill(|content| notice::text(content, notice, &about)),
        };
        match self.wechat.send_message(&message).await {
            Ok(()) => Tried::Over("sent"),
            Err(WechatError::Refused { code: NOT_SUBSCRIBED, .. }) => Tried::Over("not_subscribed"),
            Err(WechatError::Failed(failure)) if !failure.was_not_sent() && !matches!(failure, Failure::Status(_)) => {
                // It may have arrived, and a second one would use up another subscription.
                tracing::debug!("a message of order {} was not answered: {failure}", notice.order);
                Tried::Over("outcome_unknown")
            }
            Err(WechatError::Failed(_) | WechatError::Busy(_) | WechatError::TooOften(_) | WechatError::AccessToken(_)) => Tried::Later,
            Err(error) => {
                tracing::warn!(event = notice.event.name(), "WeChat refuses the message of order {}: {error}", notice.order);
                Tried::Over("refused")
            }
        }
    }

    /// Whom to tell, and what of; none while the database does not have what happened.
    async fn about(&self, notice: &Notice) -> Result<Option<(Option<String>, About)>, Error> {
        let (user, id) = (notice.user, notice.order);
        let ask = async |database: &Database| {
            let order = loading::load(database, user, id).await?.value;
            let names = repository::names(database, id).await?;
            let openid = repository::openid(database, user).await?;
            Ok((order, names, openid, carriers::by_code(database).await?))
        };
        let (order, names, openid, carriers) = self.reads.ask(ANSWER_WITHIN, ask).await?;
        let Some(order) = order.filter(|order: &Order| order.version >= notice.version) else { return Ok(None) };
        let code = notice.parcel.as_ref().map(|(code, _)| code.as_str());
        let carrier = code.map(|code| carriers.get(code).map_or_else(|| code.to_owned(), |carrier| carrier.name.clone()));
        let about = About {
            order_no: order.no.to_string(),
            names: order.lines.iter().filter_map(|line| names.get(&line.sku).cloned()).collect(),
            payable: order.payable,
            carrier,
        };
        Ok(Some((openid, about)))
    }
}
