//! What payments bring to the shop: their routes, the task that looks after open attempts, and the way of money back.

use std::sync::Arc;

use mallcore_actors::orders::{PAYMENT_OPEN, TOO_MANY_ATTEMPTS, UNKNOWN_ATTEMPT};
use mallcore_actors::refusal::Rule;

use super::attempts::keep_looking;
use super::handle::Payments;
use super::refunds::{GiveBack, keep_refunding};
use super::{error, metrics, routes};
use crate::features::orders::Orders;
use crate::platform::config;
use crate::platform::feature::{Feature, FeatureError, Opening};
use crate::platform::http::table::{Pattern, shop};
use crate::platform::policy::Policy;
use crate::platform::wechat::pay::{BadPayClient, NOTIFICATION_BYTES_MAX, WechatPay, begin_metrics};

/// What payments are made of.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The merchant's client; none where no merchant is configured, or nobody is served.
    pub wechat: Option<Arc<WechatPay>>,
}

impl Settings {
    /// With the merchant of these settings, if there is one.
    ///
    /// # Errors
    /// [`BadPayClient`] if its files cannot be used.
    pub fn of(wechat: &config::Wechat) -> Result<Self, BadPayClient> {
        Ok(Self { wechat: wechat.pay.as_ref().map(WechatPay::new).transpose()?.map(Arc::new) })
    }
}

const RULES: &[&Rule] = &[&PAYMENT_OPEN, &UNKNOWN_ATTEMPT, &TOO_MANY_ATTEMPTS, &error::PAYER_UNKNOWN];

/// Paying orders, and money on its way back.
pub const FEATURE: Feature =
    Feature { rules: RULES, policies: &[GiveBack::NAME], open, ..Feature::of_routes("payments", routes::configure, PATTERNS) };

const PATTERNS: &[Pattern] = &[
    shop("/orders/{}/cancel", "POST"),
    shop("/orders/{}/pay", "POST"),
    shop("/orders/{}/payment", "GET"),
    shop("/payments/wechat/refund-notify", "POST").signed(NOTIFICATION_BYTES_MAX),
    shop("/payments/wechat/notify", "POST").signed(NOTIFICATION_BYTES_MAX),
];

fn open(opening: &mut Opening<'_>) -> Result<(), FeatureError> {
    let settings = opening.provided::<Settings>().ok_or(FeatureError::Handle("payments::Settings"))?;
    let database = (Arc::clone(opening.reads), Arc::clone(opening.writes));
    let payments = Payments::new(Arc::clone(opening.engine), opening.orders.clone(), database, settings.wechat.clone());
    let payments = Arc::new(payments);
    metrics::begin();
    begin_metrics();
    // Every open attempt is in memory, also those of before.
    let now = payments.now();
    for shard in opening.engine.orders.shards() {
        shard.being_paid().for_each(|order| payments.watch.add_known(order, now));
    }
    opening.follow(GiveBack(Arc::clone(&payments)))?;
    if settings.wechat.is_some() {
        opening.run(keep_looking(Arc::clone(&payments)));
        opening.run(keep_refunding(Arc::clone(&payments)));
    }
    let orders = opening.provided::<Orders>().ok_or(FeatureError::Handle("Orders"))?;
    orders.supplement(Arc::<Payments>::clone(&payments));
    opening.provide_shared(payments);
    Ok(())
}
