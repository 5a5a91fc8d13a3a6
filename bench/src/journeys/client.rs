//! One shopper's connection: writes a request, takes the whole answer, notes class and time.

use std::cell::RefCell;
use std::io::Write as _;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Instant;

use super::Measurements;
use crate::load::connection::{Connection, ConnectionError};
use crate::load::wire;

/// One request to the shop.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Place of its kind in `Journey::KINDS`.
    pub kind: usize,
    /// Method, such as `GET`.
    pub method: &'static str,
    /// Path and query.
    pub path: &'a str,
    /// Bearer token; none for a request that needs no log-in.
    pub token: Option<&'a str>,
    /// `Idempotency-Key`, where the route wants one.
    pub key: Option<&'a str>,
    /// JSON body, where the route wants one.
    pub body: Option<&'a str>,
}

impl<'a> Request<'a> {
    /// A GET without a body.
    pub const fn get(kind: usize, path: &'a str, token: Option<&'a str>) -> Self {
        Self { kind, method: "GET", path, token, key: None, body: None }
    }

    /// A POST of a JSON body.
    pub const fn post(kind: usize, path: &'a str, token: &'a str, key: Option<&'a str>, body: &'a str) -> Self {
        Self { kind, method: "POST", path, token: Some(token), key, body: Some(body) }
    }
}

/// A connection that is opened when it is needed.
pub struct Client {
    server: SocketAddr,
    host: String,
    connection: Option<Connection>,
    measurements: Rc<RefCell<Measurements>>,
    bytes: Vec<u8>,
    intended: Option<Instant>,
}

impl Client {
    pub(super) fn new(server: SocketAddr, measurements: Rc<RefCell<Measurements>>) -> Self {
        Self { server, host: server.to_string(), connection: None, measurements, bytes: Vec::with_capacity(1024), intended: None }
    }

    /// Where it asks.
    pub const fn server(&self) -> SocketAddr {
        self.server
    }

    pub(super) fn intend(&mut self, at: Instant) {
        self.intended = Some(at);
    }

    pub(super) fn leave(&mut self) {
        self.connection = None;
    }

    /// Status and body of the answer.
    ///
    /// # Errors
    /// No connection, or no whole answer on it.
    pub async fn ask(&mut self, request: Request<'_>) -> Result<(u16, Vec<u8>), ConnectionError> {
        let begin = self.intended.take().unwrap_or_else(Instant::now);
        self.render(request);
        let open = match &mut self.connection {
            Some(open) => open,
            None => self.connection.insert(Connection::open(self.server).await?),
        };
        open.send(&self.bytes).await?;
        let answer = open.receive().await?;
        let body = open.body(&answer).to_vec();
        let code = if answer.status < 400 { None } else { wire::string_member(&body, b"\"code\"") };
        self.measurements.borrow_mut().record(&request, answer.status, code, body.len(), begin.elapsed());
        if answer.closes {
            self.connection = None;
        }
        Ok((answer.status, body))
    }

    /// Writing to a Vec cannot fail.
    fn render(&mut self, request: Request<'_>) {
        let (bytes, host) = (&mut self.bytes, &self.host);
        bytes.clear();
        let _ = write!(bytes, "{} {} HTTP/1.1\r\nHost: {host}\r\n", request.method, request.path);
        if let Some(token) = request.token {
            let _ = write!(bytes, "Authorization: Bearer {token}\r\n");
        }
        if let Some(key) = request.key {
            let _ = write!(bytes, "Idempotency-Key: {key}\r\n");
        }
        match request.body {
            Some(body) => {
                let _ = write!(bytes, "Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len());
            }
            None => bytes.extend_from_slice(b"\r\n"),
        }
    }
}
