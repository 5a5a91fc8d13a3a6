//! Rows of `addresses`. `contact` is sealed for its row, so an address is inserted before it is sealed, in one transaction.

use mallcore_actors::ids::{AddressId, UserId};
use mallcore_actors::time::Timestamp;
use mallcore_actors::values::text::Text;

use super::error::AddressError;
use super::model::{Address, Contact, Draft, Region};
use crate::platform::database::{Error, Row, Tx};
use crate::platform::vault::{DataKey, Place, Sealed};

const COLUMNS: &str = "id, contact, province, city, district, region_code, is_default, created_at, updated_at";

fn place(id: AddressId) -> Place {
    Place::new("addresses", "contact", id.get())
}

/// A row as it is stored: who reads it needs the shopper's data key to open it.
#[derive(Debug, Clone)]
pub struct SealedAddress {
    /// Primary key of `addresses`.
    pub id: AddressId,
    /// Which part of the country.
    pub region: Region,
    pub(super) contact: Sealed,
    pub(super) is_default: bool,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
}

impl SealedAddress {
    /// Opens it.
    ///
    /// # Errors
    /// If it was not sealed for this row with this key, or is no contact.
    pub fn open(&self, key: &DataKey) -> Result<Address, AddressError> {
        let Self { id, region, contact, is_default, created_at, updated_at } = self;
        let opened = key.open(place(*id), contact).map_err(|cause| AddressError::Vault(cause.into()))?;
        let contact = Contact::from_bytes(&opened).ok_or(AddressError::Unreadable(*id))?;
        let (region, is_default) = (region.clone(), *is_default);
        Ok(Address { id: *id, contact, region, is_default, created_at: *created_at, updated_at: *updated_at })
    }
}

/// All addresses of a shopper, the default first, then the newest first. There are at most [`super::ADDRESSES_MAX`].
pub async fn of_user(tx: &mut Tx, user: UserId, key: &DataKey) -> Result<Vec<Address>, AddressError> {
    let mut addresses =
        sealed_of_user(tx, user).await?.iter().map(|address| address.open(key)).collect::<Result<Vec<_>, AddressError>>()?;
    addresses.sort_by_key(|address| !address.is_default);
    Ok(addresses)
}

/// The same, the newest first, as they are stored.
pub async fn sealed_of_user(tx: &mut Tx, user: UserId) -> Result<Vec<SealedAddress>, Error> {
    let text = format!("SELECT {COLUMNS} FROM addresses WHERE user_id = ? ORDER BY id DESC");
    tx.all(text, vec![user.get().into()]).await?.iter().map(sealed).collect()
}

/// One address of a shopper; none if there is no such address or it is another's.
pub async fn by_id(tx: &mut Tx, user: UserId, id: AddressId, key: &DataKey) -> Result<Option<Address>, AddressError> {
    let text = format!("SELECT {COLUMNS} FROM addresses WHERE id = ? AND user_id = ?");
    let row = tx.first(text, vec![id.get().into(), user.get().into()]).await?;
    row.map(|row| sealed(&row)?.open(key)).transpose()
}

/// Whether a shopper has this address.
pub async fn is_there(tx: &mut Tx, user: UserId, id: AddressId) -> Result<bool, Error> {
    let text = "SELECT id FROM addresses WHERE id = ? AND user_id = ?";
    Ok(tx.first(text, vec![id.get().into(), user.get().into()]).await?.is_some())
}

/// Stores a new address; returns its id.
pub async fn insert(tx: &mut Tx, user: UserId, draft: &Draft, is_default: bool, key: &DataKey, now: Timestamp) -> Result<AddressId, Error> {
    let text = "INSERT INTO addresses (user_id, contact, phone, province, city, district, region_code, is_default, created_at, updated_at) \
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let Region { province, city, district, code } = &draft.region;
    let values = vec![
        user.get().into(),
        Vec::<u8>::new().into(),
        draft.contact.phone.mask().into(),
        String::from(province.clone()).into(),
        String::from(city.clone()).into(),
        String::from(district.clone()).into(),
        code.to_string().into(),
        is_default.into(),
        now.into(),
        now.into(),
    ];
    let id = tx.insert(text, values).await?;
    let id = AddressId::new(id).map_err(|bad| Error::Unexpected { column: 0, found: bad.to_string() })?;
    let sealed = key.seal(place(id), &draft.contact.to_bytes());
    tx.execute("UPDATE addresses SET contact = ? WHERE id = ?", vec![sealed.into(), id.get().into()]).await?;
    Ok(id)
}

/// Stores what an address says now.
pub async fn update(tx: &mut Tx, id: AddressId, draft: &Draft, key: &DataKey, now: Timestamp) -> Result<(), Error> {
    let text =
        "UPDATE addresses SET contact = ?, phone = ?, province = ?, city = ?, district = ?, region_code = ?, updated_at = ? WHERE id = ?";
    let Region { province, city, district, code } = &draft.region;
    let values = vec![
        key.seal(place(id), &draft.contact.to_bytes()).into(),
        draft.contact.phone.mask().into(),
        String::from(province.clone()).into(),
        String::from(city.clone()).into(),
        String::from(district.clone()).into(),
        code.to_string().into(),
        now.into(),
        id.get().into(),
    ];
    tx.execute(text, values).await.map(drop)
}

/// Removes an address.
pub async fn delete(tx: &mut Tx, id: AddressId) -> Result<(), Error> {
    tx.execute("DELETE FROM addresses WHERE id = ?", vec![id.get().into()]).await.map(drop)
}

/// Makes one of a shopper's addresses the default, and no other.
pub async fn set_default(tx: &mut Tx, user: UserId, id: AddressId) -> Result<(), Error> {
    let text = "UPDATE addresses SET is_default = CASE WHEN id = ? THEN 1 ELSE 0 END WHERE user_id = ?";
    tx.execute(text, vec![id.get().into(), user.get().into()]).await.map(drop)
}

fn sealed(row: &Row) -> Result<SealedAddress, Error> {
    Ok(SealedAddress {
        id: row.id(0, AddressId::new)?,
        contact: Sealed::from_bytes(row.bytes_or_null(1)?.unwrap_or_default()),
        region: Region { province: name(row, 2)?, city: name(row, 3)?, district: name(row, 4)?, code: row.parsed(5)? },
        is_default: row.flag(6)?,
        created_at: row.time(7)?,
        updated_at: row.time(8)?,
    })
}

fn name<const MOST: usize>(row: &Row, column: usize) -> Result<Text<MOST>, Error> {
    let text = row.text(column)?;
    Text::parse(&text).map_err(|bad| Error::Unexpected { column, found: bad.to_string() })
}
