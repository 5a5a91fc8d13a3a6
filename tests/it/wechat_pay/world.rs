//! A sandbox of WeChat Pay on loopback, a client of it, and a shop that hears its notifications.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock, mpsc};

use mallcore::platform::config;
use mallcore::platform::wechat::pay::{Prepay, PrepayId, WechatPay, wall_clock};
use mallcore::platform::wechat::sandbox::pay::{Faults, KeyMode, PaySandbox};
use mallcore::platform::wechat::sandbox::{APPID, SECRET, Sandbox, start};
use mallcore_actors::money::Money;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::shop::Shop;

/// Keys take a moment to be made: all sandboxes have the same ones, with one platform certificate, and later runs find them.
static KEYS: LazyLock<&Path> = LazyLock::new(|| {
    let folder = Path::new(concat!(env!("CARGO_TARGET_TMPDIR"), "/wechat-sandbox-keys"));
    let sandbox = PaySandbox::open(folder, APPID, Faults::default()).unwrap();
    if !folder.join("platform/certificate-1.cert.pem").exists() {
        sandbox.change_certificate().unwrap();
    }
    folder
});

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (path, name) = entry.map(|entry| (entry.path(), entry.file_name())).unwrap();
        if path.is_dir() { copy(&path, &to.join(name)) } else { fs::copy(&path, to.join(name)).map(|_| ()).unwrap() }
    }
}

/// A new folder with keys and an empty ledger.
pub fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    copy(*KEYS, folder.path());
    fs::remove_file(folder.path().join("ledger.jsonl")).unwrap();
    folder
}

/// Serves in a thread of its own, which outlives the test.
pub fn serve(sandbox: Arc<PaySandbox>) -> SocketAddr {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async {
            let (address, server) = start(0, Arc::new(Sandbox::new(APPID, SECRET).with_pay(sandbox))).unwrap();
            sender.send(address).unwrap();
            server.await.unwrap();
        });
    });
    receiver.recv().unwrap()
}

pub struct World {
    pub sandbox: Arc<PaySandbox>,
    pub base: String,
    pub settings: config::WechatPay,
    pub client: Arc<WechatPay>,
    pub shop: Shop,
    pub folder: TempDir,
}

pub fn fen(fen: u64) -> Money {
    Money::from_fen(fen).unwrap()
}

/// An order number that no other test uses.
pub fn number() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("M{:08}", NEXT.fetch_add(1, Ordering::Relaxed))
}

impl World {
    pub fn start(faults: Faults) -> Self {
        Self::with(faults, |_| {})
    }

    /// With a client of other settings than the sandbox offers.
    pub fn with(faults: Faults, change: impl FnOnce(&mut config::WechatPay)) -> Self {
        let folder = folder();
        let sandbox = Arc::new(PaySandbox::open(folder.path(), APPID, faults).unwrap());
        let base = format!("http://{}", serve(Arc::clone(&sandbox)));
        let shop = Shop::start();
        let mut settings = sandbox.merchant(base.clone(), format!("{}/v1", shop.base));
        change(&mut settings);
        let client = Arc::new(WechatPay::new(&settings).unwrap());
        shop.believes(Arc::clone(&client));
        Self { sandbox, base, settings, client, shop, folder }
    }

    /// A merchant without a public key, who verifies by platform certificates.
    pub fn with_certificates(keys: KeyMode) -> Self {
        Self::with(Faults { keys, ..Faults::default() }, |settings| {
            settings.public_key_id = None;
            fs::remove_file(settings.key_folder.join("pub_key.pem")).unwrap();
        })
    }

    pub async fn prepay(&self, number: &str, amount: u64) -> PrepayId {
        self.client.prepay(&order(number, amount)).await.unwrap()
    }

    /// Does as the shopper at the cashier; the answer's status.
    pub async fn act(&self, prepay_id: &PrepayId, action: &str) -> u16 {
        self.post(&format!("/pay/{}", prepay_id.as_str()), json!({ "action": action })).await.0
    }

    pub async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        let reply = crate::client().post(format!("{}{path}", self.base)).json(&body).send().await.unwrap();
        (reply.status().as_u16(), reply.json().await.unwrap_or_default())
    }

    /// Prepays and pays; WeChat Pay's number.
    pub async fn paid(&self, number: &str, amount: u64) -> String {
        let prepay_id = self.prepay(number, amount).await;
        assert_eq!(self.act(&prepay_id, "confirm").await, 200);
        let trade = self.client.trade(mallcore::platform::wechat::pay::TradeRef::OutTradeNo(number)).await.unwrap();
        trade.transaction_id.unwrap()
    }
}

/// An order that can be paid within ten minutes.
pub fn order(number: &str, amount: u64) -> Prepay<'_> {
    let time_expire = wall_clock().plus_millis(600_000);
    Prepay { out_trade_no: number, description: "茶杯", amount: fen(amount), openid: "oAlice", time_expire, attach: Some("a") }
}
