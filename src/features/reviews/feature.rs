//! What reviews bring to the shop: their routes, and the ratings that the catalogue shows.

use std::sync::Arc;

use super::handle::Reviews;
use super::ratings::Ratings;
use super::routes;
use super::service::{ALREADY_REVIEWED, NOT_RECEIVED, REVIEW_CLOSED, UNKNOWN_ORDER_LINE};
use crate::features::catalog::Catalog;
use crate::features::orders::Orders;
use crate::platform::config;
use crate::platform::feature::{Feature, FeatureError, Opening};
use crate::platform::http::table::{Pattern, shop};
use crate::platform::outbox::Topic;

/// What the process registers of reviews.
pub const FEATURE: Feature = Feature {
    rules: &[&NOT_RECEIVED, &ALREADY_REVIEWED, &REVIEW_CLOSED, &UNKNOWN_ORDER_LINE],
    open,
    ..Feature::of_routes("reviews", routes::configure, PATTERNS)
};

const PATTERNS: &[Pattern] = &[
    shop("/products/{}/reviews", "GET"),
    shop("/orders/{}/reviews", "POST"),
    shop("/user/reviews", "GET"),
    shop("/user/reviews/pending", "GET"),
];

fn open(opening: &mut Opening<'_>) -> Result<(), FeatureError> {
    let catalog = Catalog::clone(&*opening.provided::<Catalog>().ok_or(FeatureError::Handle("Catalog"))?);
    let orders = opening.provided::<Orders>().ok_or(FeatureError::Handle("Orders"))?;
    let rules = *opening.provided::<config::Reviews>().ok_or(FeatureError::Handle("config::Reviews"))?;
    let ratings = Ratings::new(catalog.clone(), Arc::clone(opening.reads));
    let renewed = ratings.clone();
    opening.on_changed(Topic::Review, move |reviews| renewed.clone().renew(reviews));
    opening.run(ratings.clone().keep_showing());
    opening.provide(ratings.clone());
    let (reads, writes, engine) = (Arc::clone(opening.reads), Arc::clone(opening.writes), Arc::clone(opening.engine));
    opening.provide(Reviews { reads, writes, engine, rules, orders, catalog, ratings });
    Ok(())
}
