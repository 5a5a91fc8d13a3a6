//! The codec of records: what is written is read, and nothing else is accepted.

use mallcore_actors::carts::{CartCleared, CartFact, CartLine, LinesRemoved, LinesSet, Request};
use mallcore_actors::facts::{DecodeError, Header, Origin, Record, SCHEMA_VERSION};
use mallcore_actors::idempotency::{BodyFingerprint, KeyHash};
use mallcore_actors::ids::{
    ActivityId, AddressId, AdjustmentId, FlashItemId, ID_MAX, OrderId, PaymentId, ProductId, RefundId, SkuId, UserId,
};
use mallcore_actors::journal::Sequence;
use mallcore_actors::kernel::Fact;
use mallcore_actors::money::{MONEY_MAX_FEN, Money};
use mallcore_actors::order_no::{OrderNo, Partition};
use mallcore_actors::orders::{
    AddressSnapshot, Amounts, BasketLine, BasketPlaced, Carrier, CloseReason, Delivery, Described, FlashRef, IdsFact, IdsReserved, Line,
    LinePieces, Lines, OrderClosed, OrderFact, OrderMoved, OrderPaid, OrderPlaced, OrderRefunded, Parcel, ParcelShipped, Payer, Payment,
    PaymentChannel, PaymentTaken, Picture, Pieces, Refund, RefundedLine, Remark, Return, Spec, Status, Title, Tracking,
};
use mallcore_actors::quantity::{QUANTITY_MAX, Quantity};
use mallcore_actors::stock::adjustment::{Delta, OPERATOR_CHARACTERS_MAX, Operator, PIECES_MAX, REASON_CHARACTERS_MAX, Reason};
use mallcore_actors::stock::{self, QuotaCarved, QuotaReleased, StockAdjusted, StockFact};
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

fn placed() -> impl Strategy<Value = OrderFact> {
    ((id(), time(), any::<u64>()), id(), lines(), 0..=MONEY_MAX_FEN, time(), any::<[u8; 16]>(), any::<u64>(), prop::option::of(id()))
        .prop_map(|((order, at, nonce), user, lines, payable, expires_at, key, body, address)| {
            let order = OrderId::new(order).unwrap();
            OrderFact::Placed(OrderPlaced {
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

fn adjusted() -> impl Strategy<Value = StockFact> {
    let most = PIECES_MAX as i32;
    let delta = prop_oneof![Just(most), Just(-most), -most..=most].prop_filter("nothing moves", |delta| *delta != 0);
    (id(), id(), delta, text(REASON_CHARACTERS_MAX), text(OPERATOR_CHARACTERS_MAX)).prop_map(
        |(sku, adjustment, delta, reason, operator)| {
            StockFact::Adjusted(StockAdjusted {
                sku: SkuId::new(sku).unwrap(),
                adjustment: AdjustmentId::new(adjustment).unwrap(),
                delta: Delta::new(delta).unwrap(),
                reason: Reason::parse(&reason).unwrap(),
                operator: Operator::parse(&operator).unwrap(),
            })
        },
    )
}

fn money() -> impl Strategy<Value = Money> {
    (0..=MONEY_MAX_FEN).prop_map(|fen| Money::from_fen(fen).unwrap())
}

fn quantity() -> impl Strategy<Value = Quantity> {
    (1..=QUANTITY_MAX).prop_map(|count| Quantity::new(count).unwrap())
}

fn sku() -> impl Strategy<Value = SkuId> {
    id().prop_map(|id| SkuId::new(id).unwrap())
}

fn key() -> impl Strategy<Value = KeyHash> {
    any::<[u8; 16]>().prop_map(KeyHash::from_bytes)
}

fn status() -> impl Strategy<Value = Status> {
    (1..=6u8).prop_map(|number| Status::from_number(number).unwrap())
}

fn basket_line() -> impl Strategy<Value = BasketLine> {
    let described =
        (id(), text(255), prop::option::of(text(20)), prop::option::of(text(40))).prop_map(|(product, title, spec, picture)| Described {
            product: ProductId::new(product).unwrap(),
            title: Title::parse(&title).unwrap(),
            spec: spec.map(|spec| Spec::parse(&spec).unwrap()),
            picture: picture.map(|picture| Picture::parse(&picture).unwrap()),
        });
    (sku(), quantity(), money(), money(), described).prop_map(|(sku, quantity, unit_price, discount, described)| BasketLine {
        sku,
        quantity,
        unit_price,
        discount,
        described,
    })
}

/// Amounts need not be those of the lines: the codec does not add up.
fn basket_placed() -> impl Strategy<Value = OrderFact> {
    let delivery = (id(), prop::collection::vec(any::<u8>(), 1..50)).prop_map(|(address, snapshot)| Delivery {
        address: AddressId::new(address).unwrap(),
        snapshot: AddressSnapshot::try_from(snapshot).unwrap(),
    });
    let amounts =
        [money(), money(), money(), money()].prop_map(|[goods, discount, freight, payable]| Amounts { goods, discount, freight, payable });
    let about = (prop::option::of(delivery), prop::option::of(text(200)), any::<bool>());
    (moved(), (time(), time(), any::<u64>()), prop::collection::vec(basket_line(), 0..4), amounts, key(), any::<u64>(), about).prop_map(
        |(moved, (at, expires_at, nonce), lines, amounts, key, body, (delivery, remark, from_cart))| {
            OrderFact::BasketPlaced(Box::new(BasketPlaced {
                order: moved.order,
                no: OrderNo::in_partition(Partition::ONLY, moved.order, at, nonce),
                user: moved.user,
                lines,
                amounts,
                expires_at,
                key,
                body: BodyFingerprint::from_u64(body),
                delivery,
                remark: remark.map(|remark| Remark::parse(&remark).unwrap()),
                from_cart,
            }))
        },
    )
}

fn payment_taken() -> impl Strategy<Value = OrderFact> {
    (moved(), id(), 1..=3u8, money(), prop::option::of(text(128)), lines()).prop_map(|(moved, id, channel, amount, payer, lines)| {
        let payment = Payment {
            id: PaymentId::new(id).unwrap(),
            channel: PaymentChannel::from_number(channel).unwrap(),
            amount,
            payer: payer.map(|payer| Payer::parse(&payer).unwrap()),
        };
        OrderFact::PaymentTaken(PaymentTaken { order: moved.order, user: moved.user, version: moved.version, payment, lines })
    })
}

fn parcel_shipped() -> impl Strategy<Value = OrderFact> {
    let pieces = prop::collection::vec((sku(), quantity()).prop_map(|(sku, quantity)| LinePieces { sku, quantity }), 0..4);
    (moved(), status(), key(), text(32), text(64), pieces).prop_map(|(moved, status, key, carrier, tracking, pieces)| {
        let (carrier, tracking) = (Carrier::parse(&carrier).unwrap(), Tracking::parse(&tracking).unwrap());
        let parcel = Parcel { key, carrier, tracking, pieces: Pieces::from_vec(pieces) };
        OrderFact::ParcelShipped(ParcelShipped { order: moved.order, user: moved.user, version: moved.version, status, parcel })
    })
}

fn refunded() -> impl Strategy<Value = OrderFact> {
    let line =
        (line(), money()).prop_map(|(line, amount)| RefundedLine { sku: line.sku, flash: line.flash, quantity: line.quantity, amount });
    (moved(), status(), id(), prop::collection::vec(line, 0..4), money(), any::<bool>()).prop_map(
        |(moved, status, id, lines, freight, restock)| {
            let refund = Refund { id: RefundId::new(id).unwrap(), lines: lines.into_iter().collect(), freight, restock };
            OrderFact::Refunded(OrderRefunded { order: moved.order, user: moved.user, version: moved.version, status, refund })
        },
    )
}

fn cart() -> impl Strategy<Value = CartFact> {
    let line = (sku(), quantity(), any::<bool>(), time()).prop_map(|(sku, quantity, selected, added_at)| CartLine {
        sku,
        quantity,
        selected,
        added_at,
    });
    let request =
        (key(), any::<u64>(), any::<u32>()).prop_map(|(key, body, number)| Request { key, body: BodyFingerprint::from_u64(body), number });
    let user = || id().prop_map(|id| UserId::new(id).unwrap());
    prop_oneof![
        (user(), prop::collection::vec(line, 0..4), prop::option::of(request))
            .prop_map(|(user, lines, request)| CartFact::LinesSet(LinesSet { user, lines: lines.into_iter().collect(), request })),
        (user(), prop::collection::vec(sku(), 0..4))
            .prop_map(|(user, skus)| CartFact::LinesRemoved(LinesRemoved { user, skus: skus.into_iter().collect() })),
        user().prop_map(|user| CartFact::Cleared(CartCleared { user })),
    ]
}

fn header() -> impl Strategy<Value = Header> {
    let origin = prop_oneof![
        Just(Origin::System),
        any::<u64>().prop_map(|request| Origin::Shopper { request }),
        any::<(u64, u64)>().prop_map(|(admin, request)| Origin::Admin { admin, request }),
        any::<u16>().prop_map(|policy| Origin::Policy { policy }),
    ];
    (time(), origin, any::<u64>()).prop_map(|(at, origin, cause)| Header { at, origin, cause: Sequence(cause) })
}

fn record() -> impl Strategy<Value = Record> {
    (header(), fact()).prop_map(|(header, fact)| Record { header, fact })
}

fn fact() -> impl Strategy<Value = Fact> {
    let carved = (id(), id(), id(), any::<u32>(), any::<u32>(), 0..=MONEY_MAX_FEN, time(), time()).prop_map(
        |(sku, item, activity, quota, limit_per_user, price, starts_at, ends_at)| {
            StockFact::QuotaCarved(QuotaCarved {
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
        StockFact::QuotaReleased(QuotaReleased {
            sku: SkuId::new(sku).unwrap(),
            item: FlashItemId::new(item).unwrap(),
            activity: ActivityId::new(activity).unwrap(),
            pieces,
        })
    });
    let paid = (moved(), lines())
        .prop_map(|(moved, lines)| OrderFact::Paid(OrderPaid { order: moved.order, user: moved.user, version: moved.version, lines }));
    let closed = (moved(), prop::collection::vec((line(), any::<bool>()), 0..4), any::<bool>(), any::<bool>()).prop_map(
        |(moved, returns, cancelled, limit_returned)| {
            OrderFact::Closed(OrderClosed {
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
        (any::<u64>(), any::<u32>()).prop_map(|(first, count)| IdsFact::Reserved(IdsReserved { first, count }).into()),
        prop_oneof![carved, released, adjusted()].prop_map(Fact::from),
        prop_oneof![placed(), paid, moved().prop_map(OrderFact::Shipped), moved().prop_map(OrderFact::Completed), closed]
            .prop_map(Fact::from),
        prop_oneof![basket_placed(), payment_taken(), parcel_shipped(), refunded(), moved().prop_map(OrderFact::Hidden)]
            .prop_map(Fact::from),
        cart().prop_map(Fact::from),
    ]
}

fn encoded(record: &Record) -> Vec<u8> {
    let mut bytes = Vec::new();
    record.encode_into(&mut bytes);
    bytes
}

proptest! {
    #[test]
    fn a_record_reads_back(record in record()) {
        let bytes = encoded(&record);
        prop_assert_eq!(Record::peek(&bytes).map(|(_, header)| header), Ok(record.header));
        prop_assert_eq!(Record::decode(&bytes), Ok(record));
    }

    #[test]
    fn encoding_appends(record in record(), before: Vec<u8>) {
        let mut bytes = before.clone();
        record.encode_into(&mut bytes);
        prop_assert_eq!(bytes, [before, encoded(&record)].concat());
    }

    #[test]
    fn a_cut_or_lengthened_record_is_refused(record in record(), cut in any::<prop::sample::Index>(), more: u8) {
        let mut bytes = encoded(&record);
        prop_assert_eq!(Record::decode(&bytes[..cut.index(bytes.len())]), Err(DecodeError::Malformed));
        bytes.push(more);
        prop_assert_eq!(Record::decode(&bytes), Err(DecodeError::Malformed));
    }

    #[test]
    fn any_bytes_are_read_or_refused_and_what_is_read_keeps_the_rules(
        mut bytes: Vec<u8>, version in 1..=SCHEMA_VERSION, (family, number) in (0..5u8, 0..12u8),
    ) {
        // Versions 1 and 2 have the time where the family stands.
        if bytes.len() > 3 {
            (bytes[0], bytes[1], bytes[2]) = (version, family, number);
        }
        match (Record::decode(&bytes), Record::peek(&bytes)) {
            (Ok(record), Ok((_, header))) => {
                prop_assert_eq!(header, record.header);
                prop_assert!(header.at <= Timestamp::MAX);
                prop_assert!(stock::skus(&record.fact).iter().all(|sku| (1..=ID_MAX).contains(&sku.get())));
            }
            (Ok(record), Err(refused)) => prop_assert!(false, "{refused}, but read as {record:?}"),
            (Err(_), _) => {}
        }
    }

    #[test]
    fn a_newer_version_is_refused_by_name(needed in SCHEMA_VERSION + 1.., rest: Vec<u8>) {
        let refused = Record::decode(&[vec![needed], rest].concat()).unwrap_err();
        prop_assert_eq!(&refused, &DecodeError::Newer { needed });
        let text = refused.to_string();
        prop_assert!(text.contains(&needed.to_string()), "{}", text);
    }

    #[test]
    fn an_unknown_kind_is_refused_by_name(record in record(), family in 200u8.., number: u8) {
        let mut bytes = encoded(&record);
        (bytes[1], bytes[2]) = (family, number);
        let text = Record::decode(&bytes).unwrap_err().to_string();
        prop_assert!(text.contains(&format!("{family}.{number}")), "{}", text);
    }
}
