//! What WeChat is told of an order: pure, from the order as it stands.
//! - T1 Only orders that were paid by WeChat, that have parcels, and whose money was not given back as a whole.
//! - T2 The delivery is unified if its one parcel had everything that was left to send at that moment, and split from the first to the last upload
//!   otherwise: to change the mode takes the one chance to ship again.
//! - T3 WeChat takes ten parcels, an order may have fifteen: the first ten are told, and at the end that everything is on its way.
//! - T4 A part that was refunded before it was sent is not waited for.

use std::collections::HashMap;

use mallcore_actors::ids::SkuId;
use mallcore_actors::orders::{Order, Parcel, PaymentChannel, Progress, Status};
use mallcore_actors::time::Timestamp;

use super::super::carriers::{ByCode, PICK_UP};
use crate::platform::wechat::shipping::{DESCRIPTION_CHARACTERS_MAX, ITEMS_MAX, Logistics, OrderKey, Shipment, ShippingItem};

/// What is known beside the order.
#[derive(Debug, Clone)]
pub struct Known<'a> {
    /// The names of the order's products.
    pub names: &'a HashMap<SkuId, String>,
    /// The shop's carriers.
    pub carriers: &'a ByCode,
    /// The receiver's masked phone, if the order has an address.
    pub receiver_contact: Option<&'a str>,
    /// How WeChat knows the payment.
    pub key: OrderKey,
    /// `openid` of whoever paid.
    pub openid: &'a str,
}

/// What follows from an order for WeChat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Telling {
    /// This is to be told.
    Shipment(Shipment),
    /// There is nothing to tell.
    Nothing,
    /// It cannot be told as it is: a person has to act.
    Impossible(String),
}

/// Whether WeChat has to know of this order's parcels (T1).
pub fn concerns_wechat(order: &Order) -> bool {
    let stands = matches!(order.status, Status::Paid | Status::Shipped | Status::Completed);
    let is_by_wechat = |progress: &Progress| {
        let payment = progress.payment.as_ref();
        payment.is_some_and(|payment| payment.channel == PaymentChannel::WechatPay) && !progress.parcels.is_empty()
    };
    stands && order.progress.as_deref().is_some_and(is_by_wechat)
}

/// What WeChat is to be told of this order.
pub fn telling(order: &Order, known: &Known<'_>) -> Telling {
    let Some(progress) = order.progress.as_deref().filter(|_| concerns_wechat(order)) else { return Telling::Nothing };
    let is_all_delivered = progress.lines.iter().all(|line| line.to_ship() == 0);
    let carried: Vec<&(Timestamp, Parcel)> = progress.parcels.iter().filter(|(_, parcel)| parcel.carrier.as_str() != PICK_UP).collect();
    let shipment = |logistics, is_split, is_all_delivered, items| Shipment {
        key: known.key.clone(),
        logistics,
        is_split,
        is_all_delivered,
        items,
        openid: known.openid.to_owned(),
    };
    if carried.is_empty() {
        // The shopper has come for everything.
        let pieces = progress.parcels.iter().flat_map(|(_, parcel)| &parcel.pieces);
        let description = description(pieces.map(|pieces| (name(known, pieces.sku), pieces.quantity.get())));
        let item = ShippingItem { parcel: None, description, receiver_contact: None };
        return Telling::Shipment(shipment(Logistics::PickUp, false, true, vec![item]));
    }
    let items = carried.iter().take(ITEMS_MAX).map(|(_, parcel)| item(parcel, known)).collect::<Result<Vec<_>, _>>();
    let items = match items {
        Ok(items) => items,
        Err(why) => return Telling::Impossible(why),
    };
    let was_whole = progress.parcels.len() == 1 && carried.first().is_some_and(|(sent_at, _)| progress.shipped_at == Some(*sent_at));
    Telling::Shipment(shipment(Logistics::Carrier, !was_whole, is_all_delivered, items))
}

fn item(parcel: &Parcel, known: &Known<'_>) -> Result<ShippingItem, String> {
    let code = parcel.carrier.as_str();
    let carrier = known.carriers.get(code);
    let wechat_id = carrier.and_then(|carrier| carrier.wechat_id.clone());
    let wechat_id = wechat_id.ok_or_else(|| format!("the carrier {code} has no wechat_id in the table carriers"))?;
    let description = description(parcel.pieces.iter().map(|pieces| (name(known, pieces.sku), pieces.quantity.get())));
    let wants_contact = carrier.is_some_and(|carrier| carrier.needs_phone);
    Ok(ShippingItem {
        parcel: Some((wechat_id, parcel.tracking.as_str().to_owned())),
        description,
        receiver_contact: known.receiver_contact.filter(|_| wants_contact).map(str::to_owned),
    })
}

fn name<'a>(known: &Known<'a>, sku: SkuId) -> &'a str {
    known.names.get(&sku).map_or("商品", String::as_str)
}

/// Names and pieces as WeChat's examples have them: `微信黄脸布艺胸针*1；微信气泡狗零钱包*1`, cut where there is no more room.
fn description<'a>(pieces: impl Iterator<Item = (&'a str, u32)>) -> String {
    let mut text = String::new();
    for (name, quantity) in pieces {
        if !text.is_empty() {
            text.push('；');
        }
        text.push_str(&format!("{name}*{quantity}"));
    }
    if text.chars().count() <= DESCRIPTION_CHARACTERS_MAX {
        return text;
    }
    text.chars().take(DESCRIPTION_CHARACTERS_MAX - 1).chain(['…']).collect()
}
