//! The sandbox's ledger, read as any program may read it: what came in for each payment, what went back, what arrived late.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use crate::error::{Attempt as _, Error};
use crate::testbed::TestBed;

/// The sandbox's side of the books, by the shop's number of the payment; amounts are fen.
#[derive(Debug, Default)]
pub struct Ledger {
    /// Money that came in for each payment.
    pub came: HashMap<String, u64>,
    /// Money that went back of each payment.
    pub back: HashMap<String, u64>,
    /// Payments that arrive only after their order was closed.
    pub delayed: HashSet<String>,
}

impl Ledger {
    /// Reads the file of this shop's sandbox.
    pub fn read(testbed: &TestBed) -> Result<Self, Error> {
        let path = testbed.folder().join("wechat-sandbox/ledger.jsonl");
        Self::parse(&std::fs::read_to_string(&path).attempt(|| format!("read {}", path.display()))?)
    }

    fn parse(text: &str) -> Result<Self, Error> {
        let (mut ledger, mut trades) = (Self::default(), HashMap::new());
        // The last line may not be whole yet.
        for line in text.split_inclusive('\n').filter(|line| line.ends_with('\n')) {
            let entry: Value =
                serde_json::from_str(line).map_err(|cause| Error::Unexpected(format!("the ledger has another form: {cause}")))?;
            let word = |name: &str| entry[name].as_str().unwrap_or_default().to_owned();
            let fen = |name: &str| entry[name].as_u64().unwrap_or_default();
            match entry["event"].as_str() {
                Some("paid") => drop(ledger.came.insert(word("out_trade_no"), fen("total"))),
                Some("payment_delayed") => drop(ledger.delayed.insert(word("out_trade_no"))),
                Some("refund_asked") => drop(trades.insert(word("out_refund_no"), word("out_trade_no"))),
                Some("refund_ended") if entry["state"] == "SUCCESS" => {
                    let trade = trades.get(&word("out_refund_no")).cloned().unwrap_or_default();
                    *ledger.back.entry(trade).or_default() += fen("refund");
                }
                _ => {}
            }
        }
        Ok(ledger)
    }

    /// Delayed payments that have not arrived yet.
    pub fn on_their_way(&self) -> usize {
        self.delayed.iter().filter(|number| !self.came.contains_key(*number)).count()
    }

    /// Delayed payments of which not exactly everything went back.
    pub fn not_given_back(&self) -> Vec<&str> {
        let is_kept = |number: &&String| self.back.get(*number) != self.came.get(*number);
        self.delayed.iter().filter(is_kept).map(String::as_str).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delayed_payment_is_given_back_when_all_of_it_went_back() {
        let entry = |event: &str, rest: &str| format!("{{\"at\":1,\"event\":\"{event}\",{rest}}}\n");
        let delayed: String = ["A1", "B1", "C1"].map(|no| entry("payment_delayed", &format!("\"out_trade_no\":\"{no}\""))).concat();
        let paid: String = ["A1", "B1", "D1"].map(|no| entry("paid", &format!("\"out_trade_no\":\"{no}\",\"total\":990"))).concat();
        let asked = entry("refund_asked", "\"out_refund_no\":\"A1S1\",\"out_trade_no\":\"A1\"");
        let ended = entry("refund_ended", "\"out_refund_no\":\"A1S1\",\"state\":\"SUCCESS\",\"refund\":990");
        let ledger = Ledger::parse(&[&*delayed, &*paid, &*asked, &*ended, "{\"at\":2,\"ev"].concat()).unwrap();
        assert_eq!((ledger.came.len(), ledger.on_their_way(), ledger.not_given_back()), (3, 1, vec!["B1"]));
        assert_eq!(ledger.back, HashMap::from([("A1".to_owned(), 990)]));
    }
}
