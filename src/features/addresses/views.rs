//! What an address looks like from outside, and what a shopper sends.

use garde::Validate;
use mallcore_actors::values::phone::PhoneNumber;
use mallcore_actors::values::region::RegionCode;
use mallcore_actors::values::text::{BadText, Text};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::model::{Address, Contact, DETAIL_CHARACTERS_MAX, Draft, NAME_CHARACTERS_MAX, Region};
use crate::platform::http::json;
use crate::platform::http::problem::Problem;
use crate::platform::http::wording;
use crate::platform::rfc3339::Rfc3339;

/// An address to add, or what one is from now on.
#[derive(Clone, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AddressWrite)]
pub struct AddressBody {
    /// The receiver's name.
    #[garde(custom(is_text::<NAME_CHARACTERS_MAX>))]
    #[schema(
        min_length = 1,
        max_length = 50,
        pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u061c\\u180e\\u200b\\u200c\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb]*[^\\s\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u061c\\u180e\\u200b\\u200c\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb][^\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u061c\\u180e\\u200b\\u200c\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb]*$",
        example = "李雷"
    )]
    pub receiver: String,
    /// The receiver's mobile number in mainland China, with or without `+86`.
    #[garde(custom(is_phone))]
    #[schema(pattern = "^ *(\\+86[ -]?)?1[3-9][0-9]{9} *$", example = "13812345678")]
    pub phone: String,
    /// Province, autonomous region or municipality.
    #[garde(custom(is_text::<NAME_CHARACTERS_MAX>))]
    #[schema(
        min_length = 1,
        max_length = 50,
        pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u061c\\u180e\\u200b\\u200c\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb]*[^\\s\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u061c\\u180e\\u200b\\u200c\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb][^\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u061c\\u180e\\u200b\\u200c\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb]*$",
        example = "浙江省"
    )]
    pub province: String,
    /// City or prefecture.
    #[garde(custom(is_text::<NAME_CHARACTERS_MAX>))]
    #[schema(
        min_length = 1,
        max_length = 50,
        pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u061c\\u180e\\u200b\\u200c\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb]*[^\\s\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u061c\\u180e\\u200b\\u200c\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb][^\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u061c\\u180e\\u200b\\u200c\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb]*$",
        example = "杭州市"
    )]
    pub city: String,
    /// District or county.
    #[garde(custom(is_text::<NAME_CHARACTERS_MAX>))]
    #[schema(
        min_length = 1,
        max_length = 50,
        pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u061c\\u180e\\u200b\\u200c\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb]*[^\\s\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u061c\\u180e\\u200b\\u200c\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb][^\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u061c\\u180e\\u200b\\u200c\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb]*$",
        example = "西湖区"
    )]
    pub district: String,
    /// The code by GB/T 2260 of the district, or of a city that has none (`441900`). It has to be one of the province, which is named in full or
    /// short (`浙江省`, `浙江`).
    #[garde(custom(is_region))]
    #[schema(
        pattern = "^(1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|81|82)([0-9]{3}[1-9]|[0-9]{2}[1-9]0|[0-9][1-9]00|[1-9]000)$",
        example = "330106"
    )]
    pub region_code: String,
    /// Street, house and room.
    #[garde(custom(is_text::<DETAIL_CHARACTERS_MAX>))]
    #[schema(
        min_length = 1,
        max_length = 200,
        pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u061c\\u180e\\u200b\\u200c\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb]*[^\\s\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u061c\\u180e\\u200b\\u200c\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb][^\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u061c\\u180e\\u200b\\u200c\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb]*$",
        example = "文三路 1 号 2 幢 301 室"
    )]
    pub detail: String,
    /// Whether it becomes the default. The first address is the default in any case; the default stays it until another becomes it.
    #[garde(skip)]
    #[serde(default)]
    #[schema(default = false)]
    pub is_default: bool,
}

/// Words by which `http::json` finds the code.
fn is_text<const MOST: usize>(text: &str, _: &()) -> garde::Result {
    match Text::<MOST>::typed(text) {
        Ok(_) => Ok(()),
        Err(BadText::Blank) => Err(garde::Error::new("length is lower than 1")),
        Err(BadText::Long { most }) => Err(garde::Error::new(format!("length is greater than {most}"))),
        Err(BadText::Control | BadText::Hidden) => Err(json::wanted(wording::TYPED)),
    }
}

fn is_phone(text: &str, _: &()) -> garde::Result {
    PhoneNumber::parse(text).map(drop).map_err(|_| json::wanted(wording::PHONE))
}

fn is_region(text: &str, _: &()) -> garde::Result {
    let is_place = RegionCode::parse(text).is_ok_and(|region| region.is_below_a_province());
    if is_place { Ok(()) } else { Err(json::wanted(wording::REGION)) }
}

impl AddressBody {
    /// The address that it asks for; every field was checked before by itself.
    ///
    /// # Errors
    /// 422 on `region_code` if it is not one of the province's.
    pub fn draft(&self) -> Result<Draft, Problem> {
        fn name<const MOST: usize>(field: &'static str, text: &str) -> Result<Text<MOST>, Problem> {
            Text::typed(text).map_err(|_| Problem::invalid(field, wording::TYPED))
        }
        let code = RegionCode::parse(&self.region_code).ok().filter(|code| code.is_in_province_called(self.province.trim()));
        let code = code.ok_or_else(|| Problem::invalid("region_code", wording::REGION))?;
        Ok(Draft {
            contact: Contact {
                receiver: name("receiver", &self.receiver)?,
                phone: PhoneNumber::parse(&self.phone).map_err(|_| Problem::invalid("phone", wording::PHONE))?,
                detail: name("detail", &self.detail)?,
            },
            region: Region {
                province: name("province", &self.province)?,
                city: name("city", &self.city)?,
                district: name("district", &self.district)?,
                code,
            },
            is_default: self.is_default,
        })
    }
}

/// An address, as its owner sees it.
#[derive(Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Address)]
pub struct AddressView {
    /// Its id, for `address_id` of an order.
    pub id: u64,
    /// The receiver's name.
    pub receiver: String,
    /// The receiver's number, whole: only its owner sees it.
    #[schema(example = "13812345678")]
    pub phone: String,
    /// The receiver's number for showing.
    #[schema(example = "138****5678")]
    pub phone_masked: String,
    /// Province, autonomous region or municipality.
    pub province: String,
    /// City or prefecture.
    pub city: String,
    /// District or county.
    pub district: String,
    /// The district's code by GB/T 2260.
    pub region_code: String,
    /// Street, house and room.
    pub detail: String,
    /// Whether it is chosen unless another is.
    pub is_default: bool,
    /// When it was added.
    pub created_at: Rfc3339,
    /// When it was last changed.
    pub updated_at: Rfc3339,
}

impl From<&Address> for AddressView {
    fn from(address: &Address) -> Self {
        let Region { province, city, district, code } = &address.region;
        Self {
            id: address.id.get(),
            receiver: address.contact.receiver.as_str().to_owned(),
            phone: address.contact.phone.full().to_owned(),
            phone_masked: address.contact.phone.mask(),
            province: province.as_str().to_owned(),
            city: city.as_str().to_owned(),
            district: district.as_str().to_owned(),
            region_code: code.to_string(),
            detail: address.contact.detail.as_str().to_owned(),
            is_default: address.is_default,
            created_at: address.created_at.into(),
            updated_at: address.updated_at.into(),
        }
    }
}

/// All addresses of a shopper.
#[derive(Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Addresses)]
pub struct AddressesView {
    /// The default first, then the newest first; at most 20.
    pub items: Vec<AddressView>,
}
