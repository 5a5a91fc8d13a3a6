//! Subscribe messages: what a shopper is told, and what is not told.

use mallcore::platform::config::Config;
use mallcore::platform::wechat::sandbox::faults::Fault;
use mallcore::platform::wechat::sandbox::messages::SandboxMessage;
use mallcore::platform::wechat::template::MessageTemplate;
use mallcore_actors::kernel::Provenance;
use mallcore_actors::money::Money;
use mallcore_actors::orders::{PaymentChannel, RefundCommand};

use super::{OwnSandbox, buy, pieces, send};
use crate::api::app::{Person, Sale, TestApp, until};
use crate::api::checkout::shelf;
use crate::api::engines::on_both;

fn configure(sandbox: &OwnSandbox, config: &mut Config) {
    sandbox.configure(config);
    let template = |line: &str| Some(MessageTemplate::parse(line).unwrap());
    let messages = &mut config.shipping.messages;
    messages.paid = template("tpl-paid,character_string1=order_no,amount2=amount,thing3=goods,time4=time");
    messages.shipped = template("tpl-shipped,character_string1=order_no,thing2=carrier,character_string3=tracking_no");
    messages.refunded = template("tpl-refunded,character_string1=order_no,amount2=amount,phrase3=status");
    messages.page = Some("pages/order/detail?no={order_no}".to_owned());
}

/// A shopper with a row, who has logged in by WeChat; `openid` is theirs alone.
async fn subscriber<'a>(app: &'a TestApp, openid: &str) -> Person<'a> {
    let shopper = app.shopper();
    let database = app.database().await;
    let mut tx = database.begin().await.unwrap();
    let found = tx.execute("UPDATE users SET openid = ? WHERE id = ?", vec![openid.to_owned().into(), shopper.user().get().into()]).await;
    if found.unwrap() == 0 {
        let text = "INSERT INTO users (id, openid) VALUES (?, ?)";
        tx.execute(text, vec![shopper.user().get().into(), openid.to_owned().into()]).await.unwrap();
    }
    tx.commit().await.unwrap();
    database.close().await;
    shopper
}

fn to(sandbox: &OwnSandbox, openid: &str) -> Vec<SandboxMessage> {
    sandbox.sandbox.messages.taken().into_iter().filter(|message| message.touser == openid).collect()
}

#[actix_web::test]
async fn a_shopper_is_told_what_happens_to_their_order() {
    let sandbox = OwnSandbox::start();
    let next = std::sync::atomic::AtomicU32::new(0);
    on_both(
        |config| configure(&sandbox, config),
        async |app: &TestApp| {
            let openid = format!("oSubscriber{:017}", next.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
            let shopper = subscriber(app, &openid).await;
            let [(a, price_a), (b, price_b), _] = shelf(app).await[..] else { unreachable!() };
            let order = buy(app, &shopper, "k", &[(a, 1), (b, 1)], price_a + price_b, PaymentChannel::WechatPay).await;
            send(app, order.id, "SF1000000009", &[(a, 1)]).await.unwrap().unwrap();
            let refund = RefundCommand {
                id: mallcore_actors::ids::RefundId::new(1).unwrap(),
                pieces: pieces(&[(b, 1)]).into_iter().collect(),
                freight: Money::ZERO,
                restock: true,
            };
            until("it was sent", async || shopper.get(&format!("/v1/orders/{}", order.id)).await.body["parcels"][0].is_object()).await;
            app.orders().commands().refund(Provenance::SYSTEM, order.user, order.id, &refund).await.unwrap().unwrap();
            until("three messages were sent", async || to(&sandbox, &openid).len() == 3).await;
            let messages = to(&sandbox, &openid);
            let of = |template: &str| messages.iter().find(|message| message.template_id == template).unwrap();
            let field = |template: &str, key: &str| of(template).data[key].value.clone();
            let yuan = |fen: u64| format!("{}.{:02}元", fen / 100, fen % 100);
            assert_eq!(field("tpl-paid", "character_string1"), order.no);
            assert_eq!(field("tpl-paid", "amount2"), yuan(price_a + price_b));
            assert!(field("tpl-paid", "thing3").ends_with("等2种商品"), "{messages:?}");
            assert_eq!(
                (field("tpl-shipped", "thing2"), field("tpl-shipped", "character_string3")),
                ("顺丰速运".into(), "SF1000000009".into())
            );
            assert_eq!((field("tpl-refunded", "amount2"), field("tpl-refunded", "phrase3")), (yuan(price_b), "已退款".into()));
            assert_eq!(of("tpl-paid").page, Some(format!("pages/order/detail?no={}", order.no)));
        },
    )
    .await;
}

#[actix_web::test]
async fn a_busy_wechat_is_asked_again_and_a_refusal_is_taken_at_its_word() {
    let sandbox = OwnSandbox::start();
    let app = TestApp::with(Sale { quota: 10, limit: 1 }, |config| configure(&sandbox, config)).await;
    let [busy, unwilling] = ["oSubscriberBusy00000000000001", "oSubscriberUnwilling000000001"];
    let (sku, price) = shelf(&app).await[0];
    sandbox.sandbox.messages.faults.plan(Fault::Code(-1), 2);
    let shopper = subscriber(&app, busy).await;
    buy(&app, &shopper, "k", &[(sku, 1)], price, PaymentChannel::WechatPay).await;
    until("the third try was taken", async || to(&sandbox, busy).len() == 1).await;
    sandbox.sandbox.messages.faults.plan(Fault::Code(43_101), 1);
    let shopper = subscriber(&app, unwilling).await;
    let first = buy(&app, &shopper, "k", &[(sku, 1)], price, PaymentChannel::WechatPay).await;
    // One message is refused and over; the other one of the same shopper is told. A row that is late may turn them round.
    let second = buy(&app, &shopper, "k2", &[(sku, 1)], price, PaymentChannel::WechatPay).await;
    until("one order was told", async || to(&sandbox, unwilling).len() == 1).await;
    let told = to(&sandbox, unwilling)[0].data["character_string1"].value.clone();
    assert!(told == first.no || told == second.no, "{told}");
}

#[actix_web::test]
async fn without_templates_nobody_is_told() {
    let sandbox = OwnSandbox::start();
    let app = TestApp::with(Sale { quota: 10, limit: 1 }, |config| sandbox.configure(config)).await;
    let shopper = subscriber(&app, "oSubscriberNobody000000000001").await;
    let (sku, price) = shelf(&app).await[0];
    let order = buy(&app, &shopper, "k", &[(sku, 1)], price, PaymentChannel::WechatPay).await;
    let line = format!("order ship {} --carrier YTO --tracking-no YT100001 --wait", order.id);
    assert!(crate::api::cold_writes::mallcore(&app, &line).await.0);
    // The policy beside it has passed the same records.
    until("WeChat was told of the parcel", async || sandbox.sandbox.shipments.of(&order.payment()).is_some()).await;
    assert!(sandbox.sandbox.messages.taken().is_empty());
}
