//! The golden journals: records of every kind as the releases that brought them wrote them. A file never changes; a new kind or version
//! gets a new one. Each record stands behind its length (u16, big endian).

use mallcore_actors::adjustment::{Delta, Operator, PIECES_MAX, Reason};
use mallcore_actors::idempotency::{BodyFingerprint, KeyHash};
use mallcore_actors::ids::{ActivityId, AddressId, AdjustmentId, FlashItemId, OrderId, SkuId, UserId};
use mallcore_actors::money::Money;
use mallcore_actors::order_no::OrderNo;
use mallcore_actors::quantity::Quantity;
use mallcore_actors::record::{
    CloseReason, Event, FlashRef, IdsReserved, Line, OrderClosed, OrderMoved, OrderPaid, OrderPlaced, QuotaCarved, QuotaReleased, Record,
    Return, StockAdjusted,
};
use mallcore_actors::time::Timestamp;

/// Orders and flash sales.
const V1: &[u8] = include_bytes!("golden/v1.bin");
/// Adjustments of stock.
const V2: &[u8] = include_bytes!("golden/v2.bin");

fn records() -> Vec<Record> {
    let (order, user, sku) = (OrderId::new(12_345_678).unwrap(), UserId::new(42).unwrap(), SkuId::new(7).unwrap());
    let (item, activity) = (FlashItemId::new(3).unwrap(), ActivityId::new(2).unwrap());
    let time = Timestamp::from_millis(1_795_451_405_000);
    let price = Money::from_fen(19_900).unwrap();
    let flash = Line { sku, flash: Some(FlashRef { item, activity }), quantity: Quantity::new(2).unwrap(), unit_price: price };
    let plain = Line { sku: SkuId::new(mallcore_actors::ids::ID_MAX).unwrap(), flash: None, ..flash };
    let placed = |lines: &[Line], address| OrderPlaced {
        order,
        no: OrderNo::new(order, time, 0x12_3456_789a),
        user,
        lines: lines.iter().copied().collect(),
        payable: Money::from_fen(39_800).unwrap(),
        expires_at: time.plus_millis(300_000),
        key: KeyHash::from_bytes(*b"0123456789abcdef"),
        body: BodyFingerprint::from_u64(u64::MAX),
        address,
    };
    let moved = |version| OrderMoved { order, user, version };
    let closed = |reason, to_quota, limit_returned| OrderClosed {
        order,
        user,
        version: 2,
        reason,
        returns: [Return { line: flash, to_quota }].into_iter().collect(),
        limit_returned,
    };
    let events = [
        Event::IdsReserved(IdsReserved { first: 1, count: 10_000 }),
        Event::QuotaCarved(QuotaCarved {
            sku,
            item,
            activity,
            quota: 1_000,
            limit_per_user: 1,
            unit_price: price,
            starts_at: time,
            ends_at: time.plus_millis(3_600_000),
        }),
        Event::QuotaReleased(QuotaReleased { sku, item, activity, pieces: 17 }),
        Event::OrderPlaced(placed(&[flash], None)),
        Event::OrderPlaced(placed(&[flash, plain], Some(AddressId::new(5).unwrap()))),
        Event::OrderPaid(OrderPaid { order, user, version: 2, lines: [flash, plain].into_iter().collect() }),
        Event::OrderShipped(moved(3)),
        Event::OrderCompleted(moved(4)),
        Event::OrderClosed(closed(CloseReason::Cancelled, true, true)),
        Event::OrderClosed(closed(CloseReason::TimedOut, false, false)),
    ];
    events.into_iter().enumerate().map(|(nth, event)| Record { at: time.plus_millis(nth as u64), event }).collect()
}

fn records_of_version_2() -> Vec<Record> {
    let time = Timestamp::from_millis(1_795_451_405_000);
    let adjusted = |delta, reason: &str, operator: &str| {
        Event::StockAdjusted(StockAdjusted {
            sku: SkuId::new(7).unwrap(),
            adjustment: AdjustmentId::new(300).unwrap(),
            delta: Delta::new(delta).unwrap(),
            reason: Reason::parse(reason).unwrap(),
            operator: Operator::parse(operator).unwrap(),
        })
    };
    let events = [adjusted(-5, "盘点：破损 5 件", "小王"), adjusted(PIECES_MAX as i32, "first delivery", "a")];
    events.into_iter().map(|event| Record { at: time, event }).collect()
}

fn framed(records: &[Record]) -> Vec<u8> {
    let mut all = Vec::new();
    for record in records {
        let mut bytes = Vec::new();
        record.encode_into(&mut bytes);
        all.extend(u16::try_from(bytes.len()).unwrap().to_be_bytes());
        all.extend(bytes);
    }
    all
}

#[test]
fn todays_decoder_reads_earlier_releases_records() {
    for (golden, records) in [(V1, records()), (V2, records_of_version_2())] {
        let (mut rest, mut read) = (golden, Vec::new());
        while let Some((length, after)) = rest.split_first_chunk() {
            let (record, after) = after.split_at(usize::from(u16::from_be_bytes(*length)));
            read.push(Record::decode(record).expect("a record of an earlier release"));
            rest = after;
        }
        assert_eq!(rest, b"");
        assert_eq!(read, records);
    }
}

#[test]
fn todays_encoder_writes_the_same_bytes() {
    assert_eq!(framed(&records()), V1);
    assert_eq!(framed(&records_of_version_2()), V2);
}

#[test]
fn a_record_says_the_version_that_its_kind_came_with() {
    let version_of_first = |golden: &[u8]| golden[2];
    assert_eq!((version_of_first(V1), version_of_first(V2)), (1, 2), "a release before version 2 refuses adjustments by name");
}

#[test]
fn the_golden_journal_has_every_kind() {
    let mut kinds: Vec<&str> = records().iter().chain(&records_of_version_2()).map(|record| record.event.kind()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let all = [
        "ids.reserved",
        "order.closed",
        "order.completed",
        "order.paid",
        "order.placed",
        "order.shipped",
        "quota.carved",
        "quota.released",
        "stock.adjusted",
    ];
    assert_eq!(kinds, all);
}
