//! What the commands of orders and shipping are told.

use clap::{Args, Subcommand, ValueEnum};
use mallcore_actors::ids::{ID_MAX, SkuId};
use mallcore_actors::orders::LinePieces;
use mallcore_actors::quantity::Quantity;

use super::args::Whose;
use crate::features::orders::OrderRef;
use crate::platform::http::path::ParsePath;

/// What `order` can do.
#[derive(Debug, Subcommand)]
pub enum OrderCommand {
    /// List paid orders that wait to be sent, newest first
    List(ListOrders),
    /// Show an order with its pieces, parcels and refunds
    Show(NamedOrder),
    /// Send a parcel of an order
    Ship(ShipParcel),
    /// Put a paid order ready to be picked up: its shopper sees a code from now on, and an earlier one is good no more
    Ready(NamedOrder),
    /// Hand an order out to whoever shows its code
    PickUp(PickUpOrder),
}

/// What `shipping` can do.
#[derive(Debug, Subcommand)]
pub enum ShippingCommand {
    /// List the carriers, with their codes at WeChat and 快递100
    Carriers,
    /// What WeChat was told of parcels
    #[command(subcommand)]
    Uploads(UploadsCommand),
}

/// What `shipping uploads` can do.
#[derive(Debug, Subcommand)]
pub enum UploadsCommand {
    /// List orders of whose parcels WeChat does not know
    List(ListUploads),
    /// Have WeChat told of an order's parcels again; also for an order that was never told
    Retry(NamedOrder),
}

/// Which orders are listed.
#[derive(Debug, Args)]
pub struct ListOrders {
    /// Only with ids below this one
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=ID_MAX))]
    pub before: Option<u64>,
    /// At most so many
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub count: u32,
}

/// Where an order stands with WeChat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ListedStatus {
    /// WeChat is still to be told
    Waiting,
    /// WeChat refuses it: a person has to act
    Failed,
}

/// Which uploads are listed.
#[derive(Debug, Args)]
pub struct ListUploads {
    /// Only in this status; both without it
    #[arg(long)]
    pub status: Option<ListedStatus>,
    /// At most so many of each
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub count: u32,
}

/// The order that is meant.
#[derive(Debug, Args)]
pub struct NamedOrder {
    /// Id or number of the order
    #[arg(value_parser = named)]
    pub order: OrderRef,
}

/// A parcel to be sent.
#[derive(Debug, Args)]
pub struct ShipParcel {
    /// Id or number of the order
    #[arg(value_parser = named)]
    pub order: OrderRef,
    /// Code of the carrier: `mallcore shipping carriers` lists them
    #[arg(long)]
    pub carrier: String,
    /// The parcel's number at the carrier: the same one again is the same parcel
    #[arg(long)]
    pub tracking_no: String,
    /// What is in it, as `<SKU>:<pieces>`, comma-separated; all that is left without it
    #[arg(long, value_delimiter = ',', value_parser = pieces)]
    pub items: Vec<LinePieces>,
    /// Who, and whether to wait.
    #[command(flatten)]
    pub whose: Whose,
}

/// An order to be handed out.
#[derive(Debug, Args)]
pub struct PickUpOrder {
    /// Id or number of the order
    #[arg(value_parser = named)]
    pub order: OrderRef,
    /// The eight digits that the shopper shows; after five wrong ones the code is good no more
    #[arg(long)]
    pub code: String,
    /// Who, and whether to wait.
    #[command(flatten)]
    pub whose: Whose,
}

fn named(text: &str) -> Result<OrderRef, String> {
    OrderRef::parse(text).ok_or_else(|| "neither an id nor a number of an order".to_owned())
}

fn pieces(text: &str) -> Result<LinePieces, String> {
    let wanted = || format!("`<SKU>:<pieces>` is wanted, not {text:?}");
    let (sku, quantity) = text.split_once(':').ok_or_else(wanted)?;
    let sku = sku.trim().parse().ok().and_then(|id| SkuId::new(id).ok()).ok_or_else(wanted)?;
    let quantity = quantity.trim().parse().ok().and_then(|pieces| Quantity::new(pieces).ok()).ok_or_else(wanted)?;
    Ok(LinePieces { sku, quantity })
}
