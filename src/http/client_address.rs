//! The address of whoever asks: the peer's, or behind a trusted proxy the one that the proxy saw.

use std::net::{IpAddr, Ipv6Addr};

use actix_web::dev::ServiceRequest;
use actix_web::http::header::HeaderName;

use crate::config::Network;

const FORWARDED: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The client's address. Each proxy appends the address that it saw, so the list is read from its end, over the proxies that we trust:
/// whatever stands before the first stranger could have been written by that stranger.
pub fn of(request: &ServiceRequest, trusted: &[Network]) -> IpAddr {
    let peer = request.peer_addr().map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), |peer| peer.ip().to_canonical());
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    if trusted.is_empty() || !is_trusted(peer) {
        return peer;
    }
    let mut client = peer;
    for value in request.headers().get_all(FORWARDED).collect::<Vec<_>>().into_iter().rev() {
        for hop in value.to_str().unwrap_or_default().rsplit(',') {
            let Ok(address) = hop.trim().parse::<IpAddr>() else { return client };
            client = address.to_canonical();
            if !is_trusted(client) {
                return client;
            }
        }
    }
    client
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
        let mut request = TestRequest::default().peer_addr(format!("{peer}:1000").parse().unwrap());
        for value in forwarded {
            request = request.append_header(("X-Forwarded-For", *value));
        }
        let trusted = ["10.0.0.0/8".parse().unwrap()];
        assert_eq!(of(&request.to_srv_request(), &trusted), expected.parse::<IpAddr>().unwrap(), "{peer} {forwarded:?}");
    }

    #[test]
    fn only_a_trusted_peer_is_believed() {
        check("203.0.113.1", &["198.51.100.7"], "203.0.113.1");
        check("10.0.0.1", &["198.51.100.7"], "198.51.100.7");
        check("10.0.0.1", &[], "10.0.0.1");
    }

    #[test]
    fn what_a_stranger_wrote_before_itself_counts_for_nothing() {
        check("10.0.0.1", &["1.1.1.1, 198.51.100.7, 10.0.0.2"], "198.51.100.7");
        check("10.0.0.1", &["1.1.1.1", "198.51.100.7"], "198.51.100.7");
        check("10.0.0.1", &["nonsense"], "10.0.0.1");
    }

    #[test]
    fn one_customers_network_shares_a_bucket() {
        let bucket = |text: &str| super::bucket(text.parse().unwrap());
        assert_eq!(bucket("2001:db8::1"), bucket("2001:db8::ffff:1"));
        assert_ne!(bucket("2001:db8::1"), bucket("2001:db8:0:1::1"));
        assert_ne!(bucket("203.0.113.1"), bucket("203.0.113.2"));
    }
}
