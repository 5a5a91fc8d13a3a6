//! Counts in Redis, shared by all processes: `admin_tries:{hash}`, a number that ends by itself. Each change is one script, so two tries never
//! pass the bound together.

use std::sync::LazyLock;
use std::time::Duration;

use ::redis::Script;
use futures_util::future::BoxFuture;
use mallcore_actors::time::Timestamp;

use super::{Begun, Known, PAUSE, PER_ADDRESS_MAX, PER_NAME_MAX, Tries};
use crate::features::admins::store::StoreError;
use crate::platform::redis::Link;

static BEGIN: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("begin.lua")));
static SUCCEEDED: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("succeeded.lua")));

/// Counts in Redis.
pub struct RedisTries(Link);

impl RedisTries {
    /// Over this link.
    pub const fn new(link: Link) -> Self {
        Self(link)
    }
}

fn place(known: &Known) -> String {
    format!("admin_tries:{}", known.0)
}

impl Tries for RedisTries {
    fn begin<'a>(&'a self, name: &'a Known, address: &'a Known, _: Timestamp) -> BoxFuture<'a, Result<Begun, StoreError>> {
        Box::pin(async move {
            let mut call = BEGIN.prepare_invoke();
            call.key(place(name)).key(place(address));
            call.arg(u64::try_from(PAUSE.as_millis()).unwrap_or(u64::MAX)).arg(PER_NAME_MAX).arg(PER_ADDRESS_MAX);
            let wait: u64 = self.0.invoke(&call).await?;
            Ok(if wait == 0 { Begun::Yes } else { Begun::Wait(Duration::from_millis(wait)) })
        })
    }

    fn succeeded<'a>(&'a self, name: &'a Known, address: &'a Known) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            let mut call = SUCCEEDED.prepare_invoke();
            call.key(place(name)).key(place(address));
            self.0.invoke::<u32>(&call).await?;
            Ok(())
        })
    }
}
