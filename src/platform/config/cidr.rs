//! Networks in the notation `10.0.0.0/8`, or single addresses. An IPv4-mapped one (`::ffff:10.0.0.0/104`) is the IPv4 network that it maps:
//! addresses are compared in their canonical form, so that a socket of either family shows the same client.

use std::net::IpAddr;
use std::str::FromStr;

/// Bits before the IPv4 address in an IPv4-mapped one (RFC 4291, section 2.5.5.2).
const MAPPED_PREFIX_BITS: u8 = 96;

/// A range of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix_bits: u8,
}

/// Text that is no network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("has to list addresses such as 10.0.0.1 or networks such as 10.0.0.0/8, not {0:?}")]
pub struct BadNetwork(String);

impl FromStr for Network {
    type Err = BadNetwork;

    fn from_str(text: &str) -> Result<Self, BadNetwork> {
        let bad = || BadNetwork(text.to_owned());
        let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.parse().map_err(|_| bad())?;
        let bits_max = if address.is_ipv4() { 32 } else { 128 };
        let prefix_bits: u8 = bits.map_or(Ok(bits_max), |bits| bits.parse().map_err(|_| bad()))?;
        if prefix_bits > bits_max {
            return Err(bad());
        }
        match address.to_canonical() {
            // Fewer than 96 bits would mean IPv4 and a part of IPv6 together, which nobody means.
            canonical if canonical.is_ipv4() && address.is_ipv6() => {
                let prefix_bits = prefix_bits.checked_sub(MAPPED_PREFIX_BITS).ok_or_else(bad)?;
                Ok(Self { address: canonical, prefix_bits })
            }
            _ => Ok(Self { address, prefix_bits }),
        }
    }
}

impl Network {
    /// Whether the address lies in it.
    pub fn contains(&self, address: IpAddr) -> bool {
        let (ours, theirs, width) = match (self.address, address.to_canonical()) {
            (IpAddr::V4(ours), IpAddr::V4(theirs)) => (u128::from(ours.to_bits()), u128::from(theirs.to_bits()), 32),
            (IpAddr::V6(ours), IpAddr::V6(theirs)) => (ours.to_bits(), theirs.to_bits(), 128),
            _ => return false,
        };
        // A shift by the whole width of u128 leaves nothing to compare: every address is in `::/0`.
        let differing = (ours ^ theirs).checked_shr(width - u32::from(self.prefix_bits));
        differing.unwrap_or(0) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(network: &str, address: &str, inside: bool) {
        let network: Network = network.parse().unwrap();
        assert_eq!(network.contains(address.parse().unwrap()), inside, "{network:?} {address}");
    }

    #[test]
    fn a_network_contains_what_shares_its_prefix() {
        check("10.0.0.0/8", "10.200.3.4", true);
        check("10.0.0.0/8", "11.0.0.1", false);
        check("10.0.0.1", "10.0.0.2", false);
        check("0.0.0.0/0", "203.0.113.9", true);
        check("10.0.0.0/8", "::ffff:10.1.2.3", true);
        check("::ffff:10.0.0.0/104", "10.200.3.4", true);
        check("::ffff:10.0.0.0/104", "::ffff:10.200.3.4", true);
        check("::ffff:10.0.0.0/104", "11.0.0.1", false);
        check("::ffff:10.0.0.1", "10.0.0.1", true);
        check("::ffff:10.0.0.1", "10.0.0.2", false);
        check("::ffff:0:0/96", "203.0.113.9", true);
        check("::ffff:0:0/96", "2001:db8::1", false);
        check("::/0", "2001:db8::1", true);
        check("2001:db8::/32", "2001:db9::1", false);
    }

    #[test]
    fn other_text_is_refused() {
        for bad in ["", "10.0.0", "10.0.0.0/33", "10.0.0.0/-1", "::/129", "proxy", "::ffff:10.0.0.0/95"] {
            assert!(bad.parse::<Network>().is_err(), "{bad}");
        }
    }
}
