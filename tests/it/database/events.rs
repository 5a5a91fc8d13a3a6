//! A shop of pure machines that turns commands into records, and the shop's rows to project onto.

use mallcore::features::seckill::model::SalePlan;
use mallcore::platform::database::{Database, Value};
use mallcore::platform::projection::{self, attach};
use mallcore_actors::facts::Record;
use mallcore_actors::idempotency::{BodyFingerprint, KeyHash};
use mallcore_actors::ids::{
    ActivityId, AddressId, AdjustmentId, FlashItemId, ID_MAX, OrderId, PaymentId, ProductId, RefundId, SkuId, UserId,
};
use mallcore_actors::journal::Sequence;
use mallcore_actors::kernel::Fact;
use mallcore_actors::money::Money;
use mallcore_actors::order_no::{OrderNo, Partition};
use mallcore_actors::orders::{
    AddressSnapshot, Basket, BasketLine, Carrier, Decided, Delivery, Described, LinePieces, Parcel, Payer, Payment, PaymentChannel,
    Picture, Pieces, RefundCommand, Remark, Spec, Title, Tracking,
};
use mallcore_actors::orders::{CloseReason, IdsFact, Line, Lines, OrderClosed, OrderFact, OrderMoved, OrderPaid, OrderPlaced};
use mallcore_actors::orders::{Order, OrderCommand, OrderShard, Status};
use mallcore_actors::quantity::Quantity;
use mallcore_actors::stock::StockFact;
use mallcore_actors::stock::adjustment::{Delta, OPERATOR_CHARACTERS_MAX, Operator, PIECES_MAX, REASON_CHARACTERS_MAX, Reason};
use mallcore_actors::stock::{Adjusting, Adjustment, Buy, Change, Purchase, QuotaPlan, Stock};
use mallcore_actors::time::Timestamp;
use proptest::prelude::*;

use super::journal::MemoryJournal;

pub const SKUS: u64 = 3;
pub const AVAILABLE: u32 = 40;
pub const QUOTA: u32 = 12;
pub const LIMIT: u32 = 3;
pub const PRICE: u64 = 1_999;
pub const START: u64 = 1_795_451_405_007;
pub const END: u64 = START + 1_000_000;

/// What happens next.
#[derive(Debug, Clone, Copy)]
pub enum Command {
    ReserveIds,
    Carve { sku: u64 },
    BuyFlash { sku: u64, user: u64, pieces: u32 },
    BuyPlain { sku: u64, user: u64, pieces: u32 },
    Move { order: usize, command: OrderCommand },
    EndAndRelease { sku: u64 },
    Adjust { sku: u64, delta: i32, extreme: bool },
    Basket { user: u64, pieces: u32 },
    Pay { order: usize },
    Parcel { order: usize, line: usize, pieces: u32 },
    Refund { order: usize, line: usize, pieces: u32, restock: bool },
    Hide { order: usize },
}

pub fn commands(most: usize) -> impl Strategy<Value = Vec<Command>> {
    let sku = 1..=SKUS;
    let one = prop_oneof![
        1 => Just(Command::ReserveIds),
        2 => sku.clone().prop_map(|sku| Command::Carve { sku }),
        12 => (sku.clone(), 1..=4u64, 1..=3u32).prop_map(|(sku, user, pieces)| Command::BuyFlash { sku, user, pieces }),
        4 => (sku.clone(), 1..=4u64, 1..=3u32).prop_map(|(sku, user, pieces)| Command::BuyPlain { sku, user, pieces }),
        10 => (0..64usize, prop_oneof![
            Just(OrderCommand::Pay),
            Just(OrderCommand::Ship),
            Just(OrderCommand::Complete),
            Just(OrderCommand::Close(CloseReason::Cancelled)),
            Just(OrderCommand::Close(CloseReason::TimedOut)),
        ]).prop_map(|(order, command)| Command::Move { order, command }),
        1 => sku.clone().prop_map(|sku| Command::EndAndRelease { sku }),
        5 => (1..=4u64, 1..=3u32).prop_map(|(user, pieces)| Command::Basket { user, pieces }),
        6 => (0..64usize).prop_map(|order| Command::Pay { order }),
        6 => (0..64usize, 0..2usize, 1..=3u32).prop_map(|(order, line, pieces)| Command::Parcel { order, line, pieces }),
        6 => (0..64usize, 0..2usize, 1..=3u32, any::<bool>())
            .prop_map(|(order, line, pieces, restock)| Command::Refund { order, line, pieces, restock }),
        2 => (0..64usize).prop_map(|order| Command::Hide { order }),
        3 => (sku, deltas(), any::<bool>()).prop_map(|(sku, delta, extreme)| Command::Adjust { sku, delta, extreme }),
    ];
    proptest::collection::vec(one, 1..most)
}

fn deltas() -> impl Strategy<Value = i32> {
    let most = PIECES_MAX as i32;
    prop_oneof![4 => -20..20i32, 1 => Just(most), 1 => Just(-most), 1 => Just(most - AVAILABLE as i32), 1 => -most..=most]
}

/// The machines, fed with commands; what they refuse does not happen.
pub struct Shop {
    pub stocks: Vec<Stock>,
    pub shard: OrderShard,
    pub orders: Vec<Order>,
    pub placed: Vec<OrderPlaced>,
    pub limits_returned: Vec<(UserId, ActivityId)>,
    pub records: Vec<Record>,
    now: u64,
}

pub fn sku(id: u64) -> SkuId {
    SkuId::new(id).unwrap()
}

pub fn item(sku: u64) -> FlashItemId {
    FlashItemId::new(100 + sku).unwrap()
}

pub fn activity() -> ActivityId {
    ActivityId::new(7).unwrap()
}

pub fn user(id: u64) -> UserId {
    UserId::new(id).unwrap()
}

pub fn price() -> Money {
    Money::from_fen(PRICE).unwrap()
}

impl Shop {
    pub fn new() -> Self {
        let stock = |id| Stock::new(sku(id), AVAILABLE, 0, 0, Sequence::ZERO, None, Default::default());
        Self {
            stocks: (1..=SKUS).map(stock).collect(),
            shard: OrderShard::default(),
            orders: Vec::new(),
            placed: Vec::new(),
            limits_returned: Vec::new(),
            records: Vec::new(),
            now: START,
        }
    }

    pub fn after(commands: &[Command]) -> Self {
        let mut shop = Self::new();
        commands.iter().for_each(|command| shop.make(*command));
        shop
    }

    pub fn make(&mut self, command: Command) {
        self.now += 37;
        let now = Timestamp::from_millis(self.now);
        let fact: Option<Fact> = match command {
            Command::ReserveIds => {
                let first = 1 + self.records.len() as u64 * 1000;
                Some(Fact::Ids(IdsFact::Reserved(mallcore_actors::orders::IdsReserved { first, count: 1000 })))
            }
            Command::Carve { sku } => {
                self.stock(sku).decide_carve(&plan(sku), now).ok().flatten().map(|carved| StockFact::QuotaCarved(carved).into())
            }
            Command::BuyFlash { sku, user: buyer, pieces } => self.buy_flash(sku, user(buyer), pieces, now),
            Command::BuyPlain { sku: id, user: buyer, pieces } => (self.stock(id).available() >= pieces).then(|| {
                let line = Line { sku: sku(id), flash: None, quantity: Quantity::new(pieces).unwrap(), unit_price: price() };
                self.placed(user(buyer), line, price().checked_mul(line.quantity).unwrap(), now)
            }),
            Command::Move { order, command } => self.moved(order, command, now),
            Command::Basket { user: buyer, pieces } => self.basket(user(buyer), pieces, now),
            Command::Pay { .. } | Command::Parcel { .. } | Command::Refund { .. } | Command::Hide { .. } => self.fulfilled(command, now),
            Command::Adjust { sku, delta, extreme } => self.adjusted(sku, delta, extreme),
            Command::EndAndRelease { sku } => {
                let at = Timestamp::from_millis(END);
                let fact =
                    self.stock(sku).decide_release(item(sku), at).ok().flatten().map(|released| StockFact::QuotaReleased(released).into());
                if fact.is_some() {
                    self.now = self.now.max(END);
                }
                fact
            }
        };
        if let Some(fact) = fact {
            self.record(fact);
        }
    }

    fn stock(&self, sku: u64) -> &Stock {
        &self.stocks[sku as usize - 1]
    }

    fn buy_flash(&mut self, sku: u64, user: UserId, pieces: u32, now: Timestamp) -> Option<Fact> {
        let quantity = Quantity::new(pieces).unwrap();
        let command = Buy { item: item(sku), user, quantity, key: self.key(), body: BodyFingerprint::of(&[pieces as u8]), address: None };
        match self.stock(sku).decide_buy(&command, now) {
            Ok(Purchase::Fresh(line, payable)) => Some(self.placed(user, line, payable, now)),
            _ => None,
        }
    }

    fn key(&self) -> KeyHash {
        KeyHash::of("test", &self.records.len().to_string())
    }

    fn placed(&self, user: UserId, line: Line, payable: Money, now: Timestamp) -> Fact {
        let order = OrderId::new(1_000 + self.records.len() as u64).unwrap();
        Fact::Orders(OrderFact::Placed(OrderPlaced {
            order,
            no: OrderNo::new(order, now, 77),
            user,
            lines: Lines::from_iter([line]),
            payable,
            expires_at: now.plus_millis(300_000),
            key: self.key(),
            body: BodyFingerprint::of(&[line.quantity.get() as u8]),
            address: None,
        }))
    }

    /// Pieces of the first two SKUs, with a discount on the second, everything frozen.
    fn basket(&self, user: UserId, pieces: u32, now: Timestamp) -> Option<Fact> {
        if (1..=2).any(|sku| self.stock(sku).available() < pieces) {
            return None;
        }
        let line = |id: u64| BasketLine {
            sku: sku(id),
            quantity: Quantity::new(pieces).unwrap(),
            unit_price: price(),
            discount: Money::from_fen(if id == 2 { 7 } else { 0 }).unwrap(),
            described: Described {
                product: ProductId::new(1).unwrap(),
                title: Title::parse("青花瓷杯").unwrap(),
                spec: (id == 2).then(|| Spec::parse("红色 / 大").unwrap()),
                picture: (id == 1).then(|| Picture::parse("https://img.example/1.jpg").unwrap()),
            },
        };
        let request = (self.key(), BodyFingerprint::of(&[pieces as u8]));
        let freight = Money::from_fen(500).unwrap();
        let mut basket = Basket::new(user, vec![line(1), line(2)], freight, request).unwrap();
        if pieces > 1 {
            let snapshot = AddressSnapshot::try_from(vec![0, 1, 255]).unwrap();
            basket = basket.sent_to(Delivery { address: AddressId::new(4).unwrap(), snapshot });
            basket = basket.from_cart();
        }
        let order = OrderId::new(1_000 + self.records.len() as u64).unwrap();
        let no = OrderNo::in_partition(Partition::ONLY, order, now, 77);
        let mut placed = basket.placed(order, no, now.plus_millis(300_000));
        // Earlier releases recorded it in the clear.
        placed.remark = (pieces > 1).then(|| Remark::parse("请放 'here'; -- 前台 😀").unwrap());
        Some(Fact::Orders(OrderFact::BasketPlaced(placed)))
    }

    /// What an order's own rules say to a payment, a parcel, a refund or hiding it.
    fn fulfilled(&self, command: Command, now: Timestamp) -> Option<Fact> {
        let find = |order: usize| self.orders.get(order % self.orders.len().max(1));
        let pieces_of = |order: &Order, line: usize, pieces: u32| -> Pieces {
            let sku = order.lines[line % order.lines.len()].sku;
            Pieces::from_iter([LinePieces { sku, quantity: Quantity::new(pieces).unwrap() }])
        };
        let number = 1 + self.records.len() as u64;
        let decided = match command {
            Command::Pay { order } => {
                let order = find(order)?;
                let payer = Payer::parse("oX-微信").ok();
                let payment =
                    Payment { id: PaymentId::new(number).unwrap(), channel: PaymentChannel::WechatPay, amount: order.payable, payer };
                order.decide_pay(&payment, now)
            }
            Command::Parcel { order, line, pieces } => {
                let order = find(order)?;
                let (carrier, tracking) = (Carrier::parse("SF").unwrap(), Tracking::parse(&format!("SF{number}")).unwrap());
                order.decide_ship(&Parcel { key: self.key(), carrier, tracking, pieces: pieces_of(order, line, pieces) }, now)
            }
            Command::Refund { order, line, pieces, restock } => {
                let order = find(order)?;
                let left =
                    order.basket.is_some() && order.progress.as_ref().is_some_and(|progress| progress.freight_refunded == Money::ZERO);
                let freight = Money::from_fen(if left && restock { 100 } else { 0 }).unwrap();
                let (id, pieces) = (RefundId::new(number).unwrap(), pieces_of(order, line, pieces));
                order.decide_refund(&RefundCommand { id, pieces, freight, restock }, now)
            }
            Command::Hide { order } => find(order)?.decide_hide(),
            _ => return None,
        };
        match decided {
            Ok(Decided::Fresh(fact)) => Some(Fact::Orders(fact)),
            _ => None,
        }
    }

    /// Ids rise with each record; an extreme one is the last that there is, with the longest texts.
    fn adjusted(&self, sku: u64, delta: i32, extreme: bool) -> Option<Fact> {
        let (id, reason, operator) = if extreme {
            (ID_MAX, "😀".repeat(REASON_CHARACTERS_MAX), "盘".repeat(OPERATOR_CHARACTERS_MAX))
        } else {
            (1 + self.records.len() as u64, "it's 5\\'; -- %s".to_owned(), "小王".to_owned())
        };
        let command = Adjustment {
            id: AdjustmentId::new(id).unwrap(),
            change: Change::By(Delta::new(delta).ok()?),
            reason: Reason::parse(&reason).unwrap(),
            operator: Operator::parse(&operator).unwrap(),
        };
        match self.stock(sku).decide_adjust(&command) {
            Ok(Adjusting::Fresh(adjusted)) => Some(Fact::Stock(StockFact::Adjusted(adjusted))),
            _ => None,
        }
    }

    fn moved(&self, order: usize, command: OrderCommand, now: Timestamp) -> Option<Fact> {
        let order = self.orders.get(order % self.orders.len().max(1))?;
        let late = Timestamp::from_millis(now.millis().max(order.expires_at.millis()));
        let status = order.decide(command, late).ok()?;
        let version = order.version + 1;
        let (id, user) = (order.id, order.user);
        Some(match (status, command) {
            (Status::Paid, _) => Fact::Orders(OrderFact::Paid(OrderPaid { order: id, user, version, lines: order.lines.clone() })),
            (Status::Shipped, _) => Fact::Orders(OrderFact::Shipped(OrderMoved { order: id, user, version })),
            (Status::Completed, _) => Fact::Orders(OrderFact::Completed(OrderMoved { order: id, user, version })),
            (_, OrderCommand::Close(reason)) => {
                let returns = order.lines.iter().map(|line| self.stock(line.sku.get()).returns(*line)).collect();
                let flash = order.lines.iter().find_map(|line| line.flash);
                let limit_returned = flash.is_some_and(|flash| self.shard.gives_limit_back(user, flash.activity));
                Fact::Orders(OrderFact::Closed(OrderClosed { order: id, user, version, reason, returns, limit_returned }))
            }
            _ => return None,
        })
    }

    fn record(&mut self, fact: Fact) {
        let (sequence, at) = (Sequence(self.records.len() as u64 + 1), Timestamp::from_millis(self.now));
        let concerned = mallcore_actors::stock::skus(&fact);
        self.stocks.iter_mut().filter(|stock| concerned.contains(&stock.sku())).for_each(|stock| stock.apply(sequence, at, &fact));
        self.shard.apply(sequence, at, &fact);
        if let Fact::Orders(fact) = &fact {
            self.orders.iter_mut().for_each(|order| order.apply(sequence, at, fact));
        }
        match &fact {
            Fact::Orders(OrderFact::Placed(placed)) => {
                self.orders.push(Order::placed(sequence, at, placed));
                self.placed.push(placed.clone());
            }
            Fact::Orders(OrderFact::BasketPlaced(placed)) => self.orders.push(Order::basket_placed(sequence, at, placed)),
            Fact::Orders(OrderFact::Closed(closed)) if closed.limit_returned => self.limits_returned.push((closed.user, activity())),
            _ => {}
        }
        self.records.push(Record::system(at, fact));
    }
}

pub fn plan(sku: u64) -> QuotaPlan {
    QuotaPlan {
        item: item(sku),
        activity: activity(),
        quota: QUOTA,
        limit_per_user: LIMIT,
        unit_price: price(),
        starts_at: Timestamp::from_millis(START),
        ends_at: Timestamp::from_millis(END),
    }
}

/// The same, as somebody plans it.
pub fn sale(sku: u64) -> SalePlan {
    let QuotaPlan { quota, limit_per_user, unit_price, starts_at, ends_at, .. } = plan(sku);
    let sku = SkuId::new(sku).unwrap();
    SalePlan { name: "午夜秒杀".into(), sku, quota, limit_per_user, price: unit_price, starts_at, ends_at }
}

/// The projection of stock and orders begins, with a journal of nothing.
pub async fn attached(database: &Database) {
    attach(database, &MemoryJournal::new(), projection::NAME, &[projection::NAME]).await.unwrap();
}

/// The rows that the shop's records are about.
pub async fn stage(database: &Database) {
    let mut tx = database.begin().await.unwrap();
    tx.execute(
        "INSERT INTO products (id, name, price_fen, stock, freight_template_id) VALUES (1, '青花瓷杯', 2999, ?, 1)",
        vec![(AVAILABLE * SKUS as u32).into()],
    )
    .await
    .unwrap();
    let hours: Vec<Value> = vec![Timestamp::from_millis(START).into(), Timestamp::from_millis(END).into()];
    tx.execute("INSERT INTO seckill_activities (id, name, starts_at, ends_at) VALUES (7, '午夜秒杀', ?, ?)", hours).await.unwrap();
    for id in 1..=SKUS {
        let text = "INSERT INTO skus (id, product_id, spec, price_fen, available) VALUES (?, 1, '红色 / 大', 2999, ?)";
        tx.execute(text, vec![id.into(), AVAILABLE.into()]).await.unwrap();
        let text = "INSERT INTO seckill_items (id, activity_id, sku_id, price_fen, quota, limit_per_user) VALUES (?, 7, ?, ?, ?, ?)";
        tx.execute(text, vec![item(id).get().into(), id.into(), PRICE.into(), QUOTA.into(), LIMIT.into()]).await.unwrap();
    }
    tx.commit().await.unwrap();
}
