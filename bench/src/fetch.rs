//! A small blocking GET over HTTP/1.0, for activities, health and metrics; and the few things read from them.
//! HTTP/1.0 so that the answer comes unchunked and the connection's end is the answer's end.
//! Not here: purchases (`load`).

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::error::{Attempt as _, Error};

const FETCH_TIMEOUT: Duration = Duration::from_secs(10);

/// Status and body of `path`.
pub fn get(server: SocketAddr, path: &str) -> io::Result<(u16, String)> {
    exchange(server, &format!("GET {path} HTTP/1.0\r\nHost: {server}\r\n\r\n"))
}

/// Waits for a page that is made in the background after a start, such as the first search: 503 until then.
///
/// # Errors
/// Another status, or 503 for longer than `within`.
pub fn wait_shown(server: SocketAddr, path: &str, within: Duration) -> Result<(), Error> {
    let begin = Instant::now();
    loop {
        let (status, body) = get(server, path).attempt(|| format!("get {path}"))?;
        if status == 200 {
            return Ok(());
        }
        if status != 503 || begin.elapsed() > within {
            return Err(Error::Unexpected(format!("{path} answered {status}: {body}")));
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Status and body of a whole request, which must be HTTP/1.0.
pub fn exchange(server: SocketAddr, request: &str) -> io::Result<(u16, String)> {
    split(&answer(server, request)?).ok_or_else(|| io::Error::other("the answer is not HTTP"))
}

/// Status line and headers of the answer to a whole request, which must be HTTP/1.0.
pub fn head(server: SocketAddr, request: &str) -> io::Result<String> {
    let bytes = answer(server, request)?;
    let length = bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap_or(bytes.len());
    Ok(String::from_utf8_lossy(&bytes[..length]).into_owned())
}

fn answer(server: SocketAddr, request: &str) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect_timeout(&server, FETCH_TIMEOUT)?;
    stream.set_read_timeout(Some(FETCH_TIMEOUT))?;
    stream.write_all(request.as_bytes())?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn split(bytes: &[u8]) -> Option<(u16, String)> {
    let head_length = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&bytes[..head_length]).ok()?;
    let status = head.split_ascii_whitespace().nth(1)?.parse().ok()?;
    Some((status, String::from_utf8_lossy(&bytes[head_length + 4..]).into_owned()))
}

/// One item of an activity, as the shop shows it.
#[derive(Debug, Clone, Deserialize)]
pub struct Item {
    /// In the path of a purchase.
    pub id: u64,
    /// As in `order_items`.
    pub sku_id: u64,
    /// Pieces put into the activity.
    pub quota: i64,
    /// Pieces that can still be bought.
    pub remaining: i64,
    /// Pieces one user may have.
    pub limit_per_user: i64,
}

/// The items of the activities that run now.
pub fn running_items(server: SocketAddr) -> Result<Vec<Item>, Error> {
    #[derive(Deserialize)]
    struct Entry {
        id: u64,
        status: String,
    }
    #[derive(Deserialize)]
    struct List {
        items: Vec<Entry>,
    }
    #[derive(Deserialize)]
    struct Detail {
        items: Vec<Item>,
    }
    let list: List = json(server, "/v1/seckill/activities")?;
    let mut items = Vec::new();
    for activity in list.items.iter().filter(|activity| matches!(activity.status.as_str(), "running" | "active" | "ongoing")) {
        items.extend(json::<Detail>(server, &format!("/v1/seckill/activities/{}", activity.id))?.items);
    }
    if items.is_empty() {
        return Err(Error::Unexpected(format!("{server} has no running flash sale")));
    }
    Ok(items)
}

fn json<T: for<'de> Deserialize<'de>>(server: SocketAddr, path: &str) -> Result<T, Error> {
    let (status, body) = get(server, path).attempt(|| format!("get {path} from {server}"))?;
    if status != 200 {
        return Err(Error::Unexpected(format!("{path} answered {status}: {body}")));
    }
    serde_json::from_str(&body).map_err(|cause| Error::Unexpected(format!("{path} has another form: {cause}")))
}

/// The samples of a Prometheus text whose names begin with `name`: the rest of the name, and the value.
pub fn samples(metrics: &str, name: &str) -> Vec<(String, f64)> {
    let sample = |line: &str| {
        let (rest, value) = line.strip_prefix(name)?.rsplit_once(' ')?;
        Some((rest.trim_end_matches('}').to_owned(), value.parse().ok()?))
    };
    metrics.lines().filter_map(sample).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_found_with_their_labels() {
        let text = "# TYPE lag gauge\nlag{of=\"broker\"} 9\nlag{of=\"database\"} 12\nlagging 3\n";
        let found = [("of=\"broker\"".to_owned(), 9.0), ("of=\"database\"".to_owned(), 12.0)];
        assert_eq!(samples(text, "lag{"), found);
        assert_eq!(samples(text, "absent{"), []);
    }

    #[test]
    fn an_answer_splits_at_the_empty_line() {
        assert_eq!(split(b"HTTP/1.0 200 OK\r\nx: y\r\n\r\nbody"), Some((200, "body".to_owned())));
        assert_eq!(split(b"HTTP/1.0 200 OK\r\nx: y"), None);
    }
}
