//! The table of bad input: a 4xx problem document that names the field, and nothing changed.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use reqwest::Method;
use serde_json::{Value, json};

use super::app::{Reply, SECRET, TestApp, purchase_head};
use super::engines::each_embedded_and_all_on_mariadb;

each_embedded_and_all_on_mariadb! {
    quota 10, limit 1;
    a_bad_quantity_is_named,
    malformed_json_is_told,
    a_query_has_only_parameters_that_its_route_knows,
    an_array_is_no_structure_however_deep_it_lies,
    a_missing_or_odd_key_is_named,
    an_unknown_item_is_named,
    an_order_that_cannot_be_is_named,
    a_forged_expired_or_unsigned_token_is_refused,
    a_header_that_says_one_thing_may_not_come_twice,
    a_compressed_body_is_refused_as_such,
    a_body_above_the_limit_is_too_large,
    each_route_refuses_strangers_odd_ids_and_what_is_no_json,
}

const MIB: usize = 1 << 20;

async fn a_bad_quantity_is_named(app: &TestApp) {
    let before = app.remaining().await;
    let shopper = app.shopper();
    for wrong in ["0", "-1", "1.5", "\"1\"", "1000000000000", "true", "null", "[]", "1e400"] {
        let refused = shopper.buy_with("1", Some("key"), &format!("{{\"quantity\": {wrong}}}")).await;
        if wrong == "1e400" {
            refused.is_problem(400, "malformed_json", &["body"]);
        } else {
            refused.is_problem(422, "validation_failed", &["quantity"]);
        }
    }
    shopper.buy_with("1", Some("key"), "{}").await.is_problem(422, "validation_failed", &["quantity"]);
    shopper.buy_with("1", Some("key"), "{\"quantity\": 1, \"gift\": 1}").await.is_problem(422, "validation_failed", &["gift"]);
    assert_eq!(app.remaining().await, before);
    // JSON knows one kind of number: 1.0 is whole.
    assert_eq!(shopper.buy_with("1", Some("key"), "{\"quantity\": 1.0}").await.status, 201);
    assert_eq!(shopper.buy(1, "key").await.status, 200, "the same request");
}

async fn malformed_json_is_told(app: &TestApp) {
    let before = app.remaining().await;
    for wrong in ["", "{", "{\"quantity\": 1", "[1]", "quantity=1", "{\"quantity\": 1}}"] {
        app.shopper().buy_with("1", Some("key"), wrong).await.is_problem(400, "malformed_json", &["body"]);
    }
    assert_eq!(app.remaining().await, before);
}

/// A misspelt parameter would otherwise be dropped in silence: on lists, on details, and where there are no parameters at all.
async fn a_query_has_only_parameters_that_its_route_knows(app: &TestApp) {
    let shopper = app.shopper();
    let document = serde_json::to_value(mallcore::features::openapi("/v1")).unwrap();
    let mut asked = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            if !path.starts_with("/v1/") {
                continue;
            }
            let method: Method = method.to_uppercase().parse().unwrap();
            let path = format!("{}?nonsense=1&more", path.replace("{id}", "1"));
            let refused = shopper.send(method.clone(), &path, Some("k"), json!({})).await;
            assert_eq!(
                (refused.status.as_u16(), &refused.body["code"]),
                (400, &"validation_failed".into()),
                "{method} {path}: {refused:?}"
            );
            let named: Vec<_> = refused.body["errors"].as_array().unwrap().iter().map(|error| (&error["field"], &error["code"])).collect();
            for field in ["nonsense", "more"] {
                assert!(named.contains(&(&field.into(), &"unknown_field".into())), "{method} {path}: {refused:?}");
            }
            let told = operation["responses"]["400"]["description"].as_str().unwrap();
            assert!(told.contains("validation_failed"), "{method} {path}: {told}");
            asked += 1;
        }
    }
    assert!(asked > 50, "{asked}");
    assert_eq!(shopper.get("/v1/cart?").await.status, 200);
    assert_eq!(app.anonymous().get("/health/live?since=1").await.status, 200, "probes ask as they like");
}

/// What every route refuses in the same way: nobody without a token, no id that is none, no body that is no JSON, no command without a key.
async fn each_route_refuses_strangers_odd_ids_and_what_is_no_json(app: &TestApp) {
    let (shopper, stranger) = (app.shopper(), app.anonymous());
    let document = serde_json::to_value(mallcore::features::openapi("/v1")).unwrap();
    let mut asked = [0; 4];
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            // Administrators come with a cookie: `admins::permissions` and `admins::profile` ask these routes.
            if at_the_back_office(operation) {
                continue;
            }
            let (method, at) = (method.to_uppercase().parse::<Method>().unwrap(), path.replace("{id}", "1"));
            let promised = |status: &str, code: &str| {
                let told = operation["responses"][status]["description"].as_str().unwrap_or_default();
                told.split([',', ' ', ':']).any(|word| word == code)
            };
            if promised("401", "token_missing") {
                let refused = stranger.send(method.clone(), &at, Some("k"), json!({})).await;
                refused.is_problem(401, "token_missing", &["Authorization"]);
                asked[0] += 1;
            }
            if path.contains("{id}") {
                let refused = shopper.send(method.clone(), &path.replace("{id}", "x"), Some("k"), json!({})).await;
                refused.is_problem(400, "validation_failed", &["id"]);
                asked[1] += 1;
            }
            if promised("400", "malformed_json") {
                let request =
                    shopper.request(method.clone(), &at).header("Idempotency-Key", "k").header("Content-Type", "application/json");
                Reply::of(request.body("{")).await.is_problem(400, "malformed_json", &["body"]);
                asked[2] += 1;
            }
            if promised("400", "header_missing") {
                let refused = shopper.send(method, &at, None, json!({})).await;
                refused.is_problem(400, "header_missing", &["Idempotency-Key"]);
                asked[3] += 1;
            }
        }
    }
    assert!(asked[0] > 30 && asked[1] > 15 && asked[2] > 15 && asked[3] > 4, "{asked:?}");
}

/// Whether only administrators may ask.
fn at_the_back_office(operation: &Value) -> bool {
    operation["security"].as_array().into_iter().flatten().any(|scheme| scheme.get("admin_session").is_some())
}

/// serde would take the values of an array for the fields of a structure, in their order.
async fn an_array_is_no_structure_however_deep_it_lies(app: &TestApp) {
    let shopper = app.shopper();
    for (path, body, field) in [
        ("/v1/orders/preview", json!({ "items": [[1, 1]] }), "items[0]"),
        ("/v1/orders/preview", json!([[{ "sku_id": 1, "quantity": 1 }]]), "body"),
        ("/v1/orders", json!({ "items": [{ "sku_id": 1, "quantity": 1 }, [2, 1]], "expected_payable_fen": 1 }), "items[1]"),
        ("/v1/cart/merge", json!({ "items": [[1, 1]] }), "items[0]"),
        ("/v1/cart/add", json!([1, 1]), "body"),
    ] {
        let request = shopper.request(reqwest::Method::POST, path).header("Idempotency-Key", "key").json(&body);
        Reply::of(request).await.is_problem(422, "validation_failed", &[field]);
    }
    assert_eq!(shopper.get("/v1/cart").await.body["items"], json!([]));
    assert_eq!(shopper.get("/v1/orders").await.body["items"], json!([]));
}

async fn a_missing_or_odd_key_is_named(app: &TestApp) {
    let before = app.remaining().await;
    let body = "{\"quantity\": 1}";
    app.shopper().buy_with("1", None, body).await.is_problem(400, "header_missing", &["Idempotency-Key"]);
    for wrong in [String::new(), "k".repeat(256), "k".repeat(5_000), "two words".to_owned()] {
        app.shopper().buy_with("1", Some(&wrong), body).await.is_problem(400, "header_invalid", &["Idempotency-Key"]);
    }
    assert_eq!(app.remaining().await, before);
    assert_eq!(app.shopper().buy_with("1", Some(&"k".repeat(255)), body).await.status, 201);
}

async fn an_unknown_item_is_named(app: &TestApp) {
    let body = "{\"quantity\": 1}";
    app.shopper().buy_with("999", Some("key"), body).await.is_problem(404, "unknown_item", &["id"]);
    for wrong in ["0", "-1", "one", "1.0", "99999999999999999999"] {
        app.shopper().buy_with(wrong, Some("key"), body).await.is_problem(400, "validation_failed", &["id"]);
    }
}

async fn an_order_that_cannot_be_is_named(app: &TestApp) {
    for wrong in ["abc", "0", "-1", "2026112400300523456780000001I", "10000000000000000"] {
        app.shopper().get(&format!("/v1/orders/{wrong}")).await.is_problem(400, "validation_failed", &["id"]);
    }
    // What has the shape of an id or a number is no bad input, even if it is above the largest id or in a thirteenth month.
    for unknown in ["9007199254740991", "9999999999999999", "20261324003005234567800000011"] {
        app.shopper().get(&format!("/v1/orders/{unknown}")).await.is_problem(404, "unknown_order", &["id"]);
        app.shopper().post(&format!("/v1/orders/{unknown}/cancel")).await.is_problem(404, "unknown_order", &["id"]);
    }
    for path in ["/v1/orders", "/v1/products"] {
        assert_eq!(app.shopper().get(&format!("{path}?cursor=9999999999999999")).await.status, 200, "a cursor above every id");
    }
    app.shopper().get("/v1/orders?size=1000&cursor=x").await.is_problem(400, "validation_failed", &["cursor", "size"]);
}

async fn a_forged_expired_or_unsigned_token_is_refused(app: &TestApp) {
    let before = app.remaining().await;
    let signed =
        |algorithm, secret: &[u8], claims: Value| encode(&Header::new(algorithm), &claims, &EncodingKey::from_secret(secret)).unwrap();
    let (good, late) = (json!({"sub": "1", "exp": 99_999_999_999_u64}), json!({"sub": "1", "exp": 1_000}));
    // {"alg":"none"} . {"sub":"1","exp":99999999999}
    let unsigned = "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIiwiZXhwIjo5OTk5OTk5OTk5OX0.";
    for (token, code) in [
        (signed(Algorithm::HS256, b"somebody else's secret of 32 bytes", good.clone()), "token_invalid"),
        (signed(Algorithm::HS512, SECRET, good), "token_invalid"),
        (signed(Algorithm::HS256, SECRET, late), "token_expired"),
        (unsigned.to_owned(), "token_invalid"),
        (signed(Algorithm::HS256, SECRET, json!({"sub": "1", "exp": 99_999_999_999_u64, "nbf": 99_999_999_998_u64})), "token_invalid"),
        (signed(Algorithm::HS256, SECRET, json!({"sub": "001", "exp": 99_999_999_999_u64})), "token_invalid"),
        ("nonsense".to_owned(), "token_invalid"),
    ] {
        let refused = app.holder_of(&token).buy(1, "key").await;
        refused.is_problem(401, code, &["Authorization"]);
        assert!(refused.header("www-authenticate").starts_with("Bearer error=\"invalid_token\""), "{refused:?}");
    }
    assert_eq!(app.remaining().await, before);
}

async fn a_header_that_says_one_thing_may_not_come_twice(app: &TestApp) {
    let before = app.remaining().await;
    let (one, two) = (app.shopper(), app.shopper());
    for path in ["/v1/seckill/items/1/orders", "/v1/seckill/items/%31/orders"] {
        let buy = || one.request(reqwest::Method::POST, path).body("{\"quantity\": 1}");
        let keys = buy().header("Idempotency-Key", "one").header("Idempotency-Key", "two");
        Reply::of(keys).await.is_problem(400, "header_repeated", &["Idempotency-Key"]);
        let tokens = buy().bearer_auth(two.token()).header("Idempotency-Key", "one");
        Reply::of(tokens).await.is_problem(400, "header_repeated", &["Authorization"]);
    }
    assert_eq!(app.remaining().await, before);
}

async fn a_compressed_body_is_refused_as_such(app: &TestApp) {
    let before = app.remaining().await;
    let shopper = app.shopper();
    for path in ["/v1/seckill/items/1/orders", "/v1/seckill/items/%31/orders"] {
        let buy = |coding: &'static str, body: Vec<u8>| {
            let request = shopper.request(reqwest::Method::POST, path).header("Idempotency-Key", "key");
            Reply::of(request.header("Content-Encoding", coding).body(body))
        };
        let refused = buy("gzip", vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]).await;
        refused.is_problem(415, "content_encoding_unsupported", &["Content-Encoding"]);
        assert_eq!(refused.header("accept-encoding"), "identity");
        assert!(buy("identity", b"{\"quantity\": 1}".to_vec()).await.status.is_success());
    }
    assert_eq!(app.remaining().await, before - 1);
}

async fn a_body_above_the_limit_is_too_large(app: &TestApp) {
    let before = app.remaining().await;
    let body = format!("{{\"quantity\": 1{}}}", " ".repeat(16 * 1024));
    app.shopper().buy_with("1", Some("key"), &body).await.is_problem(413, "body_too_large", &["body"]);
    assert_eq!(app.remaining().await, before);
}

/// A client that does not listen while it talks would never see the answer: so this one counts what the server lets it send.
#[actix_web::test]
async fn a_body_of_100_mib_is_cut_early() {
    let app = TestApp::start().await;
    let token = app.shopper().token();
    for framing in [format!("Content-Length: {}", 100 * MIB), "Transfer-Encoding: chunked".to_owned()] {
        let head = purchase_head(&token, &framing);
        let address = app.base.trim_start_matches("http://").to_owned();
        let (answer, sent) = actix_web::rt::task::spawn_blocking(move || flood(&address, &head)).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 413"), "{framing}: {answer}");
        assert!(sent < 100 * MIB, "{framing}: all of it was taken");
    }
    assert_eq!(app.remaining().await, 10);
}

/// Sends up to 100 MiB until the server has answered or closed; what it answered, and how much it took.
fn flood(address: &str, head: &str) -> (String, usize) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(head.as_bytes()).unwrap();
    let mut reader = stream.try_clone().unwrap();
    let answer = std::thread::spawn(move || {
        let mut answer = vec![0; 4096];
        let length = reader.read(&mut answer).unwrap_or(0);
        String::from_utf8_lossy(&answer[..length]).into_owned()
    });
    stream.set_write_timeout(Some(Duration::from_secs(1))).unwrap();
    let chunked = head.contains("chunked");
    let piece = [b' '; 64 * 1024];
    let mut sent = 0;
    while sent < 100 * MIB && !answer.is_finished() {
        let framed = if chunked { [b"10000\r\n".as_slice(), &piece, b"\r\n"].concat() } else { piece.to_vec() };
        if stream.write_all(&framed).is_err() {
            break;
        }
        sent += piece.len();
    }
    (answer.join().unwrap(), sent)
}
