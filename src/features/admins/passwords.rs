//! Passwords of administrators: what is accepted as a new one, and bcrypt.
//! - P1 A password that exists has 12 characters or more and 71 bytes at most, which is all that bcrypt reads; nothing of it is cut off.
//! - P2 Whoever has no hash is compared with one of the same cost, so the time does not tell whether a name exists.
//! - P3 bcrypt never runs on a thread that serves, and at most [`AT_A_TIME`] run together: log-ins slow down nothing but themselves.

use std::collections::BTreeSet;
use std::time::Duration;

use rand::Rng;
use rand::seq::IndexedRandom;
use tokio::sync::Semaphore;

use crate::platform::auth::key::hex;
use sha2::{Digest, Sha256};

/// Characters that a password has at least.
pub const CHARACTERS_MIN: usize = 12;
/// Bytes that a password has at most.
pub const BYTES_MAX: usize = 71;
/// Different characters that a password has at least.
const DIFFERENT_MIN: usize = 6;
/// Hashes that are computed at a time.
pub const AT_A_TIME: usize = 2;
/// Whoever waits longer for their turn is told to come back.
const TURN_WITHIN: Duration = Duration::from_secs(5);
/// Characters of a password that is made up: 20 of 56 are 116 bits.
const MADE_UP: usize = 20;
const MADE_UP_OF: &[u8] = b"abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// Why a text is not accepted as a new password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    /// Too few characters.
    #[error("a password has {CHARACTERS_MIN} characters or more")]
    Short,
    /// Too many bytes.
    #[error("a password has {BYTES_MAX} bytes at most")]
    Long,
    /// A line break, NUL or the like.
    #[error("a password has no control characters")]
    Control,
    /// The same few characters again and again.
    #[error("a password has {DIFFERENT_MIN} different characters or more")]
    Repetitive,
    /// The name is part of it.
    #[error("a password does not contain the user name")]
    Name,
}

impl WeakPassword {
    /// What is wanted, for people.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Short => "密码至少 12 个字符。",
            Self::Long => "密码最多 71 个字节。",
            Self::Control => "密码不能包含控制字符。",
            Self::Repetitive => "密码至少包含 6 个不同的字符。",
            Self::Name => "密码不能包含用户名。",
        }
    }
}

/// Whether somebody of this name may have this password.
///
/// # Errors
/// The first rule that it breaks.
pub fn check(password: &str, username: &str) -> Result<(), WeakPassword> {
    if password.len() > BYTES_MAX {
        return Err(WeakPassword::Long);
    }
    if password.chars().count() < CHARACTERS_MIN {
        return Err(WeakPassword::Short);
    }
    if password.chars().any(char::is_control) {
        return Err(WeakPassword::Control);
    }
    if password.chars().collect::<BTreeSet<_>>().len() < DIFFERENT_MIN {
        return Err(WeakPassword::Repetitive);
    }
    if password.to_lowercase().contains(username) {
        return Err(WeakPassword::Name);
    }
    Ok(())
}

/// A password that nobody guesses, without characters that look alike.
pub fn made_up(random: &mut impl Rng) -> String {
    let letter = || MADE_UP_OF.choose(random).copied().map_or('x', char::from);
    std::iter::repeat_with(letter).take(MADE_UP).collect()
}

/// Says which password a session began with: another hash, another text. Tells nothing of the password.
pub fn fingerprint(hash: &str) -> String {
    hex(&Sha256::digest(hash.as_bytes())[..8])
}

/// A password could not be hashed or compared.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// Others take all the time that there is for it.
    #[error("too many passwords are being compared")]
    Busy,
    /// The stored hash is none, or the password is longer than [`BYTES_MAX`]: a bug of ours.
    #[error("bcrypt refused")]
    Bcrypt(#[from] bcrypt::BcryptError),
    /// The thread that computed it has ended.
    #[error("a hash was not finished")]
    Aborted,
}

/// Hashes and compares.
pub struct Passwords {
    cost: u32,
    turns: Semaphore,
}

impl Passwords {
    /// New hashes have this cost: each step doubles the time.
    pub fn new(cost: u32) -> Self {
        Self { cost, turns: Semaphore::new(AT_A_TIME) }
    }

    /// The hash of a new password.
    ///
    /// # Errors
    /// [`PasswordError::Busy`] if others take too long.
    pub async fn hash(&self, password: String) -> Result<String, PasswordError> {
        let cost = self.cost;
        self.in_turn(move || Ok(bcrypt::non_truncating_hash(password, cost)?)).await
    }

    /// Whether this is the password with this hash; never if there is none, after the same time.
    ///
    /// # Errors
    /// [`PasswordError::Busy`] if others take too long.
    pub async fn is_right(&self, password: String, hash: Option<String>) -> Result<bool, PasswordError> {
        let is_known = hash.is_some();
        let hash = hash.unwrap_or_else(|| nobodys(self.cost));
        // Longer ones were never accepted; what is compared in their place costs the same time.
        let (is_possible, password) = if password.len() > BYTES_MAX { (false, String::new()) } else { (true, password) };
        let is_same = self.in_turn(move || Ok(bcrypt::non_truncating_verify(password, &hash)?)).await?;
        Ok(is_same && is_known && is_possible)
    }

    /// Whether a hash has another cost than new ones.
    pub fn is_outdated(&self, hash: &str) -> bool {
        hash.split('$').nth(2).and_then(|cost| cost.parse().ok()) != Some(self.cost)
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        compute: impl FnOnce() -> Result<T, PasswordError> + Send + 'static,
    ) -> Result<T, PasswordError> {
        let turn = tokio::time::timeout(TURN_WITHIN, self.turns.acquire()).await;
        // The semaphore is never closed.
        let Ok(Ok(_turn)) = turn else { return Err(PasswordError::Busy) };
        tokio::task::spawn_blocking(compute).await.unwrap_or(Err(PasswordError::Aborted))
    }
}

/// The hash of no password, with this cost.
fn nobodys(cost: u32) -> String {
    format!("$2b${cost:02}${}", ".".repeat(53))
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn what_is_easily_guessed_is_refused() {
        for (password, refused) in [
            ("kurz", Err(WeakPassword::Short)),
            ("elf_zeichen", Err(WeakPassword::Short)),
            ("abababababab", Err(WeakPassword::Repetitive)),
            ("my-Admin-is-safe", Err(WeakPassword::Name)),
            ("twelve\ncharacters", Err(WeakPassword::Control)),
            ("correct horse battery", Ok(())),
            ("密码至少要有十二个字符才行", Ok(())),
        ] {
            assert_eq!(check(password, "admin"), refused, "{password}");
        }
        assert_eq!(check(&"abcdefg".repeat(11), "admin"), Err(WeakPassword::Long), "77 bytes");
        assert_eq!(check(&"abcdefg".repeat(10), "admin"), Ok(()), "70 bytes");
    }

    #[test]
    fn a_password_that_is_made_up_is_accepted() {
        for seed in 0..64 {
            let made_up = made_up(&mut StdRng::seed_from_u64(seed));
            assert_eq!(check(&made_up, "root"), Ok(()), "{made_up}");
        }
    }

    #[tokio::test]
    async fn a_right_password_is_told_from_all_others() {
        let passwords = Passwords::new(4);
        let hash = passwords.hash("correct horse battery".to_owned()).await.unwrap();
        assert!(hash.starts_with("$2b$04$") && !passwords.is_outdated(&hash) && Passwords::new(5).is_outdated(&hash));
        let is_right = async |password: &str, hash: Option<&String>| passwords.is_right(password.to_owned(), hash.cloned()).await.unwrap();
        assert!(is_right("correct horse battery", Some(&hash)).await);
        assert!(!is_right("Correct horse battery", Some(&hash)).await);
        assert!(!is_right("correct horse battery", None).await);
        assert!(!is_right(&"x".repeat(72), Some(&hash)).await);
        assert_ne!(fingerprint(&hash), fingerprint(&passwords.hash("correct horse battery".to_owned()).await.unwrap()), "another salt");
    }

    #[tokio::test]
    async fn nobodys_hash_is_one_that_bcrypt_computes_for_as_long() {
        for cost in [4, 12] {
            let nobodys = nobodys(cost);
            assert_eq!(nobodys.len(), 60);
            assert_eq!(nobodys.parse::<bcrypt::HashParts>().unwrap().get_cost(), cost);
        }
        assert!(!bcrypt::non_truncating_verify("anything", &nobodys(4)).unwrap());
    }
}
