//! Snapshot and tail are what memory was, for any history, any places of the snapshots, any lag of the database.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use mallcore_actors::journal::os_disk::OsDisk;
use mallcore_actors::journal::{Identity, Sequence};
use mallcore_actors::kernel::Fact;
use mallcore_actors::orders::{OrderShard, Status};
use mallcore_actors::sale_snapshot::{SaleSnapshot, Store};
use mallcore_actors::stock::StockFact;
use mallcore_actors::stock::{FlashQuota, Stock};
use proptest::prelude::*;

use crate::database::events::{AVAILABLE, SKUS, Shop, commands, sku, user};

const IDENTITY: Identity = Identity { uuid: uuid::Uuid::from_u128(7), epoch: 3 };

/// A quota with everybody who bought from it.
fn told(quota: &FlashQuota) -> String {
    let buyers: BTreeMap<_, _> = quota.counting().collect();
    let mut granted: Vec<_> = quota.granted().map(|granted| format!("{granted:?}")).collect();
    granted.sort();
    format!("{:?} {} {} {} {} {buyers:?} {granted:?}", quota.as_carved(), quota.remaining(), quota.held(), quota.sold(), quota.released())
}

fn counts(stock: &Stock) -> (u32, u32, u32, Sequence, Vec<String>) {
    (stock.available(), stock.held(), stock.sold(), stock.version(), stock.quotas().iter().map(told).collect())
}

fn check(history: &Shop, places: &BTreeSet<usize>, lag: u64) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::new(Arc::new(OsDisk::create_folder(folder.path()).unwrap()));
    let end = Sequence(history.records.len() as u64);
    let mut sale_snapshot = SaleSnapshot { plan: b"plan".to_vec(), ..SaleSnapshot::default() };
    for id in 1..=SKUS {
        sale_snapshot.stocks.insert(sku(id), Stock::new(sku(id), AVAILABLE, 0, 0, Sequence::ZERO, None, Default::default()));
    }
    let mut left = BTreeSet::new();
    // Memory that was never written down, and lets go of the same orders at the same moments.
    let mut live = OrderShard::default();
    for (place, record) in history.records.iter().enumerate() {
        let sequence = Sequence(place as u64 + 1);
        // As the keeper does: whatever is set aside anew is loaded.
        if let Fact::Stock(StockFact::QuotaCarved(carved)) = &record.fact
            && left.remove(&carved.sku)
        {
            let mut stock = Stock::new(carved.sku, AVAILABLE, 0, 0, Sequence::ZERO, None, Default::default());
            (0..place).for_each(|earlier| {
                let earlier_record = &history.records[earlier];
                stock.apply(Sequence(earlier as u64 + 1), earlier_record.header.at, &earlier_record.fact);
            });
            sale_snapshot.stocks.insert(carved.sku, stock);
        }
        sale_snapshot.apply(sequence, record);
        live.apply(sequence, record.header.at, &record.fact);
        if places.contains(&place) {
            let projected = Sequence(sequence.0.saturating_sub(lag));
            let before: BTreeSet<_> = sale_snapshot.stocks.keys().copied().collect();
            sale_snapshot.prune(projected);
            live.evict(projected);
            left.extend(before.into_iter().filter(|sku| !sale_snapshot.stocks.contains_key(sku)));
            let saved = store.save(IDENTITY, &sale_snapshot, &mut || {}).unwrap();
            assert_eq!(saved.through, sequence);
            let found = store.load(IDENTITY, Sequence(1), end).unwrap();
            assert!(found.unusable.is_empty(), "{:?}", found.unusable);
            sale_snapshot = found.sale_snapshot.unwrap();
            // What the tail repeats changes nothing.
            sale_snapshot.apply(sequence, record);
        }
    }
    assert_eq!((sale_snapshot.through, sale_snapshot.plan.as_slice()), (end, b"plan".as_slice()));
    assert_eq!(sale_snapshot.last_at, history.records.last().map_or_else(Default::default, |record| record.header.at));
    for live in history.stocks.iter().filter(|stock| stock.quotas().iter().any(|quota| !quota.released())) {
        assert_eq!(counts(&sale_snapshot.stocks[&live.sku()]), counts(live));
    }
    let expected: BTreeMap<_, _> = live.all_orders().map(|order| (order.id, order.clone())).collect();
    let found: BTreeMap<_, _> = sale_snapshot
        .orders
        .shards()
        .flat_map(|shard| shard.all_orders().cloned().collect::<Vec<_>>())
        .map(|order| (order.id, order))
        .collect();
    assert_eq!(found, expected);
    for id in 1..=4 {
        let open = history.orders.iter().filter(|order| order.user == user(id) && order.status == Status::PendingPayment).count() as u32;
        let shard = sale_snapshot.orders.shard(user(id));
        assert!(shard.admit(user(id), open + 1).is_ok() && (open == 0 || shard.admit(user(id), open).is_err()));
    }
    if !history.records.iter().any(|record| matches!(record.fact, Fact::Stock(StockFact::QuotaReleased(_)))) {
        let returned: BTreeSet<_> = sale_snapshot.orders.shards().flat_map(|shard| shard.limits_returned().collect::<Vec<_>>()).collect();
        assert_eq!(returned, history.limits_returned.iter().copied().collect());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]
    #[test]
    fn snapshot_and_tail_are_the_live_state(
        commands in commands(120),
        places in proptest::collection::btree_set(0..120usize, 0..6),
        lag in 0..40u64,
    ) {
        check(&Shop::after(&commands), &places, lag);
    }
}
