//! How many connections there may be: altogether, and from one client address.
//! - N1 A connection within both limits is an ordinary one and lives as long as it is used (`connection`).
//! - N2 One beyond a limit is accepted too, because a health check may come over it, but only for a moment: it gets one answer, which is
//!   a refusal unless it asks for `/health`, and of these connections the oldest is closed when there are more than [`OVERFLOW_MAX`].
//! - N3 Trusted proxies are not counted by address: many clients come through each.
//!
//! The server underneath accepts without a limit of its own: it would stop accepting, and nobody could be told anything.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use dashmap::DashMap;
use foldhash::fast::RandomState;
use metrics::Counter;
use parking_lot::Mutex;
use tokio::sync::oneshot;

use super::client_address::{self, ClientAddresses};
use super::metrics::CONNECTIONS_REFUSED;

/// Connections beyond a limit that are open at once. A client needs a round trip to send its request; to push a health check out of here
/// within one millisecond takes 64,000 new connections a second.
pub const OVERFLOW_MAX: usize = 64;

/// The limit that a connection is beyond.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overflow {
    /// All connections together.
    All,
    /// Those of its client address.
    Address,
}

/// Counts connections, of all workers.
pub struct Admission {
    open_max: usize,
    per_address_max: usize,
    addresses: Arc<ClientAddresses>,
    open: AtomicUsize,
    /// By client address; an IPv6 customer's network counts as one.
    by_address: DashMap<IpAddr, usize, RandomState>,
    /// The connections beyond a limit, oldest first. To drop a sender closes its connection.
    overflow: Mutex<VecDeque<oneshot::Sender<()>>>,
    refused_all: Counter,
    refused_address: Counter,
}

/// A connection's place; it is given back when this is dropped.
pub struct Place {
    admission: Arc<Admission>,
    kind: Kind,
}

enum Kind {
    Ordinary { counted: Option<IpAddr> },
    Overflow { limit: Overflow, pushed_out: oneshot::Receiver<()> },
}

impl Admission {
    /// Up to so many connections, and so many of one address that is no trusted proxy's.
    pub fn new(open_max: usize, per_address_max: usize, addresses: Arc<ClientAddresses>) -> Self {
        let refused = |limit: &'static str| CONNECTIONS_REFUSED.with(&[("limit", limit)]);
        Self {
            open_max,
            per_address_max,
            addresses,
            open: AtomicUsize::new(0),
            by_address: DashMap::default(),
            overflow: Mutex::new(VecDeque::with_capacity(OVERFLOW_MAX)),
            refused_all: refused("all"),
            refused_address: refused("address"),
        }
    }

    /// A place for a connection from this address.
    pub fn admit(self: &Arc<Self>, peer: Option<IpAddr>) -> Place {
        let kind = match self.count(peer.map(|peer| peer.to_canonical())) {
            Ok(counted) => Kind::Ordinary { counted },
            Err(limit) => Kind::Overflow { limit, pushed_out: self.overflow(limit) },
        };
        Place { admission: Arc::clone(self), kind }
    }

    /// Ordinary connections that are open.
    pub fn open(&self) -> usize {
        self.open.load(Relaxed)
    }

    fn count(&self, peer: Option<IpAddr>) -> Result<Option<IpAddr>, Overflow> {
        if self.open.fetch_add(1, Relaxed) >= self.open_max {
            self.open.fetch_sub(1, Relaxed);
            return Err(Overflow::All);
        }
        let Some(address) = peer.filter(|peer| !self.addresses.is_trusted(*peer)).map(client_address::bucket) else { return Ok(None) };
        let mut count = self.by_address.entry(address).or_insert(0);
        if *count >= self.per_address_max {
            self.open.fetch_sub(1, Relaxed);
            return Err(Overflow::Address);
        }
        *count += 1;
        Ok(Some(address))
    }

    fn overflow(&self, limit: Overflow) -> oneshot::Receiver<()> {
        match limit {
            Overflow::All => self.refused_all.increment(1),
            Overflow::Address => self.refused_address.increment(1),
        }
        let (keep, pushed_out) = oneshot::channel();
        let mut overflow = self.overflow.lock();
        if overflow.len() >= OVERFLOW_MAX {
            overflow.retain(|open| !open.is_closed());
        }
        if overflow.len() >= OVERFLOW_MAX {
            overflow.pop_front();
        }
        overflow.push_back(keep);
        pushed_out
    }
}

impl Place {
    /// The limit that the connection is beyond, if any.
    pub const fn overflow(&self) -> Option<Overflow> {
        match self.kind {
            Kind::Ordinary { .. } => None,
            Kind::Overflow { limit, .. } => Some(limit),
        }
    }

    /// Completes when the connection has to make room; never for an ordinary one.
    pub const fn pushed_out(&mut self) -> Option<&mut oneshot::Receiver<()>> {
        match &mut self.kind {
            Kind::Ordinary { .. } => None,
            Kind::Overflow { pushed_out, .. } => Some(pushed_out),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Kind::Ordinary { counted } = self.kind else { return };
        self.admission.open.fetch_sub(1, Relaxed);
        if let Some(address) = counted {
            self.admission.by_address.remove_if_mut(&address, |_, count| {
                *count -= 1;
                *count == 0
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admission(open_max: usize, per_address_max: usize) -> Arc<Admission> {
        let addresses = ClientAddresses::new(vec!["10.0.0.0/8".parse().unwrap()]);
        Arc::new(Admission::new(open_max, per_address_max, Arc::new(addresses)))
    }

    fn admit(admission: &Arc<Admission>, address: &str) -> Place {
        admission.admit(Some(address.parse().unwrap()))
    }

    #[test]
    fn places_are_limited_and_given_back() {
        let admission = admission(3, 2);
        let first = admit(&admission, "203.0.113.1");
        let _second = admit(&admission, "::ffff:203.0.113.1");
        assert_eq!(admit(&admission, "203.0.113.1").overflow(), Some(Overflow::Address));
        let _third = admit(&admission, "203.0.113.2");
        assert_eq!(admit(&admission, "203.0.113.3").overflow(), Some(Overflow::All));
        drop(first);
        assert_eq!(admission.open(), 2);
        assert_eq!(admit(&admission, "203.0.113.1").overflow(), None);
    }

    #[test]
    fn an_ipv6_customer_counts_once_and_a_trusted_proxy_not_at_all() {
        let admission = admission(10, 1);
        let _first = admit(&admission, "2001:db8::1");
        assert_eq!(admit(&admission, "2001:db8::2").overflow(), Some(Overflow::Address));
        let _proxy = [admit(&admission, "10.0.0.1"), admit(&admission, "10.0.0.1")];
        assert_eq!(admission.open(), 3);
    }

    #[test]
    fn nothing_is_kept_of_connections_that_are_gone() {
        let admission = admission(10, 10);
        for host in 0..100 {
            drop(admit(&admission, &format!("203.0.113.{host}")));
        }
        assert_eq!((admission.open(), admission.by_address.len()), (0, 0));
    }

    #[test]
    fn beyond_the_limit_the_newest_push_out_the_oldest() {
        let admission = admission(0, 1);
        let mut beyond: Vec<_> = (0..OVERFLOW_MAX).map(|_| admit(&admission, "203.0.113.1")).collect();
        let is_pushed_out = |place: &mut Place| place.pushed_out().unwrap().try_recv() == Err(oneshot::error::TryRecvError::Closed);
        assert!(!beyond.iter_mut().any(is_pushed_out));
        // One has its answer, so there is room for one.
        beyond.remove(5);
        beyond.push(admit(&admission, "203.0.113.1"));
        assert!(!beyond.iter_mut().any(is_pushed_out));
        beyond.push(admit(&admission, "203.0.113.1"));
        let pushed_out: Vec<usize> = (0..beyond.len()).filter(|at| is_pushed_out(&mut beyond[*at])).collect();
        assert_eq!(pushed_out, [0]);
    }
}
