//! The golden journals: records of every kind as the releases that brought them wrote them. A file never changes; a new kind or version
//! gets a new one. Each record stands behind its length (u16, big endian). Versions 1 and 2 are read and no longer written.

use mallcore_actors::carts::{CartCleared, CartFact, CartLine, LinesRemoved, LinesSet, Request};
use mallcore_actors::facts::{DecodeError, Header, Kind, Origin, Record, SCHEMA_VERSION};
use mallcore_actors::idempotency::{BodyFingerprint, KeyHash};
use mallcore_actors::ids::{ActivityId, AddressId, AdjustmentId, FlashItemId, OrderId, PaymentId, ProductId, RefundId, SkuId, UserId};
use mallcore_actors::journal::Sequence;
use mallcore_actors::kernel::Fact;
use mallcore_actors::money::Money;
use mallcore_actors::order_no::{OrderNo, Partition};
use mallcore_actors::orders::{
    AddressSnapshot, Amounts, AttemptNumber, BasketLine, BasketPlaced, Carrier, CloseReason, Delivery, Described, FlashRef, IdsFact,
    IdsReserved, Line, LinePieces, OrderClosed, OrderFact, OrderMoved, OrderPaid, OrderPlaced, OrderRefunded, Parcel, ParcelShipped, Payer,
    Payment, PaymentChannel, PaymentEnded, PaymentStarted, PaymentStrayed, PaymentTaken, Picture, Refund, RefundedLine, Remark, Return,
    Spec, Status, Stray, Title, Tracking, Trade, TradeNo, TradeTaken, Transaction,
};
use mallcore_actors::quantity::Quantity;
use mallcore_actors::stock::adjustment::{Delta, Operator, PIECES_MAX, Reason};
use mallcore_actors::stock::{QuotaCarved, QuotaReleased, StockAdjusted, StockFact};
use mallcore_actors::time::Timestamp;

/// Orders and flash sales.
const V1: &[u8] = include_bytes!("golden/v1.bin");
/// Adjustments of stock.
const V2: &[u8] = include_bytes!("golden/v2.bin");
/// Families and headers: all of the above again, then baskets, what happens to their orders, and carts.
const V3: &[u8] = include_bytes!("golden/v3.bin");
/// Attempts to pay and what came of them, of the same version.
const V3_PAYMENTS: &[u8] = include_bytes!("golden/v3_payments.bin");

/// Before the first shopper; every record of versions 1 and 2 is at or soon after it.
const TIME: Timestamp = Timestamp::from_millis(1_795_451_405_000);

fn facts_of_version_1() -> Vec<Fact> {
    let (order, user, sku) = (OrderId::new(12_345_678).unwrap(), UserId::new(42).unwrap(), SkuId::new(7).unwrap());
    let (item, activity) = (FlashItemId::new(3).unwrap(), ActivityId::new(2).unwrap());
    let time = TIME;
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
    vec![
        IdsFact::Reserved(IdsReserved { first: 1, count: 10_000 }).into(),
        StockFact::QuotaCarved(QuotaCarved {
            sku,
            item,
            activity,
            quota: 1_000,
            limit_per_user: 1,
            unit_price: price,
            starts_at: time,
            ends_at: time.plus_millis(3_600_000),
        })
        .into(),
        StockFact::QuotaReleased(QuotaReleased { sku, item, activity, pieces: 17 }).into(),
        OrderFact::Placed(placed(&[flash], None)).into(),
        OrderFact::Placed(placed(&[flash, plain], Some(AddressId::new(5).unwrap()))).into(),
        OrderFact::Paid(OrderPaid { order, user, version: 2, lines: [flash, plain].into_iter().collect() }).into(),
        OrderFact::Shipped(moved(3)).into(),
        OrderFact::Completed(moved(4)).into(),
        OrderFact::Closed(closed(CloseReason::Cancelled, true, true)).into(),
        OrderFact::Closed(closed(CloseReason::TimedOut, false, false)).into(),
    ]
}

fn facts_of_version_2() -> Vec<Fact> {
    let adjusted = |delta, reason: &str, operator: &str| {
        StockFact::Adjusted(StockAdjusted {
            sku: SkuId::new(7).unwrap(),
            adjustment: AdjustmentId::new(300).unwrap(),
            delta: Delta::new(delta).unwrap(),
            reason: Reason::parse(reason).unwrap(),
            operator: Operator::parse(operator).unwrap(),
        })
        .into()
    };
    vec![adjusted(-5, "盘点：破损 5 件", "小王"), adjusted(PIECES_MAX as i32, "first delivery", "a")]
}

/// Orders over several SKUs and their whole life.
fn facts_of_orders() -> Vec<Fact> {
    let (order, user) = (OrderId::new(12_345_679).unwrap(), UserId::new(42).unwrap());
    let (sku, other) = (SkuId::new(7).unwrap(), SkuId::new(mallcore_actors::ids::ID_MAX).unwrap());
    let fen = |fen| Money::from_fen(fen).unwrap();
    let pieces = |count| Quantity::new(count).unwrap();
    let lines = vec![
        BasketLine {
            sku,
            quantity: pieces(2),
            unit_price: fen(19_900),
            discount: fen(1),
            described: Described {
                product: ProductId::new(5).unwrap(),
                title: Title::parse("保温杯").unwrap(),
                spec: Some(Spec::parse("500 ml 黑").unwrap()),
                picture: Some(Picture::parse("https://cdn.example/7.jpg").unwrap()),
            },
        },
        BasketLine {
            sku: other,
            quantity: pieces(300),
            unit_price: fen(1),
            discount: Money::ZERO,
            described: Described {
                product: ProductId::new(6).unwrap(),
                title: Title::parse("a screw").unwrap(),
                spec: None,
                picture: None,
            },
        },
    ];
    let placed = |lines: &[BasketLine], freight, is_whole: bool| BasketPlaced {
        order,
        no: OrderNo::in_partition(Partition::ONLY, order, TIME, 0x12_3456_789a),
        user,
        lines: lines.to_vec(),
        amounts: Amounts::of(lines, freight).unwrap(),
        expires_at: TIME.plus_millis(1_800_000),
        key: KeyHash::from_bytes(*b"basket-123456789"),
        body: BodyFingerprint::from_u64(7),
        delivery: is_whole
            .then(|| Delivery { address: AddressId::new(5).unwrap(), snapshot: AddressSnapshot::try_from(vec![0, 1, 254, 255]).unwrap() }),
        remark: is_whole.then(|| Remark::parse("放门口").unwrap()),
        from_cart: is_whole,
    };
    let payment = |channel, amount, payer: Option<&str>| PaymentTaken {
        order,
        user,
        version: 2,
        payment: Payment { id: PaymentId::new(9).unwrap(), channel, amount, payer: payer.map(|payer| Payer::parse(payer).unwrap()) },
        lines: placed(&lines, Money::ZERO, false).plain_lines(),
    };
    let shipped = |version, status, sku, count| ParcelShipped {
        order,
        user,
        version,
        status,
        parcel: Parcel {
            key: KeyHash::from_bytes(*b"parcel-123456789"),
            carrier: Carrier::parse("SF").unwrap(),
            tracking: Tracking::parse("SF1234567890").unwrap(),
            pieces: [LinePieces { sku, quantity: pieces(count) }].into_iter().collect(),
        },
    };
    let flash = FlashRef { item: FlashItemId::new(3).unwrap(), activity: ActivityId::new(2).unwrap() };
    let refunded = |version, status, lines: &[RefundedLine], freight, restock| OrderRefunded {
        order,
        user,
        version,
        status,
        refund: Refund { id: RefundId::new(11).unwrap(), lines: lines.iter().copied().collect(), freight, restock },
    };
    let part = RefundedLine { sku, flash: None, quantity: pieces(1), amount: fen(19_899) };
    vec![
        OrderFact::BasketPlaced(Box::new(placed(&lines, fen(800), true))).into(),
        OrderFact::BasketPlaced(Box::new(placed(&lines[1..], Money::ZERO, false))).into(),
        OrderFact::PaymentTaken(payment(PaymentChannel::WechatPay, fen(40_899), Some("oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"))).into(),
        OrderFact::PaymentTaken(payment(PaymentChannel::Balance, fen(40_899), None)).into(),
        OrderFact::PaymentTaken(payment(PaymentChannel::Free, Money::ZERO, None)).into(),
        OrderFact::ParcelShipped(shipped(3, Status::Paid, sku, 2)).into(),
        OrderFact::ParcelShipped(shipped(4, Status::Shipped, other, 300)).into(),
        OrderFact::Refunded(refunded(5, Status::Shipped, &[part], fen(800), false)).into(),
        OrderFact::Refunded(refunded(
            6,
            Status::Refunded,
            &[part, RefundedLine { sku: other, flash: Some(flash), ..part }],
            Money::ZERO,
            true,
        ))
        .into(),
        OrderFact::Hidden(OrderMoved { order, user, version: 7 }).into(),
    ]
}

/// Attempts to pay through a channel outside the shop.
fn facts_of_payments() -> Vec<Fact> {
    let (order, user) = (OrderId::new(12_345_679).unwrap(), UserId::new(42).unwrap());
    let no = OrderNo::in_partition(Partition::ONLY, order, TIME, 0x12_3456_789a);
    let attempt = |number| AttemptNumber::try_from(number).unwrap();
    let trade = |number, payer: Option<&str>| Trade {
        attempt: attempt(number),
        transaction: Transaction::parse("4200002345202611240123456789").unwrap(),
        amount: Money::from_fen(40_899).unwrap(),
        payer: payer.map(|payer| Payer::parse(payer).unwrap()),
        paid_at: TIME.plus_millis(77_000),
    };
    let line =
        Line { sku: SkuId::new(7).unwrap(), flash: None, quantity: Quantity::new(2).unwrap(), unit_price: Money::from_fen(1).unwrap() };
    let taken = |trade: Trade, version| {
        let taken = PaymentTaken { order, user, version, payment: trade.payment(), lines: [line].into_iter().collect() };
        OrderFact::TradeTaken(Box::new(TradeTaken {
            taken,
            attempt: trade.attempt,
            transaction: trade.transaction,
            paid_at: trade.paid_at,
        }))
    };
    let strayed = |trade, version, stray| OrderFact::PaymentStrayed(Box::new(PaymentStrayed { order, user, version, trade, stray }));
    let started = |number, version| {
        let trade = TradeNo { order: no, attempt: attempt(number) };
        OrderFact::PaymentStarted(PaymentStarted { order, user, version, trade, expires_at: TIME.plus_millis(900_000) })
    };
    vec![
        started(1, 2).into(),
        OrderFact::PaymentEnded(PaymentEnded { order, user, version: 3, attempt: attempt(1) }).into(),
        started(31, 4).into(),
        taken(trade(31, Some("oUpF8uMuAJO_M2pxb1Q9zNjWeS6o")), 5).into(),
        taken(trade(1, None), 6).into(),
        strayed(trade(1, None), 7, Stray::Late).into(),
        strayed(trade(31, Some("oUpF8uMuAJO_M2pxb1Q9zNjWeS6o")), 8, Stray::Double).into(),
    ]
}

fn facts_of_carts() -> Vec<Fact> {
    let (user, sku) = (UserId::new(42).unwrap(), SkuId::new(7).unwrap());
    let line = |sku, count, selected| CartLine { sku, quantity: Quantity::new(count).unwrap(), selected, added_at: TIME };
    let request = Request { key: KeyHash::from_bytes(*b"cart-key-1234567"), body: BodyFingerprint::from_u64(u64::MAX), number: 300 };
    let other = SkuId::new(8).unwrap();
    vec![
        CartFact::LinesSet(LinesSet { user, lines: [line(sku, 2, true)].into_iter().collect(), request: Some(request) }).into(),
        CartFact::LinesSet(LinesSet { user, lines: [line(sku, 9_999, false), line(other, 1, true)].into_iter().collect(), request: None })
            .into(),
        CartFact::LinesRemoved(LinesRemoved { user, skus: [sku, other].into_iter().collect() }).into(),
        CartFact::LinesRemoved(LinesRemoved { user, skus: [].into_iter().collect() }).into(),
        CartFact::Cleared(CartCleared { user }).into(),
    ]
}

fn records_of_version_1() -> Vec<Record> {
    facts_of_version_1().into_iter().enumerate().map(|(nth, fact)| Record::system(TIME.plus_millis(nth as u64), fact)).collect()
}

fn records_of_version_2() -> Vec<Record> {
    facts_of_version_2().into_iter().map(|fact| Record::system(TIME, fact)).collect()
}

/// Every fact, asked for by everybody in turn.
fn records_of_version_3() -> Vec<Record> {
    asked_for_by_all([facts_of_version_1(), facts_of_version_2(), facts_of_orders(), facts_of_carts()].concat())
}

fn records_of_payments() -> Vec<Record> {
    asked_for_by_all(facts_of_payments())
}

fn asked_for_by_all(facts: Vec<Fact>) -> Vec<Record> {
    let origins = [
        Origin::System,
        Origin::Shopper { request: 0 },
        Origin::Shopper { request: u64::MAX },
        Origin::Admin { admin: 7, request: 300 },
        Origin::Policy { policy: 513 },
    ];
    facts
        .into_iter()
        .zip(origins.into_iter().cycle())
        .enumerate()
        .map(|(nth, (fact, origin))| {
            let cause = if matches!(origin, Origin::Policy { .. }) { Sequence(1_000_000 + nth as u64) } else { Sequence::ZERO };
            Record { header: Header { at: TIME.plus_millis(nth as u64), origin, cause }, fact }
        })
        .collect()
}

fn encoded(record: &Record) -> Vec<u8> {
    let mut bytes = Vec::new();
    record.encode_into(&mut bytes);
    bytes
}

fn framed(records: &[Record]) -> Vec<u8> {
    let frame = |record| {
        let bytes = encoded(record);
        [u16::try_from(bytes.len()).unwrap().to_be_bytes().as_slice(), &bytes].concat()
    };
    records.iter().flat_map(frame).collect()
}

fn frames(golden: &[u8]) -> Vec<&[u8]> {
    let (mut rest, mut frames) = (golden, Vec::new());
    while let Some((length, after)) = rest.split_first_chunk() {
        let (record, after) = after.split_at(usize::from(u16::from_be_bytes(*length)));
        frames.push(record);
        rest = after;
    }
    assert_eq!(rest, b"");
    frames
}

#[test]
fn todays_decoder_reads_every_releases_records() {
    for (golden, records) in
        [(V1, records_of_version_1()), (V2, records_of_version_2()), (V3, records_of_version_3()), (V3_PAYMENTS, records_of_payments())]
    {
        let read: Vec<Record> = frames(golden).into_iter().map(|bytes| Record::decode(bytes).expect("a record of a release")).collect();
        assert_eq!(read, records);
    }
}

#[test]
fn todays_encoder_writes_the_same_bytes() {
    assert_eq!(framed(&records_of_version_3()), V3);
    assert_eq!(framed(&records_of_payments()), V3_PAYMENTS);
}

#[test]
fn a_record_says_the_version_that_its_kind_came_with() {
    let versions = |golden| {
        let mut versions: Vec<u8> = frames(golden).into_iter().map(|record| record[0]).collect();
        versions.dedup();
        versions
    };
    assert_eq!(
        [versions(V1), versions(V2), versions(V3), versions(V3_PAYMENTS)],
        [[1], [2], [3], [3]],
        "a release before that version refuses it by name"
    );
}

/// Numbers are on disk: neither is ever used for anything else.
const KINDS: [(u8, u8, &str); 21] = [
    (0, 1, "ids.reserved"),
    (1, 1, "quota.carved"),
    (1, 2, "quota.released"),
    (1, 3, "stock.adjusted"),
    (2, 1, "order.placed"),
    (2, 2, "order.paid"),
    (2, 3, "order.shipped"),
    (2, 4, "order.completed"),
    (2, 5, "order.closed"),
    (2, 6, "order.placed"),
    (2, 7, "order.paid"),
    (2, 8, "order.shipped"),
    (2, 9, "order.refunded"),
    (2, 10, "order.hidden"),
    (2, 11, "order.payment_started"),
    (2, 12, "order.payment_ended"),
    (2, 13, "order.payment_strayed"),
    (2, 14, "order.paid"),
    (3, 1, "cart.lines_set"),
    (3, 2, "cart.lines_removed"),
    (3, 3, "cart.cleared"),
];

#[test]
fn the_golden_journals_have_every_kind_with_its_number() {
    let mut kinds: Vec<(u8, u8, &str)> = [V3, V3_PAYMENTS]
        .into_iter()
        .flat_map(frames)
        .map(|bytes| {
            let name = Record::decode(bytes).unwrap().fact.name();
            (bytes[1], bytes[2], name)
        })
        .collect();
    kinds.sort_unstable();
    kinds.dedup();
    assert_eq!(kinds, KINDS);
    // A name may stand for several kinds: there is one for each kind, in the order of the numbers.
    let all: Vec<&str> = Fact::names().collect();
    assert_eq!(KINDS.map(|kind| kind.2).as_slice(), all, "a kind has no golden record yet");
}

#[test]
fn a_glance_at_a_record_says_what_reading_it_says() {
    for bytes in [V1, V2, V3, V3_PAYMENTS].into_iter().flat_map(frames) {
        let (kind, header) = Record::peek(bytes).unwrap();
        let read = Record::decode(bytes).unwrap();
        assert_eq!(header, read.header);
        let known = KINDS.into_iter().find(|known| (known.0, known.1) == (kind.family, kind.number));
        assert_eq!(known.map(|known| known.2), Some(read.fact.name()));
    }
}

#[test]
fn an_unknown_kind_and_a_newer_version_are_refused_by_name() {
    let changed = |place: usize, to: u8| {
        let mut bytes = encoded(&records_of_version_3()[0]);
        bytes[place] = to;
        Record::decode(&bytes).unwrap_err()
    };
    let unknown = |family, number| DecodeError::Unknown(Kind { family, number });
    assert_eq!([changed(1, 99), changed(2, 77)], [unknown(99, 1), unknown(0, 77)]);
    assert!(changed(2, 77).to_string().contains("0.77"), "{}", changed(2, 77));
    let newer = SCHEMA_VERSION + 1;
    assert_eq!(changed(0, newer), DecodeError::Newer { needed: newer });
    assert!(changed(0, newer).to_string().contains(&newer.to_string()), "{}", changed(0, newer));
    // The earlier layout has no kinds but those of its nine positions.
    let mut legacy = frames(V1)[0].to_vec();
    let variant = legacy.iter().position(|byte| *byte == 0).expect("ids were the first position");
    legacy[variant] = 9;
    assert_eq!(Record::decode(&legacy), Err(DecodeError::Malformed));
}
