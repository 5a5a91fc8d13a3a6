//! Counts of one process, gone with it. Bounded: what has ended is swept when there are many, and beyond the bound nobody tries.

use std::collections::HashMap;
use std::time::Duration;

use futures_util::future::{BoxFuture, ready};
use mallcore_actors::time::Timestamp;
use parking_lot::Mutex;

use super::{Begun, Known, PAUSE, PER_ADDRESS_MAX, PER_NAME_MAX, Tries};
use crate::features::admins::store::StoreError;

/// Names and addresses that are counted at a time: some 10 MB.
const ENTRIES_MAX: usize = 65_536;

/// Counts in the memory of this process.
#[derive(Default)]
pub struct MemoryTries(Mutex<HashMap<Known, Count>>);

#[derive(Clone, Copy)]
struct Count {
    tries: u32,
    until: Timestamp,
}

impl MemoryTries {
    fn begun(&self, name: &Known, address: &Known, now: Timestamp) -> Result<Begun, StoreError> {
        let mut counts = self.0.lock();
        if counts.len() + 2 > ENTRIES_MAX {
            counts.retain(|_, count| now < count.until);
        }
        if counts.len() + 2 > ENTRIES_MAX {
            return Err(StoreError::Full);
        }
        let found = |known: &Known| counts.get(known).copied().filter(|count| now < count.until);
        let counted = [(name, PER_NAME_MAX), (address, PER_ADDRESS_MAX)].map(|(known, most)| (known, most, found(known)));
        let over = counted.iter().filter_map(|(_, most, found)| found.filter(|count| count.tries >= *most));
        if let Some(until) = over.map(|count| count.until).max() {
            return Ok(Begun::Wait(Duration::from_millis(until.millis_since(now))));
        }
        let until = now.plus_millis(PAUSE.as_millis() as u64);
        for (known, _, found) in counted {
            counts.insert(known.clone(), Count { tries: found.map_or(1, |count| count.tries + 1), until });
        }
        Ok(Begun::Yes)
    }
}

impl Tries for MemoryTries {
    fn begin<'a>(&'a self, name: &'a Known, address: &'a Known, now: Timestamp) -> BoxFuture<'a, Result<Begun, StoreError>> {
        Box::pin(ready(self.begun(name, address, now)))
    }

    fn succeeded<'a>(&'a self, name: &'a Known, address: &'a Known) -> BoxFuture<'a, Result<(), StoreError>> {
        let mut counts = self.0.lock();
        counts.remove(name);
        if let Some(count) = counts.get_mut(address) {
            count.tries = count.tries.saturating_sub(1);
        }
        Box::pin(ready(Ok(())))
    }
}
