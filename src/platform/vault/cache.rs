//! Data keys in memory, so that a page of orders does not unwrap the same key twenty times.
//! - M1 Memory is bounded: of two generations the older one is dropped when the younger one is full.
//! - M2 A key whose destruction has begun is neither found nor kept again, whatever transaction reads its row meanwhile.

use std::collections::{HashMap, VecDeque};

use mallcore_actors::ids::UserId;
use parking_lot::Mutex;

use super::DataKey;

/// Destructions that are remembered until their transactions have surely ended.
const DESTROYED_REMEMBERED: usize = 4_096;

/// The keys that were used last.
pub(super) struct Cache {
    generation_max: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    young: HashMap<UserId, DataKey>,
    old: HashMap<UserId, DataKey>,
    destroyed: VecDeque<UserId>,
}

impl Cache {
    /// At most so many keys.
    pub fn up_to(keys: usize) -> Self {
        Self { generation_max: keys / 2, state: Mutex::default() }
    }

    pub fn find(&self, user: UserId) -> Option<DataKey> {
        let mut state = self.state.lock();
        if let Some(key) = state.young.get(&user) {
            return Some(key.clone());
        }
        let key = state.old.remove(&user)?;
        self.put(&mut state, user, key.clone());
        Some(key)
    }

    /// Keeps a key that was read from a committed row.
    pub fn keep(&self, user: UserId, key: DataKey) {
        let mut state = self.state.lock();
        if !state.destroyed.contains(&user) {
            self.put(&mut state, user, key);
        }
    }

    /// Forgets a key for good.
    pub fn destroy(&self, user: UserId) {
        let mut state = self.state.lock();
        state.young.remove(&user);
        state.old.remove(&user);
        if state.destroyed.len() == DESTROYED_REMEMBERED {
            state.destroyed.pop_front();
        }
        state.destroyed.push_back(user);
    }

    fn put(&self, state: &mut State, user: UserId, key: DataKey) {
        if state.young.len() >= self.generation_max {
            state.old = std::mem::take(&mut state.young);
        }
        state.young.insert(user, key);
    }
}

#[cfg(test)]
mod tests {
    use super::super::KeyRing;
    use super::*;

    fn user(id: u64) -> UserId {
        UserId::new(id).unwrap()
    }

    fn key(id: u64) -> DataKey {
        let ring = KeyRing::parse("1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=").unwrap();
        DataKey::fresh(user(id), ring.current_key()).0
    }

    #[test]
    fn memory_is_bounded_and_keys_in_use_stay() {
        let cache = Cache::up_to(8);
        for id in 1..=100 {
            cache.keep(user(id), key(id));
            assert!(cache.find(user(1)).is_some(), "used again and again");
            let state = cache.state.lock();
            assert!(state.young.len() + state.old.len() <= 8);
        }
        assert!(cache.find(user(50)).is_none());
    }

    #[test]
    fn a_destroyed_key_is_not_kept_again() {
        let cache = Cache::up_to(8);
        cache.keep(user(1), key(1));
        cache.destroy(user(1));
        assert!(cache.find(user(1)).is_none());
        cache.keep(user(1), key(1));
        assert!(cache.find(user(1)).is_none());
    }
}
