//! The journal: one contract for every implementation, then what only a disk can do to it.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed, in its helpers too")]

mod contract;
mod crashes;
mod damage;
mod format;
mod group_commit;
mod inspect;
mod retention;
mod setup;
mod weather;
