//! What a start makes of snapshot, database and journal: V1 and V2, wherever each of the three stands.

use std::collections::BTreeSet;
use std::sync::Arc;

use mallcore::recovery::{Recovered, recover};
use mallcore_actors::journal::os_disk::OsDisk;
use mallcore_actors::journal::{Identity, Sequence};
use mallcore_actors::kernel::Fact;
use mallcore_actors::orders::{Order, Status};
use mallcore_actors::sale_snapshot::{SaleSnapshot, Store};
use mallcore_actors::stock::{Stock, skus};

use crate::database::events::{AVAILABLE, Shop, attached, sku, stage};
use crate::database::journal::MemoryJournal;
use crate::database::projection::{day, project};
use crate::database::scratch;

const IDENTITY: Identity = Identity { uuid: uuid::Uuid::from_u128(7), epoch: 3 };
/// The SKU that every snapshot has.
const PINNED: u64 = 1;

fn counts(stock: &Stock) -> (u32, u32, u32, Sequence) {
    (stock.available(), stock.held(), stock.sold(), stock.version())
}

/// A snapshot of the records up to this one, as a start finds it.
fn snapshot(shop: &Shop, through: usize) -> SaleSnapshot {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::new(Arc::new(OsDisk::create_folder(folder.path()).unwrap()));
    let mut snapshot = SaleSnapshot::default();
    let pinned = Stock::new(sku(PINNED), AVAILABLE, 0, 0, Sequence::ZERO, None, Default::default());
    snapshot.stocks.insert(sku(PINNED), pinned);
    for (place, record) in (1..).zip(&shop.records[..through]) {
        snapshot.apply(Sequence(place), record);
    }
    store.save(IDENTITY, &snapshot, &mut || {}).unwrap();
    store.load(IDENTITY, Sequence(1), Sequence(shop.records.len() as u64)).unwrap().sale_snapshot.unwrap()
}

/// `has`: how many records the database has; `begin`: how many are older than what was read of the journal.
fn check(shop: &Shop, recovered: &Recovered, has: usize, begin: usize, is_pinned: bool) {
    let (end, place) = (shop.records.len(), format!("the database has {has} records, reading began after {begin}"));
    assert_eq!((recovered.checkpoint, recovered.folded), (Some(Sequence(has as u64)), (end - begin) as u64), "{place}");
    let of_tail = shop.records[has..].iter().flat_map(|record| skus(&record.fact));
    let expected: BTreeSet<_> = of_tail.chain(is_pinned.then(|| sku(PINNED))).collect();
    let found: BTreeSet<_> = recovered.sale_snapshot.stocks.keys().copied().collect();
    assert_eq!(found, expected, "{place}: what the database has of the others is loaded when somebody asks for it");
    for live in shop.stocks.iter().filter(|live| expected.contains(&live.sku())) {
        assert_eq!(counts(&recovered.sale_snapshot.stocks[&live.sku()]), counts(live), "{place}: SKU {}", live.sku());
    }
    let last = shop.records[has..].iter().rposition(|record| matches!(record.fact, Fact::Orders(_)));
    assert_eq!(recovered.orders_through, last.map_or(Sequence::ZERO, |last| Sequence((has + last) as u64 + 1)), "{place}");
    let is_open = |order: &&Order| order.status == Status::PendingPayment;
    let orders = &recovered.sale_snapshot.orders;
    let open: BTreeSet<_> =
        orders.shards().flat_map(|shard| shard.all_orders().filter(is_open).map(|order| order.id).collect::<Vec<_>>()).collect();
    assert_eq!(open, shop.orders.iter().filter(is_open).map(|order| order.id).collect(), "{place}");
}

#[tokio::test]
async fn a_start_takes_from_the_journal_what_the_database_lacks_and_nothing_twice() {
    let shop = Shop::after(&day());
    let end = shop.records.len();
    let journal = MemoryJournal::new();
    journal.append_all(&shop.records);
    let scratch = scratch::sqlite().await;
    stage(&scratch.database).await;
    attached(&scratch.database).await;
    for has in 0..=end {
        if has > 0 {
            project(&scratch.database, &shop, has - 1, has).await;
        }
        let recovered = recover(&scratch.database, None, &journal).await.unwrap();
        check(&shop, &recovered, has, has, false);
        // Snapshots older and newer than what the database has.
        for through in (0..=end).step_by(7).chain([has.saturating_sub(1), has, end]) {
            let recovered = recover(&scratch.database, Some(snapshot(&shop, through)), &journal).await.unwrap();
            check(&shop, &recovered, has, has.min(through), true);
        }
    }
}
