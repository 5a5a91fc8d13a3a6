//! What was used last, by key, in bounded memory: the entry that nobody used for longest makes room.

use std::hash::{BuildHasher, Hash};
use std::num::NonZeroUsize;

use foldhash::fast::FixedState;
use lru::LruCache;
use parking_lot::Mutex;

/// Parts with a lock each.
const PARTS: usize = 16;

/// Entries by key. A key always lies in the same part, whose lock is held while its entry is looked at.
pub struct Recent<K: Eq + Hash, V>(Box<[Mutex<LruCache<K, V, FixedState>>]>);

impl<K: Eq + Hash, V> Recent<K, V> {
    /// Room for about so many entries.
    pub fn up_to(entries: usize) -> Self {
        let each = NonZeroUsize::new(entries.div_ceil(PARTS)).unwrap_or(NonZeroUsize::MIN);
        Self((0..PARTS).map(|_| Mutex::new(LruCache::with_hasher(each, FixedState::default()))).collect())
    }

    /// Looks at an entry, which thereby is the one that was used last.
    pub fn find<T>(&self, key: &K, look: impl FnOnce(&mut V) -> T) -> Option<T> {
        self.part(key).lock().get_mut(key).map(look)
    }

    /// The same; the entry is made if it is not there.
    pub fn find_or_make<T>(&self, key: K, make: impl FnOnce() -> V, look: impl FnOnce(&mut V) -> T) -> T {
        look(self.part(&key).lock().get_or_insert_mut(key, make))
    }

    fn part(&self, key: &K) -> &Mutex<LruCache<K, V, FixedState>> {
        // Other bits than those by which the map within the part finds its place.
        &self.0[(FixedState::default().hash_one(key) >> 32) as usize % PARTS]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_bounded_and_what_is_used_stays() {
        let recent = Recent::up_to(160);
        for key in 0..10_000u32 {
            recent.find_or_make(key, || key, |_| ());
            assert_eq!(recent.find(&0, |value| *value), Some(0), "used again and again");
        }
        let kept = (0..10_000).filter(|key| recent.find(key, |_| ()).is_some()).count();
        assert!((100..=160).contains(&kept), "{kept}");
    }
}
