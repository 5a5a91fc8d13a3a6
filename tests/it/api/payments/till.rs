//! A shop with a sandbox of WeChat Pay of its own, the shopper's phone, and somebody who has got hold of WeChat Pay's signing key.

use std::fs;
use std::path::Path;
use std::sync::{Arc, LazyLock, mpsc};

use mallcore::platform::config::{self, Config, Secret};
use mallcore::platform::wechat::pay::{ApiKey, SCHEME, SigningKey, answer_message, header, wall_clock};
use mallcore::platform::wechat::sandbox::pay::{API_KEY, Faults, MCHID, PUBLIC_KEY_ID, PaySandbox};
use mallcore::platform::wechat::sandbox::{APPID, SECRET, Sandbox, start};
use mallcore_actors::time::Timestamp;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::super::app::{Sale, TestApp};

/// Keys take seconds to make: once for all tests of this process.
static KEYS: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    drop(PaySandbox::open(folder.path(), APPID, Faults::default()).unwrap());
    folder
});

/// Fields are dropped in this order: the shop before its sandbox's folder.
pub struct Till {
    pub app: TestApp,
    pub merchant: config::WechatPay,
    pub base: String,
    signing: SigningKey,
    folder: TempDir,
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// WeChat Pay's sandbox with books of its own, which lie in the folder.
pub fn pay_sandbox() -> (TempDir, Arc<PaySandbox>) {
    let folder = tempfile::tempdir().unwrap();
    for kind in ["merchant", "platform"] {
        copy(&KEYS.path().join(kind), &folder.path().join(kind));
    }
    let pay = PaySandbox::open(folder.path(), APPID, Faults::default()).unwrap();
    (folder, Arc::new(pay))
}

impl Till {
    pub async fn start(change: impl FnOnce(&mut Config)) -> Self {
        let (folder, pay) = pay_sandbox();
        let sandbox = Arc::new(Sandbox::new(APPID, SECRET).with_pay(Arc::clone(&pay)));
        let (sender, receiver) = mpsc::channel();
        std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async {
                let (address, server) = start(0, sandbox).unwrap();
                sender.send(address).unwrap();
                server.await.unwrap();
            });
        });
        let base = format!("http://{}", receiver.recv().unwrap());
        let merchant = pay.merchant(base.clone(), "http://127.0.0.1:0/v1".to_owned());
        let app = TestApp::with(Sale { quota: 10, limit: 1 }, |config| {
            config.rate_limits.enabled = false;
            config.wechat.pay = Some(merchant.clone());
            change(config);
        })
        .await;
        pay.shop_listens(app.base.strip_prefix("http://").unwrap().parse().unwrap());
        let signing = SigningKey::of_pem(&fs::read(folder.path().join("platform/public_key_mode.pem")).unwrap()).unwrap();
        Self { app, merchant, base, signing, folder }
    }

    async fn post(&self, path: &str, body: &Value) -> u16 {
        let request = self.app.client.post(format!("{}{path}", self.base)).header("Content-Type", "application/json");
        request.body(body.to_string()).send().await.unwrap().status().as_u16()
    }

    /// The shopper does something at the cashier, which works.
    pub async fn act(&self, prepay: &str, action: &str) {
        assert_eq!(self.try_to(prepay, action).await, 200, "{action}");
    }

    /// The shopper tries to do something at the cashier.
    pub async fn try_to(&self, prepay: &str, action: &str) -> u16 {
        self.post(&format!("/pay/{prepay}"), &json!({ "action": action })).await
    }

    /// The phone believes the merchant's signature and opens the cashier.
    pub async fn cashier_opens(&self, cashier: &Value) {
        assert_eq!(self.post("/sandbox/request-payment", cashier).await, 200, "{cashier}");
    }

    pub async fn faults(&self, faults: Value) {
        assert_eq!(self.post("/sandbox/faults", &faults).await, 200, "{faults}");
    }

    /// Somebody acts upon a refund at the merchant platform.
    pub async fn settle_refund(&self, refund_no: &str, state: &str) {
        assert_eq!(self.post(&format!("/sandbox/refunds/{refund_no}"), &json!({ "state": state })).await, 204, "{refund_no}");
    }

    /// A trade that was paid, as WeChat Pay reports it.
    pub fn trade(&self, out_trade_no: &str, total: u64, attach: &str) -> Value {
        json!({
            "appid": APPID,
            "mchid": MCHID,
            "out_trade_no": out_trade_no,
            "transaction_id": "4200002026112600000000000001",
            "trade_state": "SUCCESS",
            "success_time": "2026-11-26T16:30:05+08:00",
            "attach": attach,
            "payer": { "openid": "demo-openid-0001" },
            "amount": { "total": total, "payer_total": total, "currency": "CNY" },
        })
    }

    /// Reports it, encrypted and signed with WeChat Pay's own key; what `spoil` makes of the signature is sent. The shop's answer.
    pub async fn report(&self, trade: &Value, spoil: impl FnOnce(&str) -> String) -> u16 {
        let body = notification(trade);
        let (timestamp, nonce) = ((wall_clock().millis() / 1_000).to_string(), "593BEC0C930BF1AFEB40B4A08C8FB242");
        let signature = self.signing.sign(&answer_message(&timestamp, nonce, &body)).unwrap();
        let headers = [
            (header::TIMESTAMP, timestamp),
            (header::NONCE, nonce.to_owned()),
            (header::SIGNATURE, spoil(&signature)),
            (header::SERIAL, PUBLIC_KEY_ID.to_owned()),
            (header::SIGNATURE_TYPE, SCHEME.to_owned()),
        ];
        self.send("/v1/payments/wechat/notify", body, &headers).await
    }

    pub async fn report_unsigned(&self, trade: &Value) -> u16 {
        let refund = self.send("/v1/payments/wechat/refund-notify", notification(trade), &[]).await;
        assert_eq!(refund, 403, "a refund is proved as well");
        self.send("/v1/payments/wechat/notify", notification(trade), &[]).await
    }

    /// Sends these bytes with these headers. The shop's answer.
    pub async fn send(&self, path: &str, body: Vec<u8>, headers: &[(&'static str, String)]) -> u16 {
        let url = format!("{}{path}", self.app.base);
        let mut request = self.app.client.post(url).header("Content-Type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        request.body(body).send().await.unwrap().status().as_u16()
    }

    /// Lets commands that run beside the shop be the sandbox's merchant.
    pub fn lend_keys(&self) {
        copy(&self.merchant.key_folder, &self.app.data_dir().join("wechat-sandbox/merchant"));
    }

    /// What the sandbox's own ledger says: fen that came and fen that went back.
    pub fn ledger(&self) -> (u64, u64) {
        let text = fs::read_to_string(self.folder.path().join("ledger.jsonl")).unwrap_or_default();
        let entries = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        entries.fold((0, 0), |(came, back), entry| match entry["event"].as_str().unwrap() {
            "paid" => (came + entry["total"].as_u64().unwrap(), back),
            "refund_ended" if entry["state"] == "SUCCESS" => (came, back + entry["refund"].as_u64().unwrap()),
            _ => (came, back),
        })
    }
}

fn notification(trade: &Value) -> Vec<u8> {
    let key = ApiKey::new(&Secret::new(API_KEY)).unwrap();
    let resource = key.seal("fdasflkja484", "transaction", trade.to_string().as_bytes()).unwrap();
    let body = json!({
        "id": "EV-2018022511223320873",
        "create_time": mallcore::platform::wechat::pay::render_time(Timestamp::from_millis(1_795_451_405_000)),
        "resource_type": "encrypt-resource",
        "event_type": "TRANSACTION.SUCCESS",
        "summary": "支付成功",
        "resource": resource,
    });
    body.to_string().into_bytes()
}
