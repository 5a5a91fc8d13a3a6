//! What carts bring to the shop: their shards, their projection, their routes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use mallcore_actors::carts::{Cart, CartShared};
use mallcore_actors::ids::UserId;
use mallcore_actors::journal::Sequence;
use mallcore_actors::kernel::host::Keeping;
use mallcore_actors::kernel::shards::Shards;
use mallcore_actors::kernel::{BoxFuture, Common, Fact, LoadFailed, Loader};

use super::bought::TakeOutBought;
use super::handle::Carts;
use super::mirror::Mirror;
use super::projection::CartProjection;
use super::{documents, repository, routes};
use crate::features::catalog::Catalog;
use crate::platform::feature::{Feature, FeatureError, Opening};
use crate::platform::http::table::{Pattern, shop};
use crate::platform::policy::Policy;
use crate::platform::projection::Projection;
use crate::platform::reads::{ANSWER_WITHIN, Reads};

/// What the process registers of carts.
pub const FEATURE: Feature = Feature {
    document: documents::document,
    rules: mallcore_actors::carts::RULES,
    projections: &[CartProjection::NAME],
    policies: &[TakeOutBought::NAME],
    open,
    ..Feature::of_routes("carts", routes::configure, PATTERNS)
};

const PATTERNS: &[Pattern] = &[
    shop("/cart", "DELETE, GET"),
    shop("/cart/add", "POST"),
    shop("/cart/merge", "POST"),
    shop("/cart/selection", "PUT"),
    shop("/cart/items/{}", "DELETE, PUT"),
];

/// Actors that share the carts.
const SHARDS: usize = 16;
/// A cart that nobody asks for ten minutes leaves memory.
const KEEPING: Keeping = Keeping { waiting_max: 64, waiting_total_max: 4_096, idle_millis: 600_000, reload_millis: 500 };
/// How often a shard lets idle carts go.
const IDLE_CHECK: Duration = Duration::from_secs(1);

fn open(opening: &mut Opening<'_>) -> Result<(), FeatureError> {
    let projected = opening.project::<CartProjection>()?;
    let tail = opening.tail::<Cart>(&projected, |fact| match fact {
        Fact::Carts(fact) => Some(fact.user()),
        _ => None,
    })?;
    let shared = Arc::new(CartShared { admission: Arc::clone(&projected.admission) });
    let common = Common::new(shared, Arc::clone(&opening.engine.recorder), KEEPING);
    let loader = CartLoader { reads: Arc::clone(opening.reads), at_least: Arc::clone(&projected.highest) };
    if let Some(link) = opening.redis.cloned() {
        let (reads, engine) = (Arc::clone(opening.reads), Arc::clone(opening.engine));
        opening.run(Mirror { link, reads, engine, projected: projected.checkpoint.clone() }.keep());
    }
    let shards = Arc::new(Shards::new(SHARDS, common, Arc::new(loader), IDLE_CHECK, tail, projected.checkpoint));
    let catalog = opening.provided::<Catalog>().ok_or(FeatureError::Handle("Catalog"))?;
    let carts = || Carts::new(Arc::clone(&shards), Arc::clone(&catalog), Arc::clone(opening.reads));
    let (for_handlers, for_policy) = (carts(), carts());
    opening.provide(for_handlers);
    opening.follow(TakeOutBought(for_policy))?;
    opening.on_thread(move |thread| shards.live_on(thread));
    Ok(())
}

/// Loads carts that are not in memory, from a database that is not older than what this process has let go of.
struct CartLoader {
    reads: Arc<Reads>,
    at_least: Arc<AtomicU64>,
}

impl Loader<Cart> for CartLoader {
    fn load(&self, user: UserId) -> BoxFuture<Result<(Option<Cart>, Sequence), LoadFailed>> {
        let (reads, at_least) = (Arc::clone(&self.reads), Sequence(self.at_least.load(Ordering::Acquire)));
        Box::pin(async move {
            let loaded = reads.ask(ANSWER_WITHIN, async |database| repository::load(database, user).await).await;
            let loaded = loaded.map_err(|error| LoadFailed(crate::platform::error_chain::of(&error)))?;
            if loaded.checkpoint < at_least {
                return Err(LoadFailed(format!("the database is at record {}, {at_least} is needed", loaded.checkpoint)));
            }
            Ok((loaded.value, loaded.checkpoint))
        })
    }
}
