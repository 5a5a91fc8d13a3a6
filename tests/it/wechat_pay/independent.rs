//! The SDK `wechatpayv3` (PyPI) as the other side of client and sandbox. Run by scripts/wechatpay-sdk.sh, which installs it.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use actix_web::web::{self, Bytes, Data};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use mallcore::platform::wechat::pay::{Certificate, Notification, NotifyHeaders, RefundRequest, TradeRef, wall_clock};
use mallcore::platform::wechat::sandbox::APPID;
use mallcore::platform::wechat::sandbox::pay::{API_KEY, Faults, KeyMode, MCHID, PUBLIC_KEY_ID};
use mallcore_actors::values::day::BusinessDay;
use parking_lot::Mutex;
use serde_json::{Value, json};

use super::world::{World, fen, number, order};
use crate::api::app::until;

/// The SDK in a process of its own, which ends with its input.
struct Peer {
    process: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Peer {
    fn start(world: &World) -> Self {
        let python = std::env::var("WECHATPAY_SDK_PYTHON").expect("scripts/wechatpay-sdk.sh runs this test");
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/wechatpay/peer.py");
        let mut process = Command::new(python).arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (input, output) = (process.stdin.take(), BufReader::new(process.stdout.take().unwrap()));
        let mut peer = Self { process, input, output };
        let folder = &world.settings.key_folder;
        let serial = Certificate::of_pem(&std::fs::read(folder.join("apiclient_cert.pem")).unwrap()).unwrap().serial;
        peer.ask(json!({
            "ask": "begin", "base": world.base, "folder": folder, "mchid": MCHID, "serial": serial, "appid": APPID, "api_key": API_KEY,
            "notify_url": format!("{}/v1/payments/wechat/notify", world.shop.base), "public_key_id": PUBLIC_KEY_ID,
        }));
        peer
    }

    fn ask(&mut self, question: Value) -> Value {
        writeln!(self.input.as_mut().unwrap(), "{question}").unwrap();
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        let mut said: Value = serde_json::from_str(&line).unwrap_or_else(|cause| panic!("{question}: {cause}: {line:?}"));
        assert!(said["error"].is_null(), "{question}: {said}");
        said["ok"].take()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.process.wait();
    }
}

/// Remembers requests and answers none of them as they wish.
async fn remember(request: HttpRequest, body: Bytes, requests: Data<Mutex<Vec<Value>>>) -> HttpResponse {
    let authorization = request.headers().get("Authorization").unwrap().to_str().unwrap();
    requests.lock().push(json!({
        "ask": "request", "method": request.method().as_str(), "target": request.uri().path_and_query().unwrap().as_str(),
        "authorization": authorization, "body": std::str::from_utf8(&body).unwrap(),
    }));
    HttpResponse::ServiceUnavailable().finish()
}

#[actix_web::test]
#[ignore = "needs the SDK: scripts/wechatpay-sdk.sh"]
async fn the_sdk_takes_our_requests_and_our_cashier() {
    let requests = Data::new(Mutex::new(Vec::<Value>::new()));
    let shared = requests.clone();
    let app = move || App::new().app_data(shared.clone()).default_service(web::to(remember));
    let server = HttpServer::new(app).workers(1).disable_signals().bind(("127.0.0.1", 0)).unwrap();
    let base = format!("http://{}", server.addrs()[0]);
    actix_web::rt::spawn(server.run());
    let world = World::with(Faults::default(), |settings| settings.api_base = Some(base));
    let client = &world.client;
    let order = order("M12345678", 990);
    let refund = RefundRequest { transaction_id: "42001", out_refund_no: "R1", reason: "坏了", refund: fen(90), total: fen(990) };
    assert!(client.prepay(&order).await.is_err() && client.close("M12345678").await.is_err() && client.refund(&refund).await.is_err());
    assert!(client.trade(TradeRef::OutTradeNo("M12345678")).await.is_err() && client.refund_status("R1").await.is_err());
    assert!(client.trade_bill(BusinessDay::of(wall_clock())).await.is_err());
    let mut peer = Peer::start(&world);
    let requests = std::mem::take(&mut *requests.lock());
    assert_eq!(requests.len(), 6);
    for mut request in requests {
        assert_eq!(peer.ask(request.clone()), true, "{request}");
        request["body"] = format!("{} ", request["body"].as_str().unwrap()).into();
        assert_eq!(peer.ask(request.clone()), false, "another body: {request}");
    }
    let cashier = client.cashier(&mallcore::platform::wechat::pay::PrepayId::new("wx1"), wall_clock()).unwrap();
    assert_eq!(peer.ask(json!({ "ask": "cashier", "app_id": APPID, "cashier": cashier })), cashier.pay_sign);
}

#[actix_web::test]
#[ignore = "needs the SDK: scripts/wechatpay-sdk.sh"]
async fn the_sdk_takes_the_sandboxs_notifications_and_we_take_its() {
    let world = World::start(Faults { keys: KeyMode::Both, ..Faults::default() });
    for _ in 0..6 {
        world.paid(&number(), 990).await;
    }
    let transaction_id = world.paid(&number(), 990).await;
    let request =
        RefundRequest { transaction_id: &transaction_id, out_refund_no: "R1", reason: "坏了", refund: fen(90), total: fen(990) };
    world.client.refund(&request).await.unwrap();
    let mut peer = Peer::start(&world);
    for heard in world.shop.heard(8).await {
        let headers: BTreeMap<_, _> = heard.headers.iter().cloned().collect();
        let said = peer.ask(json!({ "ask": "callback", "headers": headers, "body": std::str::from_utf8(&heard.body).unwrap() }));
        let (number, fen) = match heard.outcome.unwrap() {
            Notification::Paid(trade) => (trade.out_trade_no, trade.total.unwrap()),
            Notification::Refund(refund) => (refund.out_trade_no, refund.total),
        };
        assert_eq!(
            (&said["resource"]["out_trade_no"], &said["resource"]["amount"]["total"]),
            (&number.into(), &fen.fen().into()),
            "{said}"
        );
    }
    let key = std::fs::read_to_string(world.folder.path().join("platform/public_key_mode.pem")).unwrap();
    let resource = json!({
        "appid": APPID, "mchid": MCHID, "out_trade_no": "M1", "transaction_id": "42002", "trade_state": "SUCCESS",
        "success_time": "2026-11-26T08:00:00+08:00", "payer": { "openid": "oBob" }, "amount": { "total": 5, "payer_total": 5, "currency": "CNY" },
    });
    let theirs = peer.ask(json!({
        "ask": "notify", "platform_key": key, "serial": PUBLIC_KEY_ID, "event_type": "TRANSACTION.SUCCESS", "resource": resource,
    }));
    let text = |name: &str| theirs[name].as_str().unwrap();
    let headers = NotifyHeaders {
        timestamp: text("timestamp"),
        nonce: text("nonce"),
        signature: text("signature"),
        serial: text("serial"),
        signature_type: "",
    };
    let notification = world.client.notification(&headers, text("body").as_bytes(), wall_clock()).await;
    let Ok(Notification::Paid(trade)) = notification else { panic!("{notification:?}") };
    assert_eq!((trade.out_trade_no.as_str(), trade.total, trade.payer.as_deref()), ("M1", Some(fen(5)), Some("oBob")));
}

#[actix_web::test]
#[ignore = "needs the SDK: scripts/wechatpay-sdk.sh"]
async fn the_sdk_pays_at_the_sandbox() {
    let (world, number) = (World::start(Faults::default()), number());
    let mut peer = Peer::start(&world);
    let mut call = |method: &str, mut arguments: Value, status: u16| {
        (arguments["ask"], arguments["method"]) = ("call".into(), method.into());
        let mut said = peer.ask(arguments);
        assert_eq!(said["status"], status, "{method}: {said}");
        said["body"].take()
    };
    let order = json!({ "description": "茶杯", "out_trade_no": number, "amount": { "total": 990, "currency": "CNY" }, "payer": { "openid": "oBob" } });
    let prepay_id = call("pay", order, 200)["prepay_id"].as_str().unwrap().to_owned();
    assert_eq!(world.post(&format!("/pay/{prepay_id}"), json!({ "action": "confirm" })).await.0, 200);
    let trade = call("query", json!({ "out_trade_no": number }), 200);
    assert_eq!((&trade["trade_state"], &trade["amount"]["payer_total"]), (&"SUCCESS".into(), &990.into()), "{trade}");
    assert_eq!(call("close", json!({ "out_trade_no": number }), 400)["code"], "ORDERPAID");
    let refund = json!({ "out_refund_no": "R1", "transaction_id": trade["transaction_id"], "amount": { "refund": 990, "total": 990, "currency": "CNY" } });
    assert_eq!(call("refund", refund, 200)["status"], "PROCESSING");
    until("the refund is paid", async || world.client.refund_status("R1").await.unwrap().success_time.is_some()).await;
    assert_eq!(call("query_refund", json!({ "out_refund_no": "R1" }), 200)["status"], "SUCCESS");
    let day = BusinessDay::of(wall_clock()).to_string();
    let place = call("trade_bill", json!({ "bill_date": day }), 200);
    assert_eq!(place["hash_type"], "SHA1");
    let unknown = super::world::number();
    assert_eq!(call("close", json!({ "out_trade_no": unknown }), 404)["code"], "ORDER_NOT_EXIST");
}
