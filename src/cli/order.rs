//! `order`: what the back office does about orders, for people at a terminal, beside a running server that carries it out.

use actix_web::rt::System;
use mallcore_actors::orders::Order;

use super::order_args::{ListOrders, NamedOrder, OrderCommand, PickUpOrder, ShipParcel};
use super::out::Out;
use super::product::{follow, operator};
use super::{CliError, store};
use crate::features::orders::OrderRef;
use crate::features::shipping::service::{self, Sending, ShipError};
use crate::features::shipping::{pick_up, repository};
use crate::platform::config::Config;
use crate::platform::database::Database;
use crate::platform::rfc3339::Rfc3339;
use crate::platform::vault::{KeySource, Vault};

/// Carries the command out.
pub fn run(config: &Config, command: &OrderCommand, out: &mut Out) -> Result<(), CliError> {
    System::new().block_on(async {
        let database = store::existing_database(config).await?;
        let done = match command {
            OrderCommand::List(args) => list(&database, args, out).await,
            OrderCommand::Show(args) => show(&database, args, out).await,
            OrderCommand::Ship(args) => ship(&database, args, out).await,
            OrderCommand::Ready(args) => ready(config, &database, args, out).await,
            OrderCommand::PickUp(args) => hand_out(config, &database, args, out).await,
        };
        database.close().await;
        done
    })
}

fn unread(cause: crate::platform::database::Error) -> CliError {
    CliError::failed("the orders cannot be read", cause)
}

async fn list(database: &Database, args: &ListOrders, out: &mut Out) -> Result<(), CliError> {
    let waiting = repository::waiting(database, args.before, args.count).await.map_err(unread)?;
    if waiting.is_empty() {
        out.line(format_args!("no order waits to be sent"));
    }
    for order in waiting {
        let paid_at = order.paid_at.map_or_else(|| "-".to_owned(), |at| Rfc3339::from(at).to_string());
        let how = match (order.is_ready, order.has_address) {
            (true, _) => "waits to be picked up",
            (false, true) => "to be sent",
            (false, false) => "without an address",
        };
        out.line(format_args!("{} {} user {}: {} fen, paid {paid_at}, {how}", order.id, order.no, order.user, order.paid.fen()));
    }
    Ok(())
}

/// The order that is named.
pub(super) async fn found(database: &Database, named: OrderRef) -> Result<Order, CliError> {
    let order = repository::order(database, named).await.map_err(unread)?;
    order.ok_or_else(|| CliError::Argument(ShipError::UnknownOrder.to_string()))
}

async fn show(database: &Database, args: &NamedOrder, out: &mut Out) -> Result<(), CliError> {
    let order = found(database, args.order).await?;
    let names = repository::names(database, order.id).await.map_err(unread)?;
    out.line(format_args!(
        "order {} {} user {}: {}, {} fen, version {}",
        order.id,
        order.no,
        order.user,
        order.status.name(),
        order.payable.fen(),
        order.version
    ));
    let progress = service::progress(&order);
    for line in &progress.lines {
        let name = names.get(&line.sku).map_or("-", String::as_str);
        out.line(format_args!(
            "  SKU {} {name}: {} ordered, {} sent, {} to send, {} refunded",
            line.sku,
            line.quantity.get(),
            line.shipped,
            line.to_ship(),
            line.refunded
        ));
    }
    for (at, parcel) in &progress.parcels {
        let pieces = parcel.pieces.iter().map(|pieces| format!("{}:{}", pieces.sku, pieces.quantity.get())).collect::<Vec<_>>().join(",");
        out.line(format_args!("  parcel {} {} {}: {pieces}", parcel.carrier, parcel.tracking, Rfc3339::from(*at)));
    }
    for (at, refund) in &progress.refunds {
        out.line(format_args!("  refund {} {}: {} fen", refund.id, Rfc3339::from(*at), refund.amount().unwrap_or_default().fen()));
    }
    Ok(())
}

async fn ship(database: &Database, args: &ShipParcel, out: &mut Out) -> Result<(), CliError> {
    let sending = Sending {
        order: args.order,
        carrier: args.carrier.clone(),
        tracking_no: args.tracking_no.clone(),
        pieces: Some(args.items.clone()).filter(|items| !items.is_empty()),
        operator: operator(&args.whose)?,
    };
    match service::ask(database, &sending, store::now()).await.map_err(refused)? {
        None => {
            out.line(format_args!("the order has this parcel already"));
            Ok(())
        }
        row => follow(database, row, &args.whose, out).await,
    }
}

fn vault(config: &Config) -> Result<Vault, CliError> {
    let keys = KeySource::of(config).load().map_err(|cause| CliError::failed("the keys of personal data cannot be read", cause))?;
    Ok(Vault::new(keys))
}

async fn ready(config: &Config, database: &Database, args: &NamedOrder, out: &mut Out) -> Result<(), CliError> {
    let order = pick_up::ready(database, &vault(config)?, args.order, store::now()).await.map_err(refused)?;
    out.line(format_args!("order {order} waits to be picked up; its shopper sees the code"));
    Ok(())
}

async fn hand_out(config: &Config, database: &Database, args: &PickUpOrder, out: &mut Out) -> Result<(), CliError> {
    let (vault, operator) = (vault(config)?, operator(&args.whose)?);
    let row = pick_up::collect(database, &vault, args.order, &args.code, &operator, store::now()).await.map_err(refused)?;
    follow(database, Some(row), &args.whose, out).await
}

fn refused(cause: ShipError) -> CliError {
    if cause.is_refusal() { CliError::Argument(cause.to_string()) } else { CliError::failed("the request cannot be written", cause) }
}
