//! The mechanism that every hot aggregate runs on (docs/adr/0020): facts and their bytes, the journal, hosts that load, decide, commit and
//! passivate, the coordinator of several aggregates, answers that wait for the disk.

mod actor;
mod aggregate;
pub mod checkpoint;
pub mod coordinator;
pub mod facts;
pub mod families;
pub mod fold;
pub mod host;
pub mod journal;
pub mod lag;
mod loading;
pub mod registry;
pub mod replies;
pub mod shards;
mod tail;
mod transaction;

pub use actor::Common;
pub use aggregate::{Aggregate, Handle, Settled};
pub use families::Fact;
pub use loading::{BoxFuture, LoadFailed, Loader};
pub use tail::Tail;
pub(crate) use transaction::AbortOnUnwind;
pub use transaction::{Committed, Provenance, Recorder, Transaction};
