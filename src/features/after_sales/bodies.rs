//! What a shopper sends about a case.

use garde::Validate;
use mallcore_actors::after_sales::{Kind, Reason, ReturnParcel, Wanted};
use mallcore_actors::idempotency::{BodyFingerprint, KeyHash};
use mallcore_actors::ids::{ID_MAX, OrderId};
use mallcore_actors::orders::{Carrier, LINES_MAX, LinePieces, Pieces, Tracking};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa::openapi::schema::{Array, ObjectBuilder};

use super::model::{Application, DESCRIPTION_CHARACTERS_MAX, PICTURES_MAX, Told};
use crate::features::orders::{self, ItemBody};
use crate::platform::http::problem::Problem;
use crate::platform::http::typed::{self, PICTURE_CHARACTERS_MAX};
use crate::platform::http::{json, schemas};

/// Characters of a carrier's code, and of a parcel's number there.
const CARRIER_CHARACTERS_MAX: usize = 32;
const TRACKING_CHARACTERS_MAX: usize = 64;
/// Every code and every number, as a regular expression.
const CODE_PATTERN: &str = "[A-Za-z0-9_-]+";

/// What money is wanted back for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AfterSaleApply)]
pub struct ApplyBody {
    /// The order that was paid.
    #[garde(range(min = 1, max = ID_MAX))]
    #[schema(minimum = 1, maximum = 9007199254740991_u64, example = 1)]
    #[serde(deserialize_with = "json::whole")]
    pub order_id: u64,
    /// `refund`: money alone. `return`: the goods are sent back first.
    #[garde(custom(is_kind))]
    #[schema(schema_with = kind_schema)]
    pub kind: String,
    /// Its code, as `/after-sales/reasons` lists them.
    #[garde(custom(is_reason))]
    #[schema(schema_with = reason_schema)]
    pub reason: String,
    /// For which pieces; the same SKU twice is its pieces together.
    #[garde(length(min = 1, max = LINES_MAX), dive)]
    #[schema(min_items = 1, max_items = 100)]
    pub items: Vec<ItemBody>,
    /// In words; may have line breaks.
    #[garde(inner(length(chars, max = DESCRIPTION_CHARACTERS_MAX), custom(typed::printable)))]
    #[schema(schema_with = description)]
    #[serde(default)]
    pub description: Option<String>,
    /// Addresses of pictures that were uploaded before.
    #[garde(length(max = PICTURES_MAX), inner(length(chars, max = PICTURE_CHARACTERS_MAX), custom(typed::picture)))]
    #[schema(schema_with = pictures)]
    #[serde(default)]
    pub pictures: Vec<String>,
}

/// What shall be reckoned.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AfterSalePreviewBody)]
pub struct PreviewBody {
    /// The order that was paid.
    #[garde(range(min = 1, max = ID_MAX))]
    #[schema(minimum = 1, maximum = 9007199254740991_u64, example = 1)]
    #[serde(deserialize_with = "json::whole")]
    pub order_id: u64,
    /// For these pieces; without them for all that are left.
    #[garde(length(min = 1, max = LINES_MAX), dive)]
    #[schema(min_items = 1, max_items = 100)]
    pub items: Option<Vec<ItemBody>>,
}

/// The goods on their way back.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AfterSaleShip)]
pub struct ShipBody {
    /// The carrier's code, such as `SF`.
    #[garde(length(chars, min = 1, max = CARRIER_CHARACTERS_MAX), custom(is_code))]
    #[schema(schema_with = carrier_schema)]
    pub carrier: String,
    /// The parcel's number there.
    #[garde(length(chars, min = 1, max = TRACKING_CHARACTERS_MAX), custom(is_code))]
    #[schema(schema_with = tracking_schema)]
    pub tracking_no: String,
}

fn kind_schema() -> ObjectBuilder {
    schemas::word(Kind::ALL.map(Kind::name)).description(Some("`refund`: money alone. `return`: the goods are sent back first"))
}

fn reason_schema() -> ObjectBuilder {
    schemas::word(Reason::ALL.map(Reason::code)).description(Some("Its code, as `/after-sales/reasons` lists them"))
}

fn description() -> ObjectBuilder {
    typed::content(DESCRIPTION_CHARACTERS_MAX)
}

fn pictures() -> Array {
    typed::pictures(PICTURES_MAX)
}

fn carrier_schema() -> ObjectBuilder {
    schemas::text(CODE_PATTERN).max_length(Some(CARRIER_CHARACTERS_MAX)).description(Some("The carrier's code, such as `SF`"))
}

fn tracking_schema() -> ObjectBuilder {
    schemas::text(CODE_PATTERN).max_length(Some(TRACKING_CHARACTERS_MAX)).description(Some("The parcel's number there"))
}

fn is_known<T>(known: Option<T>) -> garde::Result {
    known.map(drop).ok_or_else(|| garde::Error::new("not one of the words"))
}

fn is_kind(word: &str, _: &()) -> garde::Result {
    is_known(kind_of(word))
}

fn is_reason(code: &str, _: &()) -> garde::Result {
    is_known(Reason::of(code))
}

/// As [`CODE_PATTERN`] has it.
fn is_code(text: &str, _: &()) -> garde::Result {
    let is_code = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    is_known(is_code.then_some(()))
}

fn kind_of(word: &str) -> Option<Kind> {
    Kind::ALL.into_iter().find(|kind| kind.name() == word)
}

fn pieces(items: &[ItemBody]) -> Result<Pieces, Problem> {
    Ok(orders::together(items)?.into_iter().map(|(sku, quantity)| LinePieces { sku, quantity }).collect())
}

fn order(id: u64) -> Result<OrderId, Problem> {
    OrderId::new(id).map_err(|_| Problem::field("order_id", "out_of_range"))
}

impl ApplyBody {
    /// The order, and what is applied for by the request with this key.
    ///
    /// # Errors
    /// A [`Problem`] that names the field that is wrong.
    pub fn application(self, key: KeyHash) -> Result<(OrderId, Application), Problem> {
        let kind = kind_of(&self.kind).ok_or_else(|| Problem::field("kind", "invalid"))?;
        let reason = Reason::of(&self.reason).ok_or_else(|| Problem::field("reason", "invalid"))?;
        let (order, pieces) = (order(self.order_id)?, pieces(&self.items)?);
        let description = self.description.filter(|text| !text.trim().is_empty());
        let wanted = Wanted { kind, reason, pieces };
        let told = Told { description, pictures: self.pictures };
        let body = fingerprint(order, &wanted, &told);
        Ok((order, Application { key, body, wanted, told }))
    }
}

impl PreviewBody {
    /// The order, and the pieces that are named.
    ///
    /// # Errors
    /// A [`Problem`] that names the field that is wrong.
    pub fn wanted(&self) -> Result<(OrderId, Option<Pieces>), Problem> {
        Ok((order(self.order_id)?, self.items.as_deref().map(pieces).transpose()?))
    }
}

impl ShipBody {
    /// The parcel that it names.
    ///
    /// # Errors
    /// A [`Problem`] that names the field that is wrong.
    pub fn parcel(&self) -> Result<ReturnParcel, Problem> {
        let carrier = Carrier::typed(&self.carrier).map_err(|_| Problem::field("carrier", "invalid"))?;
        let tracking = Tracking::typed(&self.tracking_no).map_err(|_| Problem::field("tracking_no", "invalid"))?;
        Ok(ReturnParcel { carrier, tracking })
    }
}

/// Over the fields in one order, so that spelling does not matter. Texts are counted, so that none can be taken for two.
fn fingerprint(order: OrderId, wanted: &Wanted, told: &Told) -> BodyFingerprint {
    let mut pieces: Vec<_> = wanted.pieces.iter().map(|pieces| (pieces.sku, pieces.quantity.get())).collect();
    pieces.sort_unstable();
    let mut canonical = format!("{order}|{}|{}", wanted.kind.name(), wanted.reason.code());
    pieces.iter().for_each(|(sku, quantity)| canonical.push_str(&format!("|{sku}:{quantity}")));
    for text in told.description.iter().chain(&told.pictures) {
        canonical.push_str(&format!("|{}:{text}", text.len()));
    }
    // A description alone is not a picture alone.
    canonical.push_str(if told.description.is_some() { "|described" } else { "|" });
    BodyFingerprint::of(canonical.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(text: &str) -> Application {
        let body: ApplyBody = json::parse(text.as_bytes()).unwrap_or_else(|problem| panic!("{problem:?}"));
        body.application(KeyHash::of("after-sales", "k")).unwrap().1
    }

    #[test]
    fn spelling_does_not_matter_and_everything_else_does() {
        let first =
            body(r#"{"order_id":5,"kind":"refund","reason":"other","items":[{"sku_id":7,"quantity":1},{"sku_id":8,"quantity":2}]}"#);
        let same = r#"{"items":[{"sku_id":8,"quantity":2},{"sku_id":7,"quantity":1.0}],"order_id":5.0,"reason":"other","kind":"refund","description":" "}"#;
        assert_eq!(body(same).body, first.body);
        for other in [
            r#"{"order_id":6,"kind":"refund","reason":"other","items":[{"sku_id":7,"quantity":1},{"sku_id":8,"quantity":2}]}"#,
            r#"{"order_id":5,"kind":"return","reason":"other","items":[{"sku_id":7,"quantity":1},{"sku_id":8,"quantity":2}]}"#,
            r#"{"order_id":5,"kind":"refund","reason":"agreed","items":[{"sku_id":7,"quantity":1},{"sku_id":8,"quantity":2}]}"#,
            r#"{"order_id":5,"kind":"refund","reason":"other","items":[{"sku_id":7,"quantity":2},{"sku_id":8,"quantity":1}]}"#,
            r#"{"order_id":5,"kind":"refund","reason":"other","items":[{"sku_id":7,"quantity":1},{"sku_id":8,"quantity":2}],"description":"坏"}"#,
            r#"{"order_id":5,"kind":"refund","reason":"other","items":[{"sku_id":7,"quantity":1},{"sku_id":8,"quantity":2}],"pictures":["https://a.cn/x"]}"#,
        ] {
            assert_ne!(body(other).body, first.body, "{other}");
        }
    }

    #[test]
    fn a_sku_twice_is_its_pieces_together() {
        let twice =
            body(r#"{"order_id":5,"kind":"refund","reason":"other","items":[{"sku_id":7,"quantity":1},{"sku_id":7,"quantity":2}]}"#);
        assert_eq!(twice.wanted.pieces.len(), 1);
        assert_eq!(twice.wanted.pieces[0].quantity.get(), 3);
    }
}
