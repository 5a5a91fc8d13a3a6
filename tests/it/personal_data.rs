//! Personal data is nowhere in the clear: after a whole flow with the real binary its journal, database, messages, Redis and log are searched.
//! What has to be found (the mask, the city) is searched with the same functions, so that a search that finds nothing is a result.

use std::path::{Path, PathBuf};

use mallcore::platform::database::{Connections, Database, Engine, Settings};
use mallcore::platform::vault::KEY_FILE;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::broker::rig::{Heard, Rig};
use crate::database::scratch;
use crate::recovery::process::{Process, Setup};
use crate::redis::server::Server;

const PHONES: [&str; 2] = ["13987654321", "15812349876"];
const RECEIVERS: [&str; 2] = ["欧阳娜娜子", "司马相如也"];
const DETAILS: [&str; 2] = ["翠苑新村三区 17 幢 402 室", "Hidden Lane 4711 门牌"];
const REMARKS: [&str; 2] = ["送给楼下王阿姨代收", "Ring twice at Zelda's"];
/// Somebody logs in with the first one and binds the second one.
const ACCOUNT_PHONES: [&str; 2] = ["13711223344", "13699887766"];
/// What is promised to be readable: of addresses, and of the account.
const MASKS: [&str; 2] = ["139****4321", "158****9876"];
const ACCOUNT_MASK: &str = "136****7766";
const CITY: &str = "杭州市";

/// Everything that must be found nowhere, also as JSON and URLs spell it.
fn secrets() -> Vec<Vec<u8>> {
    let plain = PHONES.iter().chain(&ACCOUNT_PHONES).chain(&RECEIVERS).chain(&DETAILS).chain(&REMARKS);
    let escaped = |text: &str| text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect::<String>();
    let percent = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    // The middle of the phone with its neighbours, and each part of a detail: pieces give away as much.
    let pieces = ["39876543", "58123498", "37112233", "36998877", "翠苑新村", "Hidden Lane", "4711 门牌", "王阿姨", "Zelda"];
    let all = plain.flat_map(|text| [(*text).to_owned(), escaped(text), percent(text)]).chain(pieces.map(str::to_owned));
    all.map(String::into_bytes).collect()
}

fn holds(bytes: &[u8], wanted: &[u8]) -> bool {
    memchr::memmem::find(bytes, wanted).is_some()
}

/// Every file below a folder, with its bytes.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if let Ok(bytes) = std::fs::read(&path) {
            found.push((path, bytes));
        }
    }
    found
}

fn address(place: usize) -> Value {
    json!({
        "receiver": RECEIVERS[place], "phone": PHONES[place], "province": "浙江省", "city": CITY, "district": "西湖区",
        "region_code": "330106", "detail": DETAILS[place], "is_default": true,
    })
}

/// The code that was sent to a phone: the process writes it to its log, with no more of the number than its end.
async fn code_for(process: &Process, phone: &str) -> String {
    let ask = async || process.send(Method::POST, "/auth/sms-code", 3, None, &json!({ "phone": phone })).await.0;
    // Redis may not be connected yet.
    process.until("a code is sent", async || ask().await == StatusCode::ACCEPTED).await;
    let about = format!("ends with {}: your code is ", &phone[7..]);
    let log = process.log();
    let (_, code) = log.rsplit_once(&about).unwrap_or_else(|| panic!("no code for {phone}: {log}"));
    code[..6].to_owned()
}

/// Somebody logs in with a phone and binds another one, with wrong codes in between; ends logged in with that one.
async fn account(process: &Process) {
    let log_in = async |phone: &str, code: &str| {
        process.send(Method::POST, "/auth/login", 3, None, &json!({ "phone": phone, "sms_code": code })).await
    };
    let [first, second] = ACCOUNT_PHONES;
    let code = code_for(process, first).await;
    let wrong = if code == "000000" { "111111" } else { "000000" };
    assert_eq!(log_in(first, wrong).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    let (status, entered) = log_in(first, &code).await;
    assert_eq!(status, StatusCode::OK, "{entered}");
    let user = entered["user"]["user_id"].as_u64().unwrap();
    let bind =
        async |code: &str| process.send(Method::POST, "/user/phone", user, None, &json!({ "phone": second, "sms_code": code })).await;
    let code = code_for(process, second).await;
    assert_eq!(bind(wrong).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    let (status, bound) = bind(&code).await;
    assert_eq!((status, &bound["phone"]), (StatusCode::OK, &ACCOUNT_MASK.into()), "{bound}");
    assert!(process.get("/user/profile", user).await.1.to_string().contains(ACCOUNT_MASK));
    // The code is used up.
    assert_eq!(log_in(second, &code).await.0, StatusCode::UNPROCESSABLE_ENTITY);
}

/// Whatever a shopper does with an account, an address and a remark, good and bad; ends with an order that was cancelled and one that is open.
async fn flow(process: &Process) {
    account(process).await;
    let user = 3;
    let send = async |method: Method, path: &str, key: Option<&str>, body: Value| process.send(method, path, user, key, &body).await;
    let (status, first) = send(Method::POST, "/user/addresses", None, address(0)).await;
    assert_eq!(status, StatusCode::CREATED, "{first}");
    let (_, second) = send(Method::POST, "/user/addresses", None, address(1)).await;
    // Refusals must not log what they refuse.
    let mut wrong = address(0);
    wrong["region_code"] = "1".into();
    assert_eq!(send(Method::POST, "/user/addresses", None, wrong).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    let (status, _) = send(Method::PUT, "/user/addresses/123", None, address(0)).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_eq!(send(Method::PUT, &format!("/user/addresses/{}", first["id"]), None, address(0)).await.0, StatusCode::OK);
    process.until("the catalogue is loaded", async || process.get("/products/1", user).await.0 == StatusCode::OK).await;
    let (_, product) = process.get("/products/1", user).await;
    let sku = &product["skus"][0];
    for (key, address, remark) in [("a", &first, REMARKS[0]), ("b", &second, REMARKS[1])] {
        let items = json!([{ "sku_id": sku["id"], "quantity": 1 }]);
        let (_, quote) = send(Method::POST, "/orders/preview", None, json!({ "items": items, "address_id": address["id"] })).await;
        let mut body = json!({ "items": items, "expected_payable_fen": quote["payable_fen"], "address_id": address["id"] });
        body["remark"] = remark.repeat(30).into();
        assert_eq!(send(Method::POST, "/orders", Some(key), body.clone()).await.0, StatusCode::UNPROCESSABLE_ENTITY, "too long");
        body["remark"] = remark.into();
        let (status, placed) = send(Method::POST, "/orders", Some(key), body).await;
        assert_eq!(status, StatusCode::CREATED, "{placed}");
        let path = format!("/orders/{}", placed["order_no"].as_str().unwrap());
        let (_, shown) = process.get(&path, user).await;
        assert_eq!((&shown["delivery"]["receiver"], &shown["remark"]), (&address["receiver"], &remark.into()), "{shown}");
        assert!(!shown.to_string().contains(address["phone"].as_str().unwrap()), "an order shows the mask: {shown}");
        if key == "a" {
            assert_eq!(send(Method::POST, &format!("{path}/cancel"), None, json!({})).await.0, StatusCode::OK);
        }
    }
    assert_eq!(send(Method::DELETE, &format!("/user/addresses/{}", first["id"]), None, json!({})).await.0, StatusCode::NO_CONTENT);
    process.until("the database has everything", async || process.detail("database").await.contains(", 0 records behind")).await;
}

/// The text of every column of every table that can hold one.
async fn every_text(database: &Database) -> Vec<(String, Vec<u8>)> {
    assert_eq!(database.engine(), Engine::MySql);
    let mut tx = database.snapshot().await.unwrap();
    let text = "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = DATABASE() \
         AND data_type IN ('char', 'varchar', 'tinytext', 'text', 'mediumtext', 'longtext', 'json', 'binary', 'varbinary', 'blob', 'longblob')";
    let mut found = Vec::new();
    for row in tx.all(text, Vec::new()).await.unwrap() {
        let (table, column) = (row.text(0).unwrap(), row.text(1).unwrap());
        let text = format!("SELECT CAST(`{column}` AS BINARY) FROM `{table}` WHERE `{column}` IS NOT NULL");
        for row in tx.all(text, Vec::new()).await.unwrap() {
            found.push((format!("{table}.{column}"), row.bytes_or_null(0).unwrap().unwrap()));
        }
    }
    found
}

#[track_caller]
fn nothing_secret<P: std::fmt::Debug>(what: &str, found: &[(P, Vec<u8>)]) {
    for secret in secrets() {
        for (place, bytes) in found {
            assert!(!holds(bytes, &secret), "{what}: {place:?} holds {}", String::from_utf8_lossy(&secret));
        }
    }
}

#[track_caller]
fn somewhere<P: std::fmt::Debug>(what: &str, found: &[(P, Vec<u8>)], wanted: &str) {
    assert!(found.iter().any(|(_, bytes)| holds(bytes, wanted.as_bytes())), "{what}: {wanted} is nowhere, so the search is broken");
}

#[actix_web::test]
async fn an_embedded_shop_shows_nothing_in_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let setup = Setup::embedded(folder.path());
    let mut process = setup.start().await;
    flow(&process).await;
    // While it runs: the write-ahead log, before anything was written back.
    let running = files(folder.path());
    assert!(
        running.iter().any(|(path, _)| path.ends_with("mallcore.sqlite3-wal")) && running.iter().any(|(path, _)| path.ends_with(KEY_FILE))
    );
    nothing_secret("running", &running);
    for wanted in [MASKS[1], ACCOUNT_MASK, CITY] {
        somewhere("running", &running, wanted);
    }
    let journal: Vec<_> = running.into_iter().filter(|(path, _)| path.components().any(|part| part.as_os_str() == "journal")).collect();
    // A record that is in the clear: the product's name that the order froze.
    let (_, product) = process.get("/products/1", 3).await;
    assert!(!journal.is_empty());
    somewhere("journal", &journal, product["name"].as_str().unwrap());
    process.signal("TERM");
    assert!(process.ended().await.success());
    let stopped = files(folder.path());
    nothing_secret("stopped", &stopped);
    // The log was written, and at the level of a developer.
    somewhere("log", &stopped.into_iter().filter(|(path, _)| path.ends_with("err.log")).collect::<Vec<_>>(), "recovered");
}

#[actix_web::test]
async fn a_shop_with_servers_shows_nothing_in_any_of_them() {
    let (scratch, redis, rig, folder) = (scratch::mysql().await, Server::start().await, Rig::new().await, tempfile::tempdir().unwrap());
    let Settings::MySql(server) = &scratch.settings else { unreachable!("it is MySQL") };
    let mut heard = rig.hear("#").await;
    let mut setup = Setup::with_database(folder.path(), server);
    setup.set("REDIS_HOST", "127.0.0.1").set("REDIS_PORT", &redis.port.to_string()).set("REDIS_DB", "0");
    setup.set("RABBITMQ_URL", rig.url()).set("RABBITMQ_EXCHANGE", &rig.exchange);
    let made = setup.command(&["seed-demo"]).output().unwrap();
    assert!(made.status.success(), "{made:?}");
    let process = setup.start().await;
    flow(&process).await;

    let messages = messages(&mut heard).await;
    nothing_secret("messages", &messages);
    somewhere("messages", &messages, "\"address_id\"");

    let database = scratch.settings.connect(Connections::ONE).await.unwrap();
    let rows = every_text(&database).await;
    nothing_secret("rows", &rows);
    for wanted in [MASKS[1], ACCOUNT_MASK, CITY] {
        somewhere("rows", &rows, wanted);
    }
    database.close().await;

    // All that Redis holds, as it would lie in its file.
    redis.told("SET canary 杭州市").await;
    let held = redis.dump().await;
    nothing_secret("redis", &held);
    somewhere("redis", &held, CITY);

    nothing_secret("folder", &files(folder.path()));
    drop(process);
}

/// What was published, up to the last event of the flow.
async fn messages(heard: &mut Heard) -> Vec<(String, Vec<u8>)> {
    let (mut found, mut placed) = (Vec::new(), 0);
    while placed < 2 {
        let delivery = heard.next().await;
        let kind = delivery.routing_key.to_string();
        placed += usize::from(kind == "order.placed");
        found.push((kind, delivery.data.clone()));
    }
    found
}
