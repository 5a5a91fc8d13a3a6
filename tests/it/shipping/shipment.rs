//! However an order is sent and refunded, what WeChat is told keeps its rules, and takes no chance to ship again.

use std::collections::HashMap;

use mallcore::features::shipping::carriers::{ByCode, KnownCarrier};
use mallcore::features::shipping::service;
use mallcore::features::shipping::uploads::shipment::{Known, Telling, telling};
use mallcore::platform::wechat::shipping::{ITEMS_MAX, Logistics, OrderKey, Shipment};
use mallcore_actors::idempotency::{BodyFingerprint, KeyHash};
use mallcore_actors::ids::{OrderId, PaymentId, ProductId, RefundId, SkuId, UserId};
use mallcore_actors::journal::Sequence;
use mallcore_actors::money::Money;
use mallcore_actors::order_no::OrderNo;
use mallcore_actors::orders::{
    Amounts, BasketLine, BasketPlaced, Carrier, Decided, Described, LinePieces, Order, PARCELS_MAX, Payment, PaymentChannel, RefundCommand,
    Status, Title, Tracking,
};
use mallcore_actors::quantity::Quantity;
use mallcore_actors::refusal::Refusal;
use mallcore_actors::time::Timestamp;
use proptest::prelude::*;

const PRICE: u64 = 1_000;

/// One thing that the back office does to the order.
#[derive(Debug, Clone)]
enum Step {
    /// Send so many pieces of a line.
    Ship(usize, u32),
    /// Send all that is left.
    ShipTheRest,
    /// Refund so many pieces of a line.
    Refund(usize, u32),
    /// The shopper comes for all that is left.
    PickUp,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        5 => (0..4usize, 1..4u32).prop_map(|(line, pieces)| Step::Ship(line, pieces)),
        1 => Just(Step::ShipTheRest),
        2 => (0..4usize, 1..4u32).prop_map(|(line, pieces)| Step::Refund(line, pieces)),
        1 => Just(Step::PickUp),
    ]
}

fn sku(line: usize) -> SkuId {
    SkuId::new(line as u64 + 1).unwrap()
}

fn quantity(pieces: u32) -> Quantity {
    Quantity::new(pieces).unwrap()
}

/// A paid order with these pieces of each line.
fn paid(lines: &[u32], channel: PaymentChannel) -> Order {
    let goods = Money::from_fen(PRICE * u64::from(lines.iter().sum::<u32>())).unwrap();
    let line = |(place, pieces): (usize, &u32)| BasketLine {
        sku: sku(place),
        quantity: quantity(*pieces),
        unit_price: Money::from_fen(PRICE).unwrap(),
        discount: Money::ZERO,
        described: Described { product: ProductId::new(1).unwrap(), title: Title::parse("杯").unwrap(), spec: None, picture: None },
    };
    let (id, at) = (OrderId::new(7).unwrap(), Timestamp::from_millis(1_000));
    let placed = BasketPlaced {
        order: id,
        no: OrderNo::new(id, at, 5),
        user: UserId::new(3).unwrap(),
        lines: lines.iter().enumerate().map(line).collect(),
        amounts: Amounts { goods, discount: Money::ZERO, freight: Money::ZERO, payable: goods },
        expires_at: Timestamp::from_millis(900_000),
        key: KeyHash::from_bytes([1; 16]),
        body: BodyFingerprint::from_u64(1),
        delivery: None,
        remark: None,
        from_cart: false,
    };
    let mut order = Order::basket_placed(Sequence(1), at, &placed);
    let payment = Payment { id: PaymentId::new(1).unwrap(), channel, amount: goods, payer: None };
    let Ok(Decided::Fresh(fact)) = order.decide_pay(&payment, Timestamp::from_millis(2_000)) else { panic!("it can be paid") };
    order.apply(Sequence(2), Timestamp::from_millis(2_000), &fact);
    order
}

fn carriers() -> ByCode {
    let known = |code: &str, wechat_id: Option<&str>| KnownCarrier {
        code: code.to_owned(),
        name: code.to_owned(),
        wechat_id: wechat_id.map(str::to_owned),
        kuaidi100_code: None,
        needs_phone: code == "SF",
        is_in_use: true,
    };
    [known("SF", Some("SF")), known("PICKUP", None)].map(|carrier| (carrier.code.clone(), carrier)).into()
}

fn told(order: &Order, names: &HashMap<SkuId, String>) -> Telling {
    let carriers = carriers();
    let key = OrderKey::Transaction("4200".to_owned());
    telling(order, &Known { names, carriers: &carriers, receiver_contact: Some("139****5678"), key, openid: "oA" })
}

/// Carries a step out at its time, if the order takes it.
fn carry_out(order: &mut Order, step: &Step, number: u64) {
    let at = Timestamp::from_millis(10_000 + number);
    let parcel = |order: &Order, carrier: &str, pieces: Option<&[LinePieces]>| {
        let tracking = Tracking::parse(&format!("{carrier}{number:06}")).unwrap();
        service::parcel(order, (Carrier::parse(carrier).unwrap(), tracking), pieces, at)
    };
    let decided = match step {
        Step::Ship(line, pieces) => {
            let pieces = [LinePieces { sku: sku(*line), quantity: quantity(*pieces) }];
            parcel(order, "SF", Some(&pieces)).and_then(|parcel| order.decide_ship(&parcel.unwrap(), at))
        }
        Step::ShipTheRest => parcel(order, "SF", None).and_then(|parcel| order.decide_ship(&parcel.unwrap(), at)),
        Step::PickUp => parcel(order, "PICKUP", None).and_then(|parcel| order.decide_ship(&parcel.unwrap(), at)),
        Step::Refund(line, pieces) => {
            let pieces = [LinePieces { sku: sku(*line), quantity: quantity(*pieces) }].into_iter().collect();
            let refund = RefundCommand { id: RefundId::new(number + 1).unwrap(), pieces, freight: Money::ZERO, restock: true };
            order.decide_refund(&refund, at)
        }
    };
    if let Ok(Decided::Fresh(fact)) = decided {
        order.apply(Sequence(10 + number), at, &fact);
        assert_eq!(order.broken(), None, "{step:?}");
    }
}

/// What WeChat does about uploads, as it documents it.
#[derive(Debug, Default)]
struct Wechat {
    last: Option<Shipment>,
    finished: u32,
}

impl Wechat {
    fn take(&mut self, shipment: &Shipment) {
        if self.last.as_ref().is_some_and(|last| last.fingerprint() == shipment.fingerprint()) {
            return;
        }
        if let Some(last) = &self.last {
            assert_eq!((last.is_split, last.logistics), (shipment.is_split, shipment.logistics), "another mode is a second shipping");
            assert!(!last.is_all_delivered, "a finished shipping that is told again is a second one");
            assert!(shipment.items.starts_with(&last.items), "parcels are added, never changed");
        }
        self.finished += u32::from(shipment.is_all_delivered);
        self.last = Some(shipment.clone());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// Told after each step, or after some of them: a task that was away sees only what the order has become.
    #[test]
    fn wechat_is_never_told_of_a_second_shipping(
        lines in prop::collection::vec(1..9u32, 1..4),
        steps in prop::collection::vec((step(), any::<bool>()), 1..30),
        name in "[\\u{4e00}-\\u{4eff}]{1,60}",
    ) {
        let names: HashMap<_, _> = (0..4).map(|line| (sku(line), name.clone())).collect();
        let (mut order, mut wechat) = (paid(&lines, PaymentChannel::WechatPay), Wechat::default());
        for (number, (step, is_told)) in steps.iter().enumerate() {
            carry_out(&mut order, step, number as u64);
            // The last one is always told.
            if !is_told && number + 1 < steps.len() {
                continue;
            }
            let progress = service::progress(&order);
            match told(&order, &names) {
                Telling::Shipment(shipment) => {
                    prop_assert_eq!(shipment.broken(), None, "{:?}", shipment);
                    let is_all = progress.lines.iter().all(|line| line.to_ship() == 0);
                    prop_assert_eq!(shipment.is_all_delivered, is_all);
                    if shipment.logistics == Logistics::Carrier {
                        let carried = progress.parcels.iter().filter(|(_, parcel)| parcel.carrier.as_str() == "SF").count();
                        prop_assert_eq!(shipment.items.len(), carried.min(ITEMS_MAX));
                    }
                    wechat.take(&shipment);
                }
                Telling::Nothing => {
                    let is_over = order.status == Status::Refunded;
                    prop_assert!(is_over || progress.parcels.is_empty(), "{order:?}");
                }
                Telling::Impossible(why) => prop_assert!(false, "{}", why),
            }
        }
        prop_assert!(wechat.finished <= 1);
    }

    /// What is asked for once is asked for again as the same parcel, and never takes more than there is.
    #[test]
    fn a_parcel_is_its_number(lines in prop::collection::vec(1..5u32, 1..4), steps in prop::collection::vec(step(), 0..40)) {
        let mut order = paid(&lines, PaymentChannel::WechatPay);
        for (number, step) in steps.iter().enumerate() {
            carry_out(&mut order, step, number as u64);
        }
        let progress = service::progress(&order);
        prop_assert!(progress.parcels.len() <= PARCELS_MAX);
        let at = Timestamp::from_millis(99_000);
        for (_, sent) in &progress.parcels {
            let named = (sent.carrier.clone(), sent.tracking.clone());
            prop_assert_eq!(service::parcel(&order, named.clone(), None, at), Ok(None));
            prop_assert_eq!(service::parcel(&order, named.clone(), Some(&sent.pieces), at), Ok(None));
            let other = [LinePieces { sku: sent.pieces[0].sku, quantity: quantity(sent.pieces[0].quantity.get() + 1) }];
            prop_assert_eq!(service::parcel(&order, named, Some(&other), at), Err(Refusal::IdempotencyMismatch));
        }
        let fresh = (Carrier::parse("SF").unwrap(), Tracking::parse("SF-FRESH").unwrap());
        if let Ok(Some(parcel)) = service::parcel(&order, fresh, None, at) {
            for pieces in &parcel.pieces {
                prop_assert_eq!(progress.line(pieces.sku).unwrap().to_ship(), pieces.quantity.get());
            }
        }
    }
}

#[test]
fn fifteen_parcels_are_told_as_the_first_ten_and_their_end() {
    let names = HashMap::from([(sku(0), "杯".to_owned())]);
    let mut order = paid(&[15], PaymentChannel::WechatPay);
    let mut wechat = Wechat::default();
    for number in 0..15 {
        carry_out(&mut order, &Step::Ship(0, 1), number);
        let Telling::Shipment(shipment) = told(&order, &names) else { panic!("{order:?}") };
        wechat.take(&shipment);
    }
    let last = wechat.last.unwrap();
    assert_eq!((last.items.len(), last.is_split, last.is_all_delivered, wechat.finished), (10, true, true, 1));
    assert_eq!(last.items[0].receiver_contact.as_deref(), Some("139****5678"), "顺丰 wants a phone");
}

#[test]
fn what_was_refunded_before_it_was_sent_is_not_waited_for() {
    let names = HashMap::new();
    let mut order = paid(&[1, 1], PaymentChannel::WechatPay);
    carry_out(&mut order, &Step::Ship(0, 1), 0);
    let Telling::Shipment(first) = told(&order, &names) else { panic!("{order:?}") };
    assert!(first.is_split && !first.is_all_delivered);
    carry_out(&mut order, &Step::Refund(1, 1), 1);
    let Telling::Shipment(second) = told(&order, &names) else { panic!("{order:?}") };
    assert!(second.is_split && second.is_all_delivered && second.items == first.items);
}

#[test]
fn goods_that_were_picked_up_are_told_as_such_and_other_payments_are_not() {
    let names = HashMap::from([(sku(0), "杯".to_owned()), (sku(1), "巾".to_owned())]);
    let mut order = paid(&[2, 1], PaymentChannel::WechatPay);
    carry_out(&mut order, &Step::PickUp, 0);
    let Telling::Shipment(shipment) = told(&order, &names) else { panic!("{order:?}") };
    assert_eq!((shipment.logistics, shipment.is_split), (Logistics::PickUp, false));
    assert_eq!((shipment.items[0].description.as_str(), &shipment.items[0].parcel), ("杯*2；巾*1", &None));
    let mut other = paid(&[1], PaymentChannel::Balance);
    carry_out(&mut other, &Step::ShipTheRest, 0);
    assert_eq!(told(&other, &names), Telling::Nothing);
}
