//! 快递100 over real HTTP: a stand-in on loopback that checks what it is asked as 快递100 documents it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, mpsc};

use actix_web::{App, HttpResponse, HttpServer, web};
use mallcore::platform::config::{Kuaidi100, Secret};
use mallcore::platform::tracking::kuaidi100::sign;
use mallcore::platform::tracking::{Kuaidi100Tracker, State, Tracker, TrackingError, Wanted};
use mallcore_actors::time::Timestamp;
use serde_json::{Value, json};

const CUSTOMER: &str = "0D2D4F6A8B";
const KEY: &str = "not-a-key-of-anybody";

/// What it was asked, and what it answers for a number.
#[derive(Default)]
struct StandIn {
    asked: Mutex<Vec<Value>>,
}

async fn query(stand_in: web::Data<StandIn>, form: web::Form<HashMap<String, String>>) -> HttpResponse {
    let field = |name: &str| form.get(name).cloned().unwrap_or_default();
    let refused = |code: &str, message: &str| HttpResponse::Ok().json(json!({ "result": false, "returnCode": code, "message": message }));
    let param = field("param");
    if field("customer") != CUSTOMER || field("sign") != sign(&param, KEY, CUSTOMER) {
        return refused("503", "验证签名失败");
    }
    let asked: Value = serde_json::from_str(&param).unwrap();
    let number = asked["num"].as_str().unwrap().to_owned();
    stand_in.asked.lock().unwrap().push(asked);
    match number.as_str() {
        "lost" => refused("500", "查询无结果，请隔段时间再查"),
        "busy" => refused("502", "服务器繁忙"),
        "broken" => HttpResponse::Ok().body("<html>"),
        "long" => HttpResponse::Ok().body("x".repeat(1 << 20)),
        "down" => HttpResponse::BadGateway().finish(),
        _ => HttpResponse::Ok().json(json!({
            "message": "ok", "nu": number, "ischeck": "0", "com": "shunfeng", "status": "200", "state": "5", "condition": "00",
            "data": [
                { "context": "正在派送途中,请您准备签收", "time": "2026-11-26 09:12:00", "ftime": "2026-11-26 09:12:00" },
                { "context": "快件到达 【杭州转运中心】", "time": "2026-11-26 03:40:10", "ftime": "2026-11-26 03:40:10" },
            ],
        })),
    }
}

fn start() -> (Arc<StandIn>, String) {
    let stand_in = Arc::new(StandIn::default());
    let (shared, (sender, receiver)) = (web::Data::from(Arc::clone(&stand_in)), mpsc::channel());
    std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async {
            let app = move || App::new().app_data(shared.clone()).route("/poll/query.do", web::post().to(query));
            let server = HttpServer::new(app).workers(1).disable_signals().bind(("127.0.0.1", 0)).unwrap();
            sender.send(server.addrs()[0]).unwrap();
            server.run().await.unwrap();
        });
    });
    (stand_in, format!("http://{}", receiver.recv().unwrap()))
}

fn tracker(api_base: &str, key: &str) -> Kuaidi100Tracker {
    let (customer, key) = (CUSTOMER.to_owned(), Secret::new(key));
    Kuaidi100Tracker::new(Kuaidi100 { api_base: api_base.to_owned(), customer, key }).unwrap()
}

fn parcel(number: &str, phone_tail: Option<&str>) -> Wanted {
    Wanted {
        carrier: "shunfeng".to_owned(),
        number: number.to_owned(),
        phone_tail: phone_tail.map(str::to_owned),
        shipped_at: Timestamp::from_millis(1),
    }
}

#[tokio::test]
async fn a_parcel_is_asked_for_as_documented_and_its_way_is_read() {
    let (stand_in, base) = start();
    let now = Timestamp::from_millis(5);
    let tracked = tracker(&base, KEY).track(&parcel("SF1", Some("5678")), now).await.unwrap();
    assert_eq!((tracked.state, tracked.steps.len()), (State::OutForDelivery, 2));
    assert_eq!(tracked.steps[0].text, "正在派送途中,请您准备签收");
    // 01:12 UTC.
    assert_eq!(tracked.steps[0].at, Timestamp::from_millis(1_795_655_520_000));
    tracker(&base, KEY).track(&parcel("SF2", None), now).await.unwrap();
    let asked = stand_in.asked.lock().unwrap().clone();
    assert_eq!(asked[0], json!({ "com": "shunfeng", "num": "SF1", "show": "0", "order": "desc", "phone": "5678" }));
    assert_eq!(asked[1].get("phone"), None);
}

#[tokio::test]
async fn what_goes_wrong_is_told_apart() {
    let (_, base) = start();
    let now = Timestamp::from_millis(5);
    let ask = async |number: &str| tracker(&base, KEY).track(&parcel(number, None), now).await;
    let lost = ask("lost").await.unwrap();
    assert_eq!((lost.state, lost.steps.len()), (State::Unknown, 0));
    for number in ["busy", "broken", "long", "down"] {
        assert!(matches!(ask(number).await, Err(TrackingError::Unavailable(_))), "{number}");
    }
    let refused = tracker(&base, "another").track(&parcel("SF1", None), now).await;
    assert!(matches!(refused, Err(TrackingError::Refused(said)) if said.contains("503")));
    let nobody = tracker("http://127.0.0.1:1", KEY).track(&parcel("SF1", None), now).await;
    assert!(matches!(nobody, Err(TrackingError::Unavailable(said)) if !said.contains(KEY)));
}
