//! Writes of cases: applications, and every step afterwards, whoever takes it. Each commits with its event and its rows of the outbox.
//! - S1 Rows are locked in one order: the order's row of applications, the case, the outbox.

use mallcore_actors::after_sales::{
    AFTER_SALE_STATUS, Case, Claim, Command, Decided, Event, Quote, Standing, Status, TOO_MANY_AFTER_SALES, Terms, UNKNOWN_AFTER_SALE,
};
use mallcore_actors::ids::{AfterSaleId, UserId};
use mallcore_actors::money::Money;
use mallcore_actors::orders::{Order, Status as OrderStatus};
use mallcore_actors::refusal::Refusal;
use mallcore_actors::stock::adjustment::Operator;
use mallcore_actors::time::Timestamp;

use super::metrics;
use super::model::{AfterSale, Application, CASES_MAX, CaseLine, Described, EventKind, EventRow};
use super::repository;
use crate::platform::database::{Database, Error, Tx};
use crate::platform::outbox::{self, AfterSaleCompleted, AppendError, CompletedLine, Message, RefundAfterSale, Topic};

/// How often a write that lost a lock is begun again.
const ATTEMPTS: usize = 6;

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum AfterSaleError {
    /// The rules say no.
    #[error("refused: {}", .0.code())]
    Refused(Refusal),
    /// Somebody has changed the case meanwhile.
    #[error("the case changed meanwhile")]
    Outrun,
    /// The database did not do it.
    #[error(transparent)]
    Database(#[from] Error),
    /// The outbox did not take it.
    #[error("failed to append to the outbox")]
    Append(#[from] AppendError),
}

impl From<Refusal> for AfterSaleError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl AfterSaleError {
    fn is_transient(&self) -> bool {
        match self {
            Self::Outrun => true,
            // The same key in another transaction: the next attempt sees what that one has written.
            Self::Database(cause) => cause.is_transient() || cause.is_duplicate(),
            Self::Append(cause) => cause.is_transient(),
            Self::Refused(_) => false,
        }
    }
}

/// A case after a request, and whether the request changed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// As it stands.
    pub after_sale: AfterSale,
    /// The row of the outbox that follows from the request; none for a repeat.
    pub outbox: Option<u64>,
}

/// An order that something is applied for, as the shopper's request finds it.
#[derive(Debug, Clone)]
pub struct Ordered {
    /// As it is.
    pub order: Order,
    /// Its lines' names and prices.
    pub lines: Vec<Described>,
}

/// What is written in one transaction.
#[derive(Debug, Clone, Copy)]
enum Write<'a> {
    Apply { ordered: &'a Ordered, application: &'a Application },
    Advance { id: AfterSaleId, owner: Option<UserId>, command: &'a Command, operator: Option<&'a Operator> },
    Complete { id: AfterSaleId, refunded: &'a Quote },
}

/// Runs a write whole, and counts what happened. What a deadlock undid is begun again; a commit is not, since it may have happened. Not by
/// `Database::transaction`, whose future no task may wait for that is spawned: the relay and the time limits are such.
async fn write(database: &Database, what: Write<'_>, terms: &Terms, now: Timestamp) -> Result<Written, AfterSaleError> {
    let mut attempt = 1;
    loop {
        let mut tx = database.begin().await?;
        let done = match what {
            Write::Apply { ordered, application } => apply_in(&mut tx, ordered, application, terms, now).await,
            Write::Advance { id, owner, command, operator } => advance_in(&mut tx, id, owner, command, operator, terms, now).await,
            Write::Complete { id, refunded } => complete_in(&mut tx, id, refunded, terms, now).await,
        };
        match done {
            Ok((written, happened)) => {
                tx.commit().await?;
                if let Some(kind) = happened {
                    metrics::CHANGES_TOTAL.with(&[("kind", kind.name())]).increment(1);
                }
                return Ok(written);
            }
            Err(error) if error.is_transient() && attempt < ATTEMPTS => attempt += 1,
            Err(error) => return Err(error),
        }
    }
}

/// A case after a write, and what happened to it, if anything did.
type Happened = (Written, Option<EventKind>);

/// The order with what was applied for, read within a transaction.
pub async fn standing(tx: &mut Tx, order: &Order, now: Timestamp) -> Result<(Option<Timestamp>, Vec<Claim>), Error> {
    let received_at = match order.status {
        // An order that the database does not know to be completed was completed just now.
        OrderStatus::Completed => Some(repository::received_at(tx, order.id).await?.unwrap_or(now)),
        _ => None,
    };
    Ok((received_at, repository::claims(tx, order.id).await?))
}

/// Applies for a refund. The same request again gets its case as it stands.
///
/// # Errors
/// [`Refusal::IdempotencyMismatch`], those of [`Standing::decide`], [`TOO_MANY_AFTER_SALES`].
pub async fn apply(
    database: &Database,
    ordered: &Ordered,
    application: &Application,
    terms: &Terms,
    now: Timestamp,
) -> Result<Written, AfterSaleError> {
    write(database, Write::Apply { ordered, application }, terms, now).await
}

async fn apply_in(
    tx: &mut Tx,
    ordered: &Ordered,
    application: &Application,
    terms: &Terms,
    now: Timestamp,
) -> Result<Happened, AfterSaleError> {
    let order = &ordered.order;
    let cases = repository::lock_order(tx, order.id).await?;
    if let Some((after_sale, first)) = repository::applied_by(tx, order.user, application.key).await? {
        let is_same = first == application.body;
        return if is_same { Ok((Written { after_sale, outbox: None }, None)) } else { Err(Refusal::IdempotencyMismatch.into()) };
    }
    let (received_at, claims) = standing(tx, order, now).await?;
    let quote = Standing { order, received_at, claims: &claims }.decide(&application.wanted, terms, now)?;
    if cases >= CASES_MAX {
        return Err(Refusal::Rule(&TOO_MANY_AFTER_SALES).into());
    }
    let mut after_sale = applied(ordered, application, &quote, terms, now)?;
    after_sale.id = repository::insert(tx, &after_sale, application).await?;
    let outbox = outbox::append(tx, &Message::changed(Topic::AfterSale, after_sale.id.get()), now).await?;
    Ok((Written { after_sale, outbox: Some(outbox) }, Some(EventKind::Applied)))
}

/// The case as it is stored; its id is the database's to give.
fn applied(
    ordered: &Ordered,
    application: &Application,
    quote: &Quote,
    terms: &Terms,
    now: Timestamp,
) -> Result<AfterSale, AfterSaleError> {
    let lines = quote.lines.iter().filter_map(|quoted| {
        let described = ordered.lines.iter().find(|line| line.sku == quoted.sku)?.clone();
        Some(CaseLine { described, quantity: quoted.quantity, expected: quoted.amount, refunded: None })
    });
    Ok(AfterSale {
        // Overwritten by the row's.
        id: AfterSaleId::new(1).map_err(|bad| Error::Unexpected { column: 0, found: bad.to_string() })?,
        order: ordered.order.id,
        order_no: ordered.order.no.to_string(),
        user: ordered.order.user,
        reason: application.wanted.reason,
        told: application.told.clone(),
        case: Case::applied(application.wanted.kind, terms, now),
        // Parts of what was paid.
        expected: quote.amount().unwrap_or_default(),
        refunded_freight: None,
        created_at: now,
        updated_at: now,
        lines: lines.collect(),
    })
}

/// Takes a case a step on; `owner` is the shopper who asks, if it is one: another's case does not exist.
///
/// # Errors
/// [`UNKNOWN_AFTER_SALE`], those of [`Case::decide`].
pub async fn advance(
    database: &Database,
    id: AfterSaleId,
    owner: Option<UserId>,
    command: &Command,
    operator: Option<&Operator>,
    terms: &Terms,
    now: Timestamp,
) -> Result<Written, AfterSaleError> {
    write(database, Write::Advance { id, owner, command, operator }, terms, now).await
}

async fn advance_in(
    tx: &mut Tx,
    id: AfterSaleId,
    owner: Option<UserId>,
    command: &Command,
    operator: Option<&Operator>,
    terms: &Terms,
    now: Timestamp,
) -> Result<Happened, AfterSaleError> {
    let found = repository::locked(tx, id).await?.filter(|found| owner.is_none_or(|owner| owner == found.user));
    let after_sale = found.ok_or(Refusal::Rule(&UNKNOWN_AFTER_SALE))?;
    let event = match after_sale.case.decide(command, terms, now)? {
        Decided::Repeat => return Ok((Written { after_sale, outbox: None }, None)),
        Decided::Fresh(event) => event,
    };
    let after_sale = step(tx, after_sale, &event, operator, now).await?;
    let mut outbox = outbox::append(tx, &Message::changed(Topic::AfterSale, id.get()), now).await?;
    if after_sale.case.status == Status::Refunding {
        outbox = outbox::append(tx, &Message::RefundAfterSale(RefundAfterSale { after_sale_id: id }), now).await?;
    }
    Ok((Written { after_sale, outbox: Some(outbox) }, Some(EventKind::from(&event))))
}

/// The order has refunded: notes what went back, line by line, and tells those who give back what else was given for it.
///
/// # Errors
/// [`UNKNOWN_AFTER_SALE`]; [`AFTER_SALE_STATUS`] if the case is not being refunded.
pub async fn complete(
    database: &Database,
    id: AfterSaleId,
    refunded: &Quote,
    terms: &Terms,
    now: Timestamp,
) -> Result<Written, AfterSaleError> {
    write(database, Write::Complete { id, refunded }, terms, now).await
}

async fn complete_in(tx: &mut Tx, id: AfterSaleId, refunded: &Quote, terms: &Terms, now: Timestamp) -> Result<Happened, AfterSaleError> {
    let amount = refunded.amount().ok_or(Refusal::ExceedsOrder)?;
    let after_sale = repository::locked(tx, id).await?.ok_or(Refusal::Rule(&UNKNOWN_AFTER_SALE))?;
    let event = match after_sale.case.decide(&Command::Refunded(amount), terms, now)? {
        Decided::Repeat => return Ok((Written { after_sale, outbox: None }, None)),
        Decided::Fresh(event) => event,
    };
    let mut after_sale = step(tx, after_sale, &event, None, now).await?;
    repository::note_refunded(tx, id, refunded).await?;
    after_sale.refunded_freight = Some(refunded.freight);
    outbox::append(tx, &Message::changed(Topic::AfterSale, id.get()), now).await?;
    let outbox = outbox::append(tx, &completed(&after_sale, refunded, amount)?, now).await?;
    Ok((Written { after_sale, outbox: Some(outbox) }, Some(EventKind::Refunded)))
}

fn completed(after_sale: &AfterSale, refunded: &Quote, amount: Money) -> Result<Message, AfterSaleError> {
    let refund_id = repository::refund_id(after_sale.id).ok_or(Refusal::Rule(&AFTER_SALE_STATUS))?;
    let lines = refunded.lines.iter();
    Ok(Message::AfterSaleCompleted(AfterSaleCompleted {
        after_sale_id: after_sale.id,
        order_id: after_sale.order,
        user_id: after_sale.user,
        refund_id,
        kind: after_sale.case.kind.name().to_owned(),
        amount_fen: amount,
        freight_fen: refunded.freight,
        restock: after_sale.case.settlement.is_some_and(|settlement| settlement.restock),
        lines: lines.map(|line| CompletedLine { sku_id: line.sku, quantity: line.quantity, amount_fen: line.amount }).collect(),
    }))
}

/// Stores an event of a case by compare-and-set of its version.
async fn step(
    tx: &mut Tx,
    mut after_sale: AfterSale,
    event: &Event,
    operator: Option<&Operator>,
    now: Timestamp,
) -> Result<AfterSale, AfterSaleError> {
    let before = after_sale.case.version;
    after_sale.case.apply(event);
    after_sale.updated_at = now;
    let row = EventRow {
        version: after_sale.case.version,
        kind: event.into(),
        by: event.by(),
        operator: operator.map(|operator| operator.as_str().to_owned()),
        note: repository::note_of(event),
        at: now,
    };
    let is_stored = repository::update(tx, after_sale.id, before, &after_sale.case, row).await?;
    if is_stored { Ok(after_sale) } else { Err(AfterSaleError::Outrun) }
}
