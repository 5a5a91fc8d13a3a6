//! Baskets, and what happens to their orders, for tests.

use mallcore_actors::idempotency::{BodyFingerprint, KeyHash};
use mallcore_actors::ids::{PaymentId, ProductId, RefundId, SkuId, UserId};
use mallcore_actors::money::Money;
use mallcore_actors::orders::{
    Basket, BasketLine, Carrier, Described, LinePieces, Parcel, Payment, PaymentChannel, Pieces, RefundCommand, Title, Tracking,
};
use mallcore_actors::quantity::Quantity;

pub fn fen(fen: u64) -> Money {
    Money::from_fen(fen).unwrap()
}

pub fn pieces(count: u32) -> Quantity {
    Quantity::new(count).unwrap()
}

pub fn sku(id: u64) -> SkuId {
    SkuId::new(id).unwrap()
}

pub fn user(id: u64) -> UserId {
    UserId::new(id).unwrap()
}

pub fn key(number: u64) -> KeyHash {
    KeyHash::of("orders", &number.to_string())
}

pub fn line(id: u64, count: u32, unit_price: u64, discount: u64) -> BasketLine {
    let described = Described { product: ProductId::new(id).unwrap(), title: Title::parse("杯子").unwrap(), spec: None, picture: None };
    BasketLine { sku: sku(id), quantity: pieces(count), unit_price: fen(unit_price), discount: fen(discount), described }
}

/// A basket of these SKUs and quantities at 1 yuan a piece.
pub fn basket(user_id: u64, number: u64, wants: &[(u64, u32)]) -> Basket {
    let lines = wants.iter().map(|&(id, count)| line(id, count, 100, 0)).collect();
    Basket::new(user(user_id), lines, Money::ZERO, (key(number), BodyFingerprint::from_u64(number))).unwrap()
}

pub fn payment(id: u64, amount: Money) -> Payment {
    let channel = if amount == Money::ZERO { PaymentChannel::Free } else { PaymentChannel::WechatPay };
    Payment { id: PaymentId::new(id).unwrap(), channel, amount, payer: None }
}

pub fn of_lines(wants: &[(u64, u32)]) -> Pieces {
    wants.iter().map(|&(id, count)| LinePieces { sku: sku(id), quantity: pieces(count) }).collect()
}

pub fn parcel(number: u64, wants: &[(u64, u32)]) -> Parcel {
    let (carrier, tracking) = (Carrier::parse("SF").unwrap(), Tracking::parse(&format!("SF{number}")).unwrap());
    Parcel { key: key(number), carrier, tracking, pieces: of_lines(wants) }
}

pub fn refund(id: u64, wants: &[(u64, u32)], freight: u64, restock: bool) -> RefundCommand {
    RefundCommand { id: RefundId::new(id).unwrap(), pieces: of_lines(wants), freight: fen(freight), restock }
}
