//! Carries out what the outbox asks of stock: one command to the SKU's actor, and for a repeat a look at what was recorded.

use std::sync::Arc;

use mallcore_actors::ids::AdjustmentId;
use mallcore_actors::kernel::Provenance;
use mallcore_actors::refusal::{Refusal, Unavailable};
use mallcore_actors::registry::Registry;
use mallcore_actors::stock::{self, Adjusted, Sku};
use serde_json::json;

use super::adjustments::{self, Past};
use crate::platform::database::Database;
use crate::platform::outbox::repository::Told;
use crate::platform::outbox::{AdjustStock, Carried};

/// The handler of `stock.adjust` rows.
pub struct StockAdjuster {
    /// The SKUs' actors.
    pub registry: Arc<Registry<Sku>>,
    /// Where the rows of what was recorded are.
    pub database: Database,
}

impl StockAdjuster {
    /// Changes the stock of a SKU. A repeat of `id` changes nothing and tells what became of the first.
    pub async fn adjust(&self, id: AdjustmentId, asked: AdjustStock) -> Carried {
        let sku = asked.sku_id;
        let command = adjustments::command(id, asked);
        match self.registry.ask(sku, Provenance::COMMAND_LINE, stock::AdjustStock(command.clone())).await {
            Ok(Ok(Adjusted::Fresh { delta, available, sequence })) => {
                Carried::Done(Some(done(json!({ "delta": delta, "available": available, "sequence": sequence.0 }))))
            }
            Ok(Ok(Adjusted::Unchanged { available, sequence })) => {
                Carried::Done(Some(done(json!({ "delta": 0, "available": available, "sequence": sequence.0 }))))
            }
            Ok(Ok(Adjusted::Repeat { .. })) => match adjustments::past(&self.database, sku, &command).await {
                Ok(past) => repeated(id, past),
                Err(cause) => Carried::Away(cause.to_string()),
            },
            Ok(Err(refusal)) => Carried::Done(Some(refused(refusal))),
            Err(cause @ (Unavailable::Busy | Unavailable::Warming)) => Carried::Busy(cause.to_string()),
            Err(cause) => Carried::Away(cause.to_string()),
        }
    }
}

fn repeated(id: AdjustmentId, past: Past) -> Carried {
    match past {
        Past::NotYet => Carried::Busy("the projection has not written what became of it".to_owned()),
        Past::Recorded { delta, sequence } => Carried::Done(Some(done(json!({ "delta": delta, "sequence": sequence })))),
        Past::Passed => Carried::Done(Some(Told { outcome: "superseded", detail: json!({}).to_string() })),
        Past::Another => Carried::Impossible(format!(
            "another adjustment had id {id} before the database was restored; nothing was done: discard this one and ask again"
        )),
    }
}

fn done(detail: serde_json::Value) -> Told {
    Told { outcome: "done", detail: detail.to_string() }
}

fn refused(refusal: Refusal) -> Told {
    let detail = match refusal {
        Refusal::InsufficientStock { available } => json!({ "available": available }),
        Refusal::VersionMismatch { version } => json!({ "version": version.0 }),
        Refusal::TooMuchStock { most } => json!({ "most": most }),
        _ => json!({}),
    };
    Told { outcome: refusal.code(), detail: detail.to_string() }
}
