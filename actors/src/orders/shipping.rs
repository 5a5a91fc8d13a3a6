//! An order leaves the warehouse, in one parcel or in several.

use super::facts::OrderFact;
use super::fulfilment::{LinePieces, PARCELS_MAX, Parcel, ParcelShipped};
use super::order::{Decided, Order};
use super::progress::LineProgress;
use super::status::Status;
use crate::refusal::Refusal;
use crate::time::Timestamp;

impl Order {
    /// Sends a parcel. The same key with the same parcel again is a repeat.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`] unless the order is paid and something is still to be sent, [`Refusal::ExceedsOrder`] for pieces that are not in the order,
    /// were sent, or were refunded, [`Refusal::TooManyParts`] for one parcel too many.
    pub fn decide_ship(&self, parcel: &Parcel, now: Timestamp) -> Result<Decided, Refusal> {
        let mut progress = self.progress_or_new();
        if let Some((_, sent)) = progress.parcels.iter().find(|(_, sent)| sent.key == parcel.key) {
            return if sent == parcel { Ok(Decided::Repeat) } else { Err(Refusal::IdempotencyMismatch) };
        }
        if self.status != Status::Paid {
            return Err(Refusal::WrongStatus);
        }
        if progress.parcels.len() >= PARCELS_MAX {
            return Err(Refusal::TooManyParts { limit: PARCELS_MAX as u32 });
        }
        let fits = |pieces: &LinePieces| progress.line(pieces.sku).is_some_and(|line| pieces.quantity.get() <= line.to_ship());
        if parcel.pieces.is_empty() || !each_once(&parcel.pieces) || !parcel.pieces.iter().all(fits) {
            return Err(Refusal::ExceedsOrder);
        }
        progress.ship(parcel.clone(), now);
        assert_eq!(progress.lines.iter().find_map(LineProgress::broken), None, "{parcel:?} of {progress:?}");
        // The last parcel that is allowed has to take the rest.
        if progress.parcels.len() == PARCELS_MAX && progress.status_from(self.status) == Status::Paid {
            return Err(Refusal::TooManyParts { limit: PARCELS_MAX as u32 });
        }
        Ok(Decided::Fresh(OrderFact::ParcelShipped(ParcelShipped {
            order: self.id,
            user: self.user,
            version: self.version + 1,
            status: progress.status_from(self.status),
            parcel: parcel.clone(),
        })))
    }
}

/// Whether no SKU stands there twice.
pub(super) fn each_once(pieces: &[LinePieces]) -> bool {
    pieces.iter().enumerate().all(|(place, pieces_of)| pieces[..place].iter().all(|earlier| earlier.sku != pieces_of.sku))
}
