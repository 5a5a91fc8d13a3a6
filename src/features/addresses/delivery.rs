//! The address of an order, as it was when the order was placed, and what the shopper wanted to be known: sealed with the shopper's data key for
//! the order's row, so that journal, rows and messages hold nothing that can be read.

use std::fmt;

use mallcore_actors::idempotency::KeyHash;
use mallcore_actors::orders::{AddressSnapshot, Remark};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use mallcore_actors::values::phone::PhoneNumber;

use super::model::{Address, Region};
use crate::platform::vault::{DataKey, OpenError, Place, Sealed};

/// The first byte of snapshots that were recorded before addresses were stored: nothing but the address's id is known.
const ONLY_THE_ID: u8 = 0;

/// Where an order goes, and what its shopper wanted to be known. `Debug` shows stars.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivered {
    receiver: String,
    phone: String,
    province: String,
    city: String,
    district: String,
    region_code: String,
    detail: String,
    /// Snapshots of earlier releases have none: the remark stood beside them, in the clear.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    remark: Option<String>,
}

impl fmt::Debug for Delivered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Delivered(***, {})", self.region_code)
    }
}

/// Where an order goes, as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = OrderDelivery)]
pub struct DeliveryView {
    /// The receiver's name.
    pub receiver: String,
    /// The receiver's number, masked.
    #[schema(example = "138****1234")]
    pub phone: String,
    /// Province, autonomous region or municipality.
    pub province: String,
    /// City or prefecture.
    pub city: String,
    /// District or county.
    pub district: String,
    /// The district's code by GB/T 2260.
    #[schema(example = "330106")]
    pub region_code: String,
    /// Street, house and room.
    pub detail: String,
}

/// Orders are sealed before they have an id; a request's key is unique among those of a shopper, and known.
fn place(key: KeyHash) -> Place {
    Place::new("orders", "delivery", u128::from_be_bytes(*key.as_bytes()))
}

impl Delivered {
    /// Seals it for the order that the request with this key places.
    pub(super) fn seal(&self, key: KeyHash, data_key: &DataKey) -> Vec<u8> {
        // Strings only: this cannot fail.
        let bytes = serde_json::to_vec(self).unwrap_or_default();
        data_key.seal(place(key), &bytes).into_bytes()
    }

    /// Opens what an order holds; none for a snapshot from before addresses were stored.
    pub(super) fn open(snapshot: &AddressSnapshot, key: KeyHash, data_key: &DataKey) -> Result<Option<Self>, OpenError> {
        if snapshot.as_bytes() == [ONLY_THE_ID] {
            return Ok(None);
        }
        let opened = data_key.open(place(key), &Sealed::from_bytes(snapshot.as_bytes().to_vec()))?;
        Ok(serde_json::from_slice(&opened).ok())
    }

    /// What the shopper wanted to be known.
    pub fn remark(&self) -> Option<&str> {
        self.remark.as_deref()
    }

    /// What its owner sees of the address.
    pub fn view(self) -> DeliveryView {
        let phone = PhoneNumber::parse(&self.phone).map(|phone| phone.mask()).unwrap_or_default();
        let Self { receiver, province, city, district, region_code, detail, .. } = self;
        DeliveryView { receiver, phone, province, city, district, region_code, detail }
    }
}

impl Delivered {
    /// Of an order that is placed now.
    pub(super) fn new(address: &Address, remark: Option<&Remark>) -> Self {
        let Region { province, city, district, code } = &address.region;
        Self {
            receiver: address.contact.receiver.as_str().to_owned(),
            phone: address.contact.phone.full().to_owned(),
            province: province.as_str().to_owned(),
            city: city.as_str().to_owned(),
            district: district.as_str().to_owned(),
            region_code: code.to_string(),
            detail: address.contact.detail.as_str().to_owned(),
            remark: remark.map(|remark| remark.as_str().to_owned()),
        }
    }
}
