//! Goods that the shopper picks up at the shop (到店自提): put ready with a code for the shopper, handed out to whoever shows it.
//! - U1 A code has [`CODE_DIGITS`] random digits and is sealed with the shopper's data key: the table does not hold it, nobody at the shop sees it.
//! - U2 It is good once. After [`TRIES_MAX`] wrong ones it is good no more, also if it comes then; putting the order ready makes a new one.
//! - U3 A wrong try is counted in a transaction of its own, before it is answered: whoever ends the command early has used it up.

use mallcore_actors::ids::OrderId;
use mallcore_actors::orders::{Carrier, Order, Tracking};
use mallcore_actors::refusal::Refusal;
use mallcore_actors::stock::adjustment::Operator;
use mallcore_actors::time::Timestamp;
use rand::Rng;
use subtle::ConstantTimeEq;

use super::carriers::PICK_UP;
use super::repository::{self, PickUpRow};
use super::service::{self, ShipError};
use crate::features::orders::OrderRef;
use crate::platform::database::{Database, Rows, Value};
use crate::platform::outbox;
use crate::platform::vault::{DataKey, OpenError, Place, Sealed, Vault, VaultError};

/// Digits of a code: somebody reads it out.
pub const CODE_DIGITS: usize = 8;
/// Wrong codes that can be presented for one order.
pub const TRIES_MAX: u32 = 5;

/// What a presented code leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presented {
    /// The goods are handed out.
    Right,
    /// It is counted, and so many more can follow.
    Wrong {
        /// Tries that are left.
        left: u32,
    },
    /// Too many wrong ones came before.
    Locked,
}

/// Judges a code that somebody presents, after so many wrong ones.
pub const fn judge(wrong_tries: u32, is_right: bool) -> Presented {
    match (wrong_tries < TRIES_MAX, is_right) {
        (false, _) => Presented::Locked,
        (true, true) => Presented::Right,
        (true, false) => Presented::Wrong { left: TRIES_MAX - wrong_tries - 1 },
    }
}

fn place(order: OrderId) -> Place {
    Place::new("pick_ups", "code", order.get())
}

fn fresh_code() -> String {
    let mut rng = rand::rng();
    (0..CODE_DIGITS).map(|_| char::from(b'0' + rng.random_range(0..10))).collect()
}

/// The code as the shopper sees it; none once it was used, or after too many wrong ones.
///
/// # Errors
/// [`OpenError`], if it was sealed under another key or changed.
pub fn code(row: &PickUpRow, order: OrderId, key: &DataKey) -> Result<Option<String>, OpenError> {
    let Some(sealed) = row.code.clone().filter(|_| row.wrong_tries < TRIES_MAX) else { return Ok(None) };
    let opened = key.open(place(order), &Sealed::from_bytes(sealed))?;
    Ok(String::from_utf8(opened.to_vec()).ok())
}

/// The parcel as which picked-up goods are recorded.
fn parcel(order: &Order) -> Result<(Carrier, Tracking), ShipError> {
    let bad = |_| ShipError::Refused(Refusal::UnknownOrder);
    Ok((Carrier::parse(PICK_UP).map_err(bad)?, Tracking::parse(&format!("{PICK_UP}-{}", order.id)).map_err(bad)?))
}

/// The order, if all of it can still be picked up.
async fn whole_order(database: &Database, named: OrderRef, now: Timestamp) -> Result<Order, ShipError> {
    let order = repository::order(database, named).await?.ok_or(ShipError::UnknownOrder)?;
    // A part that is on its way already would be told to WeChat in another way.
    if order.progress.as_ref().is_some_and(|progress| !progress.parcels.is_empty()) {
        return Err(ShipError::Refused(Refusal::WrongStatus));
    }
    match service::parcel(&order, parcel(&order)?, None, now) {
        Ok(_) => Ok(order),
        Err(refusal) => Err(ShipError::Refused(refusal)),
    }
}

/// Puts a paid order ready: its shopper sees a code from now on. Done again, it makes another code, and the old one is good no more.
///
/// # Errors
/// [`ShipError`].
pub async fn ready(database: &Database, vault: &Vault, named: OrderRef, now: Timestamp) -> Result<OrderId, ShipError> {
    let order = whole_order(database, named, now).await?;
    let ready = database.transaction::<_, ShipError>(async |tx| {
        // The row of `user_keys` first: the order in which all lock.
        let key = vault.user_key(tx, order.user).await?;
        if repository::locked_pick_up(tx, order.id).await?.is_some_and(|row| row.collected_at.is_some()) {
            return Err(ShipError::Refused(Refusal::WrongStatus));
        }
        let sealed = key.seal(place(order.id), fresh_code().as_bytes());
        let text = Rows::insert_or_keep(tx.engine(), "pick_ups", &["order_id"], &["order_id", "user_id", "ready_at"]);
        tx.execute(text, vec![order.id.get().into(), order.user.get().into(), now.into()]).await?;
        let text = "UPDATE pick_ups SET code = ?, wrong_tries = 0, ready_at = ? WHERE order_id = ?";
        tx.execute(text, vec![sealed.into(), now.into(), order.id.get().into()]).await?;
        Ok(order.id)
    });
    ready.await
}

/// Hands the goods out to whoever presents the code: the order is sent and received. Returns the row of the outbox that asks for it.
///
/// # Errors
/// [`ShipError`]; a wrong code is counted.
pub async fn collect(
    database: &Database,
    vault: &Vault,
    named: OrderRef,
    presented: &str,
    operator: &Operator,
    now: Timestamp,
) -> Result<u64, ShipError> {
    let order = whole_order(database, named, now).await?;
    let parcel = service::parcel(&order, parcel(&order)?, None, now).map_err(ShipError::Refused)?;
    let parcel = parcel.ok_or(ShipError::Refused(Refusal::WrongStatus))?;
    let message = service::message(&order, parcel, true, operator);
    let told = database.transaction::<_, ShipError>(async |tx| {
        let key = vault.user_key(tx, order.user).await?;
        let row = repository::locked_pick_up(tx, order.id).await?.filter(|row| row.collected_at.is_none()).ok_or(ShipError::NotReady)?;
        let sealed = row.code.clone().ok_or(ShipError::NotReady)?;
        let code = key.open(place(order.id), &Sealed::from_bytes(sealed)).map_err(VaultError::from)?;
        let is_right = bool::from(code.as_slice().ct_eq(presented.trim().as_bytes()));
        match judge(row.wrong_tries, is_right) {
            Presented::Right => {
                let text = "UPDATE pick_ups SET code = NULL, collected_at = ? WHERE order_id = ?";
                tx.execute(text, vec![now.into(), order.id.get().into()]).await?;
                Ok(Ok(outbox::append(tx, &message, now).await?))
            }
            Presented::Wrong { left } => {
                let values: Vec<Value> = vec![order.id.get().into()];
                tx.execute("UPDATE pick_ups SET wrong_tries = wrong_tries + 1 WHERE order_id = ?", values).await?;
                // The try is committed; the refusal is an answer.
                Ok(Err(ShipError::WrongCode { left }))
            }
            Presented::Locked => Ok(Err(ShipError::CodeLocked)),
        }
    });
    told.await?
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// U2: whatever is presented, the goods leave at most once, and never after five wrong codes.
        #[test]
        fn a_code_is_good_once_and_not_after_too_many_wrong_ones(tries in prop::collection::vec(any::<bool>(), 0..20)) {
            let (mut wrong, mut handed_out) = (0, 0);
            for is_right in tries {
                match judge(wrong, is_right) {
                    Presented::Right => { handed_out += 1; break }
                    Presented::Wrong { left } => {
                        wrong += 1;
                        prop_assert_eq!(left, TRIES_MAX - wrong);
                    }
                    Presented::Locked => prop_assert_eq!(wrong, TRIES_MAX),
                }
            }
            prop_assert!(handed_out <= 1 && wrong <= TRIES_MAX);
        }
    }

    #[test]
    fn a_fresh_code_has_its_digits() {
        let codes: std::collections::HashSet<String> = (0..50).map(|_| fresh_code()).collect();
        assert!(codes.iter().all(|code| code.len() == CODE_DIGITS && code.bytes().all(|byte| byte.is_ascii_digit())));
        assert!(codes.len() > 45, "codes are drawn");
    }
}
