//! Captchas: a picture with four letters, whose answer is kept until it is tried.
//! - C1 A captcha is good for [`LIVES`] and for one try, whatever its outcome.
//! - C2 The store keeps a keyed hash of the answer, never the answer: four letters without a key would be guessed in a moment.
//! - C3 Memory is bounded: beyond [`ENTRIES_MAX`] captchas of one process the oldest one goes.
//!
//! One contract suite (`tests/it/admins.rs`) proves both stores. Not here: how many an address may ask for (`super::service`).

mod drawing;
mod glyphs;
mod memory;
mod redis;

pub use drawing::{HEIGHT, WIDTH, draw};
pub use glyphs::LETTERS;
pub use memory::{ENTRIES_MAX, MemoryCaptchas};
pub use redis::RedisCaptchas;

use std::time::Duration;

use futures_util::future::BoxFuture;
use mallcore_actors::time::Timestamp;
use rand::{Rng, RngCore};
use subtle::ConstantTimeEq;

use super::store::StoreError;
use crate::platform::auth::key::{Key, hex};

/// How long a captcha is good.
pub const LIVES: Duration = Duration::from_secs(300);
/// Letters of an answer.
pub const LENGTH: usize = 4;
/// Characters of an id.
pub const ID_CHARACTERS: usize = 32;

/// Names a captcha: 16 random bytes as text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CaptchaId(String);

impl CaptchaId {
    /// A new one.
    pub fn random() -> Self {
        let mut bytes = [0; ID_CHARACTERS / 2];
        rand::rng().fill_bytes(&mut bytes);
        Self(hex(&bytes))
    }

    /// As a client sends it back; none if it cannot be one.
    pub fn parse(text: &str) -> Option<Self> {
        let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        (text.len() == ID_CHARACTERS && text.bytes().all(is_hex)).then(|| Self(text.to_owned()))
    }

    /// For the client, and for its key in Redis.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The letters of an answer, in upper case.
pub fn letters(random: &mut impl Rng) -> String {
    let place = || random.random_range(0..LETTERS.len());
    std::iter::repeat_with(place).take(LENGTH).map(|place| char::from(LETTERS[place])).collect()
}

/// What the store keeps of an answer to this captcha. Case and blanks around it do not matter.
pub fn hash(key: &Key, id: &CaptchaId, answer: &str) -> String {
    hex(&key.sign(format!("captcha\n{}\n{}", id.0, answer.trim().to_ascii_uppercase()).as_bytes()))
}

/// Whether two hashes are the same, in a time that does not depend on where they differ.
pub fn is_same(one: &str, other: &str) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}

/// Where answers are kept. Times are the caller's: the store has no clock of its own, but that of Redis lets keys end.
pub trait Captchas: Send + Sync + 'static {
    /// Keeps the hash of an answer.
    fn keep<'a>(&'a self, id: &'a CaptchaId, hash: String, now: Timestamp) -> BoxFuture<'a, Result<(), StoreError>>;

    /// Takes the hash out of the store; none if the captcha was taken before, has ended, or was never there.
    fn take<'a>(&'a self, id: &'a CaptchaId, now: Timestamp) -> BoxFuture<'a, Result<Option<String>, StoreError>>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_counts_in_any_case_and_for_its_captcha_only() {
        let (key, one, other) = (Key::new(b"key"), CaptchaId::random(), CaptchaId::random());
        assert_eq!(hash(&key, &one, " ak4m "), hash(&key, &one, "AK4M"));
        assert_ne!(hash(&key, &one, "AK4M"), hash(&key, &other, "AK4M"));
        assert_ne!(hash(&key, &one, "AK4M"), hash(&Key::new(b"another"), &one, "AK4M"));
        assert!(is_same("ab", "ab") && !is_same("ab", "ac") && !is_same("ab", "abc"));
    }

    #[test]
    fn what_is_no_id_is_none() {
        let id = CaptchaId::random();
        assert_eq!(CaptchaId::parse(id.as_str()), Some(id));
        for wrong in ["", "a", &"A".repeat(32), &"g".repeat(32), &"0".repeat(33)] {
            assert_eq!(CaptchaId::parse(wrong), None, "{wrong}");
        }
    }
}
