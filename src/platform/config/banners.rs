//! Where banners may lead outside of the shop.

use super::host;
use super::reader::Reader;

/// Where banners may link to: `BANNER_LINK_HOSTS`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Banners {
    /// Hosts that a banner may link to by https, in lower case; `*.` before a name stands for every name below it. None: no banner leaves the
    /// shop.
    pub link_hosts: Vec<String>,
}

impl Banners {
    pub(super) fn read(reader: &mut Reader) -> Self {
        Self { link_hosts: reader.list("BANNER_LINK_HOSTS", link_host) }
    }
}

fn link_host(text: &str) -> Result<String, String> {
    let wrong = |reason: &str| format!("has to list hosts such as www.example.com or *.example.com, not {text:?}: {reason}");
    let (wildcard, name) = text.strip_prefix("*.").map_or(("", text), |name| ("*.", name));
    let name = host::name(name).map_err(wrong)?;
    // `*.com` would be no list of known hosts.
    if !wildcard.is_empty() && !name.contains('.') {
        return Err(wrong("a name with at least one dot has to follow *."));
    }
    Ok(format!("{wildcard}{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_name_or_every_name_below_one() {
        assert_eq!(link_host("WWW.Example.com").as_deref(), Ok("www.example.com"));
        assert_eq!(link_host("*.example.com").as_deref(), Ok("*.example.com"));
        for bad in ["*", "*.com", "https://example.com", "example.com/path", "example.com:443", "商城.example", "a.*.example.com", ""] {
            assert!(link_host(bad).is_err(), "{bad}");
        }
    }
}
