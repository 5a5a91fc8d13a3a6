//! `Expect: 100-continue`: whoever waits to be told to go on is told, and whoever would be refused anyway sends no body.

use super::app::{Sale, TestApp, purchase_head};
use super::stalled::{Raw, aside, is_problem};

const SALE: Sale = Sale { quota: 10, limit: 1 };
const BODY: &str = "{\"quantity\": 1}";
const GO_ON: &str = "HTTP/1.1 100 Continue\r\n\r\n";

/// The express way of a purchase, and the documented route that it shortens.
const PATHS: [&str; 2] = ["items/1/", "items/%31/"];

fn head(token: &str, path: &str, framing: &str) -> String {
    purchase_head(token, &format!("{framing}\r\nExpect: 100-continue")).replace("items/1/", path)
}

#[actix_web::test]
async fn a_client_that_waits_is_told_to_go_on_and_then_answered() {
    for path in PATHS {
        let app = TestApp::with(SALE, |_| {}).await;
        let framings = [
            (format!("Content-Length: {}", BODY.len()), BODY.to_owned()),
            ("Transfer-Encoding: chunked".to_owned(), format!("{:x}\r\n{BODY}\r\n0\r\n\r\n", BODY.len())),
        ];
        for (framing, body) in framings {
            let mut client = Raw::said(&app, &head(&app.shopper().token(), path, &framing));
            let (told, answer) = aside(move || {
                let told = client.heard_through("\r\n\r\n");
                client.say(&body).unwrap();
                (told, client.heard_through("}"))
            })
            .await;
            assert_eq!(told, GO_ON, "{path} {framing}");
            assert!(answer.starts_with("HTTP/1.1 201"), "{path} {framing}: {answer}");
        }
        assert_eq!(app.remaining().await, 8);
    }
}

/// A client need not wait (RFC 9110, 10.1.1): curl goes on after a second.
#[actix_web::test]
async fn a_client_that_does_not_wait_is_answered_too() {
    let app = TestApp::with(SALE, |_| {}).await;
    let whole = format!("{}{BODY}", head(&app.shopper().token(), PATHS[0], &format!("Content-Length: {}", BODY.len())));
    let mut client = Raw::said(&app, &whole);
    let heard = aside(move || client.heard_through("}")).await;
    assert!(heard.strip_prefix(GO_ON).unwrap_or(&heard).starts_with("HTTP/1.1 201"), "{heard}");
    assert_eq!(app.remaining().await, 9);
}

#[actix_web::test]
async fn whoever_would_be_refused_is_not_told_to_go_on() {
    let app = TestApp::with(SALE, |_| {}).await;
    let good = app.shopper().token();
    let length = format!("Content-Length: {}", BODY.len());
    let without_token = |head: String| head.replace("Authorization", "X-Authorization");
    for path in PATHS {
        for (head, status, code) in [
            (head("nonsense", path, &length), "401", "token_invalid"),
            (without_token(head(&good, path, &length)), "401", "token_missing"),
            (head(&good, path, "Content-Length: 2000000"), "413", "body_too_large"),
            (head(&good, path, &format!("{length}\r\nContent-Encoding: gzip")), "415", "content_encoding_unsupported"),
        ] {
            let mut client = Raw::said(&app, &head);
            let heard = aside(move || client.all_heard()).await.expect("the connection stays open");
            is_problem(&heard, status, code);
            let told = heard.to_ascii_lowercase();
            assert!(told.contains("connection: close") && told.contains("x-content-type-options: nosniff"), "{heard}");
        }
    }
    assert_eq!(app.remaining().await, 10);
}

/// Told to go on, it does not: the body's time limit counts from then on.
#[actix_web::test]
async fn whoever_is_told_to_go_on_and_does_not_is_given_up() {
    let app = TestApp::with(SALE, |config| config.http.read_timeout_seconds = 1).await;
    let mut stalled = Raw::said(&app, &head(&app.shopper().token(), PATHS[0], "Content-Length: 15"));
    let heard = aside(move || stalled.all_heard()).await.expect("the connection stays open");
    is_problem(heard.strip_prefix(GO_ON).unwrap_or_default(), "408", "body_timeout");
}

/// Routes that ask for no token ask nobody who waits for one either.
#[actix_web::test]
async fn a_request_without_a_route_is_told_so() {
    let app = TestApp::with(SALE, |_| {}).await;
    let mut client = Raw::said(&app, "POST /v1/nowhere HTTP/1.1\r\nHost: shop\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    let heard = aside(move || {
        let told = client.heard_through("\r\n\r\n");
        client.say("{}").unwrap();
        told + &client.heard_through("}")
    });
    let heard = heard.await;
    is_problem(heard.strip_prefix(GO_ON).unwrap_or(&heard), "404", "not_found");
}
