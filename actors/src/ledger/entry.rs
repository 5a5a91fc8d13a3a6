//! One entry: what happened, and the postings that tell of it.

use std::collections::BTreeMap;
use std::fmt;

use smallvec::SmallVec;

use super::account::Account;
use crate::ids::OrderId;
use crate::time::Timestamp;
use crate::values::day::BusinessDay;

/// An amount on one account, in fen: a debit is positive, a credit negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Posting {
    /// The account that the amount is booked on.
    pub account: Account,
    /// Positive for a debit, negative for a credit; never 0.
    pub fen: i64,
}

impl Posting {
    /// The amount if it is a debit, in fen.
    pub const fn debit_fen(self) -> i64 {
        if self.fen > 0 { self.fen } else { 0 }
    }

    /// The amount if it is a credit, in fen.
    pub const fn credit_fen(self) -> i64 {
        if self.fen < 0 { -self.fen } else { 0 }
    }
}

/// What an entry tells of. Numbers are those of the column `ledger_entries.kind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum EntryKind {
    /// An order was paid.
    Paid = 1,
    /// Money came that an order did not want.
    Strayed = 2,
    /// An order decided a refund.
    Refunded = 3,
    /// WeChat Pay has given money back.
    PaidBack = 4,
    /// WeChat Pay's fees of a day.
    Fees = 5,
    /// A difference to a bill was settled.
    Settled = 6,
}

impl EntryKind {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 6] = [Self::Paid, Self::Strayed, Self::Refunded, Self::PaidBack, Self::Fees, Self::Settled];

    /// The word in keys and in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Paid => "paid",
            Self::Strayed => "strayed",
            Self::Refunded => "refunded",
            Self::PaidBack => "paid-back",
            Self::Fees => "fees",
            Self::Settled => "settled",
        }
    }
}

/// L3: what an entry tells of, exactly.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntrySource {
    /// A record of an order: its kind, the order, and the version that the record made.
    Order(EntryKind, OrderId, u32),
    /// A refund at WeChat Pay, by the shop's number.
    PaidBack(String),
    /// The fees of a day's bill; a part beyond the first corrects those before it, because the bill says something else by now.
    Fees(BusinessDay, u32),
    /// A difference, by its id.
    Settled(u64),
}

impl EntrySource {
    /// The kind of entry that it makes.
    pub const fn kind(&self) -> EntryKind {
        match self {
            Self::Order(kind, ..) => *kind,
            Self::PaidBack(_) => EntryKind::PaidBack,
            Self::Fees(..) => EntryKind::Fees,
            Self::Settled(_) => EntryKind::Settled,
        }
    }

    /// The order, if it is about one.
    pub const fn order(&self) -> Option<OrderId> {
        match self {
            Self::Order(_, order, _) => Some(*order),
            _ => None,
        }
    }
}

/// The key of the entry: the same for the same source, another one for any other.
impl fmt::Display for EntrySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.kind().name();
        match self {
            Self::Order(_, order, version) => write!(f, "{kind}:{order}:{version}"),
            Self::PaidBack(number) => write!(f, "{kind}:{number}"),
            Self::Fees(day, 1) => write!(f, "{kind}:{day}"),
            Self::Fees(day, part) => write!(f, "{kind}:{day}:{part}"),
            Self::Settled(id) => write!(f, "{kind}:{id}"),
        }
    }
}

/// An entry of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What it tells of.
    pub source: EntrySource,
    /// When that happened.
    pub at: Timestamp,
    /// The amounts; their sum is 0.
    pub postings: SmallVec<[Posting; 3]>,
}

impl Entry {
    /// Of these amounts, of which those of 0 fen are left out; none if nothing is left to book.
    pub fn new(source: EntrySource, at: Timestamp, amounts: &[(Account, i64)]) -> Option<Self> {
        let postings: SmallVec<[Posting; 3]> =
            amounts.iter().filter(|(_, fen)| *fen != 0).map(|&(account, fen)| Posting { account, fen }).collect();
        let entry = Self { source, at, postings };
        assert_eq!(entry.broken(), None, "{entry:?}");
        (!entry.postings.is_empty()).then_some(entry)
    }

    /// The invariant that does not hold, if any.
    pub fn broken(&self) -> Option<&'static str> {
        let sum: i128 = self.postings.iter().map(|posting| i128::from(posting.fen)).sum();
        if sum != 0 {
            return Some("L1: debits and credits differ");
        }
        let is_twice = |(place, posting): (usize, &Posting)| self.postings.iter().take(place).any(|other| other.account == posting.account);
        let is_bad = self.postings.iter().enumerate().any(is_twice) || self.postings.iter().any(|posting| posting.fen == 0);
        is_bad.then_some("L2: an account stands twice, or with nothing")
    }
}

/// What is on each account, in fen: debits less credits.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Balances(BTreeMap<Account, i64>);

impl Balances {
    /// Adds an amount to an account.
    pub fn add(&mut self, posting: Posting) {
        *self.0.entry(posting.account).or_default() += posting.fen;
    }

    /// Adds an entry's postings.
    pub fn add_entry(&mut self, entry: &Entry) {
        entry.postings.iter().for_each(|posting| self.add(*posting));
        debug_assert_eq!(self.sum(), 0, "L1: the accounts together are not 0 after {entry:?}");
    }

    /// Debits less credits of an account.
    pub fn of(&self, account: Account) -> i64 {
        self.0.get(&account).copied().unwrap_or_default()
    }

    /// Over all accounts: 0, by L1.
    pub fn sum(&self) -> i64 {
        self.0.values().sum()
    }
}
