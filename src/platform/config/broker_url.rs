//! `amqp://user:password@host:port/vhost?heartbeat=10`, read strictly: what could be read in two ways is refused, because a password that is
//! taken for a host or a vhost ends up in logs. No fault repeats any part of the text.

use super::secret::Secret;

/// Where a broker is, and who asks. Each part is decoded: `%2f` in the URL is `/` here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokerUrl {
    /// Whether the connection is encrypted: `amqps://`.
    pub tls: bool,
    /// Account; `guest` without one.
    pub username: String,
    /// Its password; `guest` without one.
    pub password: Secret,
    /// Host name or address; an IPv6 address without its brackets.
    pub host: String,
    /// Port; 5672, or 5671 with TLS.
    pub port: u16,
    /// Virtual host; `/` without a path.
    pub vhost: String,
    /// What follows the question mark, as it was written.
    pub query: String,
}

impl BrokerUrl {
    /// Reads a URL, or says what is wrong with it in words that come after the variable's name.
    pub fn parse(url: &Secret) -> Result<Self, &'static str> {
        let (tls, rest) = match (url.expose().strip_prefix("amqps://"), url.expose().strip_prefix("amqp://")) {
            (Some(rest), _) => (true, rest),
            (None, Some(rest)) => (false, rest),
            (None, None) => return Err("has to start with amqp:// or amqps://"),
        };
        let (authority, rest) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        if rest.contains('@') {
            return Err(
                "has a character in its user, password or vhost that has to be written otherwise: / as %2F, ? as %3F, # as %23, @ as %40",
            );
        }
        if rest.contains('#') {
            return Err("has a # in its vhost that has to be written as %23");
        }
        let (account, place) = authority.rsplit_once('@').map_or((None, authority), |(account, place)| (Some(account), place));
        let (username, password) = match account.map(|account| account.split_once(':').unwrap_or((account, "guest"))) {
            Some(("", _)) => return Err("has a password and no user: amqp://user:password@host:port/vhost"),
            Some((username, password)) => (decoded(username)?, decoded(password)?),
            None => ("guest".to_owned(), "guest".to_owned()),
        };
        let (host, port) = host_and_port(place)?;
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let vhost = match path.strip_prefix('/') {
            None => "/".to_owned(),
            Some("") => return Err("ends with / and names no vhost: write %2f for the vhost /, or leave the / out"),
            Some(vhost) => decoded(vhost)?,
        };
        let port = port.unwrap_or(if tls { 5671 } else { 5672 });
        Ok(Self { tls, username, password: Secret::new(password), host, port, vhost, query: query.to_owned() })
    }
}

fn host_and_port(place: &str) -> Result<(String, Option<u16>), &'static str> {
    const NO_HOST: &str = "names no host: amqp://user:password@host:port/vhost";
    let (host, port) = match place.strip_prefix('[') {
        Some(address) => {
            let (host, port) = address.split_once(']').ok_or("has a [ without its ]")?;
            host.parse::<std::net::Ipv6Addr>().map_err(|_| "has no IPv6 address between its brackets")?;
            (host, port)
        }
        None => place.split_at(place.find(':').unwrap_or(place.len())),
    };
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:".contains(&byte);
    if host.is_empty() {
        return Err(NO_HOST);
    }
    if !host.bytes().all(is_name) {
        return Err("has a host with characters that no host has: write those of the password in percent encoding, such as %40 for @");
    }
    let port = match port {
        "" => None,
        port => {
            let number = port.strip_prefix(':').and_then(|port| port.parse().ok()).filter(|port| *port != 0);
            Some(number.ok_or("has no port (1 to 65535) behind its host: write a / in the password as %2F")?)
        }
    };
    Ok((host.to_owned(), port))
}

/// With each `%` and two digits as the byte that they mean.
fn decoded(text: &str) -> Result<String, &'static str> {
    let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            decoded.push(byte);
            continue;
        }
        match (digit(bytes.next()), digit(bytes.next())) {
            // Two digits make a byte.
            (Some(high), Some(low)) => decoded.push((high * 16 + low) as u8),
            _ => return Err("has a % without two digits behind it: write % itself as %25"),
        }
    }
    String::from_utf8(decoded).map_err(|_| "is not UTF-8 once its percent encoding is read")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str) -> Result<BrokerUrl, &'static str> {
        BrokerUrl::parse(&Secret::new(url))
    }

    #[track_caller]
    fn reads(url: &str, tls: bool, account: (&str, &str), host: (&str, u16), vhost: &str) {
        let read = parse(url).unwrap();
        assert_eq!((read.username.as_str(), read.password.expose()), account);
        assert_eq!(((read.host.as_str(), read.port), read.vhost.as_str(), read.tls), (host, vhost, tls));
    }

    #[test]
    fn each_part_is_read_and_decoded() {
        let guest = ("guest", "guest");
        reads("amqp://localhost", false, guest, ("localhost", 5672), "/");
        reads("amqps://mq.example.com?heartbeat=5", true, guest, ("mq.example.com", 5671), "/");
        reads("amqp://mall:p%2Fw%40%3a%25%23%3F@10.0.0.7:5673/%2f", false, ("mall", "p/w@:%#?"), ("10.0.0.7", 5673), "/");
        reads("amqp://a%40b:+%E5%AF%86@mq/shop%2Fevents", false, ("a@b", "+密"), ("mq", 5672), "shop/events");
        reads("amqp://mall:p@[fd00::1]:5673/mall", false, ("mall", "p"), ("fd00::1", 5673), "mall");
        reads("amqp://mall:p@[::1]", false, ("mall", "p"), ("::1", 5672), "/");
        reads("amqp://mall:@mq//", false, ("mall", ""), ("mq", 5672), "/");
        reads("amqp://mall:a:b@c@mq", false, ("mall", "a:b@c"), ("mq", 5672), "/");
        reads("amqp://mq/..", false, guest, ("mq", 5672), "..");
        assert_eq!(parse("amqp://mq/%2f?heartbeat=5&channel_max=3").unwrap().query, "heartbeat=5&channel_max=3");
    }

    #[test]
    fn what_could_be_read_otherwise_is_refused_and_never_repeated() {
        for url in [
            "mall:hunter2@mq",
            "http://mall:hunter2@mq",
            "amqp://",
            "amqp://mall:hunter2@",
            "amqp://mall:hun/ter2@mq:5672/%2f",
            "amqp://mall:12/hunter2@mq:5672/%2f",
            "amqp://mall:12?hunter2@mq:5672/%2f",
            "amqp://mall:12#hunter2@mq:5672/%2f",
            "amqp://mall:hunter2/rest",
            "amqp://mall:hunter2%@mq/%2f",
            "amqp://mall:hunter2%zz@mq/%2f",
            "amqp://mall:hunter2%ff@mq/%2f",
            "amqp://:hunter2@mq/%2f",
            "amqp://mall:hunter2@mq/",
            "amqp://mall:hunter2@mq/a#b",
            "amqp://mall:hunter2@mq:0/%2f",
            "amqp://mall:hunter2@mq:65536/%2f",
            "amqp://mall:hunter2@[mq]/%2f",
            "amqp://mall:hunter2@[::1/%2f",
            "amqp://mall:hunter2@m q/%2f",
        ] {
            let fault = parse(url).expect_err(url);
            assert!(!fault.contains("hun") && !fault.contains("ter2"), "{url}: {fault}");
        }
    }
}
