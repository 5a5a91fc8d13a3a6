//! Reads and writes the rows of cases. Lists are bounded, and each has its index.

use std::collections::HashMap;

use mallcore_actors::after_sales::{By, Case, Claim, Event, Freight, Kind, Quote, Reason, ReturnParcel, Settlement, Status, refund_of};
use mallcore_actors::idempotency::{BodyFingerprint, KeyHash};
use mallcore_actors::ids::{AfterSaleId, OrderId, RefundId, SkuId, UserId};
use mallcore_actors::money::Money;
use mallcore_actors::orders::{LinePieces, Pieces};
use mallcore_actors::quantity::Quantity;
use mallcore_actors::time::Timestamp;
use mallcore_actors::values::text::Text;

use super::model::{AfterSale, Application, CaseLine, Described, EventKind, EventRow, Listed, Told};
use crate::platform::database::{Arguments, Database, Error, Row, Rows, Tx, Value};

const COLUMNS: &str = "a.id, a.order_id, a.order_no, a.user_id, a.kind, a.reason, a.status, a.version, a.description, a.pictures, \
     a.expected_fen, a.due_at, a.restock, a.freight_fen, a.carrier, a.tracking_no, a.note, a.refunded_fen, a.refunded_freight_fen, \
     a.created_at, a.updated_at";
const LINES: &str = "l.after_sale_id, l.sku_id, l.product_name, l.sku_spec, l.picture, l.quantity, l.unit_price_fen, l.expected_fen, \
     l.refunded_fen";

fn unexpected(column: usize, found: impl std::fmt::Display) -> Error {
    Error::Unexpected { column, found: found.to_string() }
}

fn text<const MOST: usize>(row: &Row, column: usize) -> Result<Option<Text<MOST>>, Error> {
    row.text_or_null(column)?.map(Text::try_from).transpose().map_err(|bad| unexpected(column, bad))
}

fn number<T>(row: &Row, column: usize, known: impl FnOnce(i64) -> Option<T>) -> Result<T, Error> {
    let number = row.int(column)?;
    known(number).ok_or_else(|| unexpected(column, number))
}

fn case(row: &Row) -> Result<Case, Error> {
    let freight = row.id_or_null(13, Money::from_fen)?.map_or(Freight::ByRule, Freight::Exactly);
    let settlement = row.int_or_null(12)?.map(|restock| Settlement { restock: restock != 0, freight });
    let parcel = match (text(row, 14)?, text(row, 15)?) {
        (Some(carrier), Some(tracking)) => Some(ReturnParcel { carrier, tracking }),
        _ => None,
    };
    let case = Case {
        kind: number(row, 4, Kind::from_number)?,
        status: number(row, 6, Status::from_number)?,
        version: row.pieces(7)?,
        due_at: row.time_or_null(11)?,
        settlement,
        parcel,
        note: text(row, 16)?,
        refunded: row.id_or_null(17, Money::from_fen)?,
    };
    match case.broken() {
        None => Ok(case),
        Some(broken) => Err(unexpected(6, broken)),
    }
}

fn after_sale(row: &Row) -> Result<AfterSale, Error> {
    Ok(AfterSale {
        id: row.id(0, AfterSaleId::new)?,
        order: row.id(1, OrderId::new)?,
        order_no: row.text(2)?,
        user: row.id(3, UserId::new)?,
        reason: number(row, 5, Reason::from_number)?,
        told: Told {
            description: row.text_or_null(8)?,
            // A list that cannot be read shows nothing; the words are shown all the same.
            pictures: row.text_or_null(9)?.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default(),
        },
        case: case(row)?,
        expected: row.id(10, Money::from_fen)?,
        refunded_freight: row.id_or_null(18, Money::from_fen)?,
        created_at: row.time(19)?,
        updated_at: row.time(20)?,
        lines: Vec::new(),
    })
}

fn quantity(row: &Row, column: usize) -> Result<Quantity, Error> {
    Quantity::new(row.pieces(column)?).map_err(|bad| unexpected(column, bad))
}

fn line(row: &Row) -> Result<CaseLine, Error> {
    let described = Described {
        sku: row.id(1, SkuId::new)?,
        product_name: row.text_or_null(2)?,
        spec: row.text_or_null(3)?,
        picture: row.text_or_null(4)?,
        unit_price: row.id(6, Money::from_fen)?,
    };
    let (expected, refunded) = (row.id(7, Money::from_fen)?, row.id_or_null(8, Money::from_fen)?);
    Ok(CaseLine { described, quantity: quantity(row, 5)?, expected, refunded })
}

async fn with_lines(tx: &mut Tx, rows: Vec<Row>) -> Result<Vec<AfterSale>, Error> {
    let mut cases = rows.iter().map(after_sale).collect::<Result<Vec<_>, _>>()?;
    if cases.is_empty() {
        return Ok(cases);
    }
    let text = format!(
        "SELECT {LINES} FROM after_sale_lines l WHERE l.after_sale_id IN ({}) ORDER BY l.after_sale_id, l.line_no",
        Rows::places(cases.len())
    );
    let mut lines = HashMap::<AfterSaleId, Vec<CaseLine>>::new();
    for row in tx.all(text, cases.iter().map(|case| case.id.get().into()).collect()).await? {
        lines.entry(row.id(0, AfterSaleId::new)?).or_default().push(line(&row)?);
    }
    for case in &mut cases {
        case.lines = lines.remove(&case.id).unwrap_or_default();
    }
    Ok(cases)
}

/// A case by its id, whoever's it is, locked until the transaction ends.
pub async fn locked(tx: &mut Tx, id: AfterSaleId) -> Result<Option<AfterSale>, Error> {
    let rows = tx.lock(format!("SELECT {COLUMNS} FROM after_sales a WHERE a.id = ?"), vec![id.get().into()]).await?;
    Ok(with_lines(tx, rows).await?.pop())
}

/// A case by its id, whoever's it is.
pub async fn by_id(database: &Database, id: AfterSaleId) -> Result<Option<AfterSale>, Error> {
    let mut tx = database.snapshot().await?;
    let rows = tx.all(format!("SELECT {COLUMNS} FROM after_sales a WHERE a.id = ?"), vec![id.get().into()]).await?;
    let found = with_lines(&mut tx, rows).await?.pop();
    tx.commit().await?;
    Ok(found)
}

/// The case that this request of the shopper has applied for, and the request's body.
pub async fn applied_by(tx: &mut Tx, user: UserId, key: KeyHash) -> Result<Option<(AfterSale, BodyFingerprint)>, Error> {
    let text = format!("SELECT {COLUMNS}, a.body_fingerprint FROM after_sales a WHERE a.user_id = ? AND a.key_hash = ?");
    let rows = tx.all(text, vec![user.get().into(), (*key.as_bytes()).into()]).await?;
    let body = rows.first().map(|row| row.bits(21)).transpose()?;
    let found = with_lines(tx, rows).await?.pop();
    Ok(found.zip(body.map(BodyFingerprint::from_u64)))
}

/// Locks the applications of an order until the transaction ends; how many cases it has had.
pub async fn lock_order(tx: &mut Tx, order: OrderId) -> Result<u64, Error> {
    let text = Rows::insert_or_keep(tx.engine(), "after_sale_orders", &["order_id"], &["order_id", "cases"]);
    tx.execute(text, vec![order.get().into(), 0_u64.into()]).await?;
    let rows = tx.lock("SELECT cases FROM after_sale_orders WHERE order_id = ?", vec![order.get().into()]).await?;
    rows.first().map_or(Ok(0), |row| row.count(0))
}

/// What open and done cases of an order have applied for.
pub async fn claims(tx: &mut Tx, order: OrderId) -> Result<Vec<Claim>, Error> {
    let text = "SELECT a.id, l.sku_id, l.quantity FROM after_sales a JOIN after_sale_lines l ON l.after_sale_id = a.id \
         WHERE a.order_id = ? AND a.status IN (1, 2, 3, 4, 5) ORDER BY a.id, l.line_no";
    let mut claims: Vec<Claim> = Vec::new();
    for row in tx.all(text, vec![order.get().into()]).await? {
        let refund = refund_id(row.id(0, AfterSaleId::new)?).ok_or_else(|| unexpected(0, "an id without room for its refund's"))?;
        let pieces = LinePieces { sku: row.id(1, SkuId::new)?, quantity: quantity(&row, 2)? };
        match claims.last_mut().filter(|claim| claim.refund == refund) {
            Some(claim) => claim.pieces.push(pieces),
            None => claims.push(Claim { refund, pieces: Pieces::from_iter([pieces]) }),
        }
    }
    Ok(claims)
}

/// When an order was received, as far as the database knows.
pub async fn received_at(tx: &mut Tx, order: OrderId) -> Result<Option<Timestamp>, Error> {
    let row = tx.first("SELECT completed_at FROM orders WHERE id = ?", vec![order.get().into()]).await?;
    row.map_or(Ok(None), |row| row.time_or_null(0))
}

/// The refund of a case, as its order knows it.
pub fn refund_id(id: AfterSaleId) -> Option<RefundId> {
    refund_of(id.get())
}

/// Stores a case that was applied for, with its lines and its first event.
pub async fn insert(tx: &mut Tx, new: &AfterSale, application: &Application) -> Result<AfterSaleId, Error> {
    let text = "INSERT INTO after_sales (order_id, order_no, user_id, kind, reason, status, version, description, pictures, expected_fen, \
         due_at, key_hash, body_fingerprint, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let values: Arguments = vec![
        new.order.get().into(),
        new.order_no.clone().into(),
        new.user.get().into(),
        (new.case.kind as u8).into(),
        (new.reason as u8).into(),
        (new.case.status as u8).into(),
        new.case.version.into(),
        new.told.description.clone().into(),
        pictures(&new.told.pictures),
        new.expected.fen().into(),
        new.case.due_at.into(),
        (*application.key.as_bytes()).into(),
        application.body.get().into(),
        new.created_at.into(),
        new.updated_at.into(),
    ];
    let inserted = tx.insert(text, values).await?;
    let id = AfterSaleId::new(inserted).map_err(|bad| unexpected(0, bad))?;
    let columns =
        ["after_sale_id", "line_no", "sku_id", "product_name", "sku_spec", "picture", "quantity", "unit_price_fen", "expected_fen"];
    let mut values = Arguments::new();
    for (place, line) in (0_u32..).zip(&new.lines) {
        let Described { sku, product_name, spec, picture, unit_price } = &line.described;
        values.extend([
            id.get().into(),
            place.into(),
            sku.get().into(),
            product_name.clone().into(),
            spec.clone().into(),
            picture.clone().into(),
            line.quantity.get().into(),
            unit_price.fen().into(),
            line.expected.fen().into(),
        ]);
    }
    tx.execute(Rows::insert(tx.engine(), "after_sale_lines", &columns, new.lines.len()), values).await?;
    tx.execute("UPDATE after_sale_orders SET cases = cases + 1 WHERE order_id = ?", vec![new.order.get().into()]).await?;
    let applied =
        EventRow { version: new.case.version, kind: EventKind::Applied, by: By::Shopper, operator: None, note: None, at: new.created_at };
    insert_event(tx, id, applied).await?;
    Ok(id)
}

fn pictures(addresses: &[String]) -> Value {
    // A list of texts has no way to fail.
    if addresses.is_empty() { Value::Null } else { serde_json::to_string(addresses).unwrap_or_default().into() }
}

/// Stores what became of a case that stood at version `before`, with its event; false if it stands elsewhere by now.
pub async fn update(tx: &mut Tx, id: AfterSaleId, before: u32, case: &Case, event: EventRow) -> Result<bool, Error> {
    let freight = case.settlement.and_then(|settlement| match settlement.freight {
        Freight::ByRule => None,
        Freight::Exactly(freight) => Some(freight.fen()),
    });
    let text = "UPDATE after_sales SET status = ?, version = ?, due_at = ?, restock = ?, freight_fen = ?, carrier = ?, tracking_no = ?, \
         note = ?, refunded_fen = ?, updated_at = ? WHERE id = ? AND version = ?";
    let values: Arguments = vec![
        (case.status as u8).into(),
        case.version.into(),
        case.due_at.into(),
        case.settlement.map(|settlement| settlement.restock).into(),
        freight.into(),
        case.parcel.as_ref().map(|parcel| parcel.carrier.as_str().to_owned()).into(),
        case.parcel.as_ref().map(|parcel| parcel.tracking.as_str().to_owned()).into(),
        case.note.as_ref().map(|note| note.as_str().to_owned()).into(),
        case.refunded.map(Money::fen).into(),
        event.at.into(),
        id.get().into(),
        before.into(),
    ];
    if tx.execute(text, values).await? != 1 {
        return Ok(false);
    }
    insert_event(tx, id, event).await?;
    Ok(true)
}

/// Stores what went back, line by line.
pub async fn note_refunded(tx: &mut Tx, id: AfterSaleId, quote: &Quote) -> Result<(), Error> {
    let values = vec![quote.freight.fen().into(), id.get().into()];
    tx.execute("UPDATE after_sales SET refunded_freight_fen = ? WHERE id = ?", values).await?;
    for line in &quote.lines {
        let values = vec![line.amount.fen().into(), id.get().into(), line.sku.get().into()];
        tx.execute("UPDATE after_sale_lines SET refunded_fen = ? WHERE after_sale_id = ? AND sku_id = ?", values).await?;
    }
    Ok(())
}

async fn insert_event(tx: &mut Tx, id: AfterSaleId, event: EventRow) -> Result<(), Error> {
    let EventRow { version, kind, by, operator, note, at } = event;
    let text =
        "INSERT INTO after_sale_events (after_sale_id, version, kind, done_by, operator, note, happened_at) VALUES (?, ?, ?, ?, ?, ?, ?)";
    let values: Arguments =
        vec![id.get().into(), version.into(), (kind as u8).into(), (by as u8).into(), operator.into(), note.into(), at.into()];
    tx.execute(text, values).await.map(drop)
}

/// The note of an event, if it has one.
pub fn note_of(event: &Event) -> Option<String> {
    match event {
        Event::Refused(note) | Event::ReturnRefused(note) | Event::RefundRefused(note) => Some(note.as_str().to_owned()),
        _ => None,
    }
}

/// What happened to a case, in order.
pub async fn events(database: &Database, id: AfterSaleId) -> Result<Vec<EventRow>, Error> {
    let mut tx = database.snapshot().await?;
    let text = "SELECT version, kind, done_by, operator, note, happened_at FROM after_sale_events WHERE after_sale_id = ? ORDER BY version";
    let rows = tx.all(text, vec![id.get().into()]).await?;
    tx.commit().await?;
    let event = |row: &Row| {
        Ok(EventRow {
            version: row.pieces(0)?,
            kind: number(row, 1, EventKind::from_number)?,
            by: number(row, 2, By::from_number)?,
            operator: row.text_or_null(3)?,
            note: row.text_or_null(4)?,
            at: row.time(5)?,
        })
    };
    rows.iter().map(event).collect()
}

/// A shopper's own cases with ids below `before`, in this status if one is named, newest first, at most `size`.
pub async fn of_user(
    database: &Database,
    user: UserId,
    status: Option<Status>,
    before: Option<u64>,
    size: u32,
) -> Result<Vec<AfterSale>, Error> {
    let mut values: Arguments = vec![user.get().into(), before.unwrap_or(i64::MAX as u64).into()];
    let of_status = if status.is_some() { " AND a.status = ?" } else { "" };
    values.extend(status.map(|status| Value::from(status as u8)));
    values.push(size.into());
    let mut tx = database.snapshot().await?;
    let text = format!("SELECT {COLUMNS} FROM after_sales a WHERE a.user_id = ? AND a.id < ?{of_status} ORDER BY a.id DESC LIMIT ?");
    let rows = tx.all(text, values).await?;
    let found = with_lines(&mut tx, rows).await?;
    tx.commit().await?;
    Ok(found)
}

/// Cases for the back office, newest first, at most `size`.
pub async fn listed(database: &Database, listed: Listed, size: u32) -> Result<Vec<AfterSale>, Error> {
    let mut fits = "a.id < ?".to_owned();
    let mut values: Arguments = vec![listed.before.unwrap_or(i64::MAX as u64).into()];
    let wanted: [(&str, Option<Value>); 3] = [
        (" AND a.status = ?", listed.status.map(|status| Value::from(status as u8))),
        (" AND a.order_id = ?", listed.order.map(Value::from)),
        (" AND a.status IN (1, 2, 3) AND a.due_at <= ?", listed.overdue_at.map(Value::from)),
    ];
    for (part, value) in wanted {
        if let Some(value) = value {
            fits.push_str(part);
            values.push(value);
        }
    }
    values.push(size.into());
    let mut tx = database.snapshot().await?;
    let rows = tx.all(format!("SELECT {COLUMNS} FROM after_sales a WHERE {fits} ORDER BY a.id DESC LIMIT ?"), values).await?;
    let found = with_lines(&mut tx, rows).await?;
    tx.commit().await?;
    Ok(found)
}

/// Cases in this status whose time has come, the longest due first, at most `most`.
pub async fn due(database: &Database, status: Status, now: Timestamp, most: u32) -> Result<Vec<AfterSaleId>, Error> {
    let mut tx = database.snapshot().await?;
    let text = "SELECT id FROM after_sales WHERE status = ? AND due_at <= ? ORDER BY due_at LIMIT ?";
    let rows = tx.all(text, vec![(status as u8).into(), now.into(), most.into()]).await?;
    tx.commit().await?;
    rows.iter().map(|row| row.id(0, AfterSaleId::new)).collect()
}
