//! The products by slot: a table in chunks, which two versions of the catalogue share but for the chunks that differ.
//! - S1 A product keeps its slot for as long as the process lives, so that orders and filters can be flat arrays of slots.

use std::sync::Arc;

use super::product::Entry;

/// Slots of a chunk: a change copies so many pointers, and one for each chunk.
const CHUNK: usize = 256;

/// Products by slot.
#[derive(Debug, Clone, Default)]
pub(super) struct Entries {
    chunks: Vec<Arc<Vec<Option<Arc<Entry>>>>>,
    len: usize,
}

impl Entries {
    /// Slots that were given out.
    pub fn len(&self) -> usize {
        self.len
    }

    pub fn get(&self, slot: u32) -> Option<&Arc<Entry>> {
        let slot = slot as usize;
        self.chunks.get(slot / CHUNK)?.get(slot % CHUNK)?.as_ref()
    }

    /// Sets a slot that was given out.
    pub fn set(&mut self, slot: u32, entry: Option<Arc<Entry>>) {
        let slot = slot as usize;
        if let Some(chunk) = self.chunks.get_mut(slot / CHUNK)
            && let Some(place) = Arc::make_mut(chunk).get_mut(slot % CHUNK)
        {
            *place = entry;
        }
    }

    /// Gives out the next slot.
    pub fn push(&mut self, entry: Arc<Entry>) -> u32 {
        if self.len.is_multiple_of(CHUNK) {
            self.chunks.push(Arc::new(Vec::with_capacity(CHUNK)));
        }
        if let Some(chunk) = self.chunks.last_mut() {
            Arc::make_mut(chunk).push(Some(entry));
        }
        self.len += 1;
        // More products than 2^32 have no room in memory.
        (self.len - 1) as u32
    }

    /// All products, on the shelf or not, by slot.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &Arc<Entry>)> {
        let slots = self.chunks.iter().flat_map(|chunk| chunk.iter());
        (0..).zip(slots).filter_map(|(slot, entry)| entry.as_ref().map(|entry| (slot, entry)))
    }
}
