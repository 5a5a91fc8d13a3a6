//! What was acknowledged outlives `kill -9` of the real process: carts, orders over several SKUs, and the answers to their keys.

use std::path::Path;

use reqwest::Method;
use serde_json::{Value, json};

use super::process::{Process, Setup};
use crate::api::addresses::address;

const SHOPPER: u64 = 11;

async fn shelf(process: &Process) -> Vec<(u64, u64)> {
    process.until("the catalogue is loaded", async || process.get("/products?size=3", SHOPPER).await.0 == 200).await;
    let (_, products) = process.get("/products?size=3", SHOPPER).await;
    let mut skus = Vec::new();
    for card in products["items"].as_array().unwrap() {
        let (_, product) = process.get(&format!("/products/{}", card["id"]), SHOPPER).await;
        let number = |sku: &Value, field: &str| sku[field].as_u64().unwrap();
        skus.extend(product["skus"].as_array().unwrap().iter().map(|sku| (number(sku, "id"), number(sku, "available"))));
    }
    skus.truncate(3);
    skus
}

async fn add(process: &Process, key: &str, sku: u64, quantity: u32) -> Value {
    let body = json!({ "sku_id": sku, "quantity": quantity });
    let (status, cart) = process.send(Method::POST, "/cart/add", SHOPPER, Some(key), &body).await;
    assert_eq!(status, 200, "{cart}");
    cart
}

/// The id of the shopper's address, which they have from now on.
async fn home(process: &Process) -> Value {
    let (status, added) = process.send(Method::POST, "/user/addresses", SHOPPER, None, &address(1)).await;
    assert!(status.is_success(), "{added}");
    added["id"].clone()
}

fn lines(cart: &Value) -> Vec<(u64, u64)> {
    cart["items"].as_array().unwrap().iter().map(|line| (line["sku_id"].as_u64().unwrap(), line["quantity"].as_u64().unwrap())).collect()
}

#[tokio::test]
async fn a_cart_and_an_order_over_several_skus_outlive_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let setup = Setup::embedded(folder.path());
    let process = setup.start().await;
    let [(a, _), (b, before_b), (c, _)] = shelf(&process).await[..] else { unreachable!() };
    add(&process, "a", a, 2).await;
    add(&process, "b", b, 3).await;
    let (_, quote) = process.send(Method::POST, "/orders/preview", SHOPPER, None, &json!({})).await;
    let wanted = json!({ "expected_payable_fen": quote["payable_fen"], "remark": "轻放", "address_id": home(&process).await });
    let (status, placed) = process.send(Method::POST, "/orders", SHOPPER, Some("order"), &wanted).await;
    assert_eq!(status, 201, "{placed}");
    process.until("the order's lines have left the cart", async || lines(&process.get("/cart", SHOPPER).await.1).is_empty()).await;
    add(&process, "c", c, 4).await;
    process.kill();

    let process = setup.start().await;
    assert_eq!(lines(&process.get("/cart", SHOPPER).await.1), [(c, 4)]);
    assert_eq!(lines(&add(&process, "c", c, 4).await), [(c, 4)], "the key was answered before");
    let path = format!("/orders/{}", placed["order_no"].as_str().unwrap());
    let (status, order) = process.get(&path, SHOPPER).await;
    assert_eq!((status.as_u16(), &order["status"], &order["remark"]), (200, &"pending_payment".into(), &"轻放".into()), "{order}");
    assert_eq!(order["payable_fen"], quote["payable_fen"]);
    let (status, again) = process.send(Method::POST, "/orders", SHOPPER, Some("order"), &wanted).await;
    assert_eq!((status.as_u16(), &again["order_no"]), (200, &placed["order_no"]), "{again}");
    let (status, closed) = process.send(Method::POST, &format!("{path}/cancel"), SHOPPER, None, &json!({})).await;
    assert_eq!((status.as_u16(), &closed["status"]), (200, &"closed".into()), "{closed}");
    process.until("the pieces are on the shelf again", async || shelf(&process).await[1] == (b, before_b)).await;
}

/// The last record that the policy has acted on, as its file says; 0 without a file.
fn acted_on(checkpoint: &Path) -> u64 {
    let saved = std::fs::read(checkpoint).ok().and_then(|saved| serde_json::from_slice::<Value>(&saved).ok());
    saved.and_then(|saved| saved["sequence"].as_u64()).unwrap_or_default()
}

#[tokio::test]
async fn what_an_order_has_bought_leaves_the_cart_once_whenever_the_process_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let setup = Setup::embedded(folder.path());
    let mut process = setup.start().await;
    let [(a, _), (b, _), (c, _)] = shelf(&process).await[..] else { unreachable!() };
    // Laid aside, not ordered: it stays through it all.
    add(&process, "c", c, 4).await;
    let select = json!({ "selected": false });
    assert_eq!(process.send(Method::PUT, &format!("/cart/items/{c}"), SHOPPER, None, &select).await.0, 200);
    for round in 0..4 {
        add(&process, &format!("a{round}"), a, 2).await;
        add(&process, &format!("b{round}"), b, 1).await;
        let (_, quote) = process.send(Method::POST, "/orders/preview", SHOPPER, None, &json!({})).await;
        let wanted = json!({ "expected_payable_fen": quote["payable_fen"], "address_id": home(&process).await });
        let (status, placed) = process.send(Method::POST, "/orders", SHOPPER, Some(&format!("order{round}")), &wanted).await;
        assert_eq!(status, 201, "{placed}");
        // At once: before the policy has heard of it, in the middle of its command, or after it.
        process.kill();
        process = setup.start().await;
        process.until("what was bought has left the cart", async || lines(&process.get("/cart", SHOPPER).await.1) == [(c, 4)]).await;
    }
    // Laid in again they are the shopper's, whatever the policy does again.
    let version = add(&process, "again", a, 1).await["version"].as_u64().unwrap();
    process.kill();
    // As if every kill had come before the checkpoint was saved: each command is sent once more.
    let checkpoint = folder.path().join("policy-carts-bought.json");
    let _ = std::fs::remove_file(&checkpoint);
    let process = setup.start().await;
    process.until("the policy has acted on everything again", async || acted_on(&checkpoint) >= version).await;
    let (_, cart) = process.get("/cart", SHOPPER).await;
    let mut left = lines(&cart);
    left.sort_unstable();
    let mut expected = [(a, 1), (c, 4)];
    expected.sort_unstable();
    assert_eq!((left, cart["version"].as_u64()), (expected.to_vec(), Some(version)), "nothing was recorded again");
}
