//! WeChat learns of parcels: a running shop on both engines, and a sandbox that checks what it is told.

use mallcore::features::shipping::uploads::repository::{self, UploadStatus};
use mallcore::platform::wechat::sandbox::faults::Fault;
use mallcore::platform::wechat::sandbox::shipping::SandboxShipment;
use mallcore_actors::kernel::Provenance;
use mallcore_actors::money::Money;
use mallcore_actors::orders::{PaymentChannel, RefundCommand};
use reqwest::Method;
use serde_json::json;

use super::{Bought, OwnSandbox, buy, pay, pieces, send};
use crate::api::app::{Sale, TestApp, until};
use crate::api::checkout::shelf;
use crate::api::cold_writes::mallcore;
use crate::api::engines::on_both;

async fn told(sandbox: &OwnSandbox, order: &Bought, is_so: impl Fn(&SandboxShipment) -> bool) -> SandboxShipment {
    let of = || sandbox.sandbox.shipments.of(&order.payment());
    until("WeChat was told", async || of().is_some_and(|shipment| is_so(&shipment))).await;
    of().unwrap()
}

async fn status(app: &TestApp, order: &Bought) -> Option<UploadStatus> {
    let database = app.database().await;
    let mut found = None;
    for status in [UploadStatus::Waiting, UploadStatus::Done, UploadStatus::Failed, UploadStatus::Nothing] {
        let listed = repository::listed(&database, status, 100).await.unwrap();
        found = found.or(listed.iter().any(|upload| upload.order == order.id).then_some(status));
    }
    database.close().await;
    found
}

async fn stands(app: &TestApp, order: &Bought, wanted: UploadStatus) {
    until(&format!("the upload is {}", wanted.name()), async || status(app, order).await == Some(wanted)).await;
}

#[actix_web::test]
async fn wechat_learns_of_each_parcel_and_of_the_end() {
    let sandbox = OwnSandbox::start();
    on_both(
        |config| sandbox.configure(config),
        async |app: &TestApp| {
            let shopper = app.shopper();
            let [(a, price_a), (b, price_b), (c, price_c)] = shelf(app).await[..] else { unreachable!() };
            // With an address, because 顺丰 wants the receiver's phone.
            let address =
                shopper.send(Method::POST, "/v1/user/addresses", None, crate::api::addresses::address(9)).await.body["id"].clone();
            let payable = price_a + price_b + price_c;
            let items = crate::api::checkout::items(&[(a, 1), (b, 1), (c, 1)]);
            let body = json!({ "items": items, "expected_payable_fen": payable, "address_id": address });
            let placed = shopper.send(Method::POST, "/v1/orders", Some("k1"), body).await;
            assert_eq!(placed.status, 201, "{placed:?}");
            let id = mallcore_actors::ids::OrderId::new(placed.body["order_id"].as_u64().unwrap()).unwrap();
            let order = Bought { id, no: placed.body["order_no"].as_str().unwrap().to_owned(), user: shopper.user() };
            pay(app, order.user, order.id, PaymentChannel::WechatPay, payable).await;

            send(app, order.id, "SF1000000001", &[(a, 1)]).await.unwrap().unwrap();
            let first = told(&sandbox, &order, |shipment| shipment.uploads == 1).await;
            let parcel = &first.upload.shipping_list[0];
            assert_eq!((first.upload.delivery_mode, first.upload.is_all_delivered, first.finished), (2, Some(false), 0));
            assert_eq!((parcel.express_company.as_str(), parcel.tracking_no.as_str()), ("SF", "SF1000000001"));
            assert!(parcel.item_desc.ends_with("*1"), "{parcel:?}");
            let contact = parcel.contact.as_ref().unwrap();
            assert_eq!(contact["receiver_contact"], "139****5678", "no more of the phone leaves the shop");
            send(app, order.id, "SF1000000002", &[(b, 1)]).await.unwrap().unwrap();
            told(&sandbox, &order, |shipment| shipment.upload.shipping_list.len() == 2).await;
            // What is left is refunded: nothing more will be sent.
            let refund = RefundCommand {
                id: mallcore_actors::ids::RefundId::new(1).unwrap(),
                pieces: pieces(&[(c, 1)]).into_iter().collect(),
                freight: Money::ZERO,
                restock: true,
            };
            app.caught_up().await;
            app.orders().commands().refund(Provenance::SYSTEM, order.user, order.id, &refund).await.unwrap().unwrap();
            let last = told(&sandbox, &order, |shipment| shipment.upload.is_all_delivered == Some(true)).await;
            assert_eq!((last.uploads, last.finished, last.upload.shipping_list.len()), (3, 1, 2));
            stands(app, &order, UploadStatus::Done).await;

            let whole = buy(app, &shopper, "k2", &[(b, 2)], price_b * 2, PaymentChannel::WechatPay).await;
            // No address: carriers other than 顺丰 are content without.
            let database = app.database().await;
            let sending = mallcore::features::shipping::service::Sending {
                order: mallcore::features::orders::OrderRef::Id(whole.id),
                carrier: "YTO".to_owned(),
                tracking_no: "YT10001".to_owned(),
                pieces: None,
                operator: super::operator(),
            };
            mallcore::features::shipping::service::ask(&database, &sending, super::now()).await.unwrap().unwrap();
            database.close().await;
            let told_whole = told(&sandbox, &whole, |shipment| shipment.finished == 1).await;
            assert_eq!((told_whole.upload.delivery_mode, told_whole.uploads), (1, 1));

            let free = buy(app, &shopper, "k3", &[(a, 1)], price_a, PaymentChannel::Balance).await;
            send(app, free.id, "SF1000000004", &[]).await.unwrap().unwrap();
            stands(app, &free, UploadStatus::Nothing).await;
            assert_eq!(sandbox.sandbox.shipments.of(&free.payment()), None, "another payment is none of WeChat's business");
        },
    )
    .await;
}

async fn app_with(sandbox: &OwnSandbox) -> TestApp {
    TestApp::with(Sale { quota: 10, limit: 1 }, |config| sandbox.configure(config)).await
}

/// Asks for a parcel of a carrier that wants no phone.
async fn send_by_yto(app: &TestApp, order: &Bought) {
    let line = format!("order ship {} --carrier YTO --tracking-no YT{} --wait", order.id, 1_000_000 + order.id.get());
    let (success, said) = mallcore(app, &line).await;
    assert!(success, "{said}");
}

#[actix_web::test]
async fn an_upload_whose_answer_is_lost_is_asked_about_and_not_sent_again() {
    let sandbox = OwnSandbox::start();
    let app = app_with(&sandbox).await;
    let shopper = app.shopper();
    let (sku, price) = shelf(&app).await[0];
    let order = buy(&app, &shopper, "k", &[(sku, 1)], price, PaymentChannel::WechatPay).await;
    sandbox.sandbox.shipments.faults.plan(Fault::Silent, 1);
    send_by_yto(&app, &order).await;
    stands(&app, &order, UploadStatus::Done).await;
    let shipment = told(&sandbox, &order, |_| true).await;
    assert_eq!((shipment.uploads, shipment.finished), (1, 1), "a second one would have been the only second one");
}

#[actix_web::test]
async fn what_wechat_refuses_is_listed_and_told_again_when_somebody_says_so() {
    let sandbox = OwnSandbox::start();
    let app = app_with(&sandbox).await;
    let shopper = app.shopper();
    let (sku, price) = shelf(&app).await[0];
    let order = buy(&app, &shopper, "k", &[(sku, 1)], price, PaymentChannel::WechatPay).await;
    sandbox.sandbox.shipments.faults.plan(Fault::Code(10_060_004), 1);
    send_by_yto(&app, &order).await;
    stands(&app, &order, UploadStatus::Failed).await;
    let (_, listed) = mallcore(&app, "shipping uploads list").await;
    assert!(listed.contains(&format!("order {} failed", order.id)) && listed.contains("errcode 10060004"), "{listed}");
    assert_eq!(sandbox.sandbox.shipments.of(&order.payment()), None);
    let (success, said) = mallcore(&app, &format!("shipping uploads retry {}", order.no)).await;
    assert!(success, "{said}");
    told(&sandbox, &order, |shipment| shipment.finished == 1).await;
    stands(&app, &order, UploadStatus::Done).await;
    let (_, listed) = mallcore(&app, "shipping uploads list").await;
    assert!(listed.contains("nothing waits"), "{listed}");
    let (success, said) = mallcore(&app, "shipping uploads retry 999999").await;
    assert!(!success && said.contains("there is no such order"), "{said}");
}

#[actix_web::test]
async fn a_new_access_token_is_fetched_when_wechat_does_not_take_the_old_one() {
    let sandbox = OwnSandbox::start();
    let app = app_with(&sandbox).await;
    let shopper = app.shopper();
    let (sku, price) = shelf(&app).await[0];
    for key in ["first", "second"] {
        let order = buy(&app, &shopper, key, &[(sku, 1)], price, PaymentChannel::WechatPay).await;
        send_by_yto(&app, &order).await;
        told(&sandbox, &order, |shipment| shipment.uploads == 1).await;
        sandbox.sandbox.change_access_token();
    }
}
