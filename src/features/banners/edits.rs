//! Cold writes of banners by people of the shop. Each commits with its row of the outbox.
//! - B1 What a banner links to was there when it was written; another site is on the list of hosts.
//! - B2 A banner and the products chosen for it are written under the banner's row lock, so that two edits do not mix.

use mallcore_actors::ids::BannerId;
use mallcore_actors::time::Timestamp;
use mallcore_actors::values::text::Text;

use super::link::{Link, LinkHosts, Source};
use super::model::{OFF, ON};
use super::repository::ON_MAX;
use crate::features::catalog::edits::{EditError, write};
use crate::platform::database::{Arguments, Database, Rows, Tx};
use crate::platform::outbox::{self, Message, Topic};

/// Products that can be chosen for one banner.
pub const CHOSEN_MAX: usize = 200;

/// What a banner is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// What it says.
    pub title: Text<100>,
    /// Address of its picture.
    pub image_url: Text<500>,
    /// Where it leads.
    pub link: Link,
    /// Its place, lowest first.
    pub sort_order: i32,
    /// Whether it is shown at all.
    pub is_on: bool,
    /// The first moment at which it is shown; none: at once.
    pub starts_at: Option<Timestamp>,
    /// The first moment at which it is no longer shown; none: it stays.
    pub ends_at: Option<Timestamp>,
}

fn invalid(field: &'static str, why: impl Into<String>) -> EditError {
    EditError::Invalid { field, why: why.into() }
}

const fn unknown(id: BannerId) -> EditError {
    EditError::Unknown { field: "banner", id: id.get() }
}

impl About {
    fn check(&self, hosts: &LinkHosts) -> Result<(), EditError> {
        if let (Some(starts_at), Some(ends_at)) = (self.starts_at, self.ends_at)
            && starts_at >= ends_at
        {
            return Err(invalid("end_time", "a banner ends after it starts"));
        }
        let picture = self.image_url.as_str();
        if !(picture.starts_with('/') || picture.starts_with("https://") || picture.starts_with("http://")) {
            return Err(invalid("image_url", "an address beginning with /, https:// or http:// is wanted"));
        }
        self.link.check_host(hosts).map_err(|bad| invalid("link_value", bad.to_string()))
    }

    fn values(&self) -> Arguments {
        vec![
            self.title.as_str().to_owned().into(),
            self.image_url.as_str().to_owned().into(),
            self.link.number().into(),
            self.link.value().into(),
            i64::from(self.sort_order).into(),
            status(self.is_on).into(),
            self.starts_at.into(),
            self.ends_at.into(),
        ]
    }
}

const fn status(is_on: bool) -> i64 {
    if is_on { ON } else { OFF }
}

/// What the link names has to be there.
async fn check_target(tx: &mut Tx, link: &Link) -> Result<(), EditError> {
    let (field, table, id) = match link {
        Link::Product(id) => ("product", "products", *id),
        Link::Category(id) | Link::Products(Source::Category(id)) => ("category", "categories", *id),
        Link::Products(Source::Tag(id)) => ("tag", "tags", *id),
        // Activities are of several kinds, some of which other features keep.
        Link::Products(Source::Manual | Source::Recommended) | Link::Activity(_) | Link::External(_) => return Ok(()),
    };
    match tx.first(format!("SELECT id FROM {table} WHERE id = ?"), vec![id.into()]).await? {
        Some(_) => Ok(()),
        None => Err(EditError::Unknown { field, id }),
    }
}

/// There is room for one more that is on.
async fn check_room(tx: &mut Tx, now: Timestamp) -> Result<(), EditError> {
    let text = "SELECT COUNT(*) FROM banners WHERE status = ? AND (end_time IS NULL OR end_time > ?)";
    let on = tx.first(text, vec![ON.into(), now.into()]).await?.map_or(Ok(0), |row| row.count(0))?;
    if on < ON_MAX { Ok(()) } else { Err(invalid("status", format!("{ON_MAX} banners are on already"))) }
}

/// Locks a banner; returns its status.
async fn lock(tx: &mut Tx, id: BannerId) -> Result<i64, EditError> {
    let rows = tx.lock("SELECT status FROM banners WHERE id = ?", vec![id.get().into()]).await?;
    Ok(rows.first().ok_or(unknown(id))?.int(0)?)
}

async fn announce(tx: &mut Tx, id: BannerId, now: Timestamp) -> Result<u64, EditError> {
    Ok(outbox::append(tx, &Message::changed(Topic::Banner, id.get()), now).await?)
}

/// Adds a banner. Returns its id and the row of the outbox.
///
/// # Errors
/// [`EditError::Unknown`] if what it links to is not there; [`EditError::Invalid`] if it breaks another rule.
pub async fn create(database: &Database, about: &About, hosts: &LinkHosts, now: Timestamp) -> Result<(BannerId, u64), EditError> {
    about.check(hosts)?;
    write(database, async |tx| {
        check_target(tx, &about.link).await?;
        if about.is_on {
            check_room(tx, now).await?;
        }
        let text = "INSERT INTO banners (title, image_url, link_type, link_value, sort_order, status, start_time, end_time, created_at, updated_at) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        let mut values = about.values();
        values.extend([now.into(), now.into()]);
        let id = tx.insert(text, values).await?;
        let id = BannerId::new(id).map_err(|bad| invalid("id", bad.to_string()))?;
        Ok((id, announce(tx, id, now).await?))
    })
    .await
}

/// Says anew what a banner is; the products chosen for it stay. Returns the row of the outbox.
///
/// # Errors
/// As for [`create`].
pub async fn update(database: &Database, id: BannerId, about: &About, hosts: &LinkHosts, now: Timestamp) -> Result<u64, EditError> {
    about.check(hosts)?;
    write(database, async |tx| {
        let before = lock(tx, id).await?;
        check_target(tx, &about.link).await?;
        if about.is_on && before != ON {
            check_room(tx, now).await?;
        }
        let text = "UPDATE banners SET title = ?, image_url = ?, link_type = ?, link_value = ?, sort_order = ?, status = ?, start_time = ?, \
             end_time = ?, updated_at = ? WHERE id = ?";
        let mut values = about.values();
        values.extend([now.into(), id.get().into()]);
        tx.execute(text, values).await?;
        announce(tx, id, now).await
    })
    .await
}

/// Removes a banner with the products chosen for it; the clicks of its days stay. Returns the row of the outbox.
///
/// # Errors
/// [`EditError::Unknown`].
pub async fn delete(database: &Database, id: BannerId, now: Timestamp) -> Result<u64, EditError> {
    write(database, async |tx| {
        lock(tx, id).await?;
        tx.execute("DELETE FROM banner_products WHERE banner_id = ?", vec![id.get().into()]).await?;
        tx.execute("DELETE FROM banners WHERE id = ?", vec![id.get().into()]).await?;
        announce(tx, id, now).await
    })
    .await
}

/// Switches a banner on or off. Returns the row of the outbox, or none if it was so already.
///
/// # Errors
/// [`EditError::Unknown`]; [`EditError::Invalid`] if too many are on.
pub async fn set_status(database: &Database, id: BannerId, is_on: bool, now: Timestamp) -> Result<Option<u64>, EditError> {
    write(database, async |tx| {
        if lock(tx, id).await? == status(is_on) {
            return Ok(None);
        }
        if is_on {
            check_room(tx, now).await?;
        }
        let values = vec![status(is_on).into(), now.into(), id.get().into()];
        tx.execute("UPDATE banners SET status = ?, updated_at = ? WHERE id = ?", values).await?;
        announce(tx, id, now).await.map(Some)
    })
    .await
}

/// Sets the products chosen for a banner, in this order; a repeated one counts once. Returns the row of the outbox, or none if they were so
/// already.
///
/// # Errors
/// [`EditError::Unknown`], [`EditError::UnknownProduct`]; [`EditError::Invalid`] for more than [`CHOSEN_MAX`].
pub async fn set_products(database: &Database, id: BannerId, products: &[u64], now: Timestamp) -> Result<Option<u64>, EditError> {
    change_products(database, id, now, |_| products.to_vec()).await
}

/// Adds products behind those that are chosen already. Returns the row of the outbox, or none if all were there.
///
/// # Errors
/// As for [`set_products`].
pub async fn add_products(database: &Database, id: BannerId, products: &[u64], now: Timestamp) -> Result<Option<u64>, EditError> {
    change_products(database, id, now, |chosen| [chosen, products].concat()).await
}

/// Takes a product out of those chosen. Returns the row of the outbox, or none if it was not among them.
///
/// # Errors
/// [`EditError::Unknown`].
pub async fn remove_product(database: &Database, id: BannerId, product: u64, now: Timestamp) -> Result<Option<u64>, EditError> {
    change_products(database, id, now, |chosen| chosen.iter().copied().filter(|chosen| *chosen != product).collect()).await
}

async fn change_products(
    database: &Database,
    id: BannerId,
    now: Timestamp,
    change: impl Fn(&[u64]) -> Vec<u64>,
) -> Result<Option<u64>, EditError> {
    write(database, async |tx| {
        lock(tx, id).await?;
        let text = "SELECT product_id FROM banner_products WHERE banner_id = ? ORDER BY sort_order, id";
        let rows = tx.all(text, vec![id.get().into()]).await?;
        let chosen = rows.iter().map(|row| row.count(0)).collect::<Result<Vec<_>, _>>()?;
        let mut wanted = Vec::new();
        for product in change(&chosen) {
            if !wanted.contains(&product) {
                wanted.push(product);
            }
        }
        if wanted.len() > CHOSEN_MAX {
            return Err(invalid("product_ids", format!("a banner has {CHOSEN_MAX} products at most")));
        }
        if wanted == chosen {
            return Ok(None);
        }
        check_products(tx, &wanted).await?;
        tx.execute("DELETE FROM banner_products WHERE banner_id = ?", vec![id.get().into()]).await?;
        if !wanted.is_empty() {
            let columns = ["banner_id", "product_id", "sort_order", "created_at"];
            let places = (0_u64..).zip(&wanted);
            let values = places.flat_map(|(place, product)| [id.get().into(), (*product).into(), place.into(), now.into()]).collect();
            tx.execute(Rows::insert(tx.engine(), "banner_products", &columns, wanted.len()), values).await?;
        }
        tx.execute("UPDATE banners SET updated_at = ? WHERE id = ?", vec![now.into(), id.get().into()]).await?;
        announce(tx, id, now).await.map(Some)
    })
    .await
}

async fn check_products(tx: &mut Tx, products: &[u64]) -> Result<(), EditError> {
    if products.is_empty() {
        return Ok(());
    }
    let text = format!("SELECT id FROM products WHERE id IN ({})", Rows::places(products.len()));
    let rows = tx.all(text, products.iter().map(|id| (*id).into()).collect()).await?;
    let found = rows.iter().map(|row| row.count(0)).collect::<Result<Vec<_>, _>>()?;
    match products.iter().find(|product| !found.contains(product)) {
        Some(missing) => Err(EditError::UnknownProduct(*missing)),
        None => Ok(()),
    }
}
