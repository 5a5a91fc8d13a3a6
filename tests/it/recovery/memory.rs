//! What the running process keeps in memory, as its scrape tells.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;

use reqwest::Method;
use serde_json::json;

use super::process::Setup;

/// The gauge of this name, which has no labels.
fn gauge(folder: &Path, name: &str) -> f64 {
    let banner = std::fs::read_to_string(folder.join("out.log")).unwrap();
    let metrics = banner.lines().find_map(|line| line.split_once("http://")?.1.strip_suffix("/metrics")).unwrap().to_owned();
    let mut scrape = TcpStream::connect(metrics).unwrap();
    scrape.write_all(b"GET /metrics HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n").unwrap();
    let mut told = String::new();
    scrape.read_to_string(&mut told).unwrap();
    let line = told.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {name} in {told}")).parse().unwrap()
}

#[tokio::test]
async fn an_order_stays_in_memory_until_it_is_done_and_the_database_has_it() {
    let folder = tempfile::tempdir().unwrap();
    let process = Setup::embedded(folder.path()).start().await;
    let orders = || gauge(folder.path(), "mallcore_orders_memory_bytes");
    process.until("nothing is in memory", async || orders() == 0.0).await;
    let (status, order) = process.buy(1, "key").await;
    assert_eq!(status, 201, "{order}");
    process.until("the order is in memory", async || orders() > 0.0).await;
    let id = order["order_id"].as_u64().unwrap();
    let (status, cancelled) = process.send(Method::POST, &format!("/orders/{id}/cancel"), 1, None, &json!({})).await;
    assert_eq!(status, 200, "{cancelled}");
    process.until("the order has left memory", async || orders() == 0.0).await;
    let (status, again) = process.get(&format!("/orders/{id}"), 1).await;
    assert_eq!((status.as_u16(), &again["status"]), (200, &cancelled["status"]), "its row tells the same");
    process.kill();
}
