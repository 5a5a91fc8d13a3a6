//! Shoppers who think better of it: the orders acknowledged last are cancelled, so that orders have several events to keep in order.

use std::fmt;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;

use crate::error::{Attempt as _, Error};
use crate::fetch;
use crate::testbed::TestBed;

/// Holds more receipts than are ever cancelled at once.
const TAIL_BYTES: u64 = 16 * 1024;

/// What came of it.
#[derive(Debug, Default)]
pub struct Cancelled {
    /// Orders that were closed.
    pub closed: u64,
    /// Orders whose cancelling was refused or not answered, by what was said last.
    refused: Vec<String>,
}

/// Cancels up to `count` of the orders acknowledged last. A refusal leaves the order as it was.
pub fn last_orders(testbed: &TestBed, count: usize) -> Result<Cancelled, Error> {
    let mut cancelled = Cancelled::default();
    for (user, order_no) in last_receipts(&testbed.acks(), count)? {
        let Some(shopper) = testbed.shoppers.iter().find(|shopper| shopper.user_id == user) else { continue };
        let request = format!(
            "POST /v1/orders/{order_no}/cancel HTTP/1.0\r\nHost: {0}\r\nAuthorization: Bearer {1}\r\nContent-Length: 0\r\n\r\n",
            testbed.setup.http(),
            shopper.token
        );
        match fetch::exchange(testbed.setup.http(), &request) {
            Ok((200, _)) => cancelled.closed += 1,
            Ok((status, body)) => cancelled.refused.push(format!("{status} {body}")),
            Err(cause) => cancelled.refused.push(cause.to_string()),
        }
    }
    Ok(cancelled)
}

/// (user, order number) of the last whole lines.
fn last_receipts(acks: &Path, count: usize) -> Result<Vec<(u64, String)>, Error> {
    let attempt = || format!("read {}", acks.display());
    let mut file = std::fs::File::open(acks).attempt(attempt)?;
    let length = file.metadata().attempt(attempt)?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES))).attempt(attempt)?;
    let mut tail = String::new();
    file.read_to_string(&mut tail).attempt(attempt)?;
    let receipt = |line: &str| {
        let mut fields = line.split(',');
        let receipt = (fields.next()?.parse().ok()?, fields.next()?.to_owned());
        (fields.count() == 3).then_some(receipt)
    };
    // The tail begins anywhere in a line.
    let skipped = usize::from(length > TAIL_BYTES);
    let mut receipts: Vec<_> = tail.lines().skip(skipped).filter_map(receipt).collect();
    Ok(receipts.split_off(receipts.len().saturating_sub(count)))
}

impl fmt::Display for Cancelled {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} orders", self.closed)?;
        match self.refused.last() {
            Some(last) => write!(out, ", {} not, such as: {last}", self.refused.len()),
            None => Ok(()),
        }
    }
}
