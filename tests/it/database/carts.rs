//! Carts in the database: rows as memory has them in any split of batches, on both engines, and a cart that is loaded is the one that left.

use mallcore::features::carts::projection::CartProjection;
use mallcore::features::carts::repository;
use mallcore::platform::database::Database;
use mallcore::platform::projection::{attach, write};
use mallcore_actors::carts::{Cart, CartCleared, CartFact, CartFold, CartLine, LinesRemoved, LinesSet, Request};
use mallcore_actors::facts::Record;
use mallcore_actors::idempotency::{BodyFingerprint, KeyHash};
use mallcore_actors::ids::SkuId;
use mallcore_actors::journal::Sequence;
use mallcore_actors::kernel::fold::Batch;
use mallcore_actors::kernel::{Aggregate, Committed};
use mallcore_actors::quantity::Quantity;
use mallcore_actors::time::Timestamp;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::events::{START, user};
use super::journal::MemoryJournal;
use super::scratch;

const USERS: u64 = 2;

#[derive(Debug, Clone, Copy)]
enum Step {
    Set { user: u64, sku: u64, pieces: u32, selected: bool, with_key: bool },
    Remove { user: u64, sku: u64, bought: bool },
    Clear { user: u64 },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let (user, sku) = (1..=USERS, 1..=5u64);
    let one = prop_oneof![
        8 => (user.clone(), sku.clone(), 1..=9u32, any::<bool>(), any::<bool>())
            .prop_map(|(user, sku, pieces, selected, with_key)| Step::Set { user, sku, pieces, selected, with_key }),
        4 => (user.clone(), sku, any::<bool>()).prop_map(|(user, sku, bought)| Step::Remove { user, sku, bought }),
        1 => user.prop_map(|user| Step::Clear { user }),
    ];
    proptest::collection::vec(one, 1..80)
}

/// The carts in memory, and the records that made them so.
fn carts(steps: &[Step]) -> (Vec<Cart>, Vec<Record>) {
    let mut carts: Vec<Cart> = (1..=USERS).map(|id| Cart::empty(user(id))).collect();
    let (mut records, mut requests) = (Vec::new(), [0u32; USERS as usize]);
    for step in steps {
        let sequence = Sequence(records.len() as u64 + 1);
        let at = Timestamp::from_millis(START + sequence.0);
        let (Step::Set { user: id, .. } | Step::Remove { user: id, .. } | Step::Clear { user: id }) = *step;
        let (place, owner) = (id as usize - 1, user(id));
        let has = |sku: u64| carts[place].lines().iter().any(|line| line.sku.get() == sku);
        let fact = match *step {
            Step::Set { sku, pieces, selected, with_key, .. } => {
                let request = with_key.then(|| {
                    requests[place] += 1;
                    let number = requests[place];
                    Request { number, key: KeyHash::of("cart", &number.to_string()), body: BodyFingerprint::from_u64(u64::from(number)) }
                });
                let line = CartLine { sku: SkuId::new(sku).unwrap(), quantity: Quantity::new(pieces).unwrap(), selected, added_at: at };
                CartFact::LinesSet(LinesSet { user: owner, lines: [line].into_iter().collect(), request })
            }
            Step::Remove { sku, .. } if has(sku) => {
                CartFact::LinesRemoved(LinesRemoved { user: owner, skus: [SkuId::new(sku).unwrap()].into_iter().collect() })
            }
            Step::Clear { .. } if !carts[place].lines().is_empty() => CartFact::Cleared(CartCleared { user: owner }),
            Step::Remove { .. } | Step::Clear { .. } => continue,
        };
        let mut record = Record::system(at, fact);
        if let Step::Remove { bought: true, .. } = step {
            record.header.cause = Sequence(sequence.0 - 1);
        }
        Aggregate::apply(&mut carts[place], &Committed { sequence, record: record.clone() });
        records.push(record);
    }
    (carts, records)
}

async fn project(database: &Database, records: &[Record], split: usize) {
    attach(database, &MemoryJournal::new(), "carts", &["carts"]).await.unwrap();
    let mut from = 0;
    for some in records.chunks(split) {
        let mut batch = Batch::<CartFold>::after(Sequence(from));
        for record in some {
            from += 1;
            batch.take(Sequence(from), record.clone()).unwrap();
        }
        write::<CartProjection>(database, &batch).await.unwrap();
    }
}

/// Everything but how far it was loaded.
fn told(cart: &Cart) -> String {
    let mut cart = cart.clone();
    Aggregate::loaded_through(&mut cart, Sequence(u64::MAX));
    format!("{cart:?}")
}

#[test]
fn a_cart_that_is_loaded_is_the_one_that_left_in_any_split() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let scratches = runtime.block_on(scratch::both());
    let mut runner = TestRunner::new(Config { cases: 32, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&(steps(), 1..20usize), |(steps, split)| {
        let (carts, records) = carts(&steps);
        for scratch in &scratches {
            runtime.block_on(async {
                let mut tx = scratch.database.begin().await.unwrap();
                for table in ["carts", "cart_items", "cart_requests", "projection_checkpoints"] {
                    tx.execute(format!("DELETE FROM {table}"), Vec::new()).await.unwrap();
                }
                tx.commit().await.unwrap();
                project(&scratch.database, &records, split).await;
                for (cart, id) in carts.iter().zip(1..) {
                    let loaded = repository::load(&scratch.database, user(id)).await.unwrap();
                    assert_eq!(loaded.checkpoint.0, records.len() as u64);
                    match loaded.value {
                        Some(loaded) => assert_eq!(told(&loaded), told(cart)),
                        None => assert_eq!(cart.version(), Sequence::ZERO),
                    }
                }
            });
        }
        Ok(())
    });
    runtime.block_on(async { drop(scratches) });
    outcome.unwrap();
}
