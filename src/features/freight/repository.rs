//! The tables `freight_templates`, `freight_rules` and `freight_regions`.

use std::collections::{BTreeMap, HashMap};

use mallcore_actors::ids::FreightTemplateId;
use mallcore_actors::money::Money;
use mallcore_actors::pricing::freight::{Area, Billing, FreeFrom, Rate, Terms};
use mallcore_actors::time::Timestamp;

use super::{Draft, TemplateName};
use crate::platform::database::{Arguments, Error, Row, Rows, Tx, Value};

/// The number in `freight_templates.status` of a template that is in use.
pub const IN_USE: i64 = 1;
/// That of one that was deleted: its row stays, so that no other template ever gets its id.
pub const DELETED: i64 = 0;
/// The row for regions that no other row names.
const DEFAULT_RULE: i64 = 0;
/// Rows of one statement.
const ROWS: usize = 200;

/// Templates by id, each with its version.
pub type Versions = HashMap<FreightTemplateId, (Timestamp, Draft)>;

/// Every template in use.
pub async fn in_use(tx: &mut Tx) -> Result<Versions, Error> {
    let rows = tx.all(format!("SELECT id FROM freight_templates WHERE status = {IN_USE} ORDER BY id"), Vec::new()).await?;
    let ids = rows.iter().map(|row| row.id(0, FreightTemplateId::new)).collect::<Result<Vec<_>, _>>()?;
    let mut all = HashMap::with_capacity(ids.len());
    for ids in ids.chunks(ROWS) {
        all.extend(drafts(tx, ids).await?);
    }
    Ok(all)
}

/// These templates; those that are missing are not in use.
pub async fn drafts(tx: &mut Tx, ids: &[FreightTemplateId]) -> Result<Versions, Error> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let (places, values) = (Rows::places(ids.len()), || -> Arguments { ids.iter().map(|id| id.get().into()).collect() });
    let text = format!("SELECT id, name, billing, updated_at FROM freight_templates WHERE status = {IN_USE} AND id IN ({places})");
    let templates = tx.all(text, values()).await?;
    let text = format!(
        "SELECT template_id, rule_no, is_delivered, first_units, first_fee_fen, next_units, next_fee_fen, free_from_pieces, free_from_fen \
         FROM freight_rules WHERE template_id IN ({places})"
    );
    let mut terms: HashMap<FreightTemplateId, BTreeMap<i64, Area>> = HashMap::new();
    for row in tx.all(text, values()).await? {
        let area = Area { regions: Vec::new(), terms: terms_of(&row)? };
        terms.entry(row.id(0, FreightTemplateId::new)?).or_default().insert(row.int(1)?, area);
    }
    let text =
        format!("SELECT template_id, rule_no, region_prefix FROM freight_regions WHERE template_id IN ({places}) ORDER BY region_prefix");
    for row in tx.all(text, values()).await? {
        let rules = terms.entry(row.id(0, FreightTemplateId::new)?).or_default();
        let number = row.int(1)?;
        let area = rules.get_mut(&number).ok_or_else(|| Error::Unexpected { column: 1, found: number.to_string() })?;
        area.regions.push(row.parsed(2)?);
    }
    let draft = |row: &Row| {
        let id = row.id(0, FreightTemplateId::new)?;
        let mut rules = terms.remove(&id).unwrap_or_default();
        let default = rules.remove(&DEFAULT_RULE).ok_or_else(|| Error::Unexpected { column: 0, found: "no default row".to_owned() })?;
        let name = TemplateName::parse(&row.text(1)?).map_err(|bad| Error::Unexpected { column: 1, found: bad.to_string() })?;
        let number = row.int(2)?;
        let billing = Billing::from_number(number).ok_or_else(|| Error::Unexpected { column: 2, found: number.to_string() })?;
        Ok((id, (row.time(3)?, Draft { name, billing, default: default.terms, areas: rules.into_values().collect() })))
    };
    templates.iter().map(draft).collect()
}

fn terms_of(row: &Row) -> Result<Terms, Error> {
    if !row.flag(2)? {
        return Ok(Terms::NotDelivered);
    }
    let money = |column| row.id(column, Money::from_fen);
    let free = FreeFrom { pieces: row.id_or_null(7, u32::try_from)?, amount: row.id_or_null(8, Money::from_fen)? };
    Ok(Terms::Delivered(Rate { first: row.pieces(3)?, first_fee: money(4)?, next: row.pieces(5)?, next_fee: money(6)?, free }))
}

/// Removes the rows of a template, to write them anew.
pub async fn clear(tx: &mut Tx, id: FreightTemplateId) -> Result<(), Error> {
    for table in ["freight_regions", "freight_rules"] {
        tx.execute(format!("DELETE FROM {table} WHERE template_id = ?"), vec![id.get().into()]).await?;
    }
    Ok(())
}

/// Writes the rows of a template that has none.
pub async fn fill(tx: &mut Tx, id: FreightTemplateId, draft: &Draft) -> Result<(), Error> {
    let terms = std::iter::once(draft.default).chain(draft.areas.iter().map(|area| area.terms));
    let rules: Vec<Arguments> = terms.zip(0u32..).map(|(terms, number)| rule(id, number, terms)).collect();
    let columns = [
        "template_id",
        "rule_no",
        "is_delivered",
        "first_units",
        "first_fee_fen",
        "next_units",
        "next_fee_fen",
        "free_from_pieces",
        "free_from_fen",
    ];
    insert(tx, "freight_rules", &columns, &rules).await?;
    let regions: Vec<Arguments> = draft
        .areas
        .iter()
        .zip(1u32..)
        .flat_map(|(area, number)| area.regions.iter().map(move |region| vec![id.get().into(), region.to_string().into(), number.into()]))
        .collect();
    insert(tx, "freight_regions", &["template_id", "region_prefix", "rule_no"], &regions).await
}

fn rule(id: FreightTemplateId, number: u32, terms: Terms) -> Arguments {
    let (is_delivered, rate) = match terms {
        Terms::Delivered(rate) => (true, rate),
        // What is not delivered has no fees; the columns hold those of nothing.
        Terms::NotDelivered => (false, Rate::FREE),
    };
    let Rate { first, first_fee, next, next_fee, free } = rate;
    let numbers: [Value; 7] = [
        is_delivered.into(),
        first.into(),
        first_fee.fen().into(),
        next.into(),
        next_fee.fen().into(),
        free.pieces.into(),
        free.amount.map(Money::fen).into(),
    ];
    [id.get().into(), number.into()].into_iter().chain(numbers).collect()
}

async fn insert(tx: &mut Tx, table: &str, columns: &[&str], rows: &[Arguments]) -> Result<(), Error> {
    for chunk in rows.chunks(ROWS) {
        tx.execute(Rows::insert(tx.engine(), table, columns, chunk.len()), chunk.concat()).await?;
    }
    Ok(())
}
