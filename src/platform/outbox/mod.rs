//! The outbox: what a cold write asks of the rest of the shop is a row that commits with it, and one relay carries it out.
//! - O1 Nothing that committed is lost, whoever is away: a row stays until each destination has had it.
//! - O2 Ids are given in the order of the commits; of one aggregate each destination gets the rows in that order. What a full queue of the
//!   broker refuses it gets later, after newer ones.
//! - O3 Each destination goes its own way: a broker that is away holds up neither actors nor snapshots.
//! - O4 Carried out at least once, with the row's id as the natural key: actors and consumers recognise a repeat by it.
//! - O5 A row that can never be carried out is parked for a person, and with it what comes later of its aggregate. Nothing else waits.
//!
//! A feature that writes cold rows adds its [`Message`], says which [`Destination`]s it goes to, and calls [`append`] last in its
//! transaction. Not here: hot writes, whose outbox is the journal.

mod effects;
mod message;
pub mod metrics;
mod nudge;
pub mod ports;
mod protocol;
mod relay;
pub mod repository;
mod status;
mod to_broker;
mod to_cache;
mod topic;

pub use effects::{Carried, Effects, Renewed};
pub use message::{
    AdjustStock, AfterSaleCompleted, BadMessage, CompletedLine, Destination, Message, PriceChanged, RefundAfterSale, ShipOrder, SkuPrice,
    StatusChanged, Wanted,
};
pub use nudge::Nudge;
pub use protocol::{HELD_MAX, Rounds, Settled, Verdict};
pub use relay::{Relay, RelaySettings, Running};
pub use repository::{AppendError, append};
pub use status::{Backlog, Status};
pub use to_broker::{SET_ASIDE_MAX, ToBroker};
pub use topic::{OnChanged, RowChanged, Subscriptions, Topic};
