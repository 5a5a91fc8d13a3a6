//! What administrators say of themselves, and their passwords.
//! - P1 Phone and mail address are kept as their masks only: nothing of the back office needs more, and what is not there cannot get lost.
//! - P2 A new password ends every session of its administrator; whoever sets it gets a new one.

use std::net::IpAddr;

use mallcore_actors::values::phone::PhoneNumber;
use mallcore_actors::values::text::Text;

use super::passwords;
use super::refusals::{AdminError, OLD_PASSWORD_WRONG};
use super::repository::{self, Admin};
use super::service::Admins;
use super::signed::Signed;
use super::tries::{Begun, Known};
use crate::platform::database::Tx;
use crate::platform::http::typed;
use crate::platform::reads::ANSWER_WITHIN;
use crate::platform::sessions::Owner;

/// Longest name, in characters.
pub const NAME_CHARACTERS_MAX: usize = 50;
/// Longest mail address, in characters.
pub const EMAIL_CHARACTERS_MAX: usize = 100;
/// Longest address of a picture, in characters.
pub const AVATAR_CHARACTERS_MAX: usize = 255;

/// A mail address that is shown by its mask.
#[derive(Clone, PartialEq, Eq)]
pub struct Email(String);

impl Email {
    /// Reads an address; none if it cannot be one.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (local, domain) = text.split_once('@')?;
        let is_plain = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || ".-_+".contains(c));
        let has_dot = domain.split('.').count() > 1 && domain.split('.').all(|label| !label.is_empty());
        let is_good = is_plain(local) && is_plain(domain) && has_dot && text.chars().count() <= EMAIL_CHARACTERS_MAX;
        is_good.then(|| Self(text.to_owned()))
    }

    /// `w***@example.com`: the only form that is kept or shown.
    pub fn mask(&self) -> String {
        let (local, domain) = self.0.split_once('@').unwrap_or_default();
        let first: String = local.chars().take(1).collect();
        // As long as the address may be, also where its first part is short.
        format!("{first}***@{domain}").chars().take(EMAIL_CHARACTERS_MAX).collect()
    }
}

/// A value whose mask is kept.
#[derive(Clone, PartialEq, Eq)]
pub enum Masked {
    /// A new value, as its mask.
    New(String),
    /// The text that was sent: the mask of the value that is there, if it is to stay.
    Shown(String),
}

impl Masked {
    /// The mask of a phone number.
    pub fn phone(text: &str) -> Self {
        PhoneNumber::parse(text).map_or_else(|_| Self::Shown(text.to_owned()), |phone| Self::New(phone.mask()))
    }

    /// The mask of a mail address.
    pub fn email(text: &str) -> Self {
        Email::parse(text).map_or_else(|| Self::Shown(text.to_owned()), |email| Self::New(email.mask()))
    }

    /// What is kept from now on; none if the text is neither a value nor the mask that is there.
    fn over(self, stored: Option<&String>) -> Option<String> {
        match self {
            Self::New(mask) => Some(mask),
            Self::Shown(text) => (stored == Some(&text)).then_some(text),
        }
    }
}

/// Whether a text is the address of a picture: https, with a host, without a user.
pub fn is_picture(text: &str) -> bool {
    text.len() <= AVATAR_CHARACTERS_MAX && typed::picture(text, &()).is_ok()
}

/// The whole profile, as its owner wants it.
#[derive(Clone)]
pub struct Profile {
    /// What they are called.
    pub real_name: Option<Text<NAME_CHARACTERS_MAX>>,
    /// Their mail address.
    pub email: Option<Masked>,
    /// Their mobile number.
    pub phone: Option<Masked>,
    /// Address of their picture.
    pub avatar: Option<String>,
}

/// Which field has neither a value nor the mask that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// No mail address.
    Email,
    /// No mobile number of mainland China.
    Phone,
}

impl Profile {
    /// The row with this profile in place of its own.
    ///
    /// # Errors
    /// The first field that cannot be kept.
    pub fn over(self, admin: Admin) -> Result<Admin, Unfit> {
        let email = self.email.map(|email| email.over(admin.email.as_ref()).ok_or(Unfit::Email)).transpose()?;
        let phone = self.phone.map(|phone| phone.over(admin.phone.as_ref()).ok_or(Unfit::Phone)).transpose()?;
        let real_name = self.real_name.map(|name| name.as_str().to_owned());
        Ok(Admin { real_name, email, phone, avatar: self.avatar, ..admin })
    }
}

impl Admins {
    /// The account of whoever is signed in.
    pub async fn account(&self, signed: &Signed) -> Result<Admin, AdminError> {
        let id = signed.id;
        let found = self.reads.ask(ANSWER_WITHIN, async |database| repository::by_id(database, id).await).await?;
        found.ok_or(AdminError::SignedOut)
    }

    /// Sets the profile of whoever is signed in.
    pub async fn set_profile(&self, signed: &Signed, profile: Profile) -> Result<Result<Admin, Unfit>, AdminError> {
        let (id, now) = (signed.id, self.now());
        self.writes
            .transaction(async |tx: &mut Tx| -> Result<_, AdminError> {
                let admin = repository::lock(tx, id).await?.ok_or(AdminError::SignedOut)?;
                let changed = match profile.clone().over(admin) {
                    Ok(changed) => changed,
                    Err(unfit) => return Ok(Err(unfit)),
                };
                repository::set_profile(tx, &changed, now).await?;
                Ok(Ok(changed))
            })
            .await
    }

    /// Sets the password of whoever is signed in, and begins a new session in place of all that they have.
    pub async fn set_password(&self, signed: &Signed, old: String, new: String, bucket: IpAddr) -> Result<Signed, AdminError> {
        let admin = self.account(signed).await?;
        passwords::check(&new, &admin.username)?;
        // Whoever finds a browser open does not find the password out by it.
        let known = Known::of(&self.key, "password", &admin.id.to_string());
        let from = Known::of(&self.key, "address", &bucket.to_string());
        if let Begun::Wait(wait) = self.tries.begin(&known, &from, self.now()).await? {
            return Err(AdminError::TooManyTries(wait));
        }
        if !self.passwords.is_right(old.clone(), Some(admin.hash.clone())).await? {
            return Err(AdminError::Rule(&OLD_PASSWORD_WRONG));
        }
        self.tries.succeeded(&known, &from).await?;
        if old == new {
            return Err(AdminError::SamePassword);
        }
        let (hash, id, now) = (self.passwords.hash(new).await?, admin.id, self.now());
        self.writes
            .transaction(async |tx: &mut Tx| -> Result<(), AdminError> {
                // Of two who set it at the same time one has compared with what the other has replaced.
                let locked = repository::lock(tx, id).await?.ok_or(AdminError::SignedOut)?;
                if locked.hash != admin.hash {
                    return Err(AdminError::Rule(&OLD_PASSWORD_WRONG));
                }
                Ok(repository::set_hash(tx, id, &hash, now).await?)
            })
            .await?;
        // Their sessions have ended by now: they note another password.
        self.remembered.forget(id);
        self.sessions.kick(Owner::Admin(id)).await?;
        self.begin_session(&Admin { hash, ..admin }, signed.line).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_address_is_kept_as_its_mask() {
        let mask = |text: &str| Email::parse(text).map(|email| email.mask());
        assert_eq!(mask(" wang.li@example.com "), Some("w***@example.com".to_owned()));
        for wrong in ["", "@example.com", "a@", "a@b", "a@b.", "a b@example.com", "a@b@example.com", "w***@example.com", "a\n@example.com"]
        {
            assert_eq!(mask(wrong), None, "{wrong:?}");
        }
        let longest = format!("a@{}.com", "b".repeat(94));
        assert_eq!(mask(&longest).map(|mask| mask.chars().count()), Some(100), "it fits its column");
    }

    #[test]
    fn a_mask_that_comes_back_stays_and_another_one_is_refused() {
        let stored = "138****5678".to_owned();
        assert_eq!(Masked::phone("13912345678").over(Some(&stored)), Some("139****5678".to_owned()));
        assert_eq!(Masked::phone(&stored).over(Some(&stored)), Some(stored.clone()));
        assert_eq!(Masked::phone("139****5678").over(Some(&stored)), None);
        assert_eq!(Masked::phone(&stored).over(None), None);
    }

    #[test]
    fn a_picture_is_fetched_over_https() {
        assert!(is_picture("https://img.example.com/a.png"));
        for wrong in ["http://img.example.com/a.png", "javascript:alert(1)", "https://u:p@example.com/", "data:image/png;base64,AA", ""] {
            assert!(!is_picture(wrong), "{wrong}");
        }
    }
}
