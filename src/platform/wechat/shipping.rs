//! What WeChat has to know of parcels (发货信息管理): until it does, the money of an order stays frozen
//! (<https://developers.weixin.qq.com/miniprogram/dev/platform-capabilities/business-capabilities/order-shipping/order-shipping.html>).
//! - S1 A payment whose shipping is finished can be told again once, and never after that: whoever does not know what became of an upload asks
//!   ([`WechatClient::shipping_state`]) before it uploads again.
//! - S2 A unified delivery has one parcel; a split one has 1 to [`ITEMS_MAX`], is by carriers only, and says whether everything is on its way.
//!
//! Not here: which parcels an order has, and when they are told (`features::shipping`).

use std::fmt;

use chrono::{DateTime, FixedOffset, SecondsFormat};
use mallcore_actors::time::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::client::WechatClient;
use super::error::WechatError;

/// Parcels of one payment that WeChat takes.
pub const ITEMS_MAX: usize = 10;
/// Characters of a parcel's description.
pub const DESCRIPTION_CHARACTERS_MAX: usize = 120;
/// Asia/Shanghai, in seconds.
const OFFSET_SECONDS: i32 = 8 * 3_600;

/// How WeChat is told which payment is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrderKey {
    /// The merchant, and its own number of the payment.
    Merchant {
        /// Id of the merchant.
        mchid: String,
        /// The number that the merchant gave when the payment was begun.
        out_trade_no: String,
    },
    /// WeChat's number of the payment.
    Transaction(String),
}

/// How the goods reach the shopper. Numbers are WeChat's `logistics_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Logistics {
    /// By a carrier.
    Carrier = 1,
    /// The shopper picks them up.
    PickUp = 4,
}

/// One parcel, as WeChat shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShippingItem {
    /// The carrier in WeChat's list, and the parcel's number; none for goods that are picked up.
    pub parcel: Option<(String, String)>,
    /// What is in it; 120 characters at most.
    pub description: String,
    /// The receiver's phone, masked but for its last four digits: 顺丰 wants it.
    pub receiver_contact: Option<String>,
}

/// What WeChat is told about one payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shipment {
    /// The payment that is meant.
    pub key: OrderKey,
    /// How the goods travel.
    pub logistics: Logistics,
    /// Whether it is sent in several parcels.
    pub is_split: bool,
    /// Whether everything that is to be sent is on its way.
    pub is_all_delivered: bool,
    /// The parcels so far.
    pub items: Vec<ShippingItem>,
    /// `openid` of whoever paid.
    pub openid: String,
}

/// What WeChat knows of a payment's parcels.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ShippingState {
    /// Whether everything is on its way, as far as WeChat was told.
    #[serde(default)]
    pub finish_shipping: bool,
    /// The parcels that it was told of.
    #[serde(default)]
    pub shipping_list: Vec<KnownParcel>,
}

/// A parcel that WeChat knows of.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct KnownParcel {
    /// Its number at the carrier; empty for goods that are picked up.
    #[serde(default)]
    pub tracking_no: String,
}

#[derive(Deserialize)]
struct Found {
    order: KnownOrder,
}

#[derive(Deserialize)]
struct KnownOrder {
    #[serde(default)]
    shipping: Option<ShippingState>,
}

#[derive(Deserialize)]
struct Nothing {}

impl OrderKey {
    fn for_upload(&self) -> Value {
        match self {
            Self::Merchant { mchid, out_trade_no } => json!({ "order_number_type": 1, "mchid": mchid, "out_trade_no": out_trade_no }),
            Self::Transaction(id) => json!({ "order_number_type": 2, "transaction_id": id }),
        }
    }

    fn for_question(&self) -> Value {
        match self {
            Self::Merchant { mchid, out_trade_no } => json!({ "merchant_id": mchid, "merchant_trade_no": out_trade_no }),
            Self::Transaction(id) => json!({ "transaction_id": id }),
        }
    }
}

impl Shipment {
    /// The request's body but for its time.
    fn timeless_body(&self) -> Value {
        let items: Vec<Value> = self.items.iter().map(ShippingItem::body).collect();
        json!({
            "order_key": self.key.for_upload(),
            "logistics_type": self.logistics as u8,
            "delivery_mode": if self.is_split { 2 } else { 1 },
            "is_all_delivered": self.is_all_delivered,
            "shipping_list": items,
            "payer": { "openid": self.openid },
        })
    }

    /// The request's body; of two uploads the later one counts.
    pub fn body(&self, at: Timestamp) -> Value {
        let mut body = self.timeless_body();
        if let Some(body) = body.as_object_mut() {
            body.insert("upload_time".to_owned(), upload_time(at).into());
        }
        body
    }

    /// What tells whether WeChat was told the same before.
    pub fn fingerprint(&self) -> [u8; 16] {
        let digest = Sha256::digest(self.timeless_body().to_string().as_bytes());
        let mut first = [0; 16];
        first.copy_from_slice(&digest[..16]);
        first
    }

    /// The rule that it breaks, of those that WeChat documents (S2).
    pub fn broken(&self) -> Option<&'static str> {
        let is_described = |item: &ShippingItem| (1..=DESCRIPTION_CHARACTERS_MAX).contains(&item.description.chars().count());
        match () {
            () if self.items.is_empty() => Some("S2: no parcel"),
            () if self.items.len() > ITEMS_MAX => Some("S2: too many parcels"),
            () if !self.is_split && self.items.len() != 1 => Some("S2: a unified delivery has one parcel"),
            () if !self.is_split && !self.is_all_delivered => Some("S2: a unified delivery is a whole one"),
            () if self.is_split && self.logistics != Logistics::Carrier => Some("S2: only carriers' parcels are split"),
            () if !self.items.iter().all(is_described) => Some("S2: a parcel without a description that fits"),
            () if self.items.iter().any(|item| item.parcel.is_some() != (self.logistics == Logistics::Carrier)) => {
                Some("S2: carrier and number belong to carriers' parcels")
            }
            () => None,
        }
    }

    /// Whether WeChat knows all of this already.
    pub fn is_known(&self, state: &ShippingState) -> bool {
        let knows = |number: &str| state.shipping_list.iter().any(|parcel| parcel.tracking_no == number);
        let numbers = self.items.iter().filter_map(|item| item.parcel.as_ref()).map(|(_, number)| number);
        state.finish_shipping == self.is_all_delivered && !state.shipping_list.is_empty() && numbers.into_iter().all(|number| knows(number))
    }
}

impl ShippingItem {
    fn body(&self) -> Value {
        let mut body = json!({ "item_desc": self.description });
        let Some(fields) = body.as_object_mut() else { return body };
        if let Some((company, number)) = &self.parcel {
            fields.insert("tracking_no".to_owned(), number.clone().into());
            fields.insert("express_company".to_owned(), company.clone().into());
        }
        if let Some(contact) = &self.receiver_contact {
            fields.insert("contact".to_owned(), json!({ "receiver_contact": contact }));
        }
        body
    }
}

/// As WeChat's example has it: `2022-12-15T13:29:35.120+08:00`.
fn upload_time(at: Timestamp) -> String {
    let at = DateTime::from_timestamp_millis(i64::try_from(at.millis()).unwrap_or(0)).unwrap_or_default();
    match FixedOffset::east_opt(OFFSET_SECONDS) {
        Some(offset) => at.with_timezone(&offset).to_rfc3339_opts(SecondsFormat::Millis, false),
        None => at.to_rfc3339_opts(SecondsFormat::Millis, true),
    }
}

/// What WeChat said to an upload, by what follows from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Uploaded {
    /// It has it.
    Taken,
    /// It had it before: the same was told (10060023).
    Unchanged,
    /// Everything was told before, and nothing more can be (10060002).
    Finished,
    /// It does not know the payment, or not yet: right after a payment that passes (10060001).
    UnknownPayment(String),
    /// It could not be asked, or was busy; it has not taken it.
    NotNow(String),
    /// Nobody knows whether it has it: no answer that could be read.
    Unknown(String),
    /// It will never take it so: a person has to look at it.
    Refused(String),
}

impl fmt::Display for Uploaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Taken => f.write_str("taken"),
            Self::Unchanged => f.write_str("unchanged"),
            Self::Finished => f.write_str("finished before"),
            Self::UnknownPayment(why) | Self::NotNow(why) | Self::Unknown(why) | Self::Refused(why) => f.write_str(why),
        }
    }
}

impl From<WechatError> for Uploaded {
    fn from(error: WechatError) -> Self {
        let text = error.to_string();
        match error {
            WechatError::Refused { code: 10_060_023, .. } => Self::Unchanged,
            WechatError::Refused { code: 10_060_002, .. } => Self::Finished,
            WechatError::Refused { code: 10_060_001, message } => Self::UnknownPayment(format!("errcode 10060001: {message}")),
            WechatError::Refused { code: code @ (10_060_012 | 10_060_019 | 45_009 | 44_990), message } => {
                Self::NotNow(format!("errcode {code}: {message}"))
            }
            WechatError::Refused { code, message } => Self::Refused(format!("errcode {code}: {message}")),
            WechatError::Code(_) | WechatError::Blocked(_) => Self::Refused(text),
            WechatError::Busy(_) | WechatError::TooOften(_) | WechatError::AccessToken(_) | WechatError::NotConfigured => {
                Self::NotNow(text)
            }
            WechatError::Failed(failure) if failure.was_not_sent() => Self::NotNow(text),
            WechatError::Failed(_) => Self::Unknown(text),
        }
    }
}

impl WechatClient {
    /// Tells WeChat of a payment's parcels.
    pub async fn upload_shipping(&self, shipment: &Shipment, at: Timestamp) -> Uploaded {
        let answer: Result<Nothing, _> = self.post("/wxa/sec/order/upload_shipping_info", &shipment.body(at)).await;
        answer.map_or_else(Uploaded::from, |Nothing {}| Uploaded::Taken)
    }

    /// What WeChat knows of a payment's parcels; none if it knows of none.
    ///
    /// # Errors
    /// [`WechatError`].
    pub async fn shipping_state(&self, key: &OrderKey) -> Result<Option<ShippingState>, WechatError> {
        let found: Found = self.post("/wxa/sec/order/get_order", &key.for_question()).await?;
        Ok(found.order.shipping)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shipment() -> Shipment {
        Shipment {
            key: OrderKey::Transaction("fake-transid-20221214190427-1".to_owned()),
            logistics: Logistics::Carrier,
            is_split: false,
            is_all_delivered: true,
            items: vec![ShippingItem {
                parcel: Some(("STO".to_owned(), "fake-trackingno-2022121419042711".to_owned())),
                description: "微信气泡狗集线器*1".to_owned(),
                receiver_contact: Some("+86-177****1234".to_owned()),
            }],
            openid: "ogqztkPsejM9MQAFfwCQSCi4oNg3".to_owned(),
        }
    }

    /// The example of WeChat's page "小程序发货信息管理服务", part one, with the receiver's contact in place of the sender's.
    #[test]
    fn the_body_is_that_of_the_documentation() {
        let documented = json!({
            "order_key": { "order_number_type": 2, "transaction_id": "fake-transid-20221214190427-1" },
            "delivery_mode": 1,
            "logistics_type": 1,
            "is_all_delivered": true,
            "shipping_list": [{
                "tracking_no": "fake-trackingno-2022121419042711",
                "express_company": "STO",
                "item_desc": "微信气泡狗集线器*1",
                "contact": { "receiver_contact": "+86-177****1234" },
            }],
            "upload_time": "2022-12-15T13:29:35.120+08:00",
            "payer": { "openid": "ogqztkPsejM9MQAFfwCQSCi4oNg3" },
        });
        assert_eq!(shipment().body(Timestamp::from_millis(1_671_082_175_120)), documented);
        assert_eq!(shipment().broken(), None);
    }

    #[test]
    fn the_time_of_an_upload_is_no_part_of_what_is_told() {
        assert_eq!(shipment().fingerprint(), shipment().fingerprint());
        assert_ne!(shipment().fingerprint(), Shipment { is_all_delivered: false, ..shipment() }.fingerprint());
    }

    #[test]
    fn documented_rules_are_kept() {
        let two = || vec![shipment().items[0].clone(), shipment().items[0].clone()];
        for (broken, shipment) in [
            ("one parcel", Shipment { items: two(), ..shipment() }),
            ("no parcel", Shipment { items: Vec::new(), ..shipment() }),
            ("whole one", Shipment { is_all_delivered: false, ..shipment() }),
            ("only carriers", Shipment { is_split: true, logistics: Logistics::PickUp, items: two(), ..shipment() }),
            ("belong to carriers", Shipment { logistics: Logistics::PickUp, ..shipment() }),
            ("too many", Shipment { is_split: true, items: (0..11).flat_map(|_| shipment().items).collect(), ..shipment() }),
        ] {
            assert!(shipment.broken().is_some_and(|said| said.contains(broken)), "{broken}: {:?}", shipment.broken());
        }
    }

    #[test]
    fn what_wechat_says_is_told_apart() {
        let said = |code: i64| Uploaded::from(WechatError::of(code, "m"));
        assert_eq!((said(10_060_023), said(10_060_002)), (Uploaded::Unchanged, Uploaded::Finished));
        assert!(matches!(said(10_060_001), Uploaded::UnknownPayment(_)));
        assert!(matches!(said(-1), Uploaded::NotNow(_)) && matches!(said(10_060_012), Uploaded::NotNow(_)));
        assert!(matches!(said(10_060_003), Uploaded::Refused(_)) && matches!(said(10_060_031), Uploaded::Refused(_)));
        let failed = |failure| Uploaded::from(WechatError::Failed(failure));
        assert!(matches!(failed(crate::platform::outgoing::Failure::Timeout), Uploaded::Unknown(_)));
        assert!(matches!(failed(crate::platform::outgoing::Failure::Busy), Uploaded::NotNow(_)));
    }
}
