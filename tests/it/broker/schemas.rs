//! What is published is what docs/events promises, and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use jsonschema::Validator;
use mallcore::platform::broker::document;
use mallcore_actors::carts::{CartCleared, CartFact, CartLine, LinesRemoved, LinesSet};
use mallcore_actors::facts::Record;
use mallcore_actors::idempotency::{BodyFingerprint, KeyHash};
use mallcore_actors::ids::{AddressId, ID_MAX, OrderId, SkuId, UserId};
use mallcore_actors::journal::Sequence;
use mallcore_actors::money::{MONEY_MAX_FEN, Money};
use mallcore_actors::order_no::OrderNo;
use mallcore_actors::orders::{Line, OrderFact, OrderMoved, OrderPlaced};
use mallcore_actors::quantity::{QUANTITY_MAX, Quantity};
use mallcore_actors::time::Timestamp;
use proptest::prelude::*;
use serde_json::Value;

use crate::database::events::{Command, Shop, commands};

/// Of each kind that the journal has, with every object closed: a field that is published and not described is a fault here, though a
/// reader has to bear it.
fn validators() -> BTreeMap<String, Validator> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/events");
    let mut validators = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let Some(kind) = name.strip_suffix(".schema.json") else { continue };
        let mut schema: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        jsonschema::meta::validate(&schema).unwrap_or_else(|error| panic!("{name}: {error}"));
        close(&mut schema);
        validators.insert(kind.to_owned(), jsonschema::validator_for(&schema).unwrap());
    }
    validators
}

fn close(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            if fields.get("properties").is_some_and(Value::is_object) {
                fields.insert("additionalProperties".into(), Value::Bool(false));
            }
            fields.values_mut().for_each(close);
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}

/// Checks a record's message and says its kind.
#[track_caller]
fn check(validators: &BTreeMap<String, Validator>, sequence: u64, record: &Record) -> String {
    let message = document::message(uuid::Uuid::from_u128(7), Sequence(sequence), record, mallcore::features::document);
    let body: Value = serde_json::from_slice(&message.body).unwrap();
    let validator = validators.get(&*message.kind).unwrap_or_else(|| panic!("no schema of {}", message.kind));
    let faults: Vec<String> = validator.iter_errors(&body).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(faults.is_empty(), "{body:#}\n{faults:#?}");
    assert_eq!((body["sequence"].as_u64(), message.id), (Some(sequence), sequence.to_string()));
    message.kind.into_owned()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_event_of_a_shop_is_as_documented(commands in commands(60)) {
        let validators = validators();
        for (sequence, record) in (1..).zip(&Shop::after(&commands).records) {
            check(&validators, sequence, record);
        }
    }
}

#[test]
fn every_kind_was_tried() {
    use mallcore_actors::orders::CloseReason::Cancelled;
    use mallcore_actors::orders::OrderCommand::{Close, Complete, Pay, Ship};
    let mut day = vec![Command::ReserveIds, Command::Carve { sku: 1 }];
    day.extend((1..=2).map(|user| Command::BuyFlash { sku: 1, user, pieces: 1 }));
    day.extend([Pay, Ship, Complete].map(|command| Command::Move { order: 0, command }));
    day.extend([Command::Move { order: 1, command: Close(Cancelled) }, Command::EndAndRelease { sku: 1 }]);
    day.extend([Command::Basket { user: 3, pieces: 2 }, Command::Pay { order: 2 }, Command::Parcel { order: 2, line: 0, pieces: 2 }]);
    day.extend([Command::Refund { order: 2, line: 1, pieces: 2, restock: true }, Command::Hide { order: 1 }]);
    let validators = validators();
    let shop = Shop::after(&day);
    let tried: BTreeSet<String> = (1..).zip(&shop.records).map(|(sequence, record)| check(&validators, sequence, record)).collect();
    for kind in [
        "ids.reserved",
        "quota.carved",
        "quota.released",
        "order.placed",
        "order.paid",
        "order.shipped",
        "order.completed",
        "order.closed",
        "order.refunded",
        "order.hidden",
    ] {
        assert!(tried.contains(kind), "{kind} is missing in {tried:?}");
    }
}

#[test]
fn events_of_carts_are_as_documented() {
    let (validators, user, at) = (validators(), UserId::new(ID_MAX).unwrap(), Timestamp::MAX);
    let sku = SkuId::new(ID_MAX).unwrap();
    let line = CartLine { sku, quantity: Quantity::new(QUANTITY_MAX).unwrap(), selected: false, added_at: at };
    let facts = [
        CartFact::LinesSet(LinesSet { user, lines: [line].into_iter().collect(), request: None }),
        CartFact::LinesRemoved(LinesRemoved { user, skus: [sku].into_iter().collect() }),
        CartFact::Cleared(CartCleared { user }),
    ];
    let kinds = facts.map(|fact| check(&validators, 1, &Record::system(at, fact)));
    assert_eq!(kinds, ["cart.lines_set", "cart.lines_removed", "cart.cleared"]);
}

#[test]
fn the_largest_values_are_as_documented() {
    let validators = validators();
    let (order, user) = (OrderId::new(ID_MAX).unwrap(), UserId::new(ID_MAX).unwrap());
    let price = Money::from_fen(MONEY_MAX_FEN).unwrap();
    let line = Line { sku: SkuId::new(ID_MAX).unwrap(), flash: None, quantity: Quantity::new(QUANTITY_MAX).unwrap(), unit_price: price };
    let at = Timestamp::MAX;
    let placed = OrderPlaced {
        order,
        no: OrderNo::new(order, at, u64::MAX),
        user,
        lines: smallvec_of(line),
        payable: price,
        expires_at: at,
        key: KeyHash::from_bytes([255; 16]),
        body: BodyFingerprint::from_u64(u64::MAX),
        address: AddressId::new(ID_MAX).ok(),
    };
    check(&validators, u64::MAX, &Record::system(at, OrderFact::Placed(placed)));
    check(&validators, 1, &Record::system(at, OrderFact::Shipped(OrderMoved { order, user, version: u32::MAX })));
}

fn smallvec_of(line: Line) -> mallcore_actors::orders::Lines {
    std::iter::once(line).collect()
}
