//! The contract of the store of SMS codes, proved of both implementations. Times are given, so nothing has to be waited for.

use std::sync::Arc;
use std::time::Duration;

use mallcore::platform::auth::key::Key;
use mallcore::platform::redis::Link;
use mallcore::platform::sms::codes::{CodeMaker, CodeRules, Codes, CodesError, Kept, MemoryCodes, RedisCodes, Tried};
use mallcore_actors::time::Timestamp;

use crate::redis::server::{Server, free_port, link, settings};

const BEGIN: u64 = 1_800_000_000_000;

fn rules() -> CodeRules {
    CodeRules { per_address_max: 12, ..CodeRules::default() }
}

fn maker() -> CodeMaker {
    CodeMaker::new(Key::new(b"a key of the tests"))
}

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_millis(BEGIN + seconds * 1_000)
}

async fn both() -> (Server, [Arc<dyn Codes>; 2]) {
    let server = Server::start().await;
    let shared = RedisCodes::new(link(&server.settings()).await, rules());
    (server, [Arc::new(MemoryCodes::new(rules())), Arc::new(shared)])
}

/// Somebody with a phone at an address.
struct Owner<'a> {
    codes: &'a dyn Codes,
    maker: CodeMaker,
    phone: &'a str,
    address: &'a str,
}

impl<'a> Owner<'a> {
    fn new(codes: &'a dyn Codes, phone: &'a str, address: &'a str) -> Self {
        Self { codes, maker: maker(), phone, address }
    }

    async fn asks(&self, code: &str, now: Timestamp) -> Kept {
        let (phone, address) = (self.maker.known("login", self.phone), self.maker.known("address", self.address));
        self.codes.keep(&phone, &address, self.maker.hash(&phone, code), now).await.unwrap()
    }

    async fn tries(&self, code: &str, now: Timestamp) -> Tried {
        let phone = self.maker.known("login", self.phone);
        self.codes.attempt(&phone, self.maker.hash(&phone, code), now).await.unwrap()
    }
}

#[tokio::test]
async fn a_code_is_good_once_and_for_its_time() {
    let (_server, stores) = both().await;
    for codes in stores {
        let (one, other) = (Owner::new(&*codes, "1", "a"), Owner::new(&*codes, "2", "a"));
        assert_eq!(one.tries("123456", at(0)).await, Tried::Wrong, "nothing was sent");
        assert_eq!((one.asks("123456", at(0)).await, other.asks("123456", at(0)).await), (Kept::Yes, Kept::Yes));
        assert_eq!(one.tries("123457", at(1)).await, Tried::Wrong);
        assert_eq!((one.tries("123456", at(299)).await, one.tries("123456", at(299)).await), (Tried::Right, Tried::Wrong));
        assert_eq!(other.tries("123456", at(300)).await, Tried::Wrong, "too late");
    }
}

#[tokio::test]
async fn of_two_who_use_a_code_at_once_one_succeeds() {
    let (_server, stores) = both().await;
    for codes in stores {
        let owner = Owner::new(&*codes, "1", "a");
        owner.asks("123456", at(0)).await;
        let tried = futures_util::future::join_all((0..4).map(|_| owner.tries("123456", at(1)))).await;
        assert_eq!(tried.iter().filter(|tried| **tried == Tried::Right).count(), 1, "{tried:?}");
    }
}

#[tokio::test]
async fn a_code_has_five_tries_and_a_new_one_takes_its_place() {
    let (_server, stores) = both().await;
    for codes in stores {
        let owner = Owner::new(&*codes, "1", "a");
        owner.asks("123456", at(0)).await;
        for _ in 0..5 {
            assert_eq!(owner.tries("000000", at(1)).await, Tried::Wrong);
        }
        assert_eq!(owner.tries("123456", at(1)).await, Tried::Wrong, "the sixth try");
        assert_eq!(owner.asks("222222", at(60)).await, Kept::Yes);
        for _ in 0..4 {
            owner.tries("000000", at(61)).await;
        }
        assert_eq!(owner.tries("222222", at(61)).await, Tried::Right, "the fifth try");
        assert_eq!((owner.asks("333333", at(120)).await, owner.asks("444444", at(180)).await), (Kept::Yes, Kept::Yes));
        assert_eq!((owner.tries("333333", at(181)).await, owner.tries("444444", at(181)).await), (Tried::Wrong, Tried::Right));
    }
}

#[tokio::test]
async fn a_phone_gets_one_a_minute_and_ten_a_day() {
    let (_server, stores) = both().await;
    for codes in stores {
        let owner = Owner::new(&*codes, "1", "a");
        assert_eq!(owner.asks("1", at(0)).await, Kept::Yes);
        assert_eq!(owner.asks("2", at(59)).await, Kept::Wait(Duration::from_secs(1)));
        assert_eq!(owner.tries("1", at(59)).await, Tried::Right, "what was refused took no place");
        for number in 1..10 {
            assert_eq!(owner.asks("1", at(60 * number)).await, Kept::Yes, "{number}");
        }
        assert_eq!(owner.asks("1", at(3_600)).await, Kept::Wait(Duration::from_secs(86_400 - 3_600)));
        assert_eq!(owner.asks("1", at(86_400)).await, Kept::Yes);
    }
}

#[tokio::test]
async fn an_address_asks_for_so_many_an_hour() {
    let (_server, stores) = both().await;
    for codes in stores {
        let phones: Vec<String> = (0..14).map(|phone| phone.to_string()).collect();
        for phone in &phones[..12] {
            assert_eq!(Owner::new(&*codes, phone, "a").asks("1", at(0)).await, Kept::Yes);
        }
        assert_eq!(Owner::new(&*codes, &phones[12], "a").asks("1", at(600)).await, Kept::Wait(Duration::from_secs(3_000)));
        assert_eq!(Owner::new(&*codes, &phones[12], "b").asks("1", at(600)).await, Kept::Yes, "from elsewhere");
        assert_eq!(Owner::new(&*codes, &phones[13], "a").asks("1", at(3_600)).await, Kept::Yes);
    }
}

#[tokio::test]
async fn the_store_knows_neither_phone_nor_code() {
    let server = Server::start().await;
    let link = link(&server.settings()).await;
    let codes = RedisCodes::new(link.clone(), rules());
    let owner = Owner::new(&codes, "13800138000", "203.0.113.9");
    owner.asks("482913", at(0)).await;
    let keys: Vec<String> = link.query(::redis::cmd("KEYS").arg("*")).await.unwrap();
    assert_eq!(keys.len(), 3, "{keys:?}");
    let mut held = keys.join(" ");
    for key in &keys {
        let fields: Vec<String> = link.query(::redis::cmd("HGETALL").arg(key)).await.unwrap();
        held.push_str(&fields.join(" "));
        let lives: i64 = link.query(::redis::cmd("PTTL").arg(key)).await.unwrap();
        assert!(lives > 0, "{key} would stay for ever");
    }
    for secret in ["13800138000", "203.0.113.9", "482913"] {
        assert!(!held.contains(secret), "{held}");
    }
}

#[tokio::test]
async fn without_redis_there_are_no_codes() {
    let codes = RedisCodes::new(Link::of(&settings(free_port())).unwrap(), rules());
    let phone = maker().known("login", "1");
    let code = maker().hash(&phone, "1");
    assert!(matches!(codes.attempt(&phone, code.clone(), at(0)).await, Err(CodesError::Store(_))));
    assert!(matches!(codes.keep(&phone, &phone, code, at(0)).await, Err(CodesError::Store(_))));
}

#[test]
fn codes_are_six_digits_that_nobody_prints() {
    let drawn: std::collections::HashSet<String> = (0..200)
        .map(|_| {
            let code = maker().draw();
            assert_eq!(format!("{code:?}"), "***");
            code.expose().to_owned()
        })
        .collect();
    assert!(drawn.len() > 190 && drawn.iter().all(|code| code.len() == 6 && code.bytes().all(|digit| digit.is_ascii_digit())));
}
