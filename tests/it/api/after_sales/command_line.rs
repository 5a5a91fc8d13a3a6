//! The back office at a terminal: the real binary beside the server.

use serde_json::json;

use super::super::app::TestApp;
use super::super::cold_writes::{is_done, mallcore};
use super::super::engines::each_on_both;
use super::{application, applied, becomes, case, paid, received, shopper_and_sku};

each_on_both! {
    the_back_office_answers_receives_and_refuses_from_the_command_line,
}

async fn the_back_office_answers_receives_and_refuses_from_the_command_line(app: &TestApp) {
    let (shopper, (a, price)) = shopper_and_sku(app).await;
    let order = paid(app, &shopper, 1, &[(a, price, 4)]).await;
    received(app, &shopper, order, &[(a, 4)]).await;
    let mut body = application(order, "refund", &[(a, 1)]);
    (body["description"], body["pictures"]) = ("坏\n了".into(), json!(["https://img.example.com/1.jpg"]));
    let refund = applied(&shopper, "one", body).await;
    let back = applied(&shopper, "two", application(order, "return", &[(a, 1)])).await;

    let (_, listed) = mallcore(app, &format!("after-sale list --status applied --order {order}")).await;
    assert!(
        listed.contains(&format!("{refund} ")) && listed.contains(&format!("{back} ")) && listed.contains("applied return"),
        "{listed}"
    );
    let (_, shown) = mallcore(app, &format!("after-sale show {refund}")).await;
    for part in ["applied refund", "bad_quality", "1 × SKU", "says: 坏 了", "picture: https://img.example.com/1.jpg", "applied by shopper"]
    {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    is_done(&mallcore(app, &format!("after-sale approve {refund} --restock --operator 小王 --wait")).await);
    assert_eq!(case(&shopper, refund).await["status"], "done", "the money went back before the command ended");
    let (_, shown) = mallcore(app, &format!("after-sale show {refund}")).await;
    assert!(shown.contains("approved by merchant (小王)") && shown.contains("refunded by order"), "{shown}");
    assert!(mallcore(app, &format!("after-sale approve {refund} --restock")).await.1.contains("nothing to change"));

    let settled = mallcore(app, &format!("after-sale approve {back} --restock")).await;
    assert!(!settled.0 && settled.1.contains("settled_on_receipt"), "{}", settled.1);
    is_done(&mallcore(app, &format!("after-sale approve {back} --wait")).await);
    let parcel = json!({ "carrier": "SF", "tracking_no": "SF1" });
    shopper.send(reqwest::Method::POST, &format!("/v1/after-sales/{back}/ship"), None, parcel).await;
    is_done(&mallcore(app, &format!("after-sale receive {back} --freight-fen 0 --wait")).await);
    becomes(&shopper, back, "done").await;

    let third = applied(&shopper, "three", application(order, "refund", &[(a, 1)])).await;
    is_done(&mallcore(app, &format!("after-sale refuse {third} --note 请提供照片 --wait")).await);
    assert_eq!(case(&shopper, third).await["note"], "请提供照片");
    let fourth = applied(&shopper, "four", application(order, "return", &[(a, 1)])).await;
    is_done(&mallcore(app, &format!("after-sale approve {fourth} --wait")).await);
    let early = mallcore(app, &format!("after-sale reject-return {fourth} --note 不符")).await;
    assert!(!early.0 && early.1.contains("after_sale_status"), "{}", early.1);
    let parcel = json!({ "carrier": "SF", "tracking_no": "SF2" });
    shopper.send(reqwest::Method::POST, &format!("/v1/after-sales/{fourth}/ship"), None, parcel).await;
    is_done(&mallcore(app, &format!("after-sale reject-return {fourth} --note 不符 --wait")).await);
    assert_eq!(case(&shopper, fourth).await["status"], "return_refused");

    for (line, said) in [
        ("after-sale show 999999", "no after-sale case 999999"),
        ("after-sale approve 999999", "unknown_after_sale"),
        ("after-sale refuse 1", "--note"),
        ("after-sale list --status lost", "--status"),
    ] {
        let (success, text) = mallcore(app, line).await;
        assert!(!success && text.contains(said), "{line}: {text}");
    }
    assert!(mallcore(app, "after-sale list --overdue").await.1.contains("no case fits"));
}
