//! What parcels look like from outside.

use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::schema::ObjectBuilder;

use super::carriers::KnownCarrier;
use super::handle::{Parcels, PickUp};
use crate::features::orders::LineView;
use crate::platform::http::schemas;
use crate::platform::rfc3339::Rfc3339;
use crate::platform::tracking::{Known, State, Step};

/// The parcels of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = OrderParcels)]
pub struct ParcelsView {
    /// The parcels, in the order in which they were sent. Goods that were picked up are one, of the carrier `PICKUP`.
    pub items: Vec<ShippedView>,
    /// Goods that wait at the shop, or were picked up there; null for an order that was never put ready.
    pub pick_up: Option<PickUpView>,
}

/// One parcel of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ShippedParcel)]
pub struct ShippedView {
    /// Who carries it.
    pub carrier: CarrierView,
    /// Its number there.
    pub tracking_no: String,
    /// When it was handed over.
    pub shipped_at: Rfc3339,
    /// What is in it.
    pub items: Vec<ContentView>,
    /// Where it is; null if nobody knows (yet), or nobody is asked.
    pub tracking: Option<TrackingView>,
}

/// Who carries a parcel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ParcelCarrier)]
pub struct CarrierView {
    /// The shop's code for it.
    #[schema(example = "SF")]
    pub code: String,
    /// Its name for shoppers.
    #[schema(example = "顺丰速运")]
    pub name: String,
}

/// Pieces in a parcel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ParcelContent)]
pub struct ContentView {
    /// The line's SKU.
    pub sku_id: u64,
    /// Its product's name when it was bought.
    pub product_name: Option<String>,
    /// What sets the SKU apart from the product's others.
    pub spec: Option<String>,
    /// The address of its picture when it was bought.
    pub picture: Option<String>,
    /// Pieces of it in the parcel.
    pub quantity: u32,
}

/// Where a parcel is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ParcelTracking)]
pub struct TrackingView {
    /// How far it is.
    #[schema(schema_with = state, required = true)]
    pub state: &'static str,
    /// When the tracking service said so.
    pub heard_at: Rfc3339,
    /// The steps of its way, the newest first; at most 100.
    pub events: Vec<StepView>,
}

/// One step of a parcel's way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = TrackingEvent)]
pub struct StepView {
    /// When it happened.
    pub at: Rfc3339,
    /// What happened, in the carrier's words.
    pub text: String,
}

/// Goods at the shop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = OrderPickUp)]
pub struct PickUpView {
    /// What to show at the shop: eight digits, good once. Null once the goods were picked up, and after too many wrong codes.
    #[schema(example = "40287163")]
    pub code: Option<String>,
    /// Since when the goods wait.
    pub ready_at: Rfc3339,
    /// When they were picked up.
    pub collected_at: Option<Rfc3339>,
}

fn state() -> ObjectBuilder {
    schemas::word(State::ALL.map(State::name)).description(Some("How far the parcel is"))
}

impl From<&Known> for TrackingView {
    fn from(known: &Known) -> Self {
        let step = |step: &Step| StepView { at: step.at.into(), text: step.text.clone() };
        Self { state: known.tracked.state.name(), heard_at: known.heard_at.into(), events: known.tracked.steps.iter().map(step).collect() }
    }
}

impl From<PickUp> for PickUpView {
    fn from(PickUp { code, ready_at, collected_at }: PickUp) -> Self {
        Self { code, ready_at: ready_at.into(), collected_at: collected_at.map(Rfc3339::from) }
    }
}

impl From<Parcels> for ParcelsView {
    fn from(Parcels { detail, carriers, known, pick_up }: Parcels) -> Self {
        let lines = &detail.order.items;
        let content = |sku_id: u64, quantity| {
            let line: Option<&LineView> = lines.iter().find(|line| line.sku_id == sku_id);
            ContentView {
                sku_id,
                product_name: line.and_then(|line| line.product_name.clone()),
                spec: line.and_then(|line| line.spec.clone()),
                picture: line.and_then(|line| line.picture.clone()),
                quantity,
            }
        };
        let items = detail.parcels.into_iter().zip(&known).map(|(parcel, known)| {
            let carrier: Option<&KnownCarrier> = carriers.get(&parcel.carrier);
            let name = carrier.map_or_else(|| parcel.carrier.clone(), |carrier| carrier.name.clone());
            ShippedView {
                carrier: CarrierView { code: parcel.carrier, name },
                tracking_no: parcel.tracking_no,
                shipped_at: parcel.shipped_at,
                items: parcel.items.iter().map(|pieces| content(pieces.sku_id, pieces.quantity)).collect(),
                tracking: known.as_ref().map(TrackingView::from),
            }
        });
        Self { items: items.collect(), pick_up: pick_up.map(PickUpView::from) }
    }
}
