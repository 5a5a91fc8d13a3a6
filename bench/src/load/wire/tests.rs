use super::*;

const ANSWER: &[u8] =
    b"HTTP/1.1 201 Created\r\ncontent-length: 33\r\ncontent-type: application/json\r\n\r\n{\"order_no\": \"A1\",\"status\":\"open\"}HTTP";

#[test]
fn an_answer_is_whole_or_absent() {
    let whole = ANSWER.len() - 5;
    for length in 1..whole {
        assert_eq!(parse(&ANSWER[..length]), Ok(None), "{length} bytes");
    }
    let answer = parse(ANSWER).unwrap().unwrap();
    assert_eq!((answer.status, answer.body.end, answer.closes), (201, whole, false));
    assert_eq!(string_member(&ANSWER[answer.body], b"\"order_no\""), Some("A1"));
}

#[test]
fn what_is_not_http_is_refused() {
    assert_eq!(parse(b"SSH-2.0-OpenSSH\r\n\r\n"), Err(WireError::Malformed));
    assert_eq!(parse(b"HTTP/1.1 200 OK\r\n\r\n"), Err(WireError::Unsized));
}

#[test]
fn members_are_found_with_and_without_blanks() {
    assert_eq!(string_member(br#"{"code" : "sold_out"}"#, b"\"code\""), Some("sold_out"));
    assert_eq!(string_member(br#"{"code":17}"#, b"\"code\""), None);
    assert_eq!(string_member(br#"{"title":"x"}"#, b"\"code\""), None);
}

#[test]
fn a_request_states_its_length() {
    let template = RequestTemplate::new("localhost:3000", &[7, 8], 0xabc);
    let mut out = Vec::new();
    for quantity in [1, 9, 10, 12_345] {
        template.render(&mut out, 1, "t.o.k", 255, quantity);
        let text = String::from_utf8(out.clone()).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("POST /v1/seckill/items/8/orders HTTP/1.1\r\n"), "{head}");
        assert!(head.contains("Idempotency-Key: 00000abc-00000000000000ff"), "{head}");
        assert!(head.ends_with(&format!("Content-Length: {}", body.len())), "{head}");
        assert_eq!(body, format!("{{\"quantity\": {quantity}}}"));
    }
}
