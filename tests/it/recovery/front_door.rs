//! The real process and clients that misbehave: its stop, its log, its other port.

use std::io::{Read, Write};
use std::net::TcpStream;

use super::process::{PATIENCE, Process, Setup};

/// A connection on which this was said.
fn said(address: &str, words: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(words.as_bytes()).unwrap();
    stream
}

fn shop(process: &Process) -> String {
    process.base.trim_start_matches("http://").trim_end_matches("/v1").to_owned()
}

/// Connections that are not used any more or wait for their client must not keep the process.
#[tokio::test]
async fn a_stop_does_not_wait_for_stalled_clients() {
    let folder = tempfile::tempdir().unwrap();
    let mut setup = Setup::embedded(folder.path());
    setup.set("HTTP_READ_TIMEOUT_SECONDS", "600").set("HTTP_WRITE_TIMEOUT_SECONDS", "600");
    let mut process = setup.start().await;
    let issued = setup.command(&["token", "--users", "1"]).output().unwrap();
    let token = String::from_utf8(issued.stdout).unwrap();
    let head = format!(
        "POST /v1/seckill/items/1/orders HTTP/1.1\r\nHost: shop\r\nAuthorization: Bearer {}\r\nIdempotency-Key: k\r\nContent-Length: 15\r\n\r\n",
        token.trim()
    );
    let download = "GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: shop\r\n\r\n".repeat(8);
    let address = shop(&process);
    let _stalled: Vec<TcpStream> = ["GET /health/li", &head, &format!("{head}{{"), &download].map(|words| said(&address, words)).into();
    // An answer to somebody who came later shows that the server has all of them.
    process.until("it answers", async || process.readiness().await.is_some()).await;
    process.signal("TERM");
    let status = process.ended().await;
    assert_eq!(status.code(), Some(0), "{}", process.log());
    assert!(!process.log().contains("were not answered within"), "{}", process.log());
}

#[tokio::test]
async fn an_entry_that_is_no_address_is_told_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut setup = Setup::embedded(folder.path());
    setup.set("TRUSTED_PROXIES", "::ffff:127.0.0.0/104");
    let process = setup.start().await;
    process.until("the catalogue is loaded", async || process.get("/products", 1).await.0 == 200).await;
    for forwarded in ["198.51.100.1:4011", "unknown", "unknown, 127.0.0.2", "_hidden"] {
        let words = format!("GET /v1/products HTTP/1.1\r\nHost: shop\r\nX-Forwarded-For: {forwarded}\r\nConnection: close\r\n\r\n");
        let mut answer = String::new();
        said(&shop(&process), &words).read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    let log = process.log();
    assert_eq!(log.matches("X-Forwarded-For").count(), 1, "{log}");
    assert!(log.contains("\"unknown\""), "{log}");
}

#[tokio::test]
async fn the_port_of_metrics_answers_probes_too() {
    let folder = tempfile::tempdir().unwrap();
    let process = Setup::embedded(folder.path()).start().await;
    let banner = std::fs::read_to_string(folder.path().join("out.log")).unwrap();
    let metrics = banner.lines().find_map(|line| line.split_once("http://")?.1.strip_suffix("/metrics")).unwrap().to_owned();
    for (request, expected) in [
        ("GET /health/live", "\"pass\""),
        ("GET /health/ready", "\"pass\""),
        ("GET /metrics", "mallcore_http_requests_total"),
        ("HEAD /metrics", "content-length: "),
        ("HEAD /health/live", "content-length: "),
    ] {
        let mut answer = String::new();
        said(&metrics, &format!("{request} HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n")).read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains(expected), "{request}: {answer}");
        assert_eq!(answer.ends_with("\r\n\r\n"), request.starts_with("HEAD"), "{request}: {answer}");
    }
    process.kill();
}
