//! However a purchase arrives on its connection, it is the same purchase.

use std::io::{Read, Write};
use std::net::TcpStream;

use super::app::{TestApp, purchase_head};

const BODY: &str = "{\"quantity\": 1}";

/// Sends the pieces one by one, each after the server has had the one before, and reads as many answers as there are requests.
async fn answers(app: &TestApp, pieces: Vec<String>, requests: usize) -> Vec<String> {
    let address = app.base.trim_start_matches("http://").to_owned();
    let talk = move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        for piece in pieces {
            stream.write_all(piece.as_bytes()).unwrap();
            // Another connection's answer shows that the server's only worker has turned since.
            let mut other = TcpStream::connect(stream.peer_addr().unwrap()).unwrap();
            other.write_all(b"GET /health/live HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n").unwrap();
            assert!(other.read_to_end(&mut Vec::new()).unwrap() > 0);
        }
        let (mut text, mut buffer) = (String::new(), vec![0; 4096]);
        while text.matches("HTTP/1.1 ").count() < requests || !text.ends_with('}') {
            let length = stream.read(&mut buffer).unwrap();
            assert!(length > 0, "closed after {text}");
            text.push_str(&String::from_utf8_lossy(&buffer[..length]));
        }
        text.split("HTTP/1.1 ").skip(1).map(str::to_owned).collect()
    };
    actix_web::rt::task::spawn_blocking(talk).await.unwrap()
}

#[actix_web::test]
async fn a_body_may_come_later_and_in_pieces() {
    let app = TestApp::start().await;
    let length = format!("Content-Length: {}", BODY.len());
    let (first, last) = BODY.split_at(5);
    let chunk = |text: &str| format!("{:x}\r\n{text}\r\n", text.len());
    for (framing, pieces) in [
        (length.as_str(), vec![BODY.to_owned()]),
        (&length, vec![first.to_owned(), last.to_owned()]),
        (&length, BODY.chars().map(String::from).collect()),
        ("Transfer-Encoding: chunked", vec![chunk(first), chunk(last), "0\r\n\r\n".to_owned()]),
    ] {
        let mut sent = vec![purchase_head(&app.shopper().token(), framing)];
        sent.extend(pieces);
        let answered = answers(&app, sent, 1).await;
        assert!(answered[0].starts_with("201"), "{framing}: {answered:?}");
    }
    assert_eq!(app.remaining().await, 6);
}

#[actix_web::test]
async fn requests_may_come_in_one_piece() {
    let app = TestApp::start().await;
    let token = app.shopper().token();
    let request = format!("{}{BODY}", purchase_head(&token, &format!("Content-Length: {}", BODY.len())));
    let answered = answers(&app, vec![request.repeat(3)], 3).await;
    let statuses: Vec<&str> = answered.iter().map(|answer| &answer[..3]).collect();
    assert_eq!(statuses, ["201", "200", "200"]);
    assert_eq!(app.remaining().await, 9);
}

#[actix_web::test]
async fn a_path_may_be_spelled_in_another_way() {
    let app = TestApp::start().await;
    let shopper = app.shopper();
    let plain = shopper.buy_with("1", Some("key"), BODY).await;
    let encoded = shopper.buy_with("%31", Some("key"), BODY).await;
    assert_eq!((plain.status.as_u16(), encoded.status.as_u16()), (201, 200));
    assert_eq!(plain.body, encoded.body);
    assert_eq!(encoded.header("content-type"), "application/json");
}
