//! Starts and stops of the real process, with a database that may be away, and what its snapshots are worth.

mod accounts;
mod away;
mod clock;
mod data_folder;
mod folding;
mod front_door;
mod kept;
mod lifecycle;
mod loaded;
mod memory;
mod payments;
pub mod process;
mod proxy;
mod restored;
