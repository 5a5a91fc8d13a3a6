//! What a snapshot of a large sale costs: `cargo run --release -p mallcore-actors --example sale_snapshot -- [buyers] [folder]`.
//! Each round is what the keeper does: read the newest file, fold a tail of a tenth of the buyers, write the next one.

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mallcore_actors::facts::Record;
use mallcore_actors::idempotency::{BodyFingerprint, KeyHash};
use mallcore_actors::ids::{ActivityId, FlashItemId, OrderId, SkuId, UserId};
use mallcore_actors::journal::os_disk::OsDisk;
use mallcore_actors::journal::{Identity, Sequence};
use mallcore_actors::money::Money;
use mallcore_actors::order_no::OrderNo;
use mallcore_actors::orders::{FlashRef, Line, OrderFact, OrderPlaced};
use mallcore_actors::quantity::Quantity;
use mallcore_actors::sale_snapshot::{SaleSnapshot, Store};
use mallcore_actors::stock::{QuotaCarved, Stock, StockFact};
use mallcore_actors::time::Timestamp;

const START: u64 = 1_795_451_405_000;
const IDENTITY: Identity = Identity { uuid: uuid::Uuid::from_u128(1), epoch: 1 };

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let buyers: u64 = arguments.next().map_or(Ok(1_000_000), |text| text.parse())?;
    let folder = arguments.next().map_or_else(|| std::env::temp_dir().join("mallcore-sale-snapshot"), PathBuf::from);
    let store = Store::new(Arc::new(OsDisk::create_folder(&folder)?));
    let mut sale_snapshot = opened(u32::try_from(buyers)?.saturating_mul(2))?;
    for buyer in 1..=buyers {
        sale_snapshot.apply(Sequence(1 + buyer), &bought(buyer)?);
    }
    store.save(IDENTITY, &sale_snapshot, &mut || {})?;
    drop(sale_snapshot);
    let mut last = buyers;
    for round in 1..=3 {
        let begin = Instant::now();
        let found = store.load(IDENTITY, Sequence(1), Sequence(u64::MAX))?;
        let mut sale_snapshot = found.sale_snapshot.ok_or("no snapshot")?;
        let read = begin.elapsed();
        let tail = (buyers / 10).max(1);
        let records: Vec<Record> = (last + 1..=last + tail).map(bought).collect::<Result<_, _>>()?;
        let begin = Instant::now();
        for (place, record) in records.iter().enumerate() {
            sale_snapshot.apply(Sequence(last + 2 + place as u64), record);
        }
        let folded = begin.elapsed();
        last += tail;
        let (mut pauses, begin, mut piece) = (Duration::ZERO, Instant::now(), Instant::now());
        let saved = store.save(IDENTITY, &sale_snapshot, &mut || {
            let pause = piece.elapsed();
            std::thread::sleep(pause);
            pauses += pause;
            piece = Instant::now();
        })?;
        let written = begin.elapsed();
        println!(
            "round {round}: {} entries, {:.1} MB; read {read:?}, {tail} records folded {folded:?}, written {written:?} of which pauses {pauses:?}",
            saved.entries,
            saved.bytes as f64 / 1e6
        );
    }
    let status = std::fs::read_to_string("/proc/self/status")?;
    status.lines().filter(|line| line.starts_with("VmHWM") || line.starts_with("VmRSS")).for_each(|line| println!("{line}"));
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}

fn sku() -> Result<SkuId, Box<dyn Error>> {
    Ok(SkuId::new(3)?)
}

fn flash() -> Result<FlashRef, Box<dyn Error>> {
    Ok(FlashRef { item: FlashItemId::new(5)?, activity: ActivityId::new(7)? })
}

fn opened(quota: u32) -> Result<SaleSnapshot, Box<dyn Error>> {
    let mut sale_snapshot = SaleSnapshot::default();
    sale_snapshot.stocks.insert(sku()?, Stock::new(sku()?, quota, 0, 0, Sequence::ZERO, None, Default::default()));
    let carved = QuotaCarved {
        sku: sku()?,
        item: flash()?.item,
        activity: flash()?.activity,
        quota,
        limit_per_user: 1,
        unit_price: Money::from_fen(1_999)?,
        starts_at: Timestamp::from_millis(START),
        ends_at: Timestamp::from_millis(START + 86_400_000),
    };
    sale_snapshot.apply(Sequence(1), &Record::system(Timestamp::from_millis(START), StockFact::QuotaCarved(carved)));
    Ok(sale_snapshot)
}

fn bought(buyer: u64) -> Result<Record, Box<dyn Error>> {
    let (order, at) = (OrderId::new(buyer)?, Timestamp::from_millis(START + buyer / 50));
    let price = Money::from_fen(1_999)?;
    let placed = OrderPlaced {
        order,
        no: OrderNo::new(order, at, buyer.wrapping_mul(0x9E37_79B9_7F4A_7C15)),
        user: UserId::new(buyer)?,
        lines: [Line { sku: sku()?, flash: Some(flash()?), quantity: Quantity::new(1)?, unit_price: price }].into_iter().collect(),
        payable: price,
        expires_at: at.plus_millis(300_000),
        key: KeyHash::of("seckill/items/5/orders", &buyer.to_string()),
        body: BodyFingerprint::of(b"1"),
        address: None,
    };
    Ok(Record::system(at, OrderFact::Placed(placed)))
}
