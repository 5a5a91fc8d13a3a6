use super::books::{LineRow, OrderRow};
use super::*;

type Rows = (Vec<OrderRow>, Vec<LineRow>);

/// Two users with one piece each of SKU 9; the third order was closed.
fn stored() -> Rows {
    let orders = vec![(1, "A".to_owned(), 10, 1), (2, "B".to_owned(), 11, 2), (3, "C".to_owned(), 11, 5)];
    (orders, vec![(1, 9, 1), (2, 9, 1), (3, 9, 1)])
}

const RECEIPTS: [&str; 4] = ["10,A,70,k1,1", "11,B,70,k1,1", "11,B,70,k1,1", "11,C,70,k2,1"];

/// The rules that fail, by their number.
fn failing(receipts: &[&str], rows: Rows, rules: Rules<'_>) -> Vec<String> {
    let mut read = Receipts::default();
    receipts.iter().for_each(|line| read.take(line).unwrap());
    let mut checks = Checks::default();
    judge(&read, &Books::of_rows(rows.0, rows.1), rules, &mut checks);
    checks.failed().iter().map(|rule| rule[..2].to_owned()).collect()
}

fn strict(items: &[Item]) -> Rules<'_> {
    Rules { in_flight: 0, limit: Some(1), stock: Some(2), items: Some(items) }
}

fn sale(remaining: i64) -> [Item; 1] {
    [Item { id: 70, sku_id: 9, quota: 5, remaining, limit_per_user: 1 }]
}

#[test]
fn books_that_balance_pass() {
    assert_eq!(failing(&RECEIPTS, stored(), strict(&sale(3))), Vec::<String>::new());
}

#[test]
fn an_acknowledged_order_that_is_missing_or_anothers_is_found() {
    let mut rows = stored();
    rows.0[1].2 = 12;
    assert_eq!(failing(&RECEIPTS, rows, strict(&sale(3))), ["R1"]);
    let (mut orders, mut items) = stored();
    orders.remove(2);
    items.remove(2);
    assert_eq!(failing(&RECEIPTS, (orders, items), strict(&sale(3))), ["R1"]);
}

#[test]
fn orders_without_a_receipt_need_a_lost_answer() {
    assert_eq!(failing(&RECEIPTS[..3], stored(), strict(&sale(3))), ["R2"]);
    let rules = Rules { in_flight: 1, ..Rules::default() };
    assert_eq!(failing(&RECEIPTS[..3], stored(), rules), Vec::<String>::new());
}

#[test]
fn a_user_above_the_limit_is_found() {
    let mut rows = stored();
    rows.0[2].3 = 1;
    let sale = sale(2);
    assert_eq!(failing(&RECEIPTS, rows, Rules { stock: Some(3), ..strict(&sale) }), ["R3"]);
}

#[test]
fn pieces_that_appear_or_vanish_are_found() {
    assert_eq!(failing(&RECEIPTS, stored(), strict(&sale(2))), ["R4"]);
    assert_eq!(failing(&RECEIPTS, stored(), Rules { stock: Some(1), ..strict(&sale(3)) }), ["R4"]);
}

#[test]
fn two_orders_for_one_key_are_found() {
    let lines = ["10,A,70,k1,1", "11,B,70,k2,1", "11,C,70,k2,1"];
    assert_eq!(failing(&lines, stored(), strict(&sale(3))), ["R5"]);
    let mut rows = stored();
    rows.0.push((4, "A".to_owned(), 10, 5));
    assert_eq!(failing(&RECEIPTS, rows, strict(&sale(3))), ["R5"]);
}
