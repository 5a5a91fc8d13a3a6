//! What the generator says is what the shop saw.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use mall_bench::baseline;
use mall_bench::load::measurements::Outcome;
use mall_bench::load::pace::Pace;
use mall_bench::load::plan::Mix;
use mall_bench::load::{self, LoadPlan, shoppers};

use crate::fake_shop::{Books, FakeShop};

const ITEMS: [u64; 2] = [71, 72];

fn plan(shop: &FakeShop, users: u64) -> LoadPlan {
    let tokens = baseline::tokens(b"a secret of at least thirty-two bytes", users).unwrap();
    LoadPlan {
        server: shop.address,
        shoppers: Arc::new(shoppers::from_text(&tokens.join("\n"), None).unwrap()),
        items: ITEMS.to_vec(),
        quantity: 1,
        connections: 8,
        threads: 2,
        duration: None,
        requests: Some(1_000),
        pace: Pace::Closed,
        mix: Mix::default(),
        reconnect: false,
        ack_file: None,
        idle_timeout: Duration::from_secs(20),
        run: 7,
    }
}

fn shop(pieces: u32, lose_every: Option<usize>) -> FakeShop {
    FakeShop::start(Books { remaining: ITEMS.map(|item| (item, pieces)).into(), lose_every, ..Books::default() })
}

/// (user, key) to order number, as the file says; an acknowledgement may stand there more than once, but always alike.
fn acknowledged(text: &str) -> HashMap<(String, String), String> {
    let mut acks = HashMap::new();
    for line in text.lines() {
        let [user, order_no, item, key, quantity] = line.split(',').collect::<Vec<_>>()[..] else { panic!("{line}") };
        assert!(ITEMS.map(|id| id.to_string()).contains(&item.to_owned()) && quantity == "1", "{line}");
        let earlier = acks.insert((user.to_owned(), key.to_owned()), order_no.to_owned());
        assert!(earlier.is_none_or(|earlier| earlier == order_no), "{line}");
    }
    acks
}

#[test]
fn every_order_of_the_shop_is_acknowledged_once() {
    let shop = shop(300, None);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("acks");
    let plan = LoadPlan { ack_file: Some(file.clone()), ..plan(&shop, 50) };
    let result = load::run(&plan, &Arc::default(), |_| ()).unwrap();
    let acks = acknowledged(&std::fs::read_to_string(file).unwrap());
    let served: HashSet<String> = shop.books.lock().unwrap().orders.values().cloned().collect();
    assert_eq!(result.measurements.count(Outcome::Bought), 600);
    assert_eq!(result.measurements.count(Outcome::SoldOut), 400);
    assert_eq!(acks.values().cloned().collect::<HashSet<_>>(), served);
    assert_eq!(acks.len(), 600);
}

#[test]
fn lost_answers_are_asked_for_again_with_the_same_key() {
    let shop = shop(250, Some(7));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("acks");
    let plan = LoadPlan { ack_file: Some(file.clone()), reconnect: true, ..plan(&shop, 1_000) };
    let result = load::run(&plan, &Arc::default(), |_| ()).unwrap();
    assert_eq!(result.measurements.count_where(Outcome::is_buy), 500);
    assert_eq!(result.measurements.count(Outcome::Replayed), 500 / 7);
    assert_eq!(result.measurements.connection_failures, 500 / 7);
    assert_eq!(acknowledged(&std::fs::read_to_string(file).unwrap()).len(), 500);
}

#[test]
fn without_reconnect_a_lost_answer_is_an_error() {
    let shop = shop(250, Some(7));
    let result = load::run(&plan(&shop, 9), &Arc::default(), |_| ()).unwrap();
    assert_eq!(result.measurements.count(Outcome::ConnectionLost), 500 / 7);
    assert_eq!(result.measurements.count_where(|_| true), 1_000);
}

#[test]
fn repeated_keys_get_their_first_order() {
    let shop = shop(10_000, None);
    let mix = Mix { repeat_percent: 40.0, ..Mix::default() };
    let result = load::run(&LoadPlan { mix, ..plan(&shop, 20) }, &Arc::default(), |_| ()).unwrap();
    let repeated = result.measurements.count(Outcome::Repeated);
    assert!(repeated > 200, "{repeated}");
    assert_eq!(result.measurements.count(Outcome::RepeatMismatch), 0);
    assert_eq!(shop.books.lock().unwrap().orders.len() as u64, 1_000 - repeated);
}

#[test]
fn callers_who_hang_up_are_counted_and_end() {
    let shop = shop(10_000, None);
    let mix = Mix { hang_up_percent: 50.0, ..Mix::default() };
    let result = load::run(&LoadPlan { mix, ..plan(&shop, 20) }, &Arc::default(), |_| ()).unwrap();
    let (hung_up, bought) = (result.measurements.count(Outcome::HungUp), result.measurements.count(Outcome::Bought));
    assert_eq!(hung_up + bought, 1_000);
    assert!(hung_up > 300, "{hung_up}");
    assert!(shop.books.lock().unwrap().orders.len() as u64 >= bought);
}

#[test]
fn the_open_loop_sends_its_schedule_and_no_more() {
    let shop = shop(10_000, None);
    let plan =
        LoadPlan { requests: None, duration: Some(Duration::from_millis(500)), pace: Pace::Open { per_second: 400.0 }, ..plan(&shop, 20) };
    let result = load::run(&plan, &Arc::default(), |_| ()).unwrap();
    assert_eq!(result.measurements.count(Outcome::Bought) + result.unsent, 200);
}

#[test]
fn a_server_that_never_answers_ends_the_run() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let shop = FakeShop { address: listener.local_addr().unwrap(), books: Arc::default() };
    let plan = LoadPlan { idle_timeout: Duration::from_millis(300), ..plan(&shop, 20) };
    let result = load::run(&plan, &Arc::default(), |_| ()).unwrap();
    assert_eq!(result.measurements.count(Outcome::Unanswered), 8);
}
