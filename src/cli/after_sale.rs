//! `after-sale`: what the back office does about cases, for people at a terminal.

use actix_web::rt::System;
use mallcore_actors::after_sales::{Command, Freight, Kind, Note, Settlement, Terms};
use mallcore_actors::ids::AfterSaleId;
use mallcore_actors::money::Money;

use super::after_sale_args::{AfterSaleCommand, CaseStatus, ListCases, RefuseCase, SettleCase};
use super::args::Whose;
use super::out::Out;
use super::product::{follow, operator};
use super::{CliError, store};
use crate::features::after_sales::model::{AfterSale, Listed};
use crate::features::after_sales::repository;
use crate::features::after_sales::service::{self, AfterSaleError};
use crate::platform::config::Config;
use crate::platform::database::Database;
use crate::platform::rfc3339::Rfc3339;

/// Carries the command out.
pub fn run(config: &Config, command: &AfterSaleCommand, out: &mut Out) -> Result<(), CliError> {
    let terms = config.after_sales.terms();
    System::new().block_on(async {
        let database = store::existing_database(config).await?;
        let done = match command {
            AfterSaleCommand::List(args) => list(&database, args, out).await,
            AfterSaleCommand::Show { case } => show(&database, *case, out).await,
            AfterSaleCommand::Approve(args) => approve(&database, args, &terms, out).await,
            AfterSaleCommand::Refuse(args) => advance(&database, args.case, &Command::Refuse(note(args)?), &args.whose, &terms, out).await,
            AfterSaleCommand::Receive(args) => {
                advance(&database, args.case, &Command::Receive(settlement(args)?), &args.whose, &terms, out).await
            }
            AfterSaleCommand::RejectReturn(args) => {
                advance(&database, args.case, &Command::RefuseReturn(note(args)?), &args.whose, &terms, out).await
            }
        };
        database.close().await;
        done
    })
}

async fn list(database: &Database, args: &ListCases, out: &mut Out) -> Result<(), CliError> {
    let overdue_at = args.overdue.then(store::now);
    let listed = Listed { status: args.status.map(CaseStatus::status), order: args.order, overdue_at, before: args.before };
    let cases = repository::listed(database, listed, args.count).await;
    let cases = cases.map_err(|cause| CliError::failed("the cases cannot be read", cause))?;
    if cases.is_empty() {
        out.line(format_args!("no case fits"));
    }
    cases.iter().for_each(|case| headline(case, out));
    Ok(())
}

fn headline(after_sale: &AfterSale, out: &mut Out) {
    let AfterSale { id, order, user, reason, case, expected, created_at, .. } = after_sale;
    let due = case.due_at.map(|due| format!(", due {}", Rfc3339::from(due))).unwrap_or_default();
    out.line(format_args!(
        "{id} {} {} {} order {order} user {user}: {}, {} fen{due}",
        Rfc3339::from(*created_at),
        case.status.name(),
        case.kind.name(),
        reason.code(),
        case.refunded.unwrap_or(*expected).fen(),
    ));
}

async fn show(database: &Database, case: u64, out: &mut Out) -> Result<(), CliError> {
    let unread = |cause| CliError::failed("the case cannot be read", cause);
    let found = repository::by_id(database, id(case)?).await.map_err(unread)?;
    let Some(after_sale) = found else { return Err(CliError::Argument(format!("there is no after-sale case {case}"))) };
    headline(&after_sale, out);
    for line in &after_sale.lines {
        let (name, spec) = (line.described.product_name.as_deref().unwrap_or("?"), line.described.spec.as_deref().unwrap_or(""));
        let amount = line.refunded.unwrap_or(line.expected).fen();
        out.line(format_args!("  {} × SKU {} {name} {spec}: {amount} fen", line.quantity.get(), line.described.sku));
    }
    // One line each: the words may have breaks.
    if let Some(description) = &after_sale.told.description {
        out.line(format_args!("  says: {}", description.replace('\n', " ")));
    }
    for picture in &after_sale.told.pictures {
        out.line(format_args!("  picture: {picture}"));
    }
    if let Some(parcel) = &after_sale.case.parcel {
        out.line(format_args!("  parcel: {} {}", parcel.carrier, parcel.tracking));
    }
    for event in repository::events(database, after_sale.id).await.map_err(unread)? {
        let operator = event.operator.map(|operator| format!(" ({operator})")).unwrap_or_default();
        let note = event.note.map(|note| format!(": {note}")).unwrap_or_default();
        out.line(format_args!("  {} {} by {}{operator}{note}", Rfc3339::from(event.at), event.kind.name(), event.by.name()));
    }
    Ok(())
}

/// A refund is settled now; a return when its goods are there, so nothing is said about it yet.
async fn approve(database: &Database, args: &SettleCase, terms: &Terms, out: &mut Out) -> Result<(), CliError> {
    let settlement = settlement(args)?;
    let found = repository::by_id(database, id(args.case)?).await;
    let found = found.map_err(|cause| CliError::failed("the case cannot be read", cause))?;
    let is_return = found.is_some_and(|found| found.case.kind == Kind::Return);
    let settlement = if is_return && settlement == Settlement::default() { None } else { Some(settlement) };
    advance(database, args.case, &Command::Approve(settlement), &args.whose, terms, out).await
}

async fn advance(database: &Database, case: u64, command: &Command, whose: &Whose, terms: &Terms, out: &mut Out) -> Result<(), CliError> {
    let operator = operator(whose)?;
    let written = service::advance(database, id(case)?, None, command, Some(&operator), terms, store::now()).await;
    follow(database, written.map_err(|cause| refused(case, cause))?.outbox, whose, out).await
}

fn id(case: u64) -> Result<AfterSaleId, CliError> {
    AfterSaleId::new(case).map_err(|cause| CliError::Argument(cause.to_string()))
}

fn settlement(args: &SettleCase) -> Result<Settlement, CliError> {
    let freight = match args.freight_fen {
        None => Freight::ByRule,
        Some(fen) => Freight::Exactly(Money::from_fen(fen).map_err(|cause| CliError::Argument(format!("--freight-fen: {cause}")))?),
    };
    Ok(Settlement { restock: args.restock, freight })
}

fn note(args: &RefuseCase) -> Result<Note, CliError> {
    Note::parse(&args.note).map_err(|cause| CliError::Argument(format!("--note: {cause}")))
}

fn refused(case: u64, cause: AfterSaleError) -> CliError {
    match cause {
        AfterSaleError::Refused(refusal) => CliError::Argument(format!("case {case}: refused, {}", refusal.code())),
        AfterSaleError::Outrun | AfterSaleError::Database(_) | AfterSaleError::Append(_) => {
            CliError::failed("the change cannot be written", cause)
        }
    }
}
