//! The database projection: the journal's records become rows, in order, exactly once.
//! - P1 Rows and checkpoint move in one transaction, the checkpoint by comparing: no record is applied twice, none is left out.
//! - P2 Folding records in any split of batches gives the same rows as one by one.
//! - P3 What cannot be applied halts the projection at its record; it is never skipped.
//! - P4 No statement grows with the table: a batch costs what its records cost.
//!
//! Not here: the journal (`mallcore_actors::journal`), what the tables mean (`docs/SCHEMA.md`).

mod checkpoint;
mod fold;
pub mod metrics;
mod runner;
mod write;

pub use checkpoint::{AttachError, NAME, attach, checkpoint, last_record_at};
pub use fold::{Adjustment, Batch, FoldError, ItemChange, Milestones, NewOrder, OrderChange, Progress, SkuChange};
pub use runner::{Projector, ProjectorHandle, ProjectorSettings, State};
pub use write::{WriteError, write};
