//! Shipping information in the sandbox (发货信息管理): what is uploaded is checked as WeChat documents it and kept, so that a repeat and a second
//! shipping are told apart as there. It takes parcels of any payment: whether there is one it does not know.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, web};
use chrono::DateTime;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::codes::Sandbox;
use super::faults::{Fault, Faults};
use super::messages::FaultWish;
use super::server::{Credential, refuse};

/// Payments that are kept; beyond that everything is forgotten.
const KEPT_MAX: usize = 100_000;
const PARCELS_MAX: usize = 10;
const DESCRIPTION_CHARACTERS_MAX: usize = 120;

/// An upload as it arrived; what is missing is empty or 0.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SandboxUpload {
    order_key: Key,
    /// 1 by a carrier, 4 picked up by the shopper.
    pub logistics_type: i64,
    /// 1 unified, 2 split.
    pub delivery_mode: i64,
    /// Whether everything is on its way; none where it was not said.
    pub is_all_delivered: Option<bool>,
    /// The parcels that were told.
    pub shipping_list: Vec<SandboxParcel>,
    upload_time: String,
    payer: Payer,
}

/// A parcel as it was told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SandboxParcel {
    /// Its number at the carrier.
    pub tracking_no: String,
    /// The carrier, by its id.
    pub express_company: String,
    /// What is in it.
    pub item_desc: String,
    /// Phones, masked as they arrived.
    pub contact: Option<BTreeMap<String, String>>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Key {
    order_number_type: i64,
    transaction_id: String,
    mchid: String,
    out_trade_no: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Payer {
    openid: String,
}

/// What is known of a payment's parcels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SandboxShipment {
    /// The last upload that was taken.
    pub upload: SandboxUpload,
    /// Uploads that were taken.
    pub uploads: u32,
    /// How often everything was said to be on its way.
    pub finished: u32,
}

/// What the sandbox was told of parcels.
#[derive(Debug, Default)]
pub struct Shipments {
    kept: Mutex<BTreeMap<String, SandboxShipment>>,
    /// What the next uploads get instead.
    pub faults: Faults,
}

impl Key {
    /// What is wrong with it, by WeChat's number.
    fn wrong(&self) -> Option<i64> {
        match self.order_number_type {
            1 if self.mchid.is_empty() => Some(268_485_196),
            1 if self.out_trade_no.is_empty() => Some(268_485_197),
            2 if self.transaction_id.is_empty() => Some(268_485_195),
            1 | 2 => None,
            _ => Some(268_485_194),
        }
    }

    fn name(&self) -> String {
        if self.transaction_id.is_empty() { format!("{}/{}", self.mchid, self.out_trade_no) } else { self.transaction_id.clone() }
    }
}

impl SandboxUpload {
    fn is_split(&self) -> bool {
        self.delivery_mode == 2
    }

    fn is_finished(&self) -> bool {
        !self.is_split() || self.is_all_delivered == Some(true)
    }

    /// What is wrong with it, by WeChat's number.
    fn wrong(&self) -> Option<i64> {
        let by_carrier = self.logistics_type == 1;
        let any = |is_wrong: fn(&SandboxParcel) -> bool| self.shipping_list.iter().any(is_wrong);
        match () {
            () if self.order_key.wrong().is_some() => self.order_key.wrong(),
            () if !(1..=4).contains(&self.logistics_type) => Some(10_060_005),
            () if !(1..=2).contains(&self.delivery_mode) => Some(268_485_224),
            () if self.is_split() && !by_carrier => Some(10_060_006),
            () if self.is_split() && self.is_all_delivered.is_none() => Some(10_060_007),
            () if self.shipping_list.len() > PARCELS_MAX => Some(10_060_024),
            () if !self.is_split() && self.shipping_list.len() != 1 => Some(268_485_228),
            () if self.shipping_list.is_empty() => Some(10_060_014),
            () if by_carrier && any(|parcel| parcel.tracking_no.is_empty()) => Some(268_485_226),
            () if by_carrier && any(|parcel| parcel.express_company.is_empty()) => Some(268_485_227),
            () if any(|parcel| parcel.express_company.len() > 128) => Some(10_060_025),
            () if any(|parcel| parcel.tracking_no.len() > 128) => Some(10_060_026),
            () if any(|parcel| parcel.item_desc.is_empty()) => Some(10_060_008),
            () if any(|parcel| parcel.item_desc.chars().count() > DESCRIPTION_CHARACTERS_MAX) => Some(10_060_009),
            // 顺丰 wants a phone of either side.
            () if any(|parcel| parcel.express_company == "SF" && parcel.contact.as_ref().is_none_or(BTreeMap::is_empty)) => {
                Some(10_060_014)
            }
            () if DateTime::parse_from_rfc3339(&self.upload_time).is_err() => Some(268_485_216),
            () if self.payer.openid.is_empty() => Some(10_060_031),
            () => None,
        }
    }

    /// Whether it tells the same as another one.
    fn says_what(&self, other: &Self) -> bool {
        Self { upload_time: String::new(), ..self.clone() } == Self { upload_time: String::new(), ..other.clone() }
    }

    /// Whether it tells of a second shipping, of which there is one (10060003).
    fn ships_again(&self, before: &Self) -> bool {
        before.is_finished() || before.delivery_mode != self.delivery_mode || before.logistics_type != self.logistics_type
    }
}

impl Shipments {
    /// What was told about a payment: `<mchid>/<out_trade_no>`, or WeChat's number of it.
    pub fn of(&self, payment: &str) -> Option<SandboxShipment> {
        self.kept.lock().get(payment).cloned()
    }

    /// Takes an upload, or says WeChat's number for why not.
    fn take(&self, upload: SandboxUpload) -> Result<(), i64> {
        if let Some(code) = upload.wrong() {
            return Err(code);
        }
        let (name, mut kept) = (upload.order_key.name(), self.kept.lock());
        if kept.len() >= KEPT_MAX {
            kept.clear();
        }
        let finished = u32::from(upload.is_finished());
        let Some(known) = kept.get_mut(&name) else {
            kept.insert(name, SandboxShipment { upload, uploads: 1, finished });
            return Ok(());
        };
        if upload.says_what(&known.upload) {
            return Err(10_060_023);
        }
        if upload.ships_again(&known.upload) && known.finished > 1 {
            return Err(10_060_003);
        }
        *known = SandboxShipment { upload, uploads: known.uploads + 1, finished: known.finished + finished };
        Ok(())
    }
}

pub(super) async fn upload(sandbox: web::Data<Sandbox>, query: web::Query<Credential>, body: web::Json<SandboxUpload>) -> HttpResponse {
    if let Err(refused) = sandbox.check_token(&query.access_token) {
        return refuse(refused);
    }
    let fault = sandbox.shipments.faults.next();
    let taken = match fault {
        Some(Fault::Code(code)) => Err(code),
        _ => sandbox.shipments.take(body.into_inner()),
    };
    match taken {
        _ if fault == Some(Fault::Silent) => HttpResponse::BadGateway().finish(),
        Ok(()) => HttpResponse::Ok().json(json!({ "errcode": 0, "errmsg": "ok" })),
        Err(code) => HttpResponse::Ok().json(json!({ "errcode": code, "errmsg": "refused by the sandbox" })),
    }
}

/// Which payment is asked about.
#[derive(Deserialize)]
pub(super) struct Question {
    #[serde(default)]
    transaction_id: String,
    #[serde(default)]
    merchant_id: String,
    #[serde(default)]
    merchant_trade_no: String,
}

pub(super) async fn get_order(sandbox: web::Data<Sandbox>, query: web::Query<Credential>, asked: web::Json<Question>) -> HttpResponse {
    if let Err(refused) = sandbox.check_token(&query.access_token) {
        return refuse(refused);
    }
    let Question { transaction_id, merchant_id, merchant_trade_no } = asked.into_inner();
    let key = Key { order_number_type: 0, transaction_id, mchid: merchant_id, out_trade_no: merchant_trade_no };
    let Some(known) = sandbox.shipments.of(&key.name()) else {
        return HttpResponse::Ok().json(json!({ "errcode": 0, "errmsg": "ok", "order": { "order_state": 1 } }));
    };
    let SandboxShipment { upload, finished, .. } = known;
    let shipping = json!({
        "delivery_mode": upload.delivery_mode,
        "logistics_type": upload.logistics_type,
        "finish_shipping": upload.is_finished(),
        "finish_shipping_count": finished,
        "shipping_list": upload.shipping_list,
    });
    let order = json!({ "order_state": if upload.is_finished() { 2 } else { 1 }, "openid": upload.payer.openid, "shipping": shipping });
    HttpResponse::Ok().json(json!({ "errcode": 0, "errmsg": "ok", "order": order }))
}

pub(super) async fn list(sandbox: web::Data<Sandbox>) -> HttpResponse {
    HttpResponse::Ok().json(&*sandbox.shipments.kept.lock())
}

pub(super) async fn fault(sandbox: web::Data<Sandbox>, wish: web::Query<FaultWish>) -> HttpResponse {
    wish.plan(&sandbox.shipments.faults)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parcel(number: &str) -> SandboxParcel {
        let (tracking_no, express_company) = (number.to_owned(), "YTO".to_owned());
        SandboxParcel { tracking_no, express_company, item_desc: "杯*1".to_owned(), contact: None }
    }

    fn split(all: bool, numbers: &[&str]) -> SandboxUpload {
        SandboxUpload {
            order_key: Key { order_number_type: 1, mchid: "m".to_owned(), out_trade_no: "n".to_owned(), ..Key::default() },
            logistics_type: 1,
            delivery_mode: 2,
            is_all_delivered: Some(all),
            shipping_list: numbers.iter().map(|number| parcel(number)).collect(),
            upload_time: "2022-12-15T13:29:35.120+08:00".to_owned(),
            payer: Payer { openid: "oA".to_owned() },
        }
    }

    #[test]
    fn what_wechat_refuses_is_refused_with_its_numbers() {
        let whole = || SandboxUpload { delivery_mode: 1, ..split(true, &["a"]) };
        assert_eq!((split(true, &["a", "b"]).wrong(), whole().wrong()), (None, None));
        for (code, wrong) in [
            (268_485_194, SandboxUpload { order_key: Key::default(), ..whole() }),
            (268_485_228, SandboxUpload { delivery_mode: 1, ..split(true, &["a", "b"]) }),
            (10_060_007, SandboxUpload { is_all_delivered: None, ..split(true, &["a"]) }),
            (10_060_006, SandboxUpload { logistics_type: 4, ..split(true, &["a"]) }),
            (10_060_024, split(true, &["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"])),
            (268_485_226, split(true, &[""])),
            (268_485_216, SandboxUpload { upload_time: "yesterday".to_owned(), ..whole() }),
            (
                10_060_014,
                SandboxUpload { shipping_list: vec![SandboxParcel { express_company: "SF".to_owned(), ..parcel("a") }], ..whole() },
            ),
        ] {
            assert_eq!(wrong.wrong(), Some(code), "{wrong:?}");
        }
    }

    #[test]
    fn a_payment_can_be_shipped_again_once() {
        let shipments = Shipments::default();
        shipments.take(split(false, &["a"])).unwrap();
        assert_eq!(shipments.take(split(false, &["a"])), Err(10_060_023), "the same again");
        shipments.take(split(true, &["a", "b"])).unwrap();
        shipments.take(split(true, &["a", "c"])).unwrap();
        assert_eq!(shipments.take(split(true, &["a", "d"])), Err(10_060_003));
        assert_eq!(shipments.of("m/n").unwrap().upload.shipping_list.len(), 2);
    }
}
