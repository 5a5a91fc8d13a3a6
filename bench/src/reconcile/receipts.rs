//! The acknowledgement files, read back and held against each other.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;

use crate::error::{Attempt as _, Error};

/// What a shopper was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The user who ordered.
    pub user: i64,
    /// Sent with it.
    pub key: String,
    /// The flash item.
    pub item: i64,
    /// Pieces that were ordered.
    pub quantity: i64,
}

/// All receipts, by order number.
#[derive(Debug, Default)]
pub struct Receipts {
    /// The first receipt of each order number.
    pub acknowledged: HashMap<String, Receipt>,
    /// Receipts that cannot both be true.
    pub contradictions: Vec<String>,
    orders_by_key: HashMap<(i64, String), String>,
}

impl Receipts {
    /// Reads all files. A last line without an end was never counted and is left out.
    pub fn read(files: &[PathBuf]) -> Result<Self, Error> {
        let mut receipts = Self::default();
        for path in files {
            let file = std::fs::File::open(path).attempt(|| format!("open {}", path.display()))?;
            let mut lines = BufReader::new(file);
            let mut line = String::new();
            while lines.read_line(&mut line).attempt(|| format!("read {}", path.display()))? > 0 {
                if let Some(whole) = line.strip_suffix('\n') {
                    receipts.take(whole).ok_or_else(|| Error::Unexpected(format!("{} has a line {whole:?}", path.display())))?;
                }
                line.clear();
            }
        }
        // Millions of keys have done their work.
        receipts.orders_by_key = HashMap::new();
        Ok(receipts)
    }

    /// Takes one line `user_id,order_no,item_id,key,quantity`; `None` if it is none.
    pub fn take(&mut self, line: &str) -> Option<()> {
        let mut fields = line.split(',');
        let user = fields.next()?.parse().ok()?;
        let order_no = fields.next()?.to_owned();
        let item = fields.next()?.parse().ok()?;
        let key = fields.next()?.to_owned();
        let quantity = fields.next()?.parse().ok()?;
        let told_earlier = self.orders_by_key.entry((user, key.clone())).or_insert_with(|| order_no.clone());
        if *told_earlier != order_no {
            self.contradictions.push(format!("user {user}, key {key}: {told_earlier} and {order_no}"));
        }
        let receipt = Receipt { user, key, item, quantity };
        match self.acknowledged.entry(order_no) {
            Entry::Vacant(place) => drop(place.insert(receipt)),
            Entry::Occupied(earlier) if *earlier.get() == receipt => {}
            Entry::Occupied(earlier) => self.contradictions.push(format!("{}: {:?} and {receipt:?}", earlier.key(), earlier.get())),
        }
        Some(())
    }
}
