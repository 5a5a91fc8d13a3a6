//! Projections: the journal's records go to other places, in order, and nothing is skipped. Here what they share;
//! which tables a projection to the database writes is its feature's.
//! - P1 Rows and checkpoint move in one transaction, the checkpoint by comparing: no record is applied twice, none is left out.
//! - P2 Folding records in any split of batches gives the same rows as one by one.
//! - P3 What cannot be applied halts the projection at its record; it is never skipped.
//! - P4 No statement grows with the table: a batch costs what its records cost.
//! - P5 The journal keeps what any projection still needs (`retention`).
//!
//! Not here: the journal (`mallcore_actors::journal`), what the tables mean (`docs/SCHEMA.md`), the broker (`crate::platform::broker`).

mod burst_backoff;
mod checkpoint;
mod checkpoint_hint;
mod contract;
pub mod metrics;
mod priority;
mod retention;
mod runner;
mod settings;
pub mod status;
mod store;
mod table_writer;
mod target;
mod write;

pub use burst_backoff::BurstBackoff;
pub use checkpoint::{AttachError, NAME, attach, checkpoint, last_record_at};
pub use checkpoint_hint::CheckpointHint;
pub use contract::{Projection, Span};
pub use priority::lower_this_thread;
pub use retention::{Registration, registrations, registrations_for};
pub use runner::{Projector, ProjectorHandle, State};
pub use settings::ProjectorSettings;
pub use store::Store;
pub use table_writer::TableWriter;
pub use target::{Reaction, Target, TargetError};
pub use write::{WriteError, write};
