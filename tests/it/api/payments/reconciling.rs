//! The ledger and the bills of the sandbox: a day on which both agree, one whose bills somebody has changed, and what settles it.

use std::path::Path;
use std::process::{Command, Stdio};

use mallcore::features::ledger::accounts;
use mallcore::features::reconciliation::bills::{BillError, Bills};
use mallcore::features::reconciliation::day::{self, Outcome};
use mallcore::platform::wechat::pay::{BillKind, FundBill, Prepay, PrepayId, WechatPay, wall_clock};
use mallcore_actors::ids::{OrderId, RefundId, SkuId};
use mallcore_actors::kernel::Provenance;
use mallcore_actors::ledger::{Account, Balances};
use mallcore_actors::money::Money;
use mallcore_actors::orders::{AttemptNumber, CloseReason, LinePieces, RefundCommand};
use mallcore_actors::quantity::Quantity;
use mallcore_actors::values::day::BusinessDay;
use serde_json::{Value, json};

use super::super::app::{Person, until};
use super::super::checkout::shelf;
use super::bill_text::{BillText, fen, yuan};
use super::till::Till;
use super::{becomes, begin, order, refunded};

const DAY_MILLIS: u64 = 86_400_000;

fn client(till: &Till) -> WechatPay {
    WechatPay::new(&till.merchant).unwrap()
}

fn today() -> BusinessDay {
    BusinessDay::of(wall_clock())
}

/// A paid order; its id and price.
async fn paid(till: &Till, shopper: &Person<'_>) -> (OrderId, u64) {
    let (id, price) = order(till, shopper).await;
    till.act(&begin(shopper, id).await, "confirm").await;
    becomes(shopper, id, "paid").await;
    (id, price)
}

/// All of an order's one piece goes back.
async fn give_back(till: &Till, shopper: &Person<'_>, id: OrderId) {
    let sku = shelf(&till.app).await[0].0;
    let pieces = LinePieces { sku: SkuId::new(sku).unwrap(), quantity: Quantity::new(1).unwrap() };
    let command =
        RefundCommand { id: RefundId::new(1).unwrap(), pieces: [pieces].into_iter().collect(), freight: Money::ZERO, restock: true };
    till.app.orders().commands().refund(Provenance::SYSTEM, shopper.user(), id, &command).await.unwrap().unwrap();
    assert_eq!(refunded(shopper, id, 1).await.len(), 1);
}

/// What is on the accounts, once the ledger has so many entries.
async fn balances(till: &Till, entries: u64) -> Balances {
    let database = till.app.database().await;
    until("the ledger has every entry", async || accounts(&database).await.unwrap().entries >= entries).await;
    let accounts = accounts(&database).await.unwrap();
    assert_eq!((accounts.entries, accounts.unbalanced), (entries, 0), "{accounts:?}");
    database.close().await;
    accounts.balances()
}

async fn reconcile(till: &Till) -> Outcome {
    till.app.caught_up().await;
    let (database, wechat) = (till.app.database().await, client(till));
    let folder = till.app.data_dir().join("bills");
    let bills = Bills { folder: &folder, database: &database, wechat: Some(&wechat) };
    let outcome = day::reconcile(&bills, today(), wall_clock()).await.unwrap();
    database.close().await;
    outcome
}

#[actix_web::test]
async fn money_in_less_money_out_is_the_ledger_and_the_bill() {
    let till = Till::start(|config| config.orders.pay_window_seconds = 3_600).await;
    let (kept, returned, late) = (till.app.shopper(), till.app.shopper(), till.app.shopper());
    let (_, price) = paid(&till, &kept).await;
    let (given_back, _) = paid(&till, &returned).await;
    give_back(&till, &returned, given_back).await;
    // As if WeChat Pay had said that the attempt is over, and broken its word.
    let (closed, _) = order(&till, &late).await;
    let prepay = begin(&late, closed).await;
    let orders = till.app.orders();
    orders.commands().end_payment(Provenance::SYSTEM, late.user(), closed, AttemptNumber::FIRST).await.unwrap().unwrap();
    orders.commands().close(Provenance::SYSTEM, late.user(), closed, CloseReason::Cancelled).await.unwrap().unwrap();
    till.act(&prepay, "confirm").await;
    assert_eq!(refunded(&late, closed, 1).await, [("late".to_owned(), price)]);
    // Two orders paid, one of them refunded; stray money that came and went.
    let before = balances(&till, 6).await;
    let (came, back) = till.ledger();
    assert_eq!(before.of(Account::WechatPay), (came - back).cast_signed());
    assert_eq!((before.of(Account::RefundsOwed), before.of(Account::StraysOwed)), (0, 0));
    assert_eq!(before.of(Account::Sales) + before.of(Account::Freight), -price.cast_signed(), "what shoppers keep");
    let outcome = reconcile(&till).await;
    assert_eq!((outcome.has_bill, outcome.payments, outcome.refunds, &outcome.differences[..]), (true, 3, 2, &[][..]));
    let after = balances(&till, 7).await;
    let funds = FundBill::parse(&client(&till).bill(BillKind::Funds, today()).await.unwrap()).unwrap();
    assert_eq!(after.of(Account::WechatPay), funds.entries.last().unwrap().balance_fen, "the bank has as much as the ledger says");
    assert_eq!(after.of(Account::Fees), outcome.fees_fen);
    // Once more changes nothing.
    assert_eq!(reconcile(&till).await, outcome);
    assert_eq!(balances(&till, 7).await, after);
}

#[actix_web::test]
async fn a_bill_is_fetched_once_and_known_by_its_hash() {
    let till = Till::start(|_| {}).await;
    let shopper = till.app.shopper();
    paid(&till, &shopper).await;
    let (database, wechat) = (till.app.database().await, client(&till));
    let folder = till.app.data_dir().join("bills");
    let fetching = Bills { folder: &folder, database: &database, wechat: Some(&wechat) };
    let alone = Bills { wechat: None, ..fetching };
    // Of a day that is not over nothing is kept.
    assert_eq!(fetching.of(today(), wall_clock()).await.unwrap().unwrap().payments.len(), 1);
    assert!(matches!(alone.of(today(), wall_clock()).await, Err(BillError::NoMerchant)));
    let tomorrow = wall_clock().plus_millis(DAY_MILLIS);
    let fetched = fetching.of(today(), tomorrow).await.unwrap();
    assert_eq!(alone.of(today(), tomorrow).await.unwrap(), fetched);
    let file = folder.join(format!("{}-trades.csv", today()));
    let bytes = std::fs::read(&file).unwrap();
    std::fs::write(&file, [&bytes[..], b"\r\n"].concat()).unwrap();
    for bills in [&alone, &fetching] {
        assert!(matches!(bills.of(today(), tomorrow).await, Err(BillError::Changed { .. })), "somebody has changed it");
    }
    std::fs::remove_file(&file).unwrap();
    assert_eq!(fetching.of(today(), tomorrow).await.unwrap(), fetched, "moved away, it is fetched again");
    assert_eq!(std::fs::read(&file).unwrap(), bytes);
    // A day without trades has no bill.
    assert_eq!(fetching.of(today().previous(), tomorrow).await.unwrap(), None);
    database.close().await;
}

/// The binary beside the running shop; its status and what it printed.
fn mallcore(till: &Till, arguments: &[&str]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mallcore"));
    command.args(arguments).env_clear().env("DATA_DIR", till.app.data_dir()).env("WECHAT_API_BASE", &till.base).stdin(Stdio::null());
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.code().unwrap(), said)
}

/// The day's differences by class, as `--json` prints them.
fn compared(till: &Till, trades: Option<&Path>, funds: Option<&Path>) -> (i32, Vec<(String, Value)>) {
    let day = today().to_string();
    let mut arguments = vec!["reconcile", "payments", "--json", "--date", &day];
    for (option, file) in [("--trades", trades), ("--funds", funds)] {
        arguments.extend(file.map(|file| [option, file.to_str().unwrap()]).into_iter().flatten());
    }
    let (status, printed) = mallcore(till, &arguments);
    let json = printed.split_once("\nmallcore:").map_or(&*printed, |(json, _)| json);
    let document: Value = serde_json::from_str(json).unwrap_or_else(|cause| panic!("{cause}: {printed}"));
    let rows = document["differences"].as_array().unwrap().iter();
    let mut found: Vec<(String, Value)> = rows.map(|row| (row["class"].as_str().unwrap().to_owned(), row.clone())).collect();
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    (status, found)
}

fn unsettled(found: &[(String, Value)]) -> Vec<&str> {
    found.iter().filter(|(_, row)| row["state"] != "settled").map(|(class, _)| class.as_str()).collect()
}

fn settle(till: &Till, found: &[(String, Value)], class: &str, action: &str) -> (i32, String) {
    let (_, row) = found.iter().find(|(known, _)| known == class).unwrap_or_else(|| panic!("no {class} in {found:?}"));
    let id = row["id"].to_string();
    mallcore(till, &["reconcile", "settle", &id, "--action", action, "--note", "seen at the merchant platform", "--operator", "wang"])
}

#[actix_web::test]
async fn each_class_of_difference_is_found_once_and_settled_by_its_action() {
    let till = Till::start(|config| config.orders.pay_window_seconds = 3_600).await;
    till.lend_keys();
    let [changed, missing, returned, tried] = [0; 4].map(|_| till.app.shopper());
    let (changed_id, price) = paid(&till, &changed).await;
    let (missing_id, _) = paid(&till, &missing).await;
    let (returned_id, _) = paid(&till, &returned).await;
    give_back(&till, &returned, returned_id).await;
    // Only an attempt: nobody has paid.
    let (tried_id, _) = order(&till, &tried).await;
    begin(&tried, tried_id).await;
    // Another system sells under the same merchant number.
    let foreign = Prepay {
        out_trade_no: "POS-0001",
        description: "a coffee",
        amount: Money::from_fen(1_800).unwrap(),
        openid: "demo-openid-0001",
        time_expire: wall_clock().plus_millis(600_000),
        attach: None,
    };
    let prepay: PrepayId = client(&till).prepay(&foreign).await.unwrap();
    till.act(prepay.as_str(), "confirm").await;
    till.app.caught_up().await;
    balances(&till, 5).await;
    let no_of = async |id: OrderId, shopper: &Person<'_>| {
        shopper.get(&format!("/v1/orders/{id}")).await.body["order_no"].as_str().unwrap().to_owned()
    };
    let number = async |id, shopper| format!("{}1", no_of(id, shopper).await);
    let [changed_no, missing_no, tried_no] =
        [number(changed_id, &changed).await, number(missing_id, &missing).await, number(tried_id, &tried).await];

    let trades = client(&till).bill(BillKind::Trades, today()).await.unwrap();
    let mut bill = BillText::read(&trades);
    let row = bill.find("商户订单号", &changed_no);
    bill.set(row, "订单金额", yuan(price.cast_signed() + 100));
    let copy = bill.rows[row].clone();
    bill.rows.remove(bill.find("商户订单号", &missing_no));
    bill.rows.remove(bill.find("交易状态", "REFUND"));
    bill.rows.push(copy);
    let last = bill.rows.len() - 1;
    bill.set(last, "商户订单号", tried_no);
    bill.set(last, "微信订单号", "4200009999202611260000000009");
    let file = till.app.data_dir().join("trades.csv");
    std::fs::write(&file, bill.written()).unwrap();

    let (status, found) = compared(&till, Some(&file), None);
    assert_eq!(status, 1);
    assert_eq!(unsettled(&found), ["amount_differs", "not_in_bill", "not_ours", "refund_missing", "state_differs"]);
    assert_eq!(compared(&till, Some(&file), None), (1, found.clone()), "found again, they are the same");
    let (status, said) = settle(&till, &found, "not_ours", "transfer");
    assert!(status == 1 && said.contains("refund, foreign, adjust"), "{said}");
    for (class, action) in
        [("amount_differs", "adjust"), ("not_in_bill", "bank-delay"), ("refund_missing", "bank-delay"), ("not_ours", "refund")]
    {
        let (status, said) = settle(&till, &found, class, action);
        assert_eq!(status, 0, "{class}: {said}");
        let (status, said) = settle(&till, &found, class, action);
        assert!(status == 1 && said.contains("settled already"), "{class}: {said}");
    }
    // WeChat Pay knows no such payment: whoever asked for it is told so.
    let (status, said) = settle(&till, &found, "state_differs", "take");
    assert!(status == 0 && said.contains("wanted"), "{said}");
    until("the shop has asked WeChat Pay", async || mallcore(&till, &["reconcile", "differences"]).1.contains("ORDER_NOT_EXIST")).await;
    let (status, said) = settle(&till, &found, "state_differs", "adjust");
    assert_eq!(status, 0, "{said}");
    assert_eq!(mallcore(&till, &["reconcile", "differences"]), (0, "every difference is settled\n".to_owned()));

    // The payer has it back by now, and the real bill says so.
    until("the sandbox has given it back", async || till.ledger().1 == price + 1_800).await;
    let funds = client(&till).bill(BillKind::Funds, today()).await.unwrap();
    let trades = client(&till).bill(BillKind::Trades, today()).await.unwrap();
    let mut bill = BillText::read(&funds);
    let fee = bill.find("业务类型", "扣除交易手续费");
    let cheaper = yuan(fen(bill.get(fee, "收支金额")) - 1);
    bill.set(fee, "收支金额", cheaper);
    let payment = bill.find("业务凭证号", &changed_no);
    bill.set(payment, "收支金额", yuan(price.cast_signed() - 3));
    bill.rows.push(bill.rows[payment].clone());
    let last = bill.rows.len() - 1;
    for (name, value) in
        [("业务类型", "提现"), ("收支类型", "支出"), ("收支金额", "50.00"), ("资金流水单号", "W1"), ("微信支付业务单号", "W1")]
    {
        bill.set(last, name, value);
    }
    let files = ["trades.csv", "funds.csv"].map(|name| till.app.data_dir().join(name));
    std::fs::write(&files[0], trades).unwrap();
    std::fs::write(&files[1], bill.written()).unwrap();
    let (status, found) = compared(&till, Some(&files[0]), Some(&files[1]));
    assert_eq!((status, unsettled(&found)), (1, vec!["fee_differs", "funds_differ", "movement"]));
    for (class, action) in [("fee_differs", "adjust"), ("funds_differ", "bank-delay"), ("movement", "transfer")] {
        let (status, said) = settle(&till, &found, class, action);
        assert_eq!(status, 0, "{class}: {said}");
    }
    let (status, found) = compared(&till, None, None);
    assert_eq!((status, unsettled(&found), found.len()), (0, vec![], 8), "{found:?}");
    let (status, printed) = mallcore(&till, &["reconcile", "ledger", "--json"]);
    let ledger: Value = serde_json::from_str(&printed).unwrap();
    let balance =
        |name: &str| ledger["accounts"].as_array().unwrap().iter().find(|account| account["name"] == name).unwrap()["balance_fen"].clone();
    assert_eq!((status, &ledger["unbalanced"]), (0, &json!(0)));
    // What nobody wanted came and went; the withdrawal is at the bank; what was adjusted has to be explained.
    assert_eq!([balance("strays_owed"), balance("bank"), balance("refunds_owed")], [json!(0), json!(5_000), json!(0)]);
    assert_eq!(balance("differences"), json!(-(100 + price.cast_signed() + 100)));
}
