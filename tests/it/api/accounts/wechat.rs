//! WeChat at its worst: each of its errors, and a server on loopback that is slow, speaks nonsense, or never ends.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use mallcore::platform::config::Config;
use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::world::{Servers, World};

/// Answers every request with the same bytes, and counts them; nothing at all where there are no bytes.
async fn stand_in(answer: Vec<u8>) -> (String, Arc<AtomicUsize>) {
    stand_in_of(Arc::new(Mutex::new(answer))).await
}

/// The same with the bytes that are there when it is asked.
async fn stand_in_of(answer: Arc<Mutex<Vec<u8>>>) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (base, asked) = (format!("http://{}", listener.local_addr().unwrap()), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            let (answer, counted) = (answer.lock().unwrap().clone(), Arc::clone(&counted));
            tokio::spawn(async move {
                let mut head = vec![0; 4_096];
                if connection.read(&mut head).await.unwrap_or(0) == 0 {
                    return;
                }
                counted.fetch_add(1, Ordering::SeqCst);
                if answer.is_empty() {
                    std::future::pending::<()>().await;
                }
                let _ = connection.write_all(&answer).await;
            });
        }
    });
    (base, asked)
}

fn response(status: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len()).into_bytes()
}

fn errcode(code: i64) -> Vec<u8> {
    response("200 OK", &format!("{{\"errcode\":{code},\"errmsg\":\"told\"}}"))
}

async fn world(base: String) -> World {
    World::embedded(|config| config.wechat.api_base = Some(base)).await
}

#[actix_web::test]
async fn each_of_wechats_errors_has_its_own_answer() {
    let answer = Arc::new(Mutex::new(Vec::new()));
    let (base, asked) = stand_in_of(Arc::clone(&answer)).await;
    let configure = |config: &mut Config| config.wechat.api_base = Some(base.clone());
    for world in [World::embedded(configure).await, World::with_servers(Servers::start().await, configure).await] {
        for (code, status, problem) in [
            (40_029, 422, "wechat_code_invalid"),
            (40_163, 422, "wechat_code_invalid"),
            (45_011, 429, "wechat_rate_limited"),
            (-1, 503, "wechat_busy"),
            (40_226, 403, "wechat_blocked"),
            (40_013, 503, "wechat_unavailable"),
            (40_125, 503, "wechat_unavailable"),
        ] {
            *answer.lock().unwrap() = errcode(code);
            let before = asked.load(Ordering::SeqCst);
            let refused = world.post("/v1/auth/login", json!({ "code": "c" })).await;
            refused.is_problem(status, problem, &[]);
            assert_eq!(refused.header("retry-after").is_empty(), ![429, 503].contains(&status), "{refused:?}");
            assert_eq!(asked.load(Ordering::SeqCst) - before, 1, "a code is sent once");
            let unbound = world.app.shopper().send(Method::POST, "/v1/user/phone", None, json!({ "code": "c" })).await;
            unbound.is_problem(status, problem, &[]);
        }
    }
}

#[actix_web::test]
async fn what_is_no_answer_logs_nobody_in() {
    let huge = format!("{{\"openid\":\"{}\"}}", "x".repeat(1 << 20));
    for answer in [
        response("500 Internal Server Error", "{\"openid\":\"o\"}"),
        response("302 Found", ""),
        response("200 OK", "<html>nonsense</html>"),
        response("200 OK", "{}"),
        response("200 OK", &huge),
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{".to_vec(),
        b"nonsense".to_vec(),
    ] {
        let shown = String::from_utf8_lossy(&answer[..answer.len().min(60)]).into_owned();
        let (base, asked) = stand_in(answer).await;
        let world = world(base).await;
        let refused = world.post("/v1/auth/login", json!({ "code": "c" })).await;
        assert_eq!(refused.body["code"], "wechat_unavailable", "{shown}: {refused:?}");
        assert_eq!(asked.load(Ordering::SeqCst), 1, "{shown}: a code is sent once");
    }
}

#[actix_web::test]
async fn a_silent_or_absent_wechat_is_given_up() {
    let (silent, asked) = stand_in(Vec::new()).await;
    let absent = format!("http://127.0.0.1:{}", crate::redis::server::free_port());
    for base in [silent, absent] {
        let world = world(base).await;
        world.post("/v1/auth/login", json!({ "code": "c" })).await.is_problem(503, "wechat_unavailable", &[]);
        assert_eq!(world.app.shopper().buy(1, "key").await.status, 201, "sales go on");
    }
    assert_eq!(asked.load(Ordering::SeqCst), 1, "a code is sent once");
}

#[actix_web::test]
async fn without_an_app_nobody_logs_in_by_wechat() {
    let (base, asked) = stand_in(errcode(0)).await;
    let settings = mallcore::platform::config::Wechat {
        appid: None,
        api_base: Some(base),
        ..super::super::sandbox::settings(&mallcore::platform::config::Config::embedded(std::path::Path::new("/nowhere")).unwrap().wechat)
    };
    let client = mallcore::platform::wechat::WechatClient::new(&settings).unwrap();
    assert!(matches!(client.user_of("c").await, Err(mallcore::platform::wechat::WechatError::NotConfigured)));
    assert_eq!(asked.load(Ordering::SeqCst), 0);
}
