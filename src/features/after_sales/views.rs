//! What cases look like from outside.

use mallcore_actors::after_sales::{By, Kind, LineLeft, Reason, Status};
use mallcore_actors::money::Money;
use mallcore_actors::order_no::ORDER_NO_PATTERN;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::schema::ObjectBuilder;

use super::model::{AfterSale, CaseLine, Described, EventKind, EventRow, Preview};
use crate::platform::http::schemas;
use crate::platform::rfc3339::Rfc3339;

/// A reason that shoppers choose from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = AfterSaleReason)]
pub struct ReasonView {
    /// What an application names.
    #[schema(schema_with = reason, required = true)]
    pub code: &'static str,
    /// What a shopper reads.
    #[schema(value_type = String, example = "质量问题")]
    pub text: &'static str,
    /// For which kinds it can be given: `refund`, `return`, or both.
    #[schema(value_type = Vec<String>)]
    pub kinds: Vec<&'static str>,
}

/// A case of after-sale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = AfterSale)]
pub struct AfterSaleView {
    /// The id of the case.
    pub id: u64,
    /// The order that was paid.
    pub order_id: u64,
    /// The number that people know the order by.
    #[schema(schema_with = order_no, required = true)]
    pub order_no: String,
    /// `refund`: money alone. `return`: the goods are sent back first.
    #[schema(schema_with = kind, required = true)]
    pub kind: &'static str,
    /// Where it stands.
    #[schema(schema_with = status, required = true)]
    pub status: &'static str,
    /// Why: a code, see `/after-sales/reasons`.
    #[schema(schema_with = reason, required = true)]
    pub reason: &'static str,
    /// The same, for people.
    #[schema(value_type = String, example = "质量问题")]
    pub reason_text: &'static str,
    /// In the shopper's words, to be shown as plain text; null if nothing was said.
    pub description: Option<String>,
    /// Addresses of pictures.
    pub pictures: Vec<String>,
    /// What was promised when it was applied for, freight included, in fen.
    pub expected_fen: u64,
    /// What went back, freight included, in fen; null until it did.
    pub refunded_fen: Option<u64>,
    /// Of that for freight, in fen.
    pub refunded_freight_fen: Option<u64>,
    /// Until when somebody has to act: the merchant while it is `applied` or `returning`, the shopper while it is `awaiting_return`.
    pub due_at: Option<Rfc3339>,
    /// The parcel that was sent back; null until it was.
    pub parcel: Option<ReturnParcelView>,
    /// What the merchant said to a refusal, or the code with which the order refused.
    pub note: Option<String>,
    /// When it was applied for.
    pub created_at: Rfc3339,
    /// When it last changed.
    pub updated_at: Rfc3339,
    /// What it is about.
    pub items: Vec<LineView>,
}

/// One line of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = AfterSaleLine)]
pub struct LineView {
    /// Id of the SKU.
    pub sku_id: u64,
    /// Its product's name when it was bought.
    pub product_name: Option<String>,
    /// What sets the SKU apart from the product's others.
    pub spec: Option<String>,
    /// The address of its picture when it was bought.
    pub picture: Option<String>,
    /// Price of a piece, in fen.
    pub unit_price_fen: u64,
    /// Pieces that the case is about.
    pub quantity: u32,
    /// What was promised for them, in fen.
    pub expected_fen: u64,
    /// What went back for them, in fen; null until it did.
    pub refunded_fen: Option<u64>,
}

/// A parcel on its way back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = AfterSaleParcel)]
pub struct ReturnParcelView {
    /// Who carries it.
    pub carrier: String,
    /// Its number there.
    pub tracking_no: String,
}

/// A case with what happened to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = AfterSaleDetail)]
pub struct DetailView {
    /// The case as lists show it.
    #[serde(flatten)]
    pub after_sale: AfterSaleView,
    /// What happened to it, the first thing first.
    pub timeline: Vec<EventView>,
}

/// One thing that happened to a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = AfterSaleEvent)]
pub struct EventView {
    /// What happened to the case.
    #[schema(schema_with = event_kind, required = true)]
    pub kind: &'static str,
    /// Who did it.
    #[schema(schema_with = by, required = true)]
    pub by: &'static str,
    /// What was said to a refusal.
    pub note: Option<String>,
    /// When it happened.
    pub at: Rfc3339,
}

/// What may be applied for, and what would go back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = AfterSalePreview)]
pub struct PreviewView {
    /// The order that was asked about.
    pub order_id: u64,
    /// Until when something of it may be applied for; null while it is not received.
    pub until: Option<Rfc3339>,
    /// Its lines, and what is left of them.
    pub lines: Vec<LeftView>,
    /// What would go back for each line that was asked about.
    pub items: Vec<QuotedView>,
    /// What would go back for freight, in fen: all that is left of it with the last pieces of an order of which nothing was sent, otherwise
    /// nothing unless the merchant wants it.
    pub freight_fen: u64,
    /// All of it, in fen. The order says what it is when the money goes back.
    pub amount_fen: u64,
}

/// What is left of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = AfterSaleLeft)]
pub struct LeftView {
    /// Id of the SKU.
    pub sku_id: u64,
    /// Its product's name when it was bought.
    pub product_name: Option<String>,
    /// What sets the SKU apart from the product's others.
    pub spec: Option<String>,
    /// The address of its picture when it was bought.
    pub picture: Option<String>,
    /// Pieces that can still be applied for: neither refunded nor in another case.
    pub quantity_left: u32,
    /// What would go back for all of them, in fen.
    pub amount_left_fen: u64,
    /// Whether they can be sent back: the whole line has left the warehouse.
    pub is_returnable: bool,
}

/// What would go back for a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = AfterSaleQuoted)]
pub struct QuotedView {
    /// Id of the SKU.
    pub sku_id: u64,
    /// Pieces that were asked about.
    pub quantity: u32,
    /// Money back for them, in fen.
    pub amount_fen: u64,
}

fn order_no() -> ObjectBuilder {
    schemas::text(ORDER_NO_PATTERN).description(Some("Number of the order"))
}

fn kind() -> ObjectBuilder {
    schemas::word(Kind::ALL.map(Kind::name)).description(Some("What the shopper wants"))
}

fn status() -> ObjectBuilder {
    schemas::word(Status::ALL.map(Status::name)).description(Some("Where the case stands"))
}

fn reason() -> ObjectBuilder {
    schemas::word(Reason::ALL.map(Reason::code)).description(Some("Why the shopper wants it"))
}

fn event_kind() -> ObjectBuilder {
    schemas::word(EventKind::ALL.map(EventKind::name)).description(Some("What happened"))
}

fn by() -> ObjectBuilder {
    schemas::word(By::ALL.map(By::name)).description(Some("Who did it; `order` is the order that was asked to refund"))
}

impl From<Reason> for ReasonView {
    fn from(reason: Reason) -> Self {
        let kinds = Kind::ALL.into_iter().filter(|kind| reason.fits(*kind)).map(Kind::name).collect();
        Self { code: reason.code(), text: reason.text(), kinds }
    }
}

impl From<AfterSale> for AfterSaleView {
    fn from(after_sale: AfterSale) -> Self {
        let case = after_sale.case;
        let parcel = case.parcel.map(|parcel| ReturnParcelView {
            carrier: parcel.carrier.as_str().to_owned(),
            tracking_no: parcel.tracking.as_str().to_owned(),
        });
        Self {
            id: after_sale.id.get(),
            order_id: after_sale.order.get(),
            order_no: after_sale.order_no,
            kind: case.kind.name(),
            status: case.status.name(),
            reason: after_sale.reason.code(),
            reason_text: after_sale.reason.text(),
            description: after_sale.told.description,
            pictures: after_sale.told.pictures,
            expected_fen: after_sale.expected.fen(),
            refunded_fen: case.refunded.map(Money::fen),
            refunded_freight_fen: after_sale.refunded_freight.map(Money::fen),
            due_at: case.due_at.map(Rfc3339::from),
            parcel,
            note: case.note.map(|note| note.as_str().to_owned()),
            created_at: after_sale.created_at.into(),
            updated_at: after_sale.updated_at.into(),
            items: after_sale.lines.into_iter().map(LineView::from).collect(),
        }
    }
}

impl From<CaseLine> for LineView {
    fn from(line: CaseLine) -> Self {
        let Described { sku, product_name, spec, picture, unit_price } = line.described;
        Self {
            sku_id: sku.get(),
            product_name,
            spec,
            picture,
            unit_price_fen: unit_price.fen(),
            quantity: line.quantity.get(),
            expected_fen: line.expected.fen(),
            refunded_fen: line.refunded.map(Money::fen),
        }
    }
}

impl From<(AfterSale, Vec<EventRow>)> for DetailView {
    fn from((after_sale, events): (AfterSale, Vec<EventRow>)) -> Self {
        Self { after_sale: after_sale.into(), timeline: events.into_iter().map(EventView::from).collect() }
    }
}

/// Names of people of the shop stay there.
impl From<EventRow> for EventView {
    fn from(event: EventRow) -> Self {
        Self { kind: event.kind.name(), by: event.by.name(), note: event.note, at: event.at.into() }
    }
}

impl From<(Described, LineLeft)> for LeftView {
    fn from((described, left): (Described, LineLeft)) -> Self {
        let Described { sku, product_name, spec, picture, unit_price: _ } = described;
        Self {
            sku_id: sku.get(),
            product_name,
            spec,
            picture,
            quantity_left: left.pieces,
            amount_left_fen: left.amount.fen(),
            is_returnable: left.is_returnable,
        }
    }
}

impl From<Preview> for PreviewView {
    fn from(preview: Preview) -> Self {
        let quoted = preview.quote.lines.iter();
        Self {
            order_id: preview.order.get(),
            until: preview.closes_at.map(Rfc3339::from),
            items: quoted
                .map(|line| QuotedView { sku_id: line.sku.get(), quantity: line.quantity.get(), amount_fen: line.amount.fen() })
                .collect(),
            freight_fen: preview.quote.freight.fen(),
            // Parts of what was paid.
            amount_fen: preview.quote.amount().unwrap_or_default().fen(),
            lines: preview.lines.into_iter().map(LeftView::from).collect(),
        }
    }
}
