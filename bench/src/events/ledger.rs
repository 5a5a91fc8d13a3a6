//! The account of the events that were heard.
//! - E1 every acknowledged order was placed exactly once, repeats (same message id) removed; what is stored was placed, and the other way round.
//! - E2 sequences are dense: nothing between the first and the last event of the journal is missing.
//! - E3 events of one order come in the order of its versions, repeats removed.
//! - E4 an order that is stored as closed was closed on the broker, too, and the other way round.

use std::collections::HashMap;

use serde::Deserialize;

use crate::checks::Checks;
use crate::reconcile::{Books, CLOSED, Receipts};

/// One order, as far as events tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// How often it was placed: once.
    pub placed: u32,
    /// The version that the last event made.
    pub version: u32,
    /// Whether one of them closed it.
    pub is_closed: bool,
}

/// Everything heard so far.
#[derive(Debug, Default)]
pub struct Ledger {
    /// One bit a sequence.
    heard: Vec<u64>,
    /// The last sequence of the journal that was heard.
    pub highest: u64,
    /// Different events of the journal.
    pub events: u64,
    /// Messages whose id had been heard before.
    pub repeats: u64,
    /// First hearings of an event after a later one had been heard.
    pub late: u64,
    /// Messages that are not of the journal, such as products' changes.
    pub others: u64,
    /// Orders by number.
    pub orders: HashMap<String, Order>,
    numbers: HashMap<u64, String>,
    /// Events that cannot be, in words.
    pub faults: Vec<String>,
}

#[derive(Deserialize)]
struct Event {
    sequence: u64,
    #[serde(rename = "type")]
    kind: String,
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    order_id: Option<u64>,
    order_no: Option<String>,
    version: Option<u32>,
}

impl Ledger {
    /// Notes one message: its id, its routing key and its body.
    pub fn take(&mut self, message_id: &str, routing_key: &str, body: &[u8]) {
        // The journal's events have its sequence for an id; others have ids of their own kind.
        let Ok(sequence) = message_id.parse::<u64>() else {
            self.others += 1;
            return;
        };
        if !self.hear(sequence) {
            self.repeats += 1;
            return;
        }
        match serde_json::from_slice::<Event>(body) {
            Err(cause) => self.faults.push(format!("message {message_id} has another form: {cause}")),
            Ok(event) if event.sequence != sequence || event.kind != routing_key => {
                self.faults.push(format!("message {message_id} under {routing_key} tells of {} of type {}", event.sequence, event.kind));
            }
            Ok(event) => self.follow(sequence, &event.kind, event.data),
        }
    }

    /// `false`: it was heard before.
    fn hear(&mut self, sequence: u64) -> bool {
        let (word, bit) = ((sequence / 64) as usize, 1 << (sequence % 64));
        if word >= self.heard.len() {
            self.heard.resize(word + 1, 0);
        }
        if self.heard[word] & bit != 0 {
            return false;
        }
        self.heard[word] |= bit;
        self.events += 1;
        self.late += u64::from(sequence < self.highest);
        self.highest = self.highest.max(sequence);
        true
    }

    fn follow(&mut self, sequence: u64, kind: &str, data: Data) {
        let (Some(id), Some(version)) = (data.order_id, data.version) else { return };
        if kind == "order.placed" {
            let Some(order_no) = data.order_no else {
                self.faults.push(format!("event {sequence} places an order without a number"));
                return;
            };
            self.numbers.insert(id, order_no.clone());
            let order = self.orders.entry(order_no).or_insert(Order { placed: 0, version, is_closed: false });
            order.placed += 1;
            return;
        }
        let Some(order) = self.numbers.get(&id).and_then(|number| self.orders.get_mut(number)) else {
            self.faults.push(format!("E3: event {sequence}, {kind}, is of order {id}, which was not placed before it"));
            return;
        };
        if version != order.version + 1 {
            self.faults.push(format!("E3: event {sequence}, {kind}, makes version {version} of order {id} after {}", order.version));
        }
        order.version = version;
        order.is_closed |= kind == "order.closed";
    }

    /// Sequences that are missing below the highest; the journal's first is 1.
    pub fn missing(&self) -> u64 {
        self.highest - self.events
    }
}

/// Holds what was heard against receipts and books; the journal's last event is `last`.
pub fn judge(ledger: &Ledger, receipts: &Receipts, books: &Books, last: u64, checks: &mut Checks) {
    checks.check("E2 sequences are dense", ledger.missing() == 0 && ledger.highest == last, {
        format!("{} events up to {} of {last}, {} repeats, {} out of line", ledger.events, ledger.highest, ledger.repeats, ledger.late)
    });
    checks.check("E3 events of an order come in order", ledger.faults.is_empty(), first(&ledger.faults, ledger.orders.len()));
    let once = |number: &String| ledger.orders.get(number).is_some_and(|order| order.placed == 1);
    let unheard: Vec<String> = receipts.acknowledged.keys().filter(|number| !once(number)).cloned().collect();
    checks.check("E1 every acknowledged order was placed exactly once", unheard.is_empty(), first(&unheard, receipts.acknowledged.len()));
    let differing: Vec<String> = books
        .orders
        .iter()
        .filter(|(number, stored)| ledger.orders.get(*number).is_none_or(|heard| heard.is_closed != (stored.status == CLOSED)))
        .map(|(number, stored)| format!("{number}: stored with status {}, heard {:?}", stored.status, ledger.orders.get(number)))
        .collect();
    checks.check("E4 stored orders and events agree", differing.is_empty(), first(&differing, books.orders.len()));
    let unknown: Vec<String> = ledger.orders.keys().filter(|number| !books.orders.contains_key(*number)).cloned().collect();
    checks.check("E1 every placed order is stored", unknown.is_empty(), first(&unknown, ledger.orders.len()));
}

fn first(faults: &[String], looked_at: usize) -> String {
    match faults.first() {
        Some(fault) => format!("{} of {looked_at}, such as: {fault}", faults.len()),
        None => format!("{looked_at} looked at"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Verdict;

    fn event(ledger: &mut Ledger, sequence: u64, kind: &str, data: &str) {
        let body = format!(r#"{{"version":1,"sequence":{sequence},"type":"{kind}","data":{{{data}}}}}"#);
        ledger.take(&sequence.to_string(), kind, body.as_bytes());
    }

    /// Ids set aside, two orders placed, the second closed.
    fn heard() -> Ledger {
        let mut ledger = Ledger::default();
        event(&mut ledger, 1, "ids.reserved", r#""first_id":1,"count":10"#);
        event(&mut ledger, 2, "order.placed", r#""order_id":7,"order_no":"A","version":1"#);
        event(&mut ledger, 3, "order.placed", r#""order_id":8,"order_no":"B","version":1"#);
        event(&mut ledger, 4, "order.closed", r#""order_id":8,"version":2"#);
        ledger
    }

    fn verdict(ledger: &Ledger) -> Verdict {
        let mut receipts = Receipts::default();
        receipts.take("10,A,71,k1,1").unwrap();
        receipts.take("10,B,71,k2,1").unwrap();
        let books = Books::of_rows(vec![(7, "A".to_owned(), 10, 1), (8, "B".to_owned(), 10, 5)], vec![(7, 9, 1), (8, 9, 1)]);
        let mut checks = Checks::default();
        judge(ledger, &receipts, &books, 4, &mut checks);
        checks.verdict()
    }

    #[test]
    fn what_was_heard_whole_and_in_order_holds() {
        assert_eq!(verdict(&heard()), Verdict::Holds);
    }

    #[test]
    fn a_repeat_counts_once_whatever_it_says() {
        let mut ledger = heard();
        event(&mut ledger, 2, "order.placed", r#""order_id":7,"order_no":"A","version":1"#);
        ledger.take("3", "order.placed", b"not even JSON");
        assert_eq!((ledger.repeats, ledger.events), (2, 4));
        assert_eq!(verdict(&ledger), Verdict::Holds);
    }

    #[test]
    fn each_way_to_be_wrong_is_found() {
        let faults: [fn(&mut Ledger); 6] = [
            |ledger| event(ledger, 6, "ids.reserved", ""),
            |ledger| event(ledger, 5, "order.placed", r#""order_id":9,"order_no":"A","version":1"#),
            |ledger| event(ledger, 5, "order.placed", r#""order_id":9,"order_no":"C","version":1"#),
            |ledger| event(ledger, 5, "order.paid", r#""order_id":7,"version":3"#),
            |ledger| event(ledger, 5, "order.closed", r#""order_id":7,"version":2"#),
            |ledger| ledger.take("5", "order.placed", b"{}"),
        ];
        for (number, fault) in faults.iter().enumerate() {
            let mut ledger = heard();
            fault(&mut ledger);
            assert_eq!(verdict(&ledger), Verdict::Broken, "fault {number}");
        }
    }

    #[test]
    fn messages_of_others_are_left_out() {
        let mut ledger = heard();
        ledger.take("product-17", "product.changed", b"{}");
        assert_eq!(ledger.others, 1);
        assert_eq!(verdict(&ledger), Verdict::Holds);
    }
}
