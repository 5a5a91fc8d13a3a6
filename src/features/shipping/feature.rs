//! What shipping brings to the shop: its route, two policies, the task that tells WeChat of parcels, and the one that tells shoppers.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use super::carriers::Carriers;
use super::handle::Shipping;
use super::messages::{self, TellShoppers};
use super::routes;
use super::uploads::{NoteShipped, Uploader, keep_noting};
use crate::features::accounts;
use crate::features::addresses::Addresses;
use crate::features::orders::Orders;
use crate::platform::config;
use crate::platform::feature::{Feature, FeatureError, Opening};
use crate::platform::http::table::{Pattern, shop};
use crate::platform::policy::Policy;
use crate::platform::tracking::{self, Tracking};
use crate::platform::wechat::WechatClient;

/// What the process registers of shipping.
pub const FEATURE: Feature = Feature {
    policies: &[NoteShipped::NAME, TellShoppers::NAME],
    forgets: &["UPDATE pick_ups SET code = NULL WHERE user_id = ?"],
    open,
    ..Feature::of_routes("shipping", routes::configure, PATTERNS)
};

const PATTERNS: &[Pattern] = &[shop("/orders/{}/parcels", "GET")];

/// Notes on their way to their rows.
const NOTES_MAX: usize = 64;

fn open(opening: &mut Opening<'_>) -> Result<(), FeatureError> {
    let settings = opening.provided::<config::Shipping>().ok_or(FeatureError::Handle("config::Shipping"))?;
    let accounts = opening.provided::<accounts::Settings>().ok_or(FeatureError::Handle("accounts::Settings"))?;
    let orders = opening.provided::<Orders>().ok_or(FeatureError::Handle("Orders"))?;
    let addresses = opening.provided::<Addresses>().ok_or(FeatureError::Handle("Addresses"))?;
    let tracker = tracking::tracker(&settings).map_err(|cause| FeatureError::Outgoing(Box::new(cause)))?;
    let (reads, engine) = (Arc::clone(opening.reads), Arc::clone(opening.engine));
    opening.provide(Shipping {
        orders,
        addresses: Arc::clone(&addresses),
        carriers: Carriers::new(Arc::clone(&reads)),
        tracking: Tracking::new(tracker, Duration::from_secs(settings.tracking_fresh_seconds)),
        reads,
        vault: opening.vault.clone(),
        engine,
    });
    tell_wechat(opening, &settings, &accounts.wechat, addresses)?;
    tell_shoppers(opening, &settings, &accounts.wechat)
}

fn client(wechat: &config::Wechat) -> Result<WechatClient, FeatureError> {
    WechatClient::new(wechat).map_err(|cause| FeatureError::Outgoing(Box::new(cause)))
}

/// Parcels of orders that were paid by WeChat are told there. What is missing for it is said once, at the start.
fn tell_wechat(
    opening: &mut Opening<'_>,
    settings: &config::Shipping,
    wechat: &config::Wechat,
    addresses: Arc<Addresses>,
) -> Result<(), FeatureError> {
    let client = client(wechat)?;
    let missing = match () {
        () if !settings.upload => Some("WECHAT_SHIPPING_UPLOAD is false"),
        () if wechat.pay.is_none() => Some("WECHAT_PAY_MCHID is not set, so nobody pays there"),
        () if !client.is_configured() => Some("WECHAT_APPID and WECHAT_SECRET are not set"),
        () => None,
    };
    if let Some(missing) = missing {
        tracing::info!("WeChat is not told of parcels: {missing}");
        return opening.follow(NoteShipped(None));
    }
    let (notes, taken) = mpsc::channel(NOTES_MAX);
    let (writes, engine) = (Arc::clone(opening.writes), Arc::clone(opening.engine));
    opening.run(keep_noting(taken, Arc::clone(&writes), Arc::clone(&engine)));
    opening.run(Uploader { wechat: client, reads: Arc::clone(opening.reads), writes, engine, addresses }.keep_uploading());
    opening.follow(NoteShipped(Some(Arc::new(notes))))
}

/// Shoppers are told what happens to their orders, by the templates that are configured.
fn tell_shoppers(opening: &mut Opening<'_>, settings: &config::Shipping, wechat: &config::Wechat) -> Result<(), FeatureError> {
    let (client, messages) = (client(wechat)?, Arc::new(settings.messages.clone()));
    let engine = Arc::clone(opening.engine);
    let missing = match () {
        () if !messages.is_any() => Some("no WECHAT_MESSAGE_* names a template"),
        () if !client.is_configured() => Some("WECHAT_APPID and WECHAT_SECRET are not set"),
        () => None,
    };
    if let Some(missing) = missing {
        tracing::info!("no subscribe messages are sent: {missing}");
        return opening.follow(TellShoppers { queue: None, messages, engine });
    }
    let (queue, taken) = mpsc::channel(messages::QUEUE_MAX);
    let sender =
        messages::Sender { wechat: client, messages: Arc::clone(&messages), reads: Arc::clone(opening.reads), engine: Arc::clone(&engine) };
    opening.run(sender.keep_sending(taken));
    opening.follow(TellShoppers { queue: Some(queue), messages, engine })
}
