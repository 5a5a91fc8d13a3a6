//! What projecting costs: CPU an order on SQLite, orders a second on MySQL, and how long a hot SKU takes to load.
//! `cargo run --release --example projection -- [orders] [mysql]` with DB_HOST, DB_PORT, DB_USER, DB_PASSWORD for MySQL
//! (the schema `mallcore_bench` is dropped and made again).

use std::time::{Duration, Instant};

use mallcore::demo::seed::{SeedOptions, seed};
use mallcore::features::orders::projection::Trade;
use mallcore::platform::database::{Connections, Database, Encryption, MySqlServer, Settings};
use mallcore::platform::projection::{NAME, write};
use mallcore_actors::facts::Record;
use mallcore_actors::idempotency::{BodyFingerprint, KeyHash};
use mallcore_actors::ids::{ActivityId, FlashItemId, OrderId, SkuId, UserId};
use mallcore_actors::journal::Sequence;
use mallcore_actors::kernel::fold::Batch;
use mallcore_actors::money::Money;
use mallcore_actors::order_no::OrderNo;
use mallcore_actors::orders::fold::TradeFold;
use mallcore_actors::orders::{CloseReason, FlashRef, Line, Lines, OrderClosed, OrderFact, OrderPlaced, Return};
use mallcore_actors::quantity::Quantity;
use mallcore_actors::stock::{QuotaCarved, StockFact};
use mallcore_actors::time::Timestamp;

type Failure = Box<dyn std::error::Error>;

const START: u64 = 1_795_451_405_000;
const BATCH: usize = 8_192;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let orders: u64 = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(200_000);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(run(orders, arguments.iter().any(|argument| argument == "mysql")))
}

async fn run(orders: u64, is_mysql: bool) -> Result<(), Failure> {
    let folder = std::env::temp_dir().join(format!("mallcore-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let settings = if is_mysql { fresh_schema().await? } else { Settings::Sqlite(folder.join("bench.sqlite3")) };
    let database = settings.connect(Connections::ONE).await?;
    database.migrate().await?;
    let options = SeedOptions { flash_stock: u32::try_from(orders)?, ..SeedOptions::default() };
    seed(&database, options, Timestamp::from_millis(START)).await?;
    let mut tx = database.begin().await?;
    tx.execute(
        "INSERT INTO projection_checkpoints (name, journal_uuid, epoch, sequence, updated_at) VALUES (?, 'bench', 1, 0, ?)",
        vec![NAME.into(), Timestamp::default().into()],
    )
    .await?;
    tx.commit().await?;

    let line = Line {
        sku: SkuId::new(1)?,
        flash: Some(FlashRef { item: FlashItemId::new(1)?, activity: ActivityId::new(1)? }),
        quantity: Quantity::new(1)?,
        unit_price: Money::from_fen(119_940)?,
    };
    let mut next = Sequence(1);
    project(&database, &mut next, "carve", vec![carve(&line, u32::try_from(orders)?)]).await?;
    let placed = (1..=orders).map(|number| place(number, line)).collect::<Result<Vec<_>, _>>()?;
    project(&database, &mut next, "placed", placed).await?;
    let loading = Instant::now();
    let loaded = mallcore::features::stock::repository::load(&database, line.sku).await?;
    println!("loading the SKU with its buyers: {:.2?} ({})", loading.elapsed(), loaded.value.is_some());
    drop(loaded);
    let loading = Instant::now();
    let open = mallcore::features::orders::open_orders(&database).await?.value.len();
    println!("loading {open} open orders: {:.2?}", loading.elapsed());
    let closed = (1..=orders).map(|number| close(number, line)).collect::<Result<Vec<_>, _>>()?;
    project(&database, &mut next, "closed", closed).await?;
    let report = mallcore::reconcile::reconcile(&database).await?;
    println!("reconciled {} orders: {:?}", report.orders, report.differences);
    database.close().await;
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}

async fn project(database: &Database, next: &mut Sequence, what: &str, records: Vec<Record>) -> Result<(), Failure> {
    let (count, began, cpu) = (records.len(), Instant::now(), cpu_time()?);
    let mut records = records.into_iter().peekable();
    while records.peek().is_some() {
        let mut batch = Batch::<TradeFold>::after(Sequence(next.0 - 1));
        for record in records.by_ref().take(BATCH) {
            batch.take(*next, record)?;
            *next = next.next();
        }
        write::<Trade>(database, &batch).await?;
    }
    let (elapsed, cpu) = (began.elapsed(), cpu_time()? - cpu);
    println!(
        "{what}: {count} records in {elapsed:.2?}, {:.0} a second, {:.2} µs of this process's CPU each",
        count as f64 / elapsed.as_secs_f64(),
        cpu.as_secs_f64() * 1e6 / count as f64
    );
    Ok(())
}

fn carve(line: &Line, quota: u32) -> Record {
    let (starts_at, ends_at) = (Timestamp::from_millis(START), Timestamp::from_millis(START + 86_400_000));
    // The only line that is projected here has a flash item.
    let Some(FlashRef { item, activity }) = line.flash else { unreachable!() };
    let carved = QuotaCarved { sku: line.sku, item, activity, quota, limit_per_user: 1, unit_price: line.unit_price, starts_at, ends_at };
    Record::system(starts_at, StockFact::QuotaCarved(carved))
}

fn place(number: u64, line: Line) -> Result<Record, Failure> {
    let at = Timestamp::from_millis(START + number / 30);
    let order = OrderId::new(number)?;
    let placed = OrderPlaced {
        order,
        no: OrderNo::new(order, at, number.wrapping_mul(0x9E37_79B9_7F4A_7C15)),
        // Users come in no order.
        user: UserId::new(1 + number.wrapping_mul(2_654_435_761) % 10_000_000)?,
        lines: Lines::from_iter([line]),
        payable: line.unit_price,
        expires_at: at.plus_millis(300_000),
        key: KeyHash::of("seckill/items/1/orders", &number.to_string()),
        body: BodyFingerprint::from_u64(number.wrapping_mul(0x9E37_79B9_7F4A_7C15)),
        address: None,
    };
    Ok(Record::system(at, OrderFact::Placed(placed)))
}

fn close(number: u64, line: Line) -> Result<Record, Failure> {
    let closed = OrderClosed {
        order: OrderId::new(number)?,
        user: UserId::new(1 + number.wrapping_mul(2_654_435_761) % 10_000_000)?,
        version: 2,
        reason: CloseReason::TimedOut,
        returns: [Return { line, to_quota: true }].into_iter().collect(),
        limit_returned: number.is_multiple_of(2),
    };
    Ok(Record::system(Timestamp::from_millis(START + 400_000 + number / 30), OrderFact::Closed(closed)))
}

/// User and system time of all threads, from /proc in ticks of 10 ms.
fn cpu_time() -> Result<Duration, Failure> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks: u64 = fields.get(11).unwrap_or(&"0").parse::<u64>()? + fields.get(12).unwrap_or(&"0").parse::<u64>()?;
    Ok(Duration::from_millis(ticks * 10))
}

async fn fresh_schema() -> Result<Settings, Failure> {
    let variable = |name: &str, default: &str| std::env::var(name).unwrap_or_else(|_| default.into());
    let server = MySqlServer {
        host: variable("DB_HOST", "127.0.0.1"),
        port: variable("DB_PORT", "3306").parse()?,
        user: variable("DB_USER", "root"),
        password: variable("DB_PASSWORD", ""),
        database: None,
        encryption: Encryption::Off,
    };
    let database = Settings::MySql(server.clone()).connect(Connections::ONE).await?;
    let mut tx = database.begin().await?;
    tx.execute("DROP DATABASE IF EXISTS mallcore_bench", Vec::new()).await?;
    tx.execute("CREATE DATABASE mallcore_bench CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci", Vec::new()).await?;
    tx.commit().await?;
    Ok(Settings::MySql(MySqlServer { database: Some("mallcore_bench".into()), ..server }))
}
