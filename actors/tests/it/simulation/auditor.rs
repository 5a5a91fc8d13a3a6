//! The auditor: keeps books from what clients asked and were told, and compares them with the records and the rows at the end. Shares no
//! rule with the machines: it adds up, it does not decide.

mod books;
mod carts;

use std::collections::{BTreeMap, BTreeSet};

use mallcore_actors::facts::Record;
use mallcore_actors::ids::{AdjustmentId, FlashItemId, OrderId, SkuId, UserId};
use mallcore_actors::journal::Sequence;
use mallcore_actors::kernel::Fact;
use mallcore_actors::orders::fold::Placing;
use mallcore_actors::orders::{AttemptState, CloseReason, Command, OrderFact, Status};
use mallcore_actors::stock::{Receipt, StockFact};
use mallcore_actors::time::Timestamp;

use self::books::Books;
use self::carts::Carts;
use super::database::Database;

/// What the shop promises.
#[derive(Debug, Clone)]
pub struct Promises {
    pub received: BTreeMap<SkuId, u32>,
    pub items: BTreeMap<FlashItemId, ItemPromise>,
    pub unpaid_max: u32,
}

#[derive(Debug, Clone, Copy)]
pub struct ItemPromise {
    pub quota: u32,
    pub limit_per_user: u32,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
}

/// A shopper's command, in the auditor's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PurchaseRequest {
    pub user: UserId,
    pub item: FlashItemId,
    pub key: [u8; 16],
    pub body: u64,
    pub pieces: u32,
}

/// What the shop's people were told of an adjustment of stock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    Done,
    /// There were so many already, or now there are.
    AsWanted,
    Refused,
}

/// SKUs with pieces.
type Lines = Vec<(SkuId, u32)>;

/// What clients were told, and what follows from it.
#[derive(Debug)]
pub struct Auditor {
    promises: Promises,
    /// The surely durable records, seen on a copy of the disk.
    on_disk: Sequence,
    receipts: BTreeMap<(UserId, FlashItemId, [u8; 16]), (PurchaseRequest, Receipt)>,
    baskets: BTreeMap<(UserId, [u8; 16]), (Lines, Receipt)>,
    /// Commands to orders of which somebody was told that they were carried out.
    commands: Vec<(OrderId, Command)>,
    pub carts: Carts,
    adjustments: BTreeMap<(SkuId, AdjustmentId), Told>,
    pub acknowledged: usize,
}

impl Auditor {
    pub fn new(promises: Promises) -> Self {
        Self {
            promises,
            on_disk: Sequence::ZERO,
            receipts: BTreeMap::new(),
            baskets: BTreeMap::new(),
            commands: Vec::new(),
            carts: Carts::default(),
            adjustments: BTreeMap::new(),
            acknowledged: 0,
        }
    }

    /// A copy of the disk without anything unsynced has the records up to here.
    pub fn disk_has(&mut self, through: Sequence) {
        assert!(through >= self.on_disk, "the disk lost synced records: {through} after {}", self.on_disk);
        self.on_disk = through;
    }

    fn relies_on(&mut self, sequence: Sequence) {
        assert!(sequence > Sequence::ZERO && sequence <= self.on_disk, "answered before record {sequence} was safe ({})", self.on_disk);
        self.acknowledged += 1;
    }

    /// A repeat gets the first answer; which record it relies on is not told to anybody.
    pub fn bought(&mut self, command: PurchaseRequest, receipt: Receipt, relies_on: Sequence) {
        self.relies_on(relies_on);
        let receipt = Receipt { sequence: Sequence::ZERO, ..receipt };
        let first = self.receipts.entry((command.user, command.item, command.key)).or_insert((command, receipt));
        assert_eq!(*first, (command, receipt), "a repeat was answered differently");
    }

    pub fn basket_bought(&mut self, user: UserId, key: [u8; 16], basket: Lines, receipt: Receipt, relies_on: Sequence) {
        self.relies_on(relies_on);
        let told = (basket, Receipt { sequence: Sequence::ZERO, ..receipt });
        let first = self.baskets.entry((user, key)).or_insert_with(|| told.clone());
        assert_eq!(*first, told, "a repeat was answered differently");
    }

    pub fn order_changed(&mut self, order: OrderId, command: Command, relies_on: Sequence) {
        self.relies_on(relies_on);
        self.commands.push((order, command));
    }

    pub fn cart_told(&mut self, relies_on: Sequence) {
        // A cart that never held anything relies on no record.
        if relies_on > Sequence::ZERO {
            self.relies_on(relies_on);
        }
    }

    pub fn adjusted(&mut self, sku: SkuId, id: AdjustmentId, told: Told, relies_on: Sequence) {
        assert!(relies_on <= self.on_disk, "answered before record {relies_on} was safe ({})", self.on_disk);
        assert!(self.adjustments.insert((sku, id), told).is_none(), "{id:?} was answered twice");
    }

    /// A mismatch is only told to somebody who used the key otherwise before.
    pub fn restarted(&self, last: Sequence) {
        assert!(last >= self.on_disk, "the restart knows {last}, clients were shown up to {}", self.on_disk);
    }

    /// Every acknowledgement is in the rows, once, as it was told. `moved`: pieces that came and went by adjustments.
    pub fn check_rows(&self, rows: &Database, moved: &BTreeMap<SkuId, i64>, books: &Books) {
        for (command, receipt) in self.receipts.values() {
            let row = rows.orders.get(&receipt.order).unwrap_or_else(|| panic!("lost: {receipt:?}"));
            let Placing::Purchase(placed) = &row.placed else { panic!("not what was bought: {row:?}") };
            let line = placed.lines[0];
            let stored = (placed.user, line.flash.map(|flash| flash.item), line.quantity.get(), *placed.key.as_bytes());
            assert_eq!(stored, (command.user, Some(command.item), command.pieces, command.key));
            let told = (placed.no, placed.payable, placed.expires_at, row.at);
            assert_eq!(told, (receipt.no, receipt.payable, receipt.expires_at, receipt.placed_at));
            let of_item = rows.orders.values().filter(|other| match &other.placed {
                Placing::Purchase(other) => {
                    (other.user, other.key) == (command.user, placed.key)
                        && other.lines[0].flash.is_some_and(|flash| flash.item == command.item)
                }
                Placing::Basket(_) => false,
            });
            assert_eq!(of_item.count(), 1, "doubled: {command:?}");
        }
        for ((user, key), (basket, receipt)) in &self.baskets {
            let row = rows.orders.get(&receipt.order).unwrap_or_else(|| panic!("lost: {receipt:?}"));
            let lines: Vec<_> = row.lines().iter().map(|line| (line.sku, line.quantity.get())).collect();
            assert_eq!((row.user(), &lines), (*user, basket));
            let Placing::Basket(placed) = &row.placed else { panic!("not what was bought: {row:?}") };
            let told = (placed.no, placed.amounts.payable, placed.expires_at, row.at, *placed.key.as_bytes());
            assert_eq!(told, (receipt.no, receipt.payable, receipt.expires_at, receipt.placed_at, *key));
            let same = |other: &&super::database::OrderRow| matches!(&other.placed, Placing::Basket(other) if (other.user, other.key) == (placed.user, placed.key));
            assert_eq!(rows.orders.values().filter(same).count(), 1, "doubled: {receipt:?}");
        }
        for (order, command) in &self.commands {
            let row = rows.orders[order].order();
            let (progress, paying) = (row.progress.as_deref(), row.paying.as_deref());
            let is_so = match command {
                Command::Pay(payment) => progress.is_some_and(|progress| progress.payment.as_ref() == Some(payment)),
                Command::Ship(parcel) => progress.is_some_and(|progress| progress.parcels.iter().any(|(_, sent)| sent == parcel)),
                Command::Refund(refund) => {
                    progress.is_some_and(|progress| progress.refunds.iter().filter(|(_, done)| done.id == refund.id).count() == 1)
                }
                Command::ConfirmReceipt | Command::AutoComplete => matches!(row.status, Status::Completed | Status::Refunded),
                Command::Hide => row.is_hidden,
                Command::Close(_) => row.status == Status::Closed,
                Command::StartPayment => paying.is_some_and(|paying| !paying.attempts.is_empty()),
                Command::EndPayment(number) => {
                    paying.and_then(|paying| paying.attempt(*number)).is_some_and(|attempt| attempt.state != AttemptState::Open)
                }
                Command::Take(trade) => paying.is_some_and(|paying| paying.trade(&trade.transaction) == Some(trade)),
                Command::Look => true,
            };
            assert!(is_so, "{command:?} was told done: {row:?}");
        }
        books.check_orders(rows);
        for (sku, received) in &self.promises.received {
            let received = i64::from(*received) + moved.get(sku).copied().unwrap_or_default() - books.gone(*sku);
            let row = rows.stock[sku];
            let in_items: i64 =
                rows.quotas.values().filter(|quota| quota.plan.sku == *sku).map(|quota| quota.remaining + quota.held + quota.sold).sum();
            assert_eq!(row.available + row.held + row.sold + in_items, received, "pieces of {sku:?} appeared or vanished");
            assert_eq!(row.paid, books.kept(*sku), "paid pieces of {sku:?}");
            let placed = rows.orders.values().filter(|order| order.status != Status::Closed);
            let ordered: u32 = placed.flat_map(|order| order.lines()).filter(|line| line.sku == *sku).map(|line| line.quantity.get()).sum();
            let held = i64::from(ordered) - books.refunded(*sku);
            assert!(held <= received, "oversold: {held} of {received} of {sku:?}");
        }
    }

    /// The records in their order keep every promise at every moment. Returns what adjustments moved.
    pub fn check_records<'a>(&self, records: impl Iterator<Item = (&'a Sequence, &'a Record)>) -> (BTreeMap<SkuId, i64>, Books) {
        let (mut books, mut carts) = (Books::default(), self.carts.replay());
        let mut time = Timestamp::default();
        let mut next = Sequence(1);
        let mut open: BTreeMap<UserId, u32> = BTreeMap::new();
        let mut taken: BTreeMap<FlashItemId, u32> = BTreeMap::new();
        let mut counting: BTreeMap<(UserId, FlashItemId), u32> = BTreeMap::new();
        let mut given_back = BTreeSet::new();
        let mut expires: BTreeMap<OrderId, Timestamp> = BTreeMap::new();
        let (mut adjusted, mut moved) = (BTreeSet::new(), BTreeMap::new());
        for (sequence, Record { header, fact }) in records {
            assert_eq!(*sequence, next, "the journal has a gap");
            let at = &header.at;
            assert!(*at >= time, "record {sequence} is older than the one before");
            (next, time) = (next.next(), *at);
            match fact {
                Fact::Orders(fact) => books.take(*sequence, fact),
                Fact::Carts(fact) => carts.take(*sequence, header, fact),
                _ => {}
            }
            match fact {
                Fact::Orders(OrderFact::BasketPlaced(placed)) => {
                    let mine = open.entry(placed.user).or_default();
                    *mine += 1;
                    assert!(*mine <= self.promises.unpaid_max, "{:?} has {mine} unpaid orders at {sequence}", placed.user);
                    expires.insert(placed.order, placed.expires_at);
                    if placed.from_cart {
                        carts.ordered(*sequence, placed);
                    }
                }
                Fact::Orders(OrderFact::PaymentTaken(paid)) => *open.entry(paid.user).or_default() -= 1,
                Fact::Orders(OrderFact::TradeTaken(paid)) => *open.entry(paid.taken.user).or_default() -= 1,
                Fact::Orders(OrderFact::Placed(placed)) => {
                    let mine = open.entry(placed.user).or_default();
                    *mine += 1;
                    assert!(*mine <= self.promises.unpaid_max, "{:?} has {mine} unpaid orders at {sequence}", placed.user);
                    expires.insert(placed.order, placed.expires_at);
                    for (flash, pieces) in placed.lines.iter().filter_map(|line| Some((line.flash?, line.quantity.get()))) {
                        let promise = self.promises.items[&flash.item];
                        assert!((promise.starts_at..promise.ends_at).contains(at), "sold outside the hours at {sequence}");
                        let count = counting.entry((placed.user, flash.item)).or_default();
                        *count += pieces;
                        assert!(*count <= promise.limit_per_user, "{:?} is above the limit at {sequence}", placed.user);
                        let all = taken.entry(flash.item).or_default();
                        *all += pieces;
                        assert!(*all <= promise.quota, "{:?} is oversold at {sequence}", flash.item);
                    }
                }
                Fact::Orders(OrderFact::Closed(closed)) => {
                    *open.entry(closed.user).or_default() -= 1;
                    let early = closed.reason == CloseReason::TimedOut && *at < expires[&closed.order];
                    assert!(!early, "{:?} was timed out early", closed.order);
                    for (flash, pieces) in closed.returns.iter().filter_map(|back| Some((back.line.flash?, back.line.quantity.get()))) {
                        *taken.entry(flash.item).or_default() -= pieces;
                        if closed.limit_returned {
                            *counting.entry((closed.user, flash.item)).or_default() -= pieces;
                            assert!(given_back.insert((closed.user, flash.activity)), "{:?} got the limit back twice", closed.user);
                        }
                    }
                }
                Fact::Stock(StockFact::Adjusted(done)) => {
                    let key = (done.sku, done.adjustment);
                    assert!(adjusted.insert(key), "{key:?} was done twice");
                    assert_ne!(self.adjustments.get(&key), Some(&Told::Refused), "{key:?} was told refused");
                    *moved.entry(done.sku).or_default() += i64::from(done.delta.get());
                }
                // Nothing that anybody was promised.
                _ => {}
            }
        }
        let mut told_done = self.adjustments.iter().filter(|(_, told)| **told == Told::Done);
        assert!(told_done.all(|(key, _)| adjusted.contains(key)), "an adjustment was lost");
        carts.end();
        (moved, books)
    }
}
