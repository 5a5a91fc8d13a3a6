//! `product`: cold writes beside a running server, which carries out what they ask of it.

use std::time::{Duration, Instant};

use actix_web::rt::System;
use mallcore_actors::ids::SkuId;
use mallcore_actors::money::Money;
use mallcore_actors::stock::adjustment::{Delta, Operator, Reason};

use super::args::{AdjustStockArgs, ProductCommand, ProductStatus, SetPrice, SetStatus, Whose};
use super::catalog_args::{BrandCommand, CategoryCommand};
use super::out::Out;
use super::{CliError, catalog, store, variant};
use crate::features::catalog::edits::{self, EditError};
use crate::features::stock::adjustments::{self, AskError};
use crate::platform::config::Config;
use crate::platform::database::Database;
use crate::platform::outbox::repository::{self, Entry};
use crate::platform::outbox::{Destination, Wanted};
use crate::platform::projection;

/// How often one looks whether the server has done it.
const LOOK: Duration = Duration::from_millis(100);

/// Carries the command out.
pub fn run(config: &Config, command: &ProductCommand, out: &mut Out) -> Result<(), CliError> {
    System::new().block_on(async {
        let database = store::existing_database(config).await?;
        let done = match command {
            ProductCommand::Show { product } => show(&database, *product, out).await,
            ProductCommand::SetPrice(args) => set_price(&database, args, out).await,
            ProductCommand::SetStatus(args) => set_status(&database, args, out).await,
            ProductCommand::AdjustStock(args) => adjust(&database, args, out).await,
            ProductCommand::Create(args) => catalog::create(&database, args, out).await,
            ProductCommand::SetDiscount(args) => catalog::set_discount(&database, args, out).await,
            ProductCommand::SetHot(args) => catalog::set_hot(&database, args, out).await,
            ProductCommand::ZoneSort(args) => catalog::zone_sort(&database, args, out).await,
            ProductCommand::Sku(command) => variant::sku(&database, command, out).await,
            ProductCommand::Spec(command) => variant::spec(&database, command, out).await,
            ProductCommand::Category(CategoryCommand::Add(args)) => catalog::add_category(&database, args, out).await,
            ProductCommand::Brand(BrandCommand::Add(args)) => catalog::add_brand(&database, args, out).await,
        };
        database.close().await;
        done
    })
}

async fn show(database: &Database, product: u64, out: &mut Out) -> Result<(), CliError> {
    let shelf = edits::look(database, product).await.map_err(|cause| CliError::failed("the product cannot be read", cause))?;
    let Some(shelf) = shelf else { return Err(CliError::Argument(format!("there is no product {product}"))) };
    let status = if shelf.on_sale { "on_sale" } else { "off_sale" };
    out.line(format_args!("product {product} {} {} fen {status}", shelf.name, shelf.price.fen()));
    for spec in shelf.specs {
        out.line(format_args!("  {}: {}", spec.name, spec.values.join(", ")));
    }
    for sku in shelf.skus {
        out.line(format_args!(
            "  SKU {} {}{} {} fen{}: {} available, {} held, {} sold, version {}",
            sku.id,
            sku.spec,
            sku.code.map(|code| format!(" (code {code})")).unwrap_or_default(),
            sku.price.fen(),
            if sku.on_sale { "" } else { ", off the shelf" },
            sku.available,
            sku.held,
            sku.sold,
            sku.version
        ));
    }
    Ok(())
}

async fn set_price(database: &Database, args: &SetPrice, out: &mut Out) -> Result<(), CliError> {
    let price = Money::from_fen(args.fen).map_err(|cause| CliError::Argument(format!("--fen: {cause}")))?;
    let edited = edits::set_price(database, args.priced, price, &operator(&args.whose)?, store::now()).await;
    follow(database, edited.map_err(refused)?, &args.whose, out).await
}

async fn set_status(database: &Database, args: &SetStatus, out: &mut Out) -> Result<(), CliError> {
    let on_sale = args.status == ProductStatus::OnSale;
    let edited = edits::set_status(database, args.product, on_sale, &operator(&args.whose)?, store::now()).await;
    follow(database, edited.map_err(refused)?, &args.whose, out).await
}

async fn adjust(database: &Database, args: &AdjustStockArgs, out: &mut Out) -> Result<(), CliError> {
    let bad = |what: &str, cause: &dyn std::fmt::Display| CliError::Argument(format!("--{what}: {cause}"));
    let sku = SkuId::new(args.sku).map_err(|cause| bad("sku", &cause))?;
    let reason = Reason::parse(&args.reason).map_err(|cause| bad("reason", &cause))?;
    let wanted = match (args.by, args.to, args.expected_version) {
        (Some(by), None, None) => Wanted::By(Delta::new(by).map_err(|cause| bad("by", &cause))?),
        (None, Some(pieces), Some(expected_version)) => Wanted::To { pieces, expected_version },
        // The command line admits nothing else.
        _ => return Err(CliError::Argument("either --by, or --to with --expected-version".to_owned())),
    };
    let asked = adjustments::ask(database, sku, wanted, reason, operator(&args.whose)?, store::now()).await;
    let id = asked.map_err(|cause| match cause {
        AskError::UnknownSku(_) => CliError::Argument(cause.to_string()),
        AskError::Database(_) | AskError::Append(_) => CliError::failed("the request cannot be written", cause),
    })?;
    follow(database, Some(id), &args.whose, out).await
}

pub(super) fn operator(whose: &Whose) -> Result<Operator, CliError> {
    Operator::parse(&whose.operator).map_err(|cause| CliError::Argument(format!("--operator: {cause}")))
}

pub(super) fn refused(cause: EditError) -> CliError {
    match cause {
        EditError::UnknownProduct(_)
        | EditError::UnknownSku(_)
        | EditError::Unknown { .. }
        | EditError::SkuInUse { .. }
        | EditError::Invalid { .. } => CliError::Argument(cause.to_string()),
        EditError::Database(_) | EditError::Append(_) => CliError::failed("the change cannot be written", cause),
    }
}

/// Says what was committed, and with `--wait` what became of it.
pub(super) async fn follow(database: &Database, id: Option<u64>, whose: &Whose, out: &mut Out) -> Result<(), CliError> {
    let Some(id) = id else {
        out.line(format_args!("nothing to change"));
        return Ok(());
    };
    if !whose.wait {
        out.line(format_args!("committed with row {id} of the outbox; a running server carries it out within a second"));
        return Ok(());
    }
    let until = Instant::now() + Duration::from_secs(u64::from(whose.wait_seconds));
    let unread = |cause| CliError::failed("the outbox cannot be read", cause);
    loop {
        let entry = repository::by_id(database, id).await.map_err(unread)?;
        let Some(entry) = entry else { return Err(CliError::Argument(format!("row {id} of the outbox is gone"))) };
        if let Some(reason) = &entry.parked {
            return Err(CliError::Argument(format!("row {id} of the outbox waits for a person: {reason}")));
        }
        if entry.has_reached(Destination::Shop) && is_stored(database, &entry).await.map_err(unread)? {
            return told(id, &entry, out);
        }
        if Instant::now() >= until {
            let seconds = whose.wait_seconds;
            return Err(CliError::Argument(format!(
                "committed with row {id} of the outbox, which no server has carried out in {seconds} s"
            )));
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Whether the database has the record that came of it, so that lists show it.
async fn is_stored(database: &Database, entry: &Entry) -> Result<bool, crate::platform::database::Error> {
    let detail = entry.detail.as_deref().and_then(|detail| serde_json::from_str::<serde_json::Value>(detail).ok());
    let Some(sequence) = detail.and_then(|detail| detail["sequence"].as_u64()) else { return Ok(true) };
    let mut tx = database.snapshot().await?;
    let checkpoint = projection::checkpoint(&mut tx, projection::NAME).await?;
    tx.commit().await?;
    Ok(checkpoint.0 >= sequence)
}

fn told(id: u64, entry: &Entry, out: &mut Out) -> Result<(), CliError> {
    let (outcome, detail) = (entry.outcome.as_deref().unwrap_or_default(), entry.detail.as_deref().unwrap_or_default());
    if outcome == "done" {
        out.line(format_args!("row {id} of the outbox: done {detail}"));
        Ok(())
    } else {
        Err(CliError::Argument(format!("row {id} of the outbox: refused, {outcome} {detail}")))
    }
}
