use reqwest::Method;
use serde_json::Value;

use super::app::{Reply, Sale, TestApp};

/// Every operation of the OpenAPI document with its name.
fn operations() -> Vec<(String, Value)> {
    let document = serde_json::to_value(mallcore::features::openapi("/v1")).unwrap();
    let paths = document["paths"].as_object().unwrap();
    let methods = paths.values().flat_map(|methods| methods.as_object().unwrap().values());
    methods.map(|operation| (operation["operationId"].as_str().unwrap().to_owned(), operation.clone())).collect()
}

#[test]
fn problems_are_promised_as_what_they_are() {
    let mut problems = 0;
    for (id, operation) in operations() {
        for (status, response) in operation["responses"].as_object().unwrap() {
            // The probe tells the same whether it passes or not.
            if status.as_str() < "400" || id == "health_ready" {
                continue;
            }
            let content: Vec<_> = response["content"].as_object().unwrap().iter().collect();
            let [(media_type, content)] = content[..] else { panic!("{id} {status}: {content:?}") };
            assert_eq!(
                (media_type.as_str(), content["schema"]["$ref"].as_str()),
                ("application/problem+json", Some("#/components/schemas/Problem"))
            );
            let header = match status.as_str() {
                "401" => "WWW-Authenticate",
                "429" | "503" => "Retry-After",
                _ => continue,
            };
            assert!(response["headers"][header].is_object(), "{id} {status}: {header} is not promised");
            problems += 1;
        }
    }
    assert!(problems > 10, "{problems}");
}

#[test]
fn every_parameter_has_a_range_or_a_pattern() {
    let mut parameters = 0;
    for (id, operation) in operations() {
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let schema = &parameter["schema"];
            let is_bounded = match schema["type"].as_str() {
                Some("integer") => schema["minimum"].is_number() && schema["maximum"].is_number(),
                Some("string") => schema["pattern"].is_string() || schema["maxLength"].is_number() || schema["enum"].is_array(),
                _ => false,
            };
            assert!(is_bounded, "{id}: {parameter}");
            parameters += 1;
        }
    }
    assert!(parameters > 10, "{parameters}");
}

#[test]
fn the_document_names_only_codes_that_exist() {
    let document = serde_json::to_value(mallcore::features::openapi("/v1")).unwrap();
    let codes = document["components"]["schemas"]["Problem"]["properties"]["code"]["enum"].as_array().unwrap();
    for (id, operation) in operations() {
        for (status, response) in operation["responses"].as_object().unwrap() {
            if status.as_str() < "400" || id == "health_ready" {
                continue;
            }
            // "sold_out, ended", "validation_failed (id)", "wrong_status: it is paid".
            let description = response["description"].as_str().unwrap();
            let named = description.split(':').next().unwrap().split([',', ' ']).filter(|word| !word.is_empty() && !word.starts_with('('));
            let named: Vec<&str> = named.take_while(|word| word.bytes().all(|byte| byte == b'_' || byte.is_ascii_lowercase())).collect();
            assert!(!named.is_empty(), "{id} {status}: {description}");
            for code in named {
                assert!(codes.contains(&code.into()), "{id} {status}: there is no code {code}");
            }
        }
    }
}

#[actix_web::test]
async fn the_document_and_its_page_are_served() {
    let app = TestApp::start().await;
    let document = app.anonymous().get("/docs/openapi.json").await;
    assert_eq!(document.body["openapi"], "3.1.0");
    assert!(document.body["paths"]["/v1/seckill/items/{id}/orders"]["post"].is_object());
    let page = app.anonymous().get("/docs/").await;
    assert!(page.body.as_str().unwrap().contains("swagger-ui"));
}

#[actix_web::test]
async fn the_prefix_moves_the_shop() {
    let app = TestApp::with(Sale { quota: 1, limit: 1 }, |config| config.http.api_prefix = "/shop/v2".to_owned()).await;
    assert_eq!(app.anonymous().get("/shop/v2/products").await.status, 200);
    app.anonymous().get("/v1/products").await.is_problem(404, "not_found", &[]);
    let document = app.anonymous().get("/docs/openapi.json").await;
    assert!(document.body["paths"]["/shop/v2/products"].is_object());
}

#[actix_web::test]
async fn another_method_is_told_what_is_allowed() {
    let app = TestApp::start().await;
    let refused = app.anonymous().post("/v1/products").await;
    refused.is_problem(405, "method_not_allowed", &[]);
    assert_eq!(refused.header("allow"), "GET, HEAD");
    app.anonymous().get("/v1/nothing/here").await.is_problem(404, "not_found", &[]);
}

/// Each GET of the document and the pages beside it: the same head, and nothing behind it.
#[actix_web::test]
async fn head_is_get_without_the_body() {
    // More requests than a shopper may send in a moment.
    let app = TestApp::with(Sale { quota: 10, limit: 1 }, |config| config.rate_limits.enabled = false).await;
    let document = app.anonymous().get("/docs/openapi.json").await;
    let operations = document.body["paths"].as_object().unwrap().iter();
    let documented = operations.filter(|(_, methods)| methods.get("get").is_some()).map(|(path, _)| path.replace("{id}", "1"));
    let beside = ["/docs/", "/docs/openapi.json", "/v1/nothing"].map(str::to_owned);
    let shopper = app.shopper();
    for path in documented.chain(beside) {
        let got = shopper.get(&path).await;
        let head = Reply::of(shopper.request(Method::HEAD, &path)).await;
        assert_eq!((head.status, head.body.as_str()), (got.status, Some("")), "{path}");
        assert_eq!(head.header("content-type"), got.header("content-type"), "{path}");
        assert!(head.headers.contains_key("content-length"), "{path}: {head:?}");
    }
    let refused = Reply::of(shopper.request(Method::HEAD, "/v1/seckill/items/1/orders")).await;
    assert_eq!((refused.status.as_u16(), refused.header("allow")), (405, "POST"));
    // Fixed paths beside `/v1/orders/{id}`.
    for (method, path, allowed) in [(Method::DELETE, "/v1/orders/counts", "GET, HEAD"), (Method::GET, "/v1/orders/preview", "POST")] {
        let refused = Reply::of(shopper.request(method, path)).await;
        assert_eq!((refused.status.as_u16(), refused.header("allow")), (405, allowed), "{path}");
    }
}

#[actix_web::test]
async fn every_answer_is_hardened() {
    let app = TestApp::start().await;
    let paths = [("/v1/seckill/activities", "no-store"), ("/v1/nothing", "no-store"), ("/health/live", "no-store"), ("/", "no-store")];
    // What everybody sees may be kept, and is asked for again each time.
    for (path, kept) in paths.into_iter().chain([("/v1/products", "public, no-cache"), ("/v1/products/0", "no-store")]) {
        let reply = app.anonymous().get(path).await;
        assert_eq!(reply.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(reply.header("cache-control"), kept, "{path}");
    }
}
