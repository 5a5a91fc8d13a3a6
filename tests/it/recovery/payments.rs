//! Payments outlive `kill -9`: an attempt that was open is looked at again, whatever has happened at WeChat Pay meanwhile.

use reqwest::Method;
use serde_json::{Value, json};

use super::process::{Process, Setup};
use crate::api::addresses::address;

const SHOPPER: u64 = 11;

/// Something at the sandbox beside the process, as the shopper's phone or the test asks it.
async fn at_sandbox(setup: &Setup, path: &str, body: &Value) {
    let said = std::fs::read_to_string(setup.folder.join("out.log")).unwrap();
    let line = said.lines().find(|line| line.contains("沙箱") && line.contains("http://")).expect("a sandbox");
    let (_, rest) = line.split_once("http://").unwrap();
    let address: String = rest.chars().take_while(|letter| letter.is_ascii_digit() || matches!(letter, '.' | ':')).collect();
    let request = crate::client().post(format!("http://{address}{path}")).header("Content-Type", "application/json");
    let answer = request.body(body.to_string()).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{path}");
}

/// An order of one piece that its shopper has begun to pay; its path, and the reference at the sandbox.
async fn begun(process: &Process, key: &str) -> (String, String) {
    process.until("the catalogue is loaded", async || process.get("/products?size=1", SHOPPER).await.0 == 200).await;
    let (_, products) = process.get("/products?size=1", SHOPPER).await;
    let (_, product) = process.get(&format!("/products/{}", products["items"][0]["id"]), SHOPPER).await;
    let items = json!([{ "sku_id": product["skus"][0]["id"], "quantity": 1 }]);
    let (status, home) = process.send(Method::POST, "/user/addresses", SHOPPER, None, &address(1)).await;
    assert!(status.is_success(), "{home}");
    let wanted = json!({ "items": items, "expected_payable_fen": product["skus"][0]["price_fen"], "address_id": home["id"] });
    let (status, placed) = process.send(Method::POST, "/orders", SHOPPER, Some(key), &wanted).await;
    assert_eq!(status, 201, "{placed}");
    let path = format!("/orders/{}", placed["order_no"].as_str().unwrap());
    let (status, paying) = process.send(Method::POST, &format!("{path}/pay"), SHOPPER, None, &json!({})).await;
    assert_eq!(status, 200, "{paying}");
    let prepay = paying["cashier"]["package"].as_str().unwrap().strip_prefix("prepay_id=").unwrap().to_owned();
    (path, prepay)
}

async fn becomes(process: &Process, path: &str, wanted: &str) {
    process.until("the order stands so", async || process.get(path, SHOPPER).await.1["status"] == wanted).await;
}

#[tokio::test]
async fn what_was_paid_while_nobody_was_there_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let mut setup = Setup::embedded(folder.path());
    setup.set("WECHAT_SANDBOX_PORT", "0");
    let process = setup.start().await;
    let (lost, prepay) = begun(&process, "lost").await;
    let (open, still_open) = begun(&process, "open").await;
    // Its notification never comes, and the process ends before it could ask.
    at_sandbox(&setup, "/sandbox/faults", &json!({ "drop_percent": 100 })).await;
    at_sandbox(&setup, &format!("/pay/{prepay}"), &json!({ "action": "confirm" })).await;
    process.kill();

    let process = setup.start().await;
    becomes(&process, &lost, "paid").await;
    assert_eq!(process.get(&open, SHOPPER).await.1["status"], "pending_payment");
    let (status, again) = process.send(Method::POST, &format!("{open}/pay"), SHOPPER, None, &json!({})).await;
    let package = again["cashier"]["package"].as_str().unwrap();
    assert_eq!((status.as_u16(), package), (200, &*format!("prepay_id={still_open}")), "the same attempt goes on");
    at_sandbox(&setup, &format!("/pay/{still_open}"), &json!({ "action": "confirm" })).await;
    becomes(&process, &open, "paid").await;
}

#[tokio::test]
async fn an_attempt_that_nobody_pays_ends_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let mut setup = Setup::embedded(folder.path());
    setup.set("WECHAT_SANDBOX_PORT", "0").set("ORDER_PAY_WINDOW_SECONDS", "3");
    let process = setup.start().await;
    let (path, _) = begun(&process, "k").await;
    process.kill();
    let process = setup.start().await;
    becomes(&process, &path, "closed").await;
    let (_, order) = process.get(&path, SHOPPER).await;
    assert_eq!(order["close_reason"], "timed_out", "{order}");
}

#[tokio::test]
async fn a_payment_that_was_on_its_way_to_a_closed_order_arrives_after_a_restart_and_goes_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut setup = Setup::embedded(folder.path());
    setup.set("WECHAT_SANDBOX_PORT", "0");
    let process = setup.start().await;
    let (path, prepay) = begun(&process, "k").await;
    at_sandbox(&setup, "/sandbox/faults", &json!({ "pay_after_close_percent": 100, "pay_after_close_millis": 3_000 })).await;
    at_sandbox(&setup, &format!("/pay/{prepay}"), &json!({ "action": "confirm" })).await;
    let (status, cancelled) = process.send(Method::POST, &format!("{path}/cancel"), SHOPPER, None, &json!({})).await;
    assert_eq!(status, 200, "{cancelled}");
    process.kill();

    let process = setup.start().await;
    let refunds = async || process.get(&format!("{path}/payment"), SHOPPER).await.1["refunds"].clone();
    process.until("the money is back", async || refunds().await[0]["state"] == "done").await;
    assert_eq!((&refunds().await[0]["reason"], refunds().await.as_array().unwrap().len()), (&json!("late"), 1));
    assert_eq!(process.get(&path, SHOPPER).await.1["status"], "closed");
}

#[tokio::test]
async fn a_port_of_the_sandbox_that_was_chosen_and_is_taken_ends_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut setup = Setup::embedded(folder.path());
    setup.set("WECHAT_SANDBOX_PORT", &taken.local_addr().unwrap().port().to_string());
    let (status, said) = setup.refused().await;
    assert!(!status.success() && said.contains("WECHAT_SANDBOX_PORT"), "{status} {said}");
}
