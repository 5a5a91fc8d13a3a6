//! Host names and addresses as settings name them: without port, brackets or scheme.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// RFC 1035: longer names cannot be looked up.
const NAME_BYTES_MAX: usize = 253;

/// Checks a host for a setting whose port is set by `port_variable`: an address, or a name of ASCII letters. `[::1]` is read as `::1`.
pub fn parse(text: &str, port_variable: &str) -> Result<String, String> {
    let inside = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    if let Ok(address) = inside.parse::<IpAddr>()
        && (inside == text || address.is_ipv6())
    {
        return Ok(inside.to_owned());
    }
    if text.contains("://") {
        return Err(format!("has to be a host's name or address without a scheme, not {text:?}"));
    }
    if let Some((host, port)) = text.rsplit_once(':')
        && port.parse::<u16>().is_ok()
    {
        let host = host.trim_matches(['[', ']']);
        return Err(format!("has to be a host without a port: set it to {host:?} and {port_variable} to {port}"));
    }
    name(text).map_err(|reason| format!("has to be a host's name or an address such as 10.0.0.1 or ::1, not {text:?}: {reason}"))
}

/// Checks a name as a browser would write it into a URL: lower case, and what looks like an IPv4 address is one.
pub fn name(text: &str) -> Result<String, &'static str> {
    if text == "*" {
        return Err("0.0.0.0 or :: stands for all addresses");
    }
    if !text.is_ascii() {
        return Err("write a name in another script in its ASCII form (punycode, xn--…)");
    }
    let name = text.to_ascii_lowercase();
    let mut labels = name.strip_suffix('.').unwrap_or(&name).split('.');
    let is_plain = |label: &str| !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    if name.len() > NAME_BYTES_MAX || !labels.clone().all(is_plain) {
        return Err("letters, digits, '-', '_' and single dots are wanted");
    }
    // `3000` and `127.1` are addresses to a resolver, 0.0.11.184 and 127.0.0.1; nobody means them.
    let ends_in_a_number = labels.next_back().is_some_and(|label| label.bytes().all(|byte| byte.is_ascii_digit()));
    if ends_in_a_number && name.parse::<Ipv4Addr>().is_err() {
        return Err("an IPv4 address has four numbers from 0 to 255");
    }
    Ok(name)
}

/// Checks an origin of web pages and spells it as browsers do in `Origin`: scheme and host in lower case, no default port.
pub fn origin(text: &str) -> Result<String, String> {
    let wrong = |reason: &str| format!("has to list origins such as https://shop.example.com, not {text:?}: {reason}");
    let (scheme, authority) = text.split_once("://").ok_or_else(|| wrong("it has no scheme"))?;
    let (scheme, port_default) = match scheme.to_ascii_lowercase().as_str() {
        "https" => ("https", 443),
        "http" => ("http", 80),
        _ => return Err(wrong("the scheme is https or http")),
    };
    if authority.contains(['/', '?', '#', '@']) {
        return Err(wrong("an origin ends with the host or its port; no path, no slash, no user"));
    }
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => {
            let port = port.parse::<u16>().ok().filter(|port| *port > 0);
            (host, Some(port.ok_or_else(|| wrong("the port is a number from 1 to 65535"))?))
        }
        _ => (authority, None),
    };
    let host = match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(address) => {
            let address: Ipv6Addr = address.parse().map_err(|_| wrong("between the brackets stands an IPv6 address"))?;
            if address.to_ipv4_mapped().is_some() {
                return Err(wrong("write an IPv4 address as such"));
            }
            format!("[{address}]")
        }
        None => name(host).map_err(wrong)?,
    };
    Ok(match port.filter(|port| *port != port_default) {
        Some(port) => format!("{scheme}://{host}:{port}"),
        None => format!("{scheme}://{host}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_name_or_an_address() {
        for good in ["localhost", "db.example.com", "shop_db", "10.0.0.1", "::1", "::", "fe80::1", "xn--fiq228c.example"] {
            assert_eq!(parse(good, "PORT").as_deref(), Ok(good));
        }
        assert_eq!(parse("[::1]", "PORT").as_deref(), Ok("::1"));
        for (bad, words) in [
            ("localhost:3000", "PORT to 3000"),
            ("[::1]:3000", "\"::1\" and PORT to 3000"),
            ("http://localhost", "scheme"),
            ("*", "0.0.0.0"),
            ("3000", "IPv4"),
            ("10.0.0.256", "IPv4"),
            ("127.1", "IPv4"),
            ("[10.0.0.1]", "letters"),
            ("a..b", "letters"),
            ("two words", "letters"),
            ("商城.example", "punycode"),
        ] {
            let reason = parse(bad, "PORT").unwrap_err();
            assert!(reason.contains(words), "{bad}: {reason}");
        }
    }

    #[test]
    fn an_origin_is_spelled_as_browsers_spell_it() {
        for (text, expected) in [
            ("https://shop.example.com", "https://shop.example.com"),
            ("HTTPS://Shop.Example.COM", "https://shop.example.com"),
            ("https://shop.example.com:443", "https://shop.example.com"),
            ("http://shop.example.com:80", "http://shop.example.com"),
            ("http://shop.example.com:443", "http://shop.example.com:443"),
            ("http://localhost:5173", "http://localhost:5173"),
            ("http://[0:0::1]:8080", "http://[::1]:8080"),
            ("http://127.0.0.1", "http://127.0.0.1"),
        ] {
            assert_eq!(origin(text).as_deref(), Ok(expected), "{text}");
        }
        for (bad, words) in [
            ("https://商城.example.com", "punycode"),
            ("shop.example.com", "scheme"),
            ("ftp://shop.example.com", "scheme"),
            ("https://shop.example.com/", "no slash"),
            ("https://me@shop.example.com", "no user"),
            ("https://*.example.com", "letters"),
            ("https://shop.example.com:0", "65535"),
            ("https://shop.example.com:", "65535"),
            ("https://127.1", "IPv4"),
            ("https://[::ffff:10.0.0.1]", "IPv4"),
            ("https://", "letters"),
            ("*", "scheme"),
            ("null", "scheme"),
        ] {
            let reason = origin(bad).unwrap_err();
            assert!(reason.contains(words), "{bad}: {reason}");
        }
    }
}
