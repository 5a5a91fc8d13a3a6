//! Snapshot files: what is read is what was written, or nothing; a crash at any moment leaves the one before.

use std::collections::BTreeMap;
use std::sync::Arc;

use mallcore_actors::facts::Record;
use mallcore_actors::idempotency::{BodyFingerprint, KeyHash};
use mallcore_actors::ids::{ActivityId, FlashItemId, OrderId, ProductId, SkuId, UserId};
use mallcore_actors::journal::disk::Disk;
use mallcore_actors::journal::fault_disk::FaultDisk;
use mallcore_actors::journal::{Identity, Sequence};
use mallcore_actors::kernel::Fact;
use mallcore_actors::money::Money;
use mallcore_actors::order_no::OrderNo;
use mallcore_actors::orders::{
    Amounts, BasketLine, BasketPlaced, CloseReason, Described, FlashRef, IdsFact, IdsReserved, Line, OrderClosed, OrderFact, OrderPlaced,
    Picture, Return, Title,
};
use mallcore_actors::quantity::Quantity;
use mallcore_actors::sale_snapshot::{LoadError, SaleSnapshot, Store, Unusable};
use mallcore_actors::stock::{QuotaCarved, Stock, StockFact};
use mallcore_actors::time::Timestamp;
use uuid::Uuid;

const OURS: Identity = Identity { uuid: Uuid::from_u128(0xabc), epoch: 2 };

fn record(at: u64, fact: impl Into<Fact>) -> Record {
    Record::system(Timestamp::from_millis(1_795_451_405_000 + at), fact)
}

/// Ids, a quota, so many buyers, of whom the first has cancelled.
fn sale(buyers: u64) -> SaleSnapshot {
    let sku = SkuId::new(3).unwrap();
    let flash = FlashRef { item: FlashItemId::new(5).unwrap(), activity: ActivityId::new(7).unwrap() };
    let price = Money::from_fen(1_999).unwrap();
    let line = Line { sku, flash: Some(flash), quantity: Quantity::new(1).unwrap(), unit_price: price };
    let mut sale_snapshot = SaleSnapshot { plan: b"[]".to_vec(), ..SaleSnapshot::default() };
    sale_snapshot.stocks.insert(sku, Stock::new(sku, 2_000_000, 1, 2, Sequence::ZERO, None, Default::default()));
    sale_snapshot.apply(Sequence(1), &record(0, IdsFact::Reserved(IdsReserved { first: 1, count: 100_000 })));
    let carved = QuotaCarved {
        sku,
        item: flash.item,
        activity: flash.activity,
        quota: 1_500_000,
        limit_per_user: 2,
        unit_price: price,
        starts_at: Timestamp::from_millis(1_795_451_400_000),
        ends_at: Timestamp::from_millis(1_795_459_999_000),
    };
    sale_snapshot.apply(Sequence(2), &record(1, StockFact::QuotaCarved(carved)));
    for buyer in 1..=buyers {
        let (user, order) = (UserId::new(buyer).unwrap(), OrderId::new(buyer).unwrap());
        let placed = record(
            buyer + 1,
            OrderFact::Placed(OrderPlaced {
                order,
                no: OrderNo::new(order, Timestamp::from_millis(1_795_451_405_000), buyer),
                user,
                lines: [line].into_iter().collect(),
                payable: price,
                expires_at: Timestamp::from_millis(1_795_451_905_000),
                key: KeyHash::from_bytes((buyer as u128).to_be_bytes()),
                body: BodyFingerprint::from_u64(buyer),
                address: None,
            }),
        );
        sale_snapshot.apply(Sequence(2 + buyer), &placed);
    }
    let closed = OrderClosed {
        order: OrderId::new(1).unwrap(),
        user: UserId::new(1).unwrap(),
        version: 2,
        reason: CloseReason::Cancelled,
        returns: [Return { line, to_quota: true }].into_iter().collect(),
        limit_returned: true,
    };
    sale_snapshot.apply(Sequence(3 + buyers), &record(buyers + 2, OrderFact::Closed(closed)));
    sale_snapshot
}

fn store(disk: &FaultDisk) -> Store {
    Store::new(Arc::new(disk.clone()))
}

fn name(disk: &FaultDisk) -> String {
    disk.list().unwrap().into_iter().max().unwrap()
}

/// The format is a promise to the next release of this version: whoever changes a stored type sees it here, and counts the version up.
#[test]
fn the_bytes_of_a_snapshot_are_those_of_version_4() {
    let disk = FaultDisk::new(1);
    store(&disk).save(OURS, &sale(1), &mut || {}).unwrap();
    let bytes = disk.content(&name(&disk)).unwrap();
    assert_eq!(&bytes[..12], b"mallpin\n\x04\0\0\0");
    assert_eq!((bytes.len(), crc32fast::hash(&bytes)), GOLDEN);
}
const GOLDEN: (usize, u32) = (267, 529_838_337);

#[test]
fn records_of_a_wrong_clock_do_not_keep_their_hold_on_the_time() {
    let mut sale_snapshot = sale(1);
    let right = sale_snapshot.last_at;
    let ids = |at| record(at, IdsFact::Reserved(IdsReserved { first: 100_001, count: 1 }));
    let through = sale_snapshot.through;
    sale_snapshot.apply(Sequence(through.0 + 1), &ids(5 * 3_600_000));
    sale_snapshot.apply(Sequence(through.0 + 2), &ids(9));
    assert!(sale_snapshot.last_at < right.plus_millis(3_600_000), "{}", sale_snapshot.last_at.millis());
}

#[test]
fn many_buyers_come_back() {
    let disk = FaultDisk::new(1);
    let before = sale(3_000);
    let mut pieces = 0;
    let saved = store(&disk).save(OURS, &before, &mut || pieces += 1).unwrap();
    // A quarter of the entries are orders of their own shards; all of them are counted.
    assert_eq!(saved.entries, 6_000);
    let found = store(&disk).load(OURS, Sequence(1), saved.through).unwrap();
    let after = found.sale_snapshot.unwrap();
    assert_eq!((after.through, after.last_at, after.next_order_id), (before.through, before.last_at, before.next_order_id));
    assert_eq!(after.orders.resident(), 3_000);
    let (sku, item) = (SkuId::new(3).unwrap(), FlashItemId::new(5).unwrap());
    let quota = |sale_snapshot: &SaleSnapshot| {
        let quota = sale_snapshot.stocks[&sku].quota(item).unwrap();
        let buyers: BTreeMap<_, _> = quota.counting().collect();
        (quota.as_carved(), quota.remaining(), quota.held(), buyers, quota.granted().cloned().collect::<Vec<_>>())
    };
    assert_eq!(quota(&after), quota(&before));
    assert!(!after.orders.shard(UserId::new(1).unwrap()).gives_limit_back(UserId::new(1).unwrap(), ActivityId::new(7).unwrap()));
}

/// An order of as much text as an order may have.
fn large_basket(order: u64) -> OrderFact {
    let line = |sku: u64| BasketLine {
        sku: SkuId::new(sku).unwrap(),
        quantity: Quantity::new(1).unwrap(),
        unit_price: Money::from_fen(100).unwrap(),
        discount: Money::ZERO,
        described: Described {
            product: ProductId::new(sku).unwrap(),
            title: Title::parse(&"很长的名字".repeat(40)).unwrap(),
            spec: None,
            picture: Some(Picture::parse(&format!("https://cdn.example/{}", "p".repeat(200))).unwrap()),
        },
    };
    let lines: Vec<BasketLine> = (1..=50).map(line).collect();
    let id = OrderId::new(order).unwrap();
    OrderFact::BasketPlaced(Box::new(BasketPlaced {
        order: id,
        no: OrderNo::new(id, Timestamp::from_millis(1_795_451_405_000), order),
        user: UserId::new(64 * order).unwrap(),
        amounts: Amounts::of(&lines, Money::ZERO).unwrap(),
        lines,
        expires_at: Timestamp::from_millis(1_795_451_905_000),
        key: KeyHash::from_bytes((order as u128).to_be_bytes()),
        body: BodyFingerprint::from_u64(order),
        delivery: None,
        remark: None,
        from_cart: false,
    }))
}

#[test]
fn many_large_orders_of_one_shard_come_back() {
    let disk = FaultDisk::new(1);
    let mut before = sale(1);
    for order in 1..=400 {
        before.apply(Sequence(100 + order), &record(order, large_basket(order)));
    }
    let saved = store(&disk).save(OURS, &before, &mut || ()).unwrap();
    let after = store(&disk).load(OURS, Sequence(1), saved.through).unwrap().sale_snapshot.unwrap();
    assert_eq!(after.orders.resident(), before.orders.resident());
    assert!(after.orders.resident() >= 400, "{}", after.orders.resident());
}

#[test]
fn no_damaged_byte_passes() {
    let disk = FaultDisk::new(1);
    store(&disk).save(OURS, &sale(3), &mut || {}).unwrap();
    let name = name(&disk);
    let bytes = disk.content(&name).unwrap();
    let load = |bytes: Vec<u8>| {
        disk.replace_content(&name, bytes).unwrap();
        store(&disk).load(OURS, Sequence(1), Sequence(1_000))
    };
    for place in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[place] ^= 1 << (place % 8);
        let found = load(damaged).unwrap();
        assert!(found.sale_snapshot.is_none() && found.unusable.len() == 1, "byte {place}");
    }
    for length in 0..bytes.len() {
        assert!(load(bytes[..length].to_vec()).unwrap().sale_snapshot.is_none(), "{length} bytes");
    }
    assert!(load(bytes).unwrap().sale_snapshot.is_some());
}

#[test]
fn a_crash_at_any_moment_leaves_the_snapshot_before() {
    for changes in 0.. {
        let disk = FaultDisk::new(changes);
        let before = sale(2);
        store(&disk).save(OURS, &before, &mut || {}).unwrap();
        let next = sale(700);
        disk.end_power_after(changes);
        let done = store(&disk).save(OURS, &next, &mut || {}).is_ok();
        disk.crash();
        let found = store(&disk).load(OURS, Sequence(1), next.through).unwrap();
        assert!(found.unusable.is_empty(), "after {changes} changes: {:?}", found.unusable);
        let through = found.sale_snapshot.unwrap().through;
        assert!(through == next.through || (!done && through == before.through), "after {changes} changes: {through}");
        if done {
            assert!(changes > 3, "nothing was interrupted");
            break;
        }
    }
}

#[test]
fn two_snapshots_stay_and_the_older_one_stands_in() {
    let disk = FaultDisk::new(1);
    let other = Identity { uuid: Uuid::from_u128(9), epoch: 1 };
    store(&disk).save(other, &sale(9), &mut || {}).unwrap();
    for buyers in 1..=4 {
        store(&disk).save(OURS, &sale(buyers), &mut || {}).unwrap();
    }
    let mut names = disk.list().unwrap();
    names.sort();
    let ours: Vec<_> = names.iter().filter(|name| name.starts_with(&OURS.uuid.simple().to_string())).cloned().collect();
    assert_eq!((names.len(), ours.len()), (3, 2), "{names:?}");
    disk.replace_content(&ours[1], b"rot".to_vec()).unwrap();
    let found = store(&disk).load(OURS, Sequence(1), Sequence(7)).unwrap();
    assert_eq!(found.sale_snapshot.unwrap().through, Sequence(6));
    assert!(matches!(found.unusable.as_slice(), [(name, Unusable::Malformed(_))] if *name == ours[1]));
}

#[test]
fn what_does_not_fit_the_journal_is_passed_over_or_refused() {
    let disk = FaultDisk::new(1);
    let through = store(&disk).save(OURS, &sale(2), &mut || {}).unwrap().through;
    // The records that follow it are gone.
    let found = store(&disk).load(OURS, Sequence(through.0 + 2), Sequence(100)).unwrap();
    assert!(found.sale_snapshot.is_none() && matches!(found.unusable.as_slice(), [(_, Unusable::Gap { .. })]));
    assert!(store(&disk).load(OURS, through.next(), Sequence(100)).unwrap().sale_snapshot.is_some());
    // The journal is an older copy: by its end, or by its epoch.
    for (identity, end) in [(OURS, Sequence(through.0 - 1)), (Identity { epoch: 1, ..OURS }, through)] {
        let refused = store(&disk).load(identity, Sequence(1), end).unwrap_err();
        assert!(matches!(refused, LoadError::Ahead { .. }) && refused.to_string().contains("put the newest one back"), "{refused}");
    }
}
