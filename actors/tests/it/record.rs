//! The codec of records: what is written is read, and nothing else is accepted.

use mallcore_actors::adjustment::{Delta, OPERATOR_CHARACTERS_MAX, Operator, PIECES_MAX, REASON_CHARACTERS_MAX, Reason};
use mallcore_actors::idempotency::{BodyFingerprint, KeyHash};
use mallcore_actors::ids::{ActivityId, AddressId, AdjustmentId, FlashItemId, ID_MAX, OrderId, SkuId, UserId};
use mallcore_actors::money::{MONEY_MAX_FEN, Money};
use mallcore_actors::order_no::OrderNo;
use mallcore_actors::quantity::{QUANTITY_MAX, Quantity};
use mallcore_actors::record::{
    CloseReason, DecodeError, Event, FlashRef, IdsReserved, Line, Lines, OrderClosed, OrderMoved, OrderPaid, OrderPlaced, QuotaCarved,
    QuotaReleased, Record, Return, SCHEMA_VERSION, StockAdjusted,
};
use mallcore_actors::time::Timestamp;
use proptest::prelude::*;

fn id() -> impl Strategy<Value = u64> {
    prop_oneof![1..100u64, 1..=ID_MAX]
}

fn time() -> impl Strategy<Value = Timestamp> {
    (0..=Timestamp::MAX.millis()).prop_map(Timestamp::from_millis)
}

fn line() -> impl Strategy<Value = Line> {
    (id(), prop::option::of((id(), id())), 1..=QUANTITY_MAX, 0..=MONEY_MAX_FEN).prop_map(|(sku, flash, count, price)| Line {
        sku: SkuId::new(sku).unwrap(),
        flash: flash
            .map(|(item, activity)| FlashRef { item: FlashItemId::new(item).unwrap(), activity: ActivityId::new(activity).unwrap() }),
        quantity: Quantity::new(count).unwrap(),
        unit_price: Money::from_fen(price).unwrap(),
    })
}

fn lines() -> impl Strategy<Value = Lines> {
    prop::collection::vec(line(), 0..4).prop_map(Lines::from_vec)
}

fn placed() -> impl Strategy<Value = Event> {
    ((id(), time(), any::<u64>()), id(), lines(), 0..=MONEY_MAX_FEN, time(), any::<[u8; 16]>(), any::<u64>(), prop::option::of(id()))
        .prop_map(|((order, at, nonce), user, lines, payable, expires_at, key, body, address)| {
            let order = OrderId::new(order).unwrap();
            Event::OrderPlaced(OrderPlaced {
                order,
                no: OrderNo::new(order, at, nonce),
                user: UserId::new(user).unwrap(),
                lines,
                payable: Money::from_fen(payable).unwrap(),
                expires_at,
                key: KeyHash::from_bytes(key),
                body: BodyFingerprint::from_u64(body),
                address: address.map(|address| AddressId::new(address).unwrap()),
            })
        })
}

fn moved() -> impl Strategy<Value = OrderMoved> {
    (id(), id(), any::<u32>()).prop_map(|(order, user, version)| OrderMoved {
        order: OrderId::new(order).unwrap(),
        user: UserId::new(user).unwrap(),
        version,
    })
}

fn text(most: usize) -> impl Strategy<Value = String> {
    let character = any::<char>().prop_map(|character| if character.is_control() || character.is_whitespace() { '盘' } else { character });
    prop_oneof![Just("😀".repeat(most)), prop::collection::vec(character, 1..=most).prop_map(String::from_iter)]
}

fn adjusted() -> impl Strategy<Value = Event> {
    let most = PIECES_MAX as i32;
    let delta = prop_oneof![Just(most), Just(-most), -most..=most].prop_filter("nothing moves", |delta| *delta != 0);
    (id(), id(), delta, text(REASON_CHARACTERS_MAX), text(OPERATOR_CHARACTERS_MAX)).prop_map(
        |(sku, adjustment, delta, reason, operator)| {
            Event::StockAdjusted(StockAdjusted {
                sku: SkuId::new(sku).unwrap(),
                adjustment: AdjustmentId::new(adjustment).unwrap(),
                delta: Delta::new(delta).unwrap(),
                reason: Reason::parse(&reason).unwrap(),
                operator: Operator::parse(&operator).unwrap(),
            })
        },
    )
}

pub fn event() -> impl Strategy<Value = Event> {
    let carved = (id(), id(), id(), any::<u32>(), any::<u32>(), 0..=MONEY_MAX_FEN, time(), time()).prop_map(
        |(sku, item, activity, quota, limit_per_user, price, starts_at, ends_at)| {
            Event::QuotaCarved(QuotaCarved {
                sku: SkuId::new(sku).unwrap(),
                item: FlashItemId::new(item).unwrap(),
                activity: ActivityId::new(activity).unwrap(),
                quota,
                limit_per_user,
                unit_price: Money::from_fen(price).unwrap(),
                starts_at,
                ends_at,
            })
        },
    );
    let released = (id(), id(), id(), any::<u32>()).prop_map(|(sku, item, activity, pieces)| {
        Event::QuotaReleased(QuotaReleased {
            sku: SkuId::new(sku).unwrap(),
            item: FlashItemId::new(item).unwrap(),
            activity: ActivityId::new(activity).unwrap(),
            pieces,
        })
    });
    let paid = (moved(), lines())
        .prop_map(|(moved, lines)| Event::OrderPaid(OrderPaid { order: moved.order, user: moved.user, version: moved.version, lines }));
    let closed = (moved(), prop::collection::vec((line(), any::<bool>()), 0..4), any::<bool>(), any::<bool>()).prop_map(
        |(moved, returns, cancelled, limit_returned)| {
            Event::OrderClosed(OrderClosed {
                order: moved.order,
                user: moved.user,
                version: moved.version,
                reason: if cancelled { CloseReason::Cancelled } else { CloseReason::TimedOut },
                returns: returns.into_iter().map(|(line, to_quota)| Return { line, to_quota }).collect(),
                limit_returned,
            })
        },
    );
    prop_oneof![
        (any::<u64>(), any::<u32>()).prop_map(|(first, count)| Event::IdsReserved(IdsReserved { first, count })),
        carved,
        released,
        placed(),
        paid,
        moved().prop_map(Event::OrderShipped),
        moved().prop_map(Event::OrderCompleted),
        closed,
        adjusted(),
    ]
}

fn encoded(record: &Record) -> Vec<u8> {
    let mut bytes = Vec::new();
    record.encode_into(&mut bytes);
    bytes
}

proptest! {
    #[test]
    fn a_record_reads_back(at in time(), event in event()) {
        let record = Record { at, event };
        prop_assert_eq!(Record::decode(&encoded(&record)), Ok(record));
    }

    #[test]
    fn encoding_appends(at in time(), event in event(), before: Vec<u8>) {
        let record = Record { at, event };
        let mut bytes = before.clone();
        record.encode_into(&mut bytes);
        prop_assert_eq!(bytes, [before, encoded(&record)].concat());
    }

    #[test]
    fn a_cut_or_lengthened_record_is_refused(at in time(), event in event(), cut in any::<prop::sample::Index>(), more: u8) {
        let mut bytes = encoded(&Record { at, event });
        prop_assert_eq!(Record::decode(&bytes[..cut.index(bytes.len())]), Err(DecodeError::Malformed));
        bytes.push(more);
        prop_assert_eq!(Record::decode(&bytes), Err(DecodeError::Malformed));
    }

    #[test]
    fn any_bytes_are_read_or_refused_and_what_is_read_keeps_the_rules(mut bytes: Vec<u8>, kind in 0..12u8) {
        if bytes.len() > 3 {
            (bytes[0], bytes[1], bytes[2]) = (SCHEMA_VERSION, bytes[1] & 0x7f, kind);
        }
        if let Ok(record) = Record::decode(&bytes) {
            prop_assert!(record.at <= Timestamp::MAX);
            prop_assert!(record.event.skus().iter().all(|sku| (1..=ID_MAX).contains(&sku.get())));
        }
    }

    #[test]
    fn a_newer_version_is_refused_by_name(needed in SCHEMA_VERSION + 1.., rest: Vec<u8>) {
        let refused = Record::decode(&[vec![needed], rest].concat()).unwrap_err();
        prop_assert_eq!(&refused, &DecodeError::Newer { needed });
        let text = refused.to_string();
        prop_assert!(text.contains(&needed.to_string()), "{}", text);
    }
}
