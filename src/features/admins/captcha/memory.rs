//! Captchas of one process, gone with it. All live equally long, so the order of keeping is that of their ends.

use std::collections::{HashMap, VecDeque};

use futures_util::future::{BoxFuture, ready};
use mallcore_actors::time::Timestamp;
use parking_lot::Mutex;

use super::{CaptchaId, Captchas, LIVES};
use crate::features::admins::store::StoreError;

/// Captchas that are kept at a time: some 3 MB. One more makes the oldest one go.
pub const ENTRIES_MAX: usize = 16_384;

/// Captchas in the memory of this process.
#[derive(Default)]
pub struct MemoryCaptchas(Mutex<State>);

#[derive(Default)]
struct State {
    kept: HashMap<CaptchaId, Kept>,
    /// By the time of their ends; those that were taken are still in it.
    order: VecDeque<(Timestamp, CaptchaId)>,
}

struct Kept {
    hash: String,
    until: Timestamp,
}

impl Captchas for MemoryCaptchas {
    fn keep<'a>(&'a self, id: &'a CaptchaId, hash: String, now: Timestamp) -> BoxFuture<'a, Result<(), StoreError>> {
        let (mut state, until) = (self.0.lock(), now.plus_millis(LIVES.as_millis() as u64));
        while state.order.front().is_some_and(|(ends, _)| *ends <= now) || state.order.len() >= ENTRIES_MAX {
            if let Some((_, oldest)) = state.order.pop_front() {
                state.kept.remove(&oldest);
            }
        }
        state.order.push_back((until, id.clone()));
        state.kept.insert(id.clone(), Kept { hash, until });
        Box::pin(ready(Ok(())))
    }

    fn take<'a>(&'a self, id: &'a CaptchaId, now: Timestamp) -> BoxFuture<'a, Result<Option<String>, StoreError>> {
        let taken = self.0.lock().kept.remove(id).filter(|kept| now < kept.until);
        Box::pin(ready(Ok(taken.map(|kept| kept.hash))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths(store: &MemoryCaptchas) -> (usize, usize) {
        let state = store.0.lock();
        (state.kept.len(), state.order.len())
    }

    #[tokio::test]
    async fn memory_is_bounded() {
        let (store, now) = (MemoryCaptchas::default(), Timestamp::from_millis(1_800_000_000_000));
        let ids: Vec<CaptchaId> = (0..ENTRIES_MAX + 2).map(|_| CaptchaId::random()).collect();
        for id in &ids {
            store.keep(id, "hash".to_owned(), now).await.unwrap();
        }
        assert_eq!(lengths(&store), (ENTRIES_MAX, ENTRIES_MAX));
        assert_eq!(store.take(&ids[1], now).await.unwrap(), None, "the oldest ones went");
        assert_eq!(store.take(&ids[2], now).await.unwrap().as_deref(), Some("hash"));
        let later = now.plus_millis(LIVES.as_millis() as u64);
        store.keep(&ids[0], "hash".to_owned(), later).await.unwrap();
        assert_eq!(lengths(&store), (1, 1), "those that have ended went, too");
    }
}
