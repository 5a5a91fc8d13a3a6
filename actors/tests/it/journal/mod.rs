//! The journal: one contract for every implementation, then what only a disk can do to it.

mod contract;
mod crashes;
mod damage;
mod faults;
mod folder;
mod format;
mod group_commit;
mod inspect;
mod retention;
pub mod setup;
pub mod slow_disk;
