//! What people of the shop ask of orders: send a parcel. The request is a row of the outbox, which the running server carries out; the order
//! decides. Pieces that are not named are all that is left, as the database has it when it is asked: the request names them from then on, so
//! that a repeat is the same parcel.

use mallcore_actors::idempotency::KeyHash;
use mallcore_actors::orders::{Carrier, Decided, LinePieces, Order, Parcel, Progress, Tracking};
use mallcore_actors::quantity::Quantity;
use mallcore_actors::refusal::Refusal;
use mallcore_actors::stock::adjustment::Operator;
use mallcore_actors::time::Timestamp;

use super::carriers::{self, PICK_UP};
use super::repository;
use crate::features::orders::OrderRef;
use crate::platform::database::{Database, Error, TransactionError};
use crate::platform::outbox::{self, AppendError, Message, ShipOrder};
use crate::platform::vault::VaultError;

/// Characters of a parcel's number: 快递100 takes no longer one.
const NUMBER_CHARACTERS_MAX: usize = 32;
const NUMBER_CHARACTERS_MIN: usize = 5;

/// Why nothing was asked for.
#[derive(Debug, thiserror::Error)]
pub enum ShipError {
    /// There is no such order in the database.
    #[error("there is no such order")]
    UnknownOrder,
    /// The shop has no such carrier, or no longer.
    #[error("there is no carrier {0}: `mallcore shipping carriers` lists them")]
    UnknownCarrier(String),
    /// No carrier has such numbers.
    #[error("{0:?} is no number of a parcel: 5 to 32 letters, digits and hyphens are wanted")]
    BadNumber(String),
    /// The rules say no.
    #[error("refused: {}", .0.code())]
    Refused(Refusal),
    /// The code is not the one that the shopper has.
    #[error("the code is wrong, {left} more tries")]
    WrongCode {
        /// Wrong codes that can still be presented.
        left: u32,
    },
    /// Too many wrong codes were presented.
    #[error("too many wrong codes: `mallcore order ready` makes a new one")]
    CodeLocked,
    /// The order does not wait to be picked up.
    #[error("the order does not wait to be picked up: `mallcore order ready` puts it ready")]
    NotReady,
    /// The code cannot be sealed or opened.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The database did not do it.
    #[error(transparent)]
    Database(#[from] Error),
    /// The outbox did not take it.
    #[error("failed to append to the outbox")]
    Append(#[from] AppendError),
}

impl TransactionError for ShipError {
    fn is_transient(&self) -> bool {
        match self {
            Self::Database(cause) => cause.is_transient(),
            Self::Append(cause) => cause.is_transient(),
            Self::Vault(cause) => cause.is_transient(),
            _ => false,
        }
    }
}

impl ShipError {
    /// Whether the request itself is at fault, and not what it was asked of.
    pub const fn is_refusal(&self) -> bool {
        !matches!(self, Self::Database(_) | Self::Append(_) | Self::Vault(_))
    }
}

/// What is to be sent.
#[derive(Debug, Clone)]
pub struct Sending {
    /// The order that is meant.
    pub order: OrderRef,
    /// Code of the carrier.
    pub carrier: String,
    /// The parcel's number there.
    pub tracking_no: String,
    /// These pieces; none for all that are left.
    pub pieces: Option<Vec<LinePieces>>,
    /// Who asks for it.
    pub operator: Operator,
}

/// By what a parcel is known again (P1).
pub fn key(carrier: &Carrier, tracking_no: &Tracking) -> KeyHash {
    KeyHash::of("orders/parcels", &format!("{}/{}", carrier.as_str(), tracking_no.as_str()))
}

/// How far an order is, line by line.
pub fn progress(order: &Order) -> Progress {
    order.progress.as_deref().cloned().unwrap_or_else(|| Progress::new(order))
}

/// The parcel that a request means: with the named pieces, or with all that are left. None: the order has it already.
///
/// # Errors
/// What the order refuses; [`Refusal::IdempotencyMismatch`] for a number that was used for other pieces.
pub fn parcel(
    order: &Order,
    (carrier, tracking): (Carrier, Tracking),
    pieces: Option<&[LinePieces]>,
    now: Timestamp,
) -> Result<Option<Parcel>, Refusal> {
    let (key, progress) = (key(&carrier, &tracking), progress(order));
    if let Some((_, sent)) = progress.parcels.iter().find(|(_, sent)| sent.key == key) {
        let is_same = pieces.is_none_or(|pieces| same_pieces(&sent.pieces, pieces));
        return if is_same { Ok(None) } else { Err(Refusal::IdempotencyMismatch) };
    }
    let left = || {
        let left =
            progress.lines.iter().filter_map(|line| Some(LinePieces { sku: line.sku, quantity: Quantity::new(line.to_ship()).ok()? }));
        left.collect()
    };
    let pieces = pieces.map_or_else(left, |pieces| pieces.iter().copied().collect());
    let parcel = Parcel { key, carrier, tracking, pieces };
    match order.decide_ship(&parcel, now)? {
        Decided::Fresh(_) => Ok(Some(parcel)),
        Decided::Repeat => Ok(None),
    }
}

/// Whether both name the same pieces, in any order.
fn same_pieces(one: &[LinePieces], other: &[LinePieces]) -> bool {
    one.len() == other.len() && one.iter().all(|pieces| other.contains(pieces))
}

/// Asks the order, by the outbox, to send a parcel. Returns the request's row, or none if the order has the parcel already.
///
/// # Errors
/// [`ShipError`].
pub async fn ask(database: &Database, wanted: &Sending, now: Timestamp) -> Result<Option<u64>, ShipError> {
    let carriers = carriers::by_code(database).await?;
    let is_known = wanted.carrier != PICK_UP && carriers.get(&wanted.carrier).is_some_and(|carrier| carrier.is_in_use);
    let unknown = || ShipError::UnknownCarrier(wanted.carrier.clone());
    let carrier = Carrier::parse(&wanted.carrier).ok().filter(|_| is_known).ok_or_else(unknown)?;
    let tracking = tracking_no(&wanted.tracking_no).ok_or_else(|| ShipError::BadNumber(wanted.tracking_no.clone()))?;
    let order = repository::order(database, wanted.order).await?.ok_or(ShipError::UnknownOrder)?;
    let parcel = parcel(&order, (carrier, tracking), wanted.pieces.as_deref(), now).map_err(ShipError::Refused)?;
    let Some(parcel) = parcel else { return Ok(None) };
    let message = message(&order, parcel, false, &wanted.operator);
    database.transaction::<_, ShipError>(async |tx| Ok(Some(outbox::append(tx, &message, now).await?))).await
}

/// The number as carriers print it; none if no carrier has such numbers.
fn tracking_no(text: &str) -> Option<Tracking> {
    let text = text.trim();
    let is_number = (NUMBER_CHARACTERS_MIN..=NUMBER_CHARACTERS_MAX).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    Tracking::parse(text).ok().filter(|_| is_number)
}

/// The request for the outbox.
pub(super) fn message(order: &Order, parcel: Parcel, is_received: bool, operator: &Operator) -> Message {
    Message::ShipOrder(ShipOrder {
        order_id: order.id,
        user_id: order.user,
        carrier: parcel.carrier,
        tracking_no: parcel.tracking,
        pieces: parcel.pieces.to_vec(),
        is_received,
        operator: operator.clone(),
    })
}
