//! What favourites and footprints bring to the shop: their routes.

use std::sync::Arc;

use mallcore_actors::engine::Engine;
use mallcore_actors::refusal::{Rule, RuleClass};

use super::routes;
use crate::platform::feature::{Feature, FeatureError, Opening};
use crate::platform::http::table::{Pattern, shop};
use crate::platform::reads::Reads;
use crate::platform::writes::Writes;

/// There is no room for another favourite.
pub const FAVORITES_FULL: Rule = Rule {
    code: "favorites_full",
    class: RuleClass::Conflict,
    title: "收藏已满 / Favourites full",
    detail: "最多收藏 1000 件商品，请先移除一些。",
};

/// Favourites and footprints; cancelling an account deletes both.
pub const FEATURE: Feature = Feature {
    rules: &[&FAVORITES_FULL],
    forgets: &["DELETE FROM favorites WHERE user_id = ?", "DELETE FROM footprints WHERE user_id = ?"],
    open,
    ..Feature::of_routes("favorites", routes::configure, PATTERNS)
};

const PATTERNS: &[Pattern] =
    &[shop("/user/favorites/{}", "DELETE, PUT"), shop("/user/favorites", "GET"), shop("/user/footprints", "DELETE, GET")];

/// What the handlers need.
pub struct Keeping {
    pub(super) reads: Arc<Reads>,
    pub(super) writes: Arc<Writes>,
    /// The shop's clock.
    pub(super) engine: Arc<Engine>,
}

fn open(opening: &mut Opening<'_>) -> Result<(), FeatureError> {
    let (reads, writes) = (Arc::clone(opening.reads), Arc::clone(opening.writes));
    opening.provide(Keeping { reads, writes, engine: Arc::clone(opening.engine) });
    Ok(())
}
