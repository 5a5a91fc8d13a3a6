//! What carrying a row out means at each destination.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use mallcore_actors::ids::AdjustmentId;
use serde_json::json;

use super::ports::{Event, EventsOut, Failure, InShop, ProductCache};
use super::repository::{Pending, Told};
use super::{Destination, Message, Settled, Subscriptions, Topic};
use crate::platform::database::Database;
use crate::platform::rfc3339::Rfc3339;

/// How carrying a row out went, and what there is to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Carried {
    /// Done or refused; the shop tells which.
    Done(Option<Told>),
    /// Whoever it is for cannot take it now.
    Busy(String),
    /// The destination does not answer.
    Away(String),
    /// A part of the destination has refused it for now; the others have it.
    SetAside {
        /// What the destination said.
        why: String,
        /// Whether it was offered now, or is not yet to be.
        is_attempt: bool,
    },
    /// It can never be carried out.
    Impossible(String),
}

impl Carried {
    /// For the protocol.
    pub const fn settled(&self) -> Settled {
        match self {
            Self::Done(_) => Settled::Done,
            Self::Busy(_) => Settled::Busy,
            Self::Away(_) => Settled::Away,
            Self::SetAside { .. } => Settled::SetAside,
            Self::Impossible(_) => Settled::Impossible,
        }
    }
}

impl From<Failure> for Carried {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Away(why) => Self::Away(why),
            Failure::SetAside { why, is_attempt } => Self::SetAside { why, is_attempt },
            Failure::Refused(why) => Self::Impossible(why),
        }
    }
}

/// The destinations of a row.
#[derive(Clone)]
pub struct Effects {
    /// Actors and snapshots.
    pub shop: Arc<dyn InShop>,
    /// The broker for events.
    pub events: Arc<dyn EventsOut>,
    /// The cache of products.
    pub cache: Arc<dyn ProductCache>,
    /// Who holds snapshots of rows.
    pub subscriptions: Subscriptions,
    /// Where the outbox is.
    pub database: Database,
}

/// What was read anew since a page of rows was read: one reading is later than all rows of the page, and serves them all.
#[derive(Debug, Default)]
pub struct Renewed {
    /// Rows of snapshots that the page is about and that are still to be read.
    wanted: BTreeMap<Topic, BTreeSet<u64>>,
    offers: bool,
}

impl Renewed {
    /// For the rows of a page.
    pub fn of(page: &[Pending]) -> Self {
        let mut renewed = Self::default();
        for (topic, id) in page.iter().filter_map(|row| Message::read(&row.kind, &row.payload).ok()?.renews()) {
            renewed.wanted.entry(topic).or_default().insert(id);
        }
        renewed
    }
}

impl Effects {
    /// Carries a row out; `renewed` belongs to the page that has the row.
    pub async fn carry(&self, destination: Destination, row: &Pending, renewed: &mut Renewed) -> Carried {
        let message = match Message::read(&row.kind, &row.payload) {
            Ok(message) => message,
            Err(cause) => return Carried::Impossible(cause.to_string()),
        };
        match destination {
            Destination::Shop => self.in_shop(row, message, renewed).await,
            Destination::Events => self.events.publish(event(row, &message)).await.map_or_else(Carried::from, |()| Carried::Done(None)),
            Destination::Cache => match message.renews() {
                Some((Topic::Product, product)) => self.cache.refresh(product).await.map_or_else(Carried::from, |()| Carried::Done(None)),
                _ => Carried::Done(None),
            },
        }
    }

    async fn in_shop(&self, row: &Pending, message: Message, renewed: &mut Renewed) -> Carried {
        if let Some((topic, id)) = message.renews()
            && let Err(failure) = self.renew(topic, id, renewed).await
        {
            return failure.into();
        }
        match message {
            Message::AdjustStock(asked) => match AdjustmentId::new(row.id) {
                Ok(id) => self.shop.adjust(id, asked).await,
                Err(_) => Carried::Impossible(format!("{} is no id of an adjustment", row.id)),
            },
            Message::RefundAfterSale(asked) => self.shop.refund(asked.after_sale_id).await,
            Message::ShipOrder(asked) => self.shop.ship(asked).await,
            // The offers of flash sales are a snapshot of their own, which one reading renews for many rows.
            Message::PriceChanged(_) | Message::StatusChanged(_) | Message::Changed(Topic::Product, _) => {
                if !renewed.offers {
                    if let Err(failure) = self.shop.reread_offers().await {
                        return failure.into();
                    }
                    renewed.offers = true;
                }
                Carried::Done(Some(done(json!({}))))
            }
            Message::AfterSaleCompleted(_) | Message::Changed(..) => Carried::Done(Some(done(json!({})))),
        }
    }

    /// Has the snapshots of a topic read anew what the page is about, once for all its rows.
    async fn renew(&self, topic: Topic, id: u64, renewed: &mut Renewed) -> Result<(), Failure> {
        let Some(wanted) = renewed.wanted.get(&topic).filter(|wanted| wanted.contains(&id)) else { return Ok(()) };
        self.subscriptions.changed(topic, wanted.iter().copied().collect()).await?;
        renewed.wanted.remove(&topic);
        Ok(())
    }
}

/// As docs/events describes it.
fn event(row: &Pending, message: &Message) -> Event {
    let occurred_at = Rfc3339::from(row.created_at);
    // It was read from this payload.
    let data = serde_json::from_str::<serde_json::Value>(&row.payload).unwrap_or_default();
    let body = json!({ "version": 1, "outbox_id": row.id, "type": message.kind(), "occurred_at": occurred_at, "data": data });
    Event { row: row.id, id: format!("outbox-{}", row.id), kind: message.kind(), at: row.created_at, body: body.to_string() }
}

fn done(detail: serde_json::Value) -> Told {
    Told { outcome: "done", detail: detail.to_string() }
}
