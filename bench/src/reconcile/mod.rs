//! `mall-bench reconcile`: the shoppers' receipts against the shop's books, in plain SQL. Nothing of the server's code is used here.
//! - R1 every acknowledged order is stored, for that user, with that quantity.
//! - R2 what is stored beyond the receipts is no more than was under way when answers were lost (`--in-flight`).
//! - R3 nobody has more pieces of an item than the limit; closed orders do not count.
//! - R4 pieces in orders that are not closed are exactly `--stock`, and together with what remains they are the quota.
//! - R5 one key of one user, one order; one order, one key.
//!
//! Not here: the journal (`mallcore journal verify` reads that).

mod books;
mod receipts;

use std::collections::HashMap;
use std::path::PathBuf;

use clap::Args;

pub use books::{Books, CLOSED, FlashItem, Money, Progress};
pub use receipts::Receipts;

use crate::checks::Checks;
use crate::error::{Error, Verdict};
use crate::fetch::{self, Item};
use crate::seckill;

/// Options of `mall-bench reconcile`.
#[derive(Debug, Args)]
pub struct Options {
    /// Path of a SQLite file, or a sqlite: or mysql: URL.
    #[arg(long)]
    pub database: String,
    /// Files written by `seckill --ack-file`.
    #[arg(long, required = true, num_args = 1..)]
    pub acks: Vec<PathBuf>,
    /// Purchases whose answer was lost: hang-ups, broken connections, unanswered.
    #[arg(long, default_value_t = 0)]
    pub in_flight: u64,
    /// Pieces of an item that a user may have.
    #[arg(long)]
    pub limit: Option<i64>,
    /// Pieces that must be sold or held, exactly.
    #[arg(long)]
    pub stock: Option<i64>,
    /// The running server: quota and remaining of the sale's items are compared, too.
    #[arg(long)]
    pub url: Option<String>,
}

/// What the books are held against.
#[derive(Debug, Clone, Copy, Default)]
pub struct Rules<'a> {
    /// Purchases without an answer, each of which may be an order (R2).
    pub in_flight: u64,
    /// Pieces that one user may have (R3).
    pub limit: Option<i64>,
    /// Pieces that were on sale (R4).
    pub stock: Option<i64>,
    /// R4, the sale as its page shows it.
    pub items: Option<&'a [Item]>,
}

/// Reads receipts and books, and judges.
pub fn run(options: &Options) -> Result<Verdict, Error> {
    let items = options.url.as_deref().map(|url| fetch::running_items(seckill::address(url)?)).transpose()?;
    let rules = Rules { in_flight: options.in_flight, limit: options.limit, stock: options.stock, items: items.as_deref() };
    let receipts = Receipts::read(&options.acks)?;
    let books = read_books(&options.database)?;
    let mut checks = Checks::default();
    judge(&receipts, &books, rules, &mut checks);
    println!("{}", if checks.failed().is_empty() { "the books balance" } else { "THE BOOKS DO NOT BALANCE" });
    Ok(checks.verdict())
}

/// Reads the books with a runtime of its own.
pub fn read_books(database: &str) -> Result<Books, Error> {
    crate::runtime()?.block_on(Books::read(database))
}

/// Reads how far the books are, with a runtime of its own.
pub fn read_progress(database: &str) -> Result<Progress, Error> {
    crate::runtime()?.block_on(Progress::read(database))
}

/// Adds up what came in and went back, with a runtime of its own.
pub fn money(database: &str) -> Result<Money, Error> {
    crate::runtime()?.block_on(Money::read(database))
}

/// Makes every check that `rules` ask for.
pub fn judge(receipts: &Receipts, books: &Books, rules: Rules<'_>, checks: &mut Checks) {
    checks.check("R5 one key, one order", receipts.contradictions.is_empty(), first(&receipts.contradictions, receipts.acknowledged.len()));
    let lost: Vec<String> = receipts.acknowledged.iter().filter_map(|(no, receipt)| books.contradicts(no, receipt)).collect();
    checks.check("R1 every acknowledged order is stored", lost.is_empty(), first(&lost, receipts.acknowledged.len()));
    let unknown = books.orders.keys().filter(|no| !receipts.acknowledged.contains_key(*no)).count() as u64;
    checks.check(
        "R2 stored beyond the receipts",
        unknown <= rules.in_flight,
        format!("{unknown} of {} orders, {} lost answers", books.orders.len(), rules.in_flight),
    );
    checks.check("R5 one order number, one order", books.doubled.is_empty(), first(&books.doubled, books.orders.len()));
    if let Some(limit) = rules.limit {
        let held = books.pieces_by_user_and_sku();
        let above: Vec<String> = held
            .iter()
            .filter(|(_, pieces)| **pieces > limit)
            .map(|((user, sku), pieces)| format!("user {user} has {pieces} of SKU {sku}"))
            .collect();
        checks.check("R3 nobody is above the limit", above.is_empty(), first(&above, held.len()));
    }
    let taken = books.pieces_by_sku();
    if let Some(stock) = rules.stock {
        let pieces: i64 = taken.values().sum();
        checks.check("R4 pieces sold or held", pieces == stock, format!("{pieces}, expected {stock}"));
    }
    if !books.flash_items.is_empty() {
        let unbalanced: Vec<String> = books.flash_items.iter().filter_map(|item| off_balance(item, &taken)).collect();
        checks.check("R4 the flash items' own account", unbalanced.is_empty(), first(&unbalanced, books.flash_items.len()));
    }
    if let Some(items) = rules.items {
        let unbalanced = unbalanced(items, &taken);
        checks.check("R4 orders and remaining make the quota", unbalanced.is_empty(), first(&unbalanced, items.len()));
    }
}

/// An item's remaining, held and sold pieces are its quota, and those held and sold are in orders.
fn off_balance(item: &FlashItem, taken: &HashMap<i64, i64>) -> Option<String> {
    let pieces = taken.get(&item.sku).copied().unwrap_or(0);
    let balances = item.remaining + item.held + item.sold == item.quota && item.held + item.sold == pieces;
    (!balances).then(|| format!("{pieces} in orders, {item:?}"))
}

fn unbalanced(items: &[Item], taken: &HashMap<i64, i64>) -> Vec<String> {
    let off = |item: &Item| {
        let pieces = taken.get(&(item.sku_id as i64)).copied().unwrap_or(0);
        let text = || format!("item {}: {pieces} in orders, {} remain, quota {}", item.id, item.remaining, item.quota);
        (pieces + item.remaining != item.quota).then(text)
    };
    items.iter().filter_map(off).collect()
}

fn first(faults: &[String], looked_at: usize) -> String {
    match faults.first() {
        Some(fault) => format!("{} of {looked_at}, such as: {fault}", faults.len()),
        None => format!("{looked_at} looked at"),
    }
}

#[cfg(test)]
mod tests;
