//! Freight templates by the command line: what a file says counts for quotes within a moment.

use reqwest::Method;
use serde_json::{Value, json};

use super::app::{TestApp, until};
use super::checkout::{home, items, shelf};
use super::cold_writes::mallcore;
use super::engines::each_on_both;

each_on_both! {
    a_template_is_made_from_a_file_shown_assigned_changed_and_deleted,
}

const TEMPLATE: &str = r#"{
    "name": "快递",
    "billing": "pieces",
    "default": { "first": 1, "first_fee_fen": 800, "next": 1, "next_fee_fen": 200 },
    "areas": [{ "regions": ["5401", "65"], "terms": { "delivered": false } }]
}"#;

async fn a_template_is_made_from_a_file_shown_assigned_changed_and_deleted(app: &TestApp) {
    let shopper = app.shopper();
    let (sku, price) = shelf(app).await[0];
    let to = home(&shopper).await;
    let freight = async || {
        let body = json!({ "items": items(&[(sku, 2)]), "address_id": to });
        shopper.send(Method::POST, "/v1/orders/preview", None, body).await.body["freight_fen"].clone()
    };
    let goods = app.anonymous().get("/v1/products?size=1").await.body["items"][0]["id"].clone();
    let file = app.data_dir().join("template.json");
    let write = |text: &str| std::fs::write(&file, text).unwrap();
    let path = file.to_str().unwrap();
    write(TEMPLATE);
    let (is_made, said) = mallcore(app, &format!("freight create --file {path}")).await;
    assert!(is_made, "{said}");
    let id: u64 = said.trim().strip_prefix("freight template ").unwrap().parse().unwrap();
    let (_, listed) = mallcore(app, "freight list").await;
    assert!(listed.contains(&format!("{id} 快递: 0 products")) && listed.contains("1 包邮: "), "{listed}");
    assert_eq!(freight().await, 0, "nobody has it yet");
    assert!(mallcore(app, &format!("freight assign {id} {goods}")).await.0);
    until("quotes have it", async || freight().await == 1_000).await;
    // What is shown is what can be read again.
    let (_, shown) = mallcore(app, &format!("freight show {id}")).await;
    let mut template: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(template, serde_json::from_str::<Value>(TEMPLATE).unwrap());
    template["default"]["free_from_fen"] = (price * 2).into();
    write(&template.to_string());
    assert!(mallcore(app, &format!("freight update {id} --file {path}")).await.0);
    until("it is free from what it costs", async || freight().await == 0).await;
    let (is_gone, said) = mallcore(app, &format!("freight delete {id}")).await;
    assert!(!is_gone && said.contains("1 products use freight template"), "{said}");
    assert!(mallcore(app, &format!("freight assign 1 {goods}")).await.0);
    assert!(mallcore(app, &format!("freight delete {id}")).await.0);

    template["areas"][0]["regions"][0] = "6".into();
    write(&template.to_string());
    for (line, said) in [
        (format!("freight show {id}"), format!("there is no freight template {id}")),
        (format!("freight assign {id} {goods}"), format!("there is no freight template {id}")),
        ("freight assign 1 999999".to_owned(), "there is no product 999999".to_owned()),
        (format!("freight update 1 --file {path}"), "areas[0]: 6: regions are named by".to_owned()),
        ("freight create --file /nowhere.json".to_owned(), "/nowhere.json cannot be read".to_owned()),
    ] {
        let refused = mallcore(app, &line).await;
        assert!(!refused.0 && refused.1.contains(&said), "{line}: {refused:?}");
    }
}
