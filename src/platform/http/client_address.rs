//! The address of whoever asks: the peer's, or behind a trusted proxy the one that the proxy saw.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Once;

use actix_web::http::header::{HeaderMap, HeaderName};

use crate::platform::config::Network;

const FORWARDED: HeaderName = HeaderName::from_static("x-forwarded-for");
/// Characters of an entry that a log line shows.
const SHOWN_MAX: usize = 100;

/// Finds clients' addresses.
#[derive(Debug)]
pub struct ClientAddresses {
    /// Whose `X-Forwarded-For` is believed.
    trusted: Vec<Network>,
    /// An entry that cannot be read is told once: every request of that proxy has one.
    unreadable_told: Once,
}

impl ClientAddresses {
    /// Believes these networks' `X-Forwarded-For`.
    pub fn new(trusted: Vec<Network>) -> Self {
        Self { trusted, unreadable_told: Once::new() }
    }

    /// Whether this is one of our proxies, through which many clients come.
    pub fn is_trusted(&self, address: IpAddr) -> bool {
        self.trusted.iter().any(|network| network.contains(address))
    }

    /// The client's address. Each proxy appends the address that it saw, so the list is read from its end, over the proxies that we
    /// trust: whatever stands before the first stranger could have been written by that stranger. An entry that cannot be read ends the
    /// list, and whoever sent it counts as the client.
    pub fn of(&self, peer: Option<SocketAddr>, headers: &HeaderMap) -> IpAddr {
        let peer = peer.map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), |peer| peer.ip().to_canonical());
        if self.trusted.is_empty() || !self.is_trusted(peer) {
            return peer;
        }
        let mut client = peer;
        for value in headers.get_all(FORWARDED).collect::<Vec<_>>().into_iter().rev() {
            for hop in String::from_utf8_lossy(value.as_bytes()).rsplit(',').map(str::trim) {
                let Some(address) = entry(hop) else {
                    self.tell_unreadable(client, hop);
                    return client;
                };
                client = address;
                if !self.is_trusted(client) {
                    return client;
                }
            }
        }
        client
    }

    fn tell_unreadable(&self, sender: IpAddr, hop: &str) {
        self.unreadable_told.call_once(|| {
            let shown: String = hop.chars().take(SHOWN_MAX).collect();
            tracing::warn!(
                "{sender} sends X-Forwarded-For with {shown:?}, which is no address: all clients behind it share the rate limit of {sender}; \
                 let the proxy append the client's IP address (told once)"
            );
        });
    }
}

/// One entry: an address, or an address with a port as some balancers write it (`198.51.100.1:4011`, `[2001:db8::1]:4011`, `[2001:db8::1]`).
fn entry(text: &str) -> Option<IpAddr> {
    let address = text.parse::<IpAddr>().or_else(|_| text.parse::<SocketAddr>().map(|address| address.ip()));
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse::<Ipv6Addr>().ok().map(IpAddr::V6);
    address.ok().or_else(bracketed).map(|address| address.to_canonical())
}

/// What shares one bucket: an IPv4 address, or the /64 that one IPv6 customer has to choose from.
pub fn bucket(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn check(peer: &str, forwarded: &[&str], expected: &str) {
        let mut request = TestRequest::default();
        for value in forwarded {
            request = request.append_header(("X-Forwarded-For", *value));
        }
        let addresses = ClientAddresses::new(vec!["10.0.0.0/8".parse().unwrap()]);
        let peer = format!("{peer}:1000").parse().unwrap();
        assert_eq!(
            addresses.of(Some(peer), request.to_http_request().headers()),
            expected.parse::<IpAddr>().unwrap(),
            "{peer} {forwarded:?}"
        );
    }

    #[test]
    fn only_a_trusted_peer_is_believed() {
        check("203.0.113.1", &["198.51.100.7"], "203.0.113.1");
        check("10.0.0.1", &["198.51.100.7"], "198.51.100.7");
        check("10.0.0.1", &[], "10.0.0.1");
    }

    #[test]
    fn an_entry_may_have_a_port() {
        check("10.0.0.1", &["198.51.100.7:4011"], "198.51.100.7");
        check("10.0.0.1", &["[2001:db8::7]:4011"], "2001:db8::7");
        check("10.0.0.1", &["[2001:db8::7]"], "2001:db8::7");
        check("10.0.0.1", &["2001:db8::7"], "2001:db8::7");
        check("10.0.0.1", &["[::ffff:198.51.100.7]:4011"], "198.51.100.7");
        check("10.0.0.1", &["198.51.100.7:4011, 10.0.0.2:80"], "198.51.100.7");
    }

    #[test]
    fn what_a_stranger_wrote_before_itself_counts_for_nothing() {
        check("10.0.0.1", &["1.1.1.1, 198.51.100.7, 10.0.0.2"], "198.51.100.7");
        check("10.0.0.1", &["1.1.1.1", "198.51.100.7"], "198.51.100.7");
    }

    #[test]
    fn an_entry_that_is_no_address_ends_the_list() {
        for unreadable in ["nonsense", "unknown", "198.51.100.7:", "198.51.100.7:99999", "[198.51.100.7]", "", "_hidden"] {
            check("10.0.0.1", &[unreadable], "10.0.0.1");
            check("10.0.0.1", &[&format!("1.1.1.1, {unreadable}, 10.0.0.2")], "10.0.0.2");
        }
    }

    #[test]
    fn one_customers_network_shares_a_bucket() {
        let bucket = |text: &str| super::bucket(text.parse().unwrap());
        assert_eq!(bucket("2001:db8::1"), bucket("2001:db8::ffff:1"));
        assert_ne!(bucket("2001:db8::1"), bucket("2001:db8:0:1::1"));
        assert_ne!(bucket("203.0.113.1"), bucket("203.0.113.2"));
    }
}
