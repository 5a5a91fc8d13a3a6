//! An address, as a shopper wrote it and as it is stored.

use std::fmt;

use mallcore_actors::ids::AddressId;
use mallcore_actors::time::Timestamp;
use mallcore_actors::values::phone::PhoneNumber;
use mallcore_actors::values::region::RegionCode;
use mallcore_actors::values::text::Text;
use serde::{Deserialize, Serialize};

/// Addresses of one shopper.
pub const ADDRESSES_MAX: usize = 20;
/// Characters of the receiver's name, of a province, of a city and of a district.
pub const NAME_CHARACTERS_MAX: usize = 50;
/// Characters of street, house and room.
pub const DETAIL_CHARACTERS_MAX: usize = 200;

/// The receiver's name, or that of a province, city or district.
pub type Name = Text<NAME_CHARACTERS_MAX>;
/// Street, house and room.
pub type Detail = Text<DETAIL_CHARACTERS_MAX>;

/// Who receives it and at which door: what is sealed. `Debug` shows stars.
#[derive(Clone, PartialEq, Eq)]
pub struct Contact {
    /// The receiver's name.
    pub receiver: Name,
    /// The receiver's number.
    pub phone: PhoneNumber,
    /// Street, house and room.
    pub detail: Detail,
}

impl fmt::Debug for Contact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Contact(***, {})", self.phone)
    }
}

/// Which part of the country: not sealed, because freight and statistics ask for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    /// Province, autonomous region or municipality.
    pub province: Name,
    /// City or prefecture.
    pub city: Name,
    /// District or county.
    pub district: Name,
    /// Its code by GB/T 2260; freight templates match its beginning.
    pub code: RegionCode,
}

/// An address that a shopper wants to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Who receives it and at which door.
    pub contact: Contact,
    /// Which part of the country.
    pub region: Region,
    /// Whether it shall be the default; the first one is in any case.
    pub is_default: bool,
}

/// A stored address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// Primary key of `addresses`.
    pub id: AddressId,
    /// Who receives it and at which door.
    pub contact: Contact,
    /// Which part of the country.
    pub region: Region,
    /// Whether it is chosen unless another is.
    pub is_default: bool,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Address {
    /// Its code by GB/T 2260.
    pub const fn region_code(&self) -> RegionCode {
        self.region.code
    }

    /// Whether it says the same, whichever is the default.
    pub fn says(&self, draft: &Draft) -> bool {
        self.contact == draft.contact && self.region == draft.region
    }
}

/// The form in which a contact is sealed: JSON, so that a later release may add a field.
#[derive(Serialize, Deserialize)]
struct SealedForm {
    receiver: String,
    phone: String,
    detail: String,
}

impl Contact {
    /// The bytes to seal.
    pub fn to_bytes(&self) -> Vec<u8> {
        let form = SealedForm {
            receiver: self.receiver.as_str().to_owned(),
            phone: self.phone.full().to_owned(),
            detail: self.detail.as_str().to_owned(),
        };
        // Three strings: this cannot fail.
        serde_json::to_vec(&form).unwrap_or_default()
    }

    /// What was sealed; none if the bytes are no contact.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let form: SealedForm = serde_json::from_slice(bytes).ok()?;
        Some(Self {
            receiver: Name::parse(&form.receiver).ok()?,
            phone: PhoneNumber::parse(&form.phone).ok()?,
            detail: Detail::parse(&form.detail).ok()?,
        })
    }
}
