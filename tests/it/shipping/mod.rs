//! Sending orders: what WeChat and shoppers are told, where parcels are, and the rows behind it.

mod messages;
mod repository;
mod shipment;
mod tracking;
mod uploads;

use std::sync::{Arc, mpsc};

use mallcore::features::orders::OrderRef;
use mallcore::features::shipping::service::{self, Sending};
use mallcore::platform::config::Config;
use mallcore::platform::wechat::sandbox::pay::PaySandbox;
use mallcore::platform::wechat::sandbox::{APPID, SECRET, Sandbox, start};
use mallcore_actors::ids::{OrderId, PaymentId, SkuId, UserId};
use mallcore_actors::kernel::Provenance;
use mallcore_actors::money::Money;
use mallcore_actors::orders::{AttemptNumber, LinePieces, Payer, Payment, PaymentChannel, Trade, Transaction};
use mallcore_actors::quantity::Quantity;
use mallcore_actors::stock::adjustment::Operator;
use mallcore_actors::time::Timestamp;
use tempfile::TempDir;

use crate::api::app::{Person, TestApp};
use crate::api::checkout::place;
use crate::api::payments::till::pay_sandbox;

/// Whoever pays in these tests.
pub const PAYER: &str = "oTestPayer0000000000000000001";

/// A sandbox of one's own, so that faults meet nobody else.
pub struct OwnSandbox {
    pub sandbox: Arc<Sandbox>,
    pub base: String,
    pay: Arc<PaySandbox>,
    /// Where the books of WeChat Pay lie.
    _folder: TempDir,
}

impl OwnSandbox {
    pub fn start() -> Self {
        let (folder, pay) = pay_sandbox();
        let sandbox = Arc::new(Sandbox::new(APPID, SECRET).with_pay(Arc::clone(&pay)));
        let (sender, receiver) = mpsc::channel();
        let shared = Arc::clone(&sandbox);
        std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async {
                let (address, server) = start(0, shared).unwrap();
                sender.send(address).unwrap();
                server.await.unwrap();
            });
        });
        Self { sandbox, base: format!("http://{}", receiver.recv().unwrap()), pay, _folder: folder }
    }

    /// Settings with which WeChat is told of parcels here.
    pub fn configure(&self, config: &mut Config) {
        config.wechat.api_base = Some(self.base.clone());
        config.wechat.pay = Some(self.pay.merchant(self.base.clone(), "http://127.0.0.1:0/v1".to_owned()));
        config.rate_limits.enabled = false;
    }
}

/// An order that was placed and paid.
pub struct Bought {
    pub id: OrderId,
    pub no: String,
    pub user: UserId,
}

impl Bought {
    /// How the sandbox knows the payment.
    pub fn payment(&self) -> String {
        self.no.clone()
    }
}

pub fn now() -> Timestamp {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Timestamp::from_millis(now.as_millis() as u64)
}

pub fn operator() -> Operator {
    Operator::parse("小王").unwrap()
}

pub fn pieces(wanted: &[(u64, u32)]) -> Vec<LinePieces> {
    let pieces = |&(sku, quantity): &(u64, u32)| LinePieces { sku: SkuId::new(sku).unwrap(), quantity: Quantity::new(quantity).unwrap() };
    wanted.iter().map(pieces).collect()
}

pub async fn pay(app: &TestApp, user: UserId, order: OrderId, channel: PaymentChannel, payable: u64) {
    let (orders, amount) = (app.orders(), Money::from_fen(payable).unwrap());
    if channel == PaymentChannel::WechatPay {
        let started = orders.commands().start_payment(Provenance::SHOPPER, user, order).await.unwrap().unwrap();
        // The order's number: shops on both engines have the same ids, and one sandbox.
        let transaction = Transaction::parse(&started.order.no.to_string()).unwrap();
        let payer = Some(Payer::parse(PAYER).unwrap());
        let trade = Trade { attempt: AttemptNumber::FIRST, transaction, amount, payer, paid_at: now() };
        orders.commands().take_trade(Provenance::SYSTEM, user, order, &trade).await.unwrap().unwrap();
        return;
    }
    let payment = Payment { id: PaymentId::new(order.get()).unwrap(), channel, amount, payer: None };
    orders.commands().pay(Provenance::SYSTEM, user, order, &payment).await.unwrap().unwrap();
}

/// Places an order under this key and pays it.
pub async fn buy(app: &TestApp, shopper: &Person<'_>, key: &str, wanted: &[(u64, u32)], payable: u64, channel: PaymentChannel) -> Bought {
    let placed = place(shopper, key, wanted, payable).await;
    assert_eq!(placed.status, 201, "{placed:?}");
    let (id, no) = (placed.body["order_id"].as_u64().unwrap(), placed.body["order_no"].as_str().unwrap().to_owned());
    let id = OrderId::new(id).unwrap();
    pay(app, shopper.user(), id, channel, payable).await;
    app.caught_up().await;
    Bought { id, no, user: shopper.user() }
}

/// Asks for a parcel as the back office does; the running server sends it.
pub async fn send(app: &TestApp, order: OrderId, number: &str, wanted: &[(u64, u32)]) -> Result<Option<u64>, service::ShipError> {
    app.caught_up().await;
    let database = app.database().await;
    let sending = Sending {
        order: OrderRef::Id(order),
        carrier: "SF".to_owned(),
        tracking_no: number.to_owned(),
        pieces: Some(pieces(wanted)).filter(|pieces| !pieces.is_empty()),
        operator: operator(),
    };
    let asked = service::ask(&database, &sending, now()).await;
    database.close().await;
    asked
}
