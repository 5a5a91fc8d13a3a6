//! The addresses of shoppers who order, in memory as they are stored: sealed, so that memory holds no more than the database does.
//! - M1 What is kept is what the database has: a change takes a shopper's addresses out before it begins and when it is over, and what was
//!   read meanwhile is not kept.
//! - M2 Of a change of which nobody knows whether it was committed, nothing is kept until it surely was or was not.
//! - M3 Memory is bounded: [`SHOPPERS`], each with at most [`super::ADDRESSES_MAX`] addresses of about 400 bytes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use mallcore_actors::ids::{AddressId, UserId};
use tokio::time::Instant;

use super::repository::SealedAddress;
use crate::platform::recent::Recent;

/// Shoppers whose addresses are kept: as many as have their data keys in memory.
const SHOPPERS: usize = 16_384;
/// A statement that was sent is over by then, whether anybody waits for it or not.
const UNKNOWN_FOR: Duration = Duration::from_secs(60);

/// What is known of a shopper's addresses.
struct Entry {
    /// Another one after each change.
    ticket: Ticket,
    /// All of them; none if nobody has read them since the last change.
    addresses: Option<Arc<[SealedAddress]>>,
    /// Changes that are on their way.
    changing: u32,
    /// A change may be carried out until then.
    unknown_until: Option<Instant>,
}

/// What a reader shows who brings what it has read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ticket(u64);

/// Addresses by shopper.
pub(super) struct Kept {
    shoppers: Arc<Recent<UserId, Entry>>,
    tickets: Arc<AtomicU64>,
}

impl Default for Kept {
    fn default() -> Self {
        Self { shoppers: Arc::new(Recent::up_to(SHOPPERS)), tickets: Arc::default() }
    }
}

impl Kept {
    fn entry<T>(&self, user: UserId, look: impl FnOnce(&mut Entry) -> T) -> T {
        let make = || Entry { ticket: self.next(), addresses: None, changing: 0, unknown_until: None };
        self.shoppers.find_or_make(user, make, look)
    }

    fn next(&self) -> Ticket {
        Ticket(self.tickets.fetch_add(1, Ordering::Relaxed))
    }

    /// An address of the shopper, if it is kept.
    pub fn find(&self, user: UserId, id: AddressId) -> Option<SealedAddress> {
        let addresses = self.shoppers.find(&user, |entry| entry.addresses.clone())??;
        addresses.iter().find(|address| address.id == id).cloned()
    }

    /// Before a shopper's addresses are read.
    pub fn begin(&self, user: UserId) -> Ticket {
        self.entry(user, |entry| entry.ticket)
    }

    /// Keeps what was read, unless something was changed since the ticket was given.
    pub fn keep(&self, user: UserId, ticket: Ticket, addresses: Vec<SealedAddress>) {
        let is_current = |entry: &Entry| {
            let is_known = entry.unknown_until.is_none_or(|until| until <= Instant::now());
            entry.ticket == ticket && entry.changing == 0 && is_known
        };
        // One that has made room meanwhile is another when it comes back.
        let keep = |entry: &mut Entry| {
            if is_current(entry) {
                entry.addresses = Some(addresses.into())
            }
        };
        self.shoppers.find(&user, keep);
    }

    /// Before a shopper's addresses are changed; until the returned value says that it is over, nothing is kept.
    pub fn change(&self, user: UserId) -> Changing<'_> {
        self.entry(user, |entry| {
            entry.ticket = self.next();
            entry.addresses = None;
            entry.changing += 1;
        });
        Changing { kept: self, user, is_over: false }
    }
}

/// A change on its way. Dropped before it is over, its outcome is unknown: who waited for it has gone.
pub(super) struct Changing<'a> {
    kept: &'a Kept,
    user: UserId,
    is_over: bool,
}

impl Changing<'_> {
    /// It was committed.
    pub fn committed(mut self) {
        self.is_over = true;
    }
}

impl Drop for Changing<'_> {
    fn drop(&mut self) {
        let (ticket, is_over) = (self.kept.next(), self.is_over);
        self.kept.entry(self.user, |entry| {
            entry.ticket = ticket;
            entry.addresses = None;
            // It may have made room meanwhile.
            entry.changing = entry.changing.saturating_sub(1);
            if !is_over {
                entry.unknown_until = Some(Instant::now() + UNKNOWN_FOR);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use mallcore_actors::time::Timestamp;

    use super::super::model::{Name, Region};
    use super::*;
    use crate::platform::vault::Sealed;

    const SHOPPER: u64 = 7;

    fn user(id: u64) -> UserId {
        UserId::new(id).unwrap()
    }

    fn address(id: u64) -> SealedAddress {
        let name = || Name::parse("杭州市").unwrap();
        SealedAddress {
            id: AddressId::new(id).unwrap(),
            region: Region { province: name(), city: name(), district: name(), code: "330106".parse().unwrap() },
            contact: Sealed::from_bytes(Vec::new()),
            is_default: true,
            created_at: Timestamp::default(),
            updated_at: Timestamp::default(),
        }
    }

    fn finds(kept: &Kept, id: u64) -> bool {
        kept.find(user(SHOPPER), AddressId::new(id).unwrap()).is_some()
    }

    /// Reads address 1 from the database.
    fn read(kept: &Kept) {
        kept.keep(user(SHOPPER), kept.begin(user(SHOPPER)), vec![address(1)]);
    }

    #[test]
    fn what_was_read_is_found_until_it_is_changed() {
        let kept = Kept::default();
        read(&kept);
        assert!(finds(&kept, 1) && !finds(&kept, 2));
        assert!(kept.find(user(8), AddressId::new(1).unwrap()).is_none(), "another shopper's");
        let changing = kept.change(user(SHOPPER));
        assert!(!finds(&kept, 1));
        read(&kept);
        assert!(!finds(&kept, 1), "it may be from before the commit");
        changing.committed();
        read(&kept);
        assert!(finds(&kept, 1));
    }

    #[test]
    fn a_reader_who_began_before_a_change_keeps_nothing() {
        let kept = Kept::default();
        let ticket = kept.begin(user(SHOPPER));
        kept.change(user(SHOPPER)).committed();
        kept.keep(user(SHOPPER), ticket, vec![address(1)]);
        assert!(!finds(&kept, 1));
    }

    #[test]
    fn of_two_changes_the_last_one_has_to_be_over() {
        let kept = Kept::default();
        let (first, second) = (kept.change(user(SHOPPER)), kept.change(user(SHOPPER)));
        first.committed();
        read(&kept);
        assert!(!finds(&kept, 1));
        second.committed();
        read(&kept);
        assert!(finds(&kept, 1));
    }

    #[test]
    fn after_a_change_that_nobody_has_seen_end_nothing_is_kept() {
        let kept = Kept::default();
        drop(kept.change(user(SHOPPER)));
        read(&kept);
        assert!(!finds(&kept, 1));
        kept.shoppers.find(&user(SHOPPER), |entry| entry.unknown_until = Some(Instant::now()));
        read(&kept);
        assert!(finds(&kept, 1), "once it surely is over");
    }
}
