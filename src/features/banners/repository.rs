//! The tables `banners`, `banner_products` and `banner_clicks`.

use std::collections::HashMap;

use mallcore_actors::banners::Tally;
use mallcore_actors::ids::BannerId;
use mallcore_actors::time::Timestamp;
use mallcore_actors::values::day::BusinessDay;

use super::link::Link;
use super::model::{Banner, ON};
use crate::platform::database::{Arguments, Database, Error, Row, Rows, Tx};

/// Banners that can be on at a time: further ones are neither switched on nor read.
pub const ON_MAX: u64 = 200;

const COLUMNS: &str = "id, title, image_url, link_type, link_value, sort_order, status, start_time, end_time, click_count";

/// The banners that are shown now or later, in order, at most [`ON_MAX`]. A row that makes no sense is told in the log and left out.
pub async fn coming(database: &Database, now: Timestamp) -> Result<Vec<Banner>, Error> {
    let text = format!(
        "SELECT {COLUMNS} FROM banners WHERE status = ? AND (end_time IS NULL OR end_time > ?) ORDER BY sort_order, id LIMIT {ON_MAX}"
    );
    read(database, text, vec![ON.into(), now.into()]).await
}

/// All banners that make sense, those shown first, in order, at most so many.
pub async fn all(database: &Database, count: u32) -> Result<Vec<Banner>, Error> {
    read(database, format!("SELECT {COLUMNS} FROM banners ORDER BY status DESC, sort_order, id LIMIT ?"), vec![count.into()]).await
}

/// One banner, if there is one of this id that makes sense.
pub async fn one(database: &Database, id: BannerId) -> Result<Option<Banner>, Error> {
    Ok(read(database, format!("SELECT {COLUMNS} FROM banners WHERE id = ?"), vec![id.get().into()]).await?.pop())
}

async fn read(database: &Database, text: String, values: Arguments) -> Result<Vec<Banner>, Error> {
    let mut tx = database.snapshot().await?;
    let rows = tx.all(text, values).await?;
    let mut banners = Vec::with_capacity(rows.len());
    for row in &rows {
        match banner(row)? {
            Ok(banner) => banners.push(banner),
            Err(cause) => {
                let id = row.count(0)?;
                tracing::error!("the link of banner {id} makes no sense, so that it is not shown: {cause}");
            }
        }
    }
    let mut chosen = chosen(&mut tx, &banners).await?;
    tx.commit().await?;
    for banner in &mut banners {
        banner.chosen = chosen.remove(&banner.id.get()).unwrap_or_default().into();
    }
    Ok(banners)
}

fn banner(row: &Row) -> Result<Result<Banner, super::link::BadLink>, Error> {
    let link = match Link::parse(row.int(3)?, &row.text_or_null(4)?.unwrap_or_default()) {
        Ok(link) => link,
        Err(bad) => return Ok(Err(bad)),
    };
    Ok(Ok(Banner {
        id: row.id(0, BannerId::new)?,
        title: row.text(1)?,
        image_url: row.text(2)?,
        link,
        sort_order: row.int(5)?,
        is_on: row.int(6)? == ON,
        starts_at: row.time_or_null(7)?,
        ends_at: row.time_or_null(8)?,
        chosen: Box::default(),
        clicks: row.count(9)?,
    }))
}

async fn chosen(tx: &mut Tx, banners: &[Banner]) -> Result<HashMap<u64, Vec<u64>>, Error> {
    let mut chosen = HashMap::<u64, Vec<u64>>::new();
    // Few enough for one statement: both engines bind some thousands.
    for banners in banners.chunks(500) {
        let text = format!(
            "SELECT banner_id, product_id FROM banner_products WHERE banner_id IN ({}) ORDER BY banner_id, sort_order, id",
            Rows::places(banners.len())
        );
        for row in tx.all(text, banners.iter().map(|banner| banner.id.get().into()).collect()).await? {
            chosen.entry(row.count(0)?).or_default().push(row.count(1)?);
        }
    }
    Ok(chosen)
}

/// Clicks of a banner on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayClicks {
    /// On which banner.
    pub banner: BannerId,
    /// The business day.
    pub day: BusinessDay,
    /// How many are written.
    pub clicks: u64,
}

/// Adds clicks to their days and banners; returns what these days have now. Clicks on a banner that is no longer there are left out.
pub async fn add_clicks(database: &Database, tallies: &[Tally]) -> Result<Vec<DayClicks>, Error> {
    let mut tx = database.begin().await?;
    let mut written = Vec::with_capacity(tallies.len());
    for tally in tallies {
        let (banner, day, clicks) = (tally.banner.get(), tally.day.number(), tally.clicks);
        let text = "UPDATE banners SET click_count = click_count + ? WHERE id = ?";
        if tx.execute(text, vec![clicks.into(), banner.into()]).await? == 0 {
            continue;
        }
        let text = "UPDATE banner_clicks SET clicks = clicks + ? WHERE banner_id = ? AND day = ?";
        if tx.execute(text, vec![clicks.into(), banner.into(), day.into()]).await? == 0 {
            let text = "INSERT INTO banner_clicks (banner_id, day, clicks) VALUES (?, ?, ?)";
            tx.execute(text, vec![banner.into(), day.into(), clicks.into()]).await?;
        }
        let row = tx.first("SELECT clicks FROM banner_clicks WHERE banner_id = ? AND day = ?", vec![banner.into(), day.into()]).await?;
        let clicks = row.map_or(Ok(clicks), |row| row.count(0))?;
        written.push(DayClicks { banner: tally.banner, day: tally.day, clicks });
    }
    tx.commit().await?;
    Ok(written)
}

/// Clicks of this day and later ones, at most some thousands.
pub async fn clicks_since(database: &Database, day: BusinessDay) -> Result<Vec<DayClicks>, Error> {
    let mut tx = database.snapshot().await?;
    let text = "SELECT banner_id, day, clicks FROM banner_clicks WHERE day >= ? ORDER BY day, banner_id LIMIT 10000";
    let rows = tx.all(text, vec![day.number().into()]).await?;
    tx.commit().await?;
    rows.iter()
        .map(|row| Ok(DayClicks { banner: row.id(0, BannerId::new)?, day: BusinessDay::of_number(row.pieces(1)?), clicks: row.count(2)? }))
        .collect()
}
