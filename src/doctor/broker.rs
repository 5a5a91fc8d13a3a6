//! RabbitMQ: reachable, lets us in, has our exchange and no alarm, and gives the account its rights (`broker_account.rs`).

use std::time::Instant;

use lapin::{Connection, ConnectionProperties};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::Finding;
use super::broker_account::Account;
use super::net::{WITHIN, is_local, millis, reach, told};
use crate::platform::config::{BrokerUrl, Config};

pub(super) const PART: &str = "broker";
/// What a client of AMQP 0-9-1 says first.
const GREETING: &[u8] = b"AMQP\0\0\x09\x01";

pub(super) async fn check(config: &Config) -> Vec<Finding> {
    let Some(settings) = &config.broker else {
        let seen = if config.mode.is_embedded() { "none: the embedded mode needs none" } else { "none (RABBITMQ_URL): events stay here" };
        return vec![Finding::pass(PART, "configured", seen)];
    };
    let read =
        BrokerUrl::parse(&settings.url).map_err(str::to_owned).and_then(|url| crate::platform::broker::uri(&url).map(|uri| (url, uri)));
    let (url, uri) = match read {
        Ok(read) => read,
        // The text may hold a password: the fault is told, not the text.
        Err(fault) => {
            let remedy = "set RABBITMQ_URL to amqp://user:password@host:port/vhost, %2f for the vhost /";
            return vec![Finding::fail(PART, "settings", format!("RABBITMQ_URL {fault}"), remedy)];
        }
    };
    let BrokerUrl { host, port, vhost, tls, username, .. } = url;
    if let Err(mut away) = reach(PART, "RABBITMQ_URL", &host, port).await {
        away.remedy = away.remedy.map(|remedy| format!("{remedy}; until then events wait in the journal, and sales go on"));
        return vec![away];
    }
    let mut findings = Vec::new();
    if !tls && let Some(version) = version(&host, port).await {
        findings.push(Finding::pass(PART, "version", version));
    }
    let began = Instant::now();
    let connected = timeout(WITHIN * 2, Connection::connect_uri(uri, ConnectionProperties::default())).await;
    match connected {
        Ok(Ok(connection)) => {
            findings.push(Finding::pass(PART, "log-in", format!("vhost {vhost}, in {}", millis(began.elapsed()))));
            findings.extend(Account { vhost: &vhost, username: &username, exchange: &settings.exchange }.check(&connection).await);
            // Good-bye; whether it is heard makes no difference.
            let _ = timeout(WITHIN, connection.close(200, "looked".into())).await;
        }
        Ok(Err(error)) => findings.push(refused(&told(&error), tls, &vhost)),
        Err(_) => findings.push(refused("no answer in time", tls, &vhost)),
    }
    findings.push(match (tls, is_local(&host)) {
        (true, _) => Finding::pass(PART, "TLS", "yes, its certificate is checked"),
        (false, true) => Finding::pass(PART, "TLS", "none, on this machine"),
        (false, false) => Finding::warn(PART, "TLS", "none, over a network", "use amqps:// in RABBITMQ_URL"),
    });
    findings
}

fn refused(seen: &str, is_encrypted: bool, vhost: &str) -> Finding {
    let remedy = if seen.contains("ACCESS_REFUSED") || seen.contains("ACCESS-REFUSED") {
        "set user and password in RABBITMQ_URL right; guest may log in from the broker's own machine only".to_owned()
    } else if seen.contains("NOT_ALLOWED") || seen.contains("NOT-ALLOWED") {
        format!("make the vhost (rabbitmqctl add_vhost {vhost}) and let the user in (rabbitmqctl set_permissions)")
    } else if is_encrypted {
        "see whether it speaks TLS at this port, and its certificate bears the host's name and is signed by whom this machine trusts"
            .to_owned()
    } else {
        "see its log".to_owned()
    };
    Finding::fail(PART, "log-in", seen, remedy)
}

/// What it calls itself before anybody has logged in; the client library does not hand it on.
async fn version(host: &str, port: u16) -> Option<String> {
    let hello = async {
        let mut stream = TcpStream::connect((host, port)).await.ok()?;
        stream.write_all(GREETING).await.ok()?;
        let mut head = vec![0; 4_096];
        let mut filled = 0;
        while filled < head.len() {
            match stream.read(&mut head[filled..]).await {
                Ok(read @ 1..) => filled += read,
                _ => return None,
            }
            if let Some(version) = long_string(&head[..filled], b"\x07versionS") {
                return Some(version);
            }
        }
        None
    };
    timeout(WITHIN, hello).await.ok().flatten()
}

/// The text that follows a name in a table of properties: four bytes of length, then itself.
fn long_string(bytes: &[u8], name: &[u8]) -> Option<String> {
    let at = bytes.windows(name.len()).position(|window| window == name)? + name.len();
    let length = u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?) as usize;
    String::from_utf8(bytes.get(at + 4..at + 4 + length)?.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_property_is_found_once_all_of_it_is_there() {
        let bytes = b"\x07productS\0\0\0\x08RabbitMQ\x07versionS\0\0\0\x063.10.8";
        assert_eq!(long_string(bytes, b"\x07versionS").as_deref(), Some("3.10.8"));
        assert_eq!(long_string(&bytes[..bytes.len() - 1], b"\x07versionS"), None);
        assert_eq!(long_string(b"", b"\x07versionS"), None);
    }
}
