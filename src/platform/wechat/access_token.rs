//! The shop's own access token (`stable_token`): fetched when it is needed, by one at a time, and kept until shortly before it ends.
//! Several processes may do so side by side: WeChat answers all of them with the same token for as long as it is good.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

/// Fetched anew so long before its end, so that a request on its way still finds it good.
const EARLY: Duration = Duration::from_secs(300);

/// A token; prints nothing of it.
#[derive(Clone)]
pub(super) struct AccessToken(Arc<str>);

impl AccessToken {
    pub fn new(text: &str) -> Self {
        Self(text.into())
    }

    /// Its text: for WeChat only.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// The newest token.
#[derive(Default)]
pub(super) struct Kept(Mutex<Option<(AccessToken, Instant)>>);

impl Kept {
    /// The token; `fetch` says what it is and how long it is good, and is called by one at a time. `refused` is a token that WeChat did not
    /// take: it is not given out again.
    pub async fn get<E>(
        &self,
        refused: Option<&AccessToken>,
        fetch: impl AsyncFnOnce() -> Result<(AccessToken, Duration), E>,
    ) -> Result<AccessToken, E> {
        // Held while it is fetched: whoever waits finds what the first one got.
        let mut kept = self.0.lock().await;
        let is_refused = |token: &AccessToken| refused.is_some_and(|refused| Arc::ptr_eq(&refused.0, &token.0));
        if let Some((token, until)) = &*kept
            && Instant::now() < *until
            && !is_refused(token)
        {
            return Ok(token.clone());
        }
        *kept = None;
        let (token, lives) = fetch().await?;
        *kept = Some((token.clone(), Instant::now() + lives.saturating_sub(EARLY)));
        Ok(token)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use futures_util::future::join_all;

    use super::*;

    struct Source(AtomicU32);

    impl Source {
        async fn fetch(&self, lives: Duration) -> Result<(AccessToken, Duration), ()> {
            tokio::task::yield_now().await;
            Ok((AccessToken::new(&format!("token {}", self.0.fetch_add(1, Ordering::Relaxed))), lives))
        }
    }

    #[tokio::test]
    async fn however_many_want_it_it_is_fetched_once() {
        let (kept, source, hours) = (Kept::default(), Source(AtomicU32::new(0)), Duration::from_secs(7_200));
        let all = join_all((0..10).map(|_| kept.get(None, async || source.fetch(hours).await))).await;
        assert!(all.iter().all(|token| token.as_ref().unwrap().expose() == "token 0"));
        let first = all[0].as_ref().unwrap();
        let second = kept.get(Some(first), async || source.fetch(hours).await).await.unwrap();
        assert_eq!(second.expose(), "token 1", "a refused one is fetched anew");
        let late = kept.get(Some(first), async || source.fetch(hours).await).await.unwrap();
        assert_eq!(late.expose(), "token 1", "whoever still holds the old one gets the new one");
    }

    #[tokio::test]
    async fn one_that_is_about_to_end_is_not_given_out() {
        let (kept, source) = (Kept::default(), Source(AtomicU32::new(0)));
        for expected in ["token 0", "token 1"] {
            assert_eq!(kept.get(None, async || source.fetch(EARLY).await).await.unwrap().expose(), expected);
        }
    }
}
