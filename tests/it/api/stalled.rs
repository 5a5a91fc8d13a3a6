//! Clients that stop in the middle, and too many of them: nobody else notices.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use mallcore::platform::config::Config;

use super::app::{Sale, TestApp, purchase_head, until};

/// So long a client in these tests waits for the server's word or its end: much longer than any limit.
const PATIENCE: Duration = Duration::from_secs(120);
const SALE: Sale = Sale { quota: 10, limit: 1 };

/// The shortest limits that can be configured.
fn impatient(config: &mut Config) {
    (config.http.read_timeout_seconds, config.http.write_timeout_seconds) = (1, 1);
}

/// A client that speaks by hand.
pub struct Raw(TcpStream);

impl Raw {
    fn connect(app: &TestApp) -> Self {
        let stream = TcpStream::connect(app.base.trim_start_matches("http://")).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self(stream)
    }

    pub fn said(app: &TestApp, words: &str) -> Self {
        let mut raw = Self::connect(app);
        raw.say(words).unwrap();
        raw
    }

    pub fn say(&mut self, words: &str) -> std::io::Result<()> {
        self.0.write_all(words.as_bytes())
    }

    /// Everything until the server has said this.
    pub fn heard_through(&mut self, end: &str) -> String {
        let (mut heard, mut byte) = (Vec::new(), [0]);
        while !heard.ends_with(end.as_bytes()) && self.0.read(&mut byte).is_ok_and(|length| length > 0) {
            heard.push(byte[0]);
        }
        String::from_utf8(heard).unwrap()
    }

    /// Everything until the server closes the connection; `None` if it does not.
    pub fn all_heard(&mut self) -> Option<String> {
        let mut heard = Vec::new();
        let mut piece = vec![0; 64 * 1024];
        loop {
            match self.0.read(&mut piece) {
                Ok(0) => break,
                Ok(length) => heard.extend_from_slice(&piece[..length]),
                Err(error) if error.kind() == ErrorKind::ConnectionReset => break,
                Err(_) => return None,
            }
        }
        Some(String::from_utf8_lossy(&heard).into_owned())
    }
}

/// Runs a client that waits without a runtime.
pub async fn aside<T: Send + 'static>(client: impl FnOnce() -> T + Send + 'static) -> T {
    actix_web::rt::task::spawn_blocking(client).await.unwrap()
}

#[track_caller]
pub fn is_problem(answer: &str, status: &str, code: &str) {
    let (head, document) = answer.split_once("\r\n\r\n").unwrap_or((answer, ""));
    assert!(head.starts_with(&format!("HTTP/1.1 {status}")), "{answer}");
    assert!(head.to_ascii_lowercase().contains("content-type: application/problem+json"), "{answer}");
    assert!(document.contains(&format!("\"code\":\"{code}\"")), "{answer}");
}

#[actix_web::test]
async fn a_body_that_does_not_arrive_is_given_up() {
    let app = TestApp::with(SALE, impatient).await;
    for (framing, beginning) in
        [("Content-Length: 15", ""), ("Content-Length: 15", "{\"qu"), ("Transfer-Encoding: chunked", "5\r\n{\"qua\r\n")]
    {
        let mut stalled = Raw::said(&app, &format!("{}{beginning}", purchase_head(&app.shopper().token(), framing)));
        let heard = aside(move || stalled.all_heard()).await;
        is_problem(&heard.expect("the connection stays open"), "408", "body_timeout");
    }
    assert_eq!(app.remaining().await, 10);
}

#[actix_web::test]
async fn whoever_has_no_token_is_told_before_the_body_is_there() {
    let app = TestApp::with(SALE, |config| config.http.read_timeout_seconds = 2).await;
    for (path, framing) in [("1", "Content-Length: 15"), ("1", "Transfer-Encoding: chunked"), ("%31", "Content-Length: 15")] {
        let head = purchase_head("nonsense", framing).replace("items/1/", &format!("items/{path}/"));
        let mut stranger = Raw::said(&app, &head);
        let heard = aside(move || stranger.all_heard()).await;
        is_problem(&heard.expect("the connection stays open"), "401", "token_invalid");
    }
}

/// A byte every now and then, chunks that do not end: something always arrives, but never a whole request.
#[actix_web::test]
async fn a_trickle_is_cut() {
    let app = TestApp::with(SALE, impatient).await;
    let body = purchase_head(&app.shopper().token(), "Content-Length: 15000");
    let chunks = purchase_head(&app.shopper().token(), "Transfer-Encoding: chunked");
    let unread = "GET /v1/products HTTP/1.1\r\nHost: shop\r\nTransfer-Encoding: chunked\r\n\r\n".to_owned();
    let second = "GET /health/live HTTP/1.1\r\nHost: shop\r\n\r\nGET /health/live HTTP/1.1\r\nX: ".to_owned();
    for (beginning, drop) in
        [("GET / HTTP/1.1\r\nX: ".to_owned(), "x"), (second, "x"), (body, " "), (chunks, "1\r\n \r\n"), (unread, "1\r\n \r\n")]
    {
        let mut stalled = Raw::said(&app, &beginning);
        let is_cut = aside(move || {
            stalled.0.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
            let begin = std::time::Instant::now();
            while begin.elapsed() < PATIENCE {
                let ended = matches!(stalled.0.read(&mut [0; 4096]), Ok(0))
                    || stalled.say(drop).is_err_and(|error| matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset));
                if ended {
                    return true;
                }
            }
            false
        });
        assert!(is_cut.await, "{beginning}");
    }
}

#[actix_web::test]
async fn a_head_that_does_not_arrive_is_answered_and_cut() {
    let app = TestApp::with(SALE, impatient).await;
    let mut stalled = Raw::said(&app, "GET /health/li");
    is_problem(&aside(move || stalled.all_heard()).await.expect("the connection stays open"), "408", "request_timeout");
    // A browser connects in advance: it would take this for the answer to its first request.
    let mut silent = Raw::connect(&app);
    assert_eq!(aside(move || silent.all_heard()).await.expect("the connection stays open"), "");
}

/// It asks for the largest page again and again and takes none of it.
#[actix_web::test]
async fn whoever_does_not_take_answers_is_cut() {
    let app = TestApp::with(SALE, impatient).await;
    let mut stalled = Raw::said(&app, &"GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: shop\r\n\r\n".repeat(8));
    until("the connection is there", async || app.open_connections() == 1).await;
    until("the connection is cut", async || app.open_connections() == 0).await;
    let heard = aside(move || stalled.all_heard()).await.expect("the connection stays open");
    assert!(heard.matches("HTTP/1.1 200").count() < 8);
    // Whoever takes them gets them all.
    let page = app.anonymous().get("/docs/swagger-ui-bundle.js").await;
    assert!(page.body.as_str().unwrap().len() > 1 << 20);
}

#[actix_web::test]
async fn health_is_told_when_all_connections_are_used_up() {
    let app = TestApp::with(SALE, |config| {
        (config.http.connections_max, config.http.connections_per_address_max) = (20, 1_000);
    })
    .await;
    let stalled: Vec<Raw> = (0..200).map(|_| Raw::said(&app, "GET /v1/pro")).collect();
    until("all connections are used up", async || app.open_connections() == 20).await;
    let fresh = || crate::client();
    for path in ["/health/live", "/health/ready"] {
        let answer = fresh().get(format!("{}{path}", app.base)).send().await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.headers()["connection"].to_str().unwrap()), (200, "close"));
    }
    let refused = super::app::Reply::of(fresh().get(format!("{}/v1/products", app.base))).await;
    refused.is_problem(503, "connections_full", &[]);
    assert_eq!((refused.header("retry-after"), refused.header("connection")), ("1", "close"));
    drop(stalled);
    until("there is room again", async || fresh().get(format!("{}/v1/products", app.base)).send().await.unwrap().status() == 200).await;
}

#[actix_web::test]
async fn one_address_cannot_have_all_connections() {
    let per_address = |proxies: &'static [&'static str]| {
        TestApp::with(SALE, move |config| {
            config.http.connections_per_address_max = 5;
            config.http.trusted_proxies = proxies.iter().map(|proxy| proxy.parse().unwrap()).collect();
        })
    };
    let app = per_address(&[]).await;
    let _idle: Vec<Raw> = (0..5).map(|_| Raw::connect(&app)).collect();
    until("the address has all that it may have", async || app.open_connections() == 5).await;
    app.anonymous().get("/v1/products").await.is_problem(429, "too_many_connections", &[]);
    assert_eq!(app.anonymous().get("/health/live").await.status, 200);
    // Many clients come through a proxy of ours.
    let app = per_address(&["127.0.0.0/8"]).await;
    let _idle: Vec<Raw> = (0..5).map(|_| Raw::connect(&app)).collect();
    until("the proxy has five connections", async || app.open_connections() == 5).await;
    assert_eq!(app.anonymous().get("/v1/products").await.status, 200);
}

#[actix_web::test]
async fn what_is_no_request_gets_a_problem_document() {
    let app = TestApp::start().await;
    let long = format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(200_000));
    let after_another = "GET /health/live HTTP/1.1\r\nHost: shop\r\n\r\nnonsense\r\n\r\n";
    for (words, status, code) in [
        ("nonsense\r\n\r\n", "400", "malformed_request"),
        ("GET /\u{1} HTTP/1.1\r\n\r\n", "400", "malformed_request"),
        ("GET / HTTP/1.1\r\nbad header\r\n\r\n", "400", "malformed_request"),
        ("POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", "400", "malformed_request"),
        (&long, "431", "head_too_large"),
        (after_another, "400", "malformed_request"),
    ] {
        let words = words.to_owned();
        let mut client = Raw::connect(&app);
        let heard = aside(move || {
            // The server need not read all of it.
            let _ = client.say(&words);
            client.all_heard()
        });
        let heard = heard.await.expect("the connection stays open");
        let last = heard.rfind("HTTP/1.1").map_or("", |at| &heard[at..]);
        is_problem(last, status, code);
    }
}
