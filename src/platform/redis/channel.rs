//! Messages between processes. Each is on its way once: whoever is not connected misses it, and has to look elsewhere for what it missed.

use std::time::Duration;

use ::redis::RedisResult;
use futures_util::StreamExt;

use super::{Error, Link};
use crate::platform::backoff::Backoff;

/// For connecting and for subscribing.
const WITHIN: Duration = Duration::from_secs(2);

/// A channel of this name.
#[derive(Clone)]
pub struct Channel {
    link: Link,
    name: &'static str,
}

impl Channel {
    /// Over this link.
    pub const fn new(link: Link, name: &'static str) -> Self {
        Self { link, name }
    }

    /// Tells whoever listens.
    ///
    /// # Errors
    /// Those of the link.
    pub async fn tell(&self, message: &str) -> Result<(), Error> {
        self.link.query::<i64>(::redis::cmd("PUBLISH").arg(self.name).arg(message)).await.map(drop)
    }

    /// Listens for as long as it is polled, over connections of its own; a lost one is replaced after a pause.
    pub async fn listen(&self, mut heard: impl FnMut(&str)) {
        let mut backoff = Backoff::default();
        loop {
            if self.link.is_up() && self.hear(&mut heard, &mut backoff).await.is_ok() {
                tracing::debug!("the connection to the channel {} of redis was closed", self.name);
            }
            tokio::time::sleep(backoff.next_pause()).await;
        }
    }

    async fn hear(&self, heard: &mut impl FnMut(&str), backoff: &mut Backoff) -> RedisResult<()> {
        let connect = async {
            let mut subscription = self.link.0.client.get_async_pubsub().await?;
            subscription.subscribe(self.name).await?;
            RedisResult::Ok(subscription)
        };
        let Ok(subscription) = tokio::time::timeout(WITHIN, connect).await else { return Ok(()) };
        let mut messages = subscription?.into_on_message();
        *backoff = Backoff::default();
        while let Some(message) = messages.next().await {
            if let Ok(text) = message.get_payload::<String>() {
                heard(&text);
            }
        }
        Ok(())
    }
}
