//! The keys that seal personal data: `DATA_KEYS`, `BLIND_INDEX_KEY`.

use super::mode::Mode;
use super::reader::Reader;
use super::sections::SAMPLE_MARK;
use crate::platform::vault::{BlindIndexKey, KeyRing, Keys, holds_words};

/// What personal data is sealed with.
#[derive(Debug, Clone)]
pub struct Encryption {
    /// Master keys and the key of the blind indexes; none in the embedded mode, which keeps them in the data folder.
    pub keys: Option<Keys>,
}

const RING: &str = "DATA_KEYS";
const INDEX: &str = "BLIND_INDEX_KEY";

impl Encryption {
    pub(super) fn read(reader: &mut Reader, mode: Mode) -> Self {
        let (ring, index) = (reader.secret(RING), reader.secret(INDEX));
        let needed = !mode.is_embedded() || ring.is_some() || index.is_some();
        for (variable, secret, what) in [(RING, &ring, "a list such as 1:<base64 of 32 bytes>"), (INDEX, &index, "the base64 of 32 bytes")]
        {
            match secret {
                None if needed => reader.fault(variable, format!("has to be set, to {what}; `openssl rand -base64 32` makes a key")),
                Some(secret) if mode == Mode::Production && holds_words(secret.expose(), SAMPLE_MARK) => {
                    reader.fault(variable, "is a sample that everybody can read; production needs one of its own");
                }
                _ => {}
            }
        }
        let ring = ring.and_then(|text| KeyRing::parse(text.expose()).map_err(|bad| reader.fault(RING, bad.to_string())).ok());
        let index = index.and_then(|text| BlindIndexKey::parse(text.expose()).map_err(|bad| reader.fault(INDEX, bad.to_string())).ok());
        Self { keys: ring.zip(index).map(|(ring, index)| Keys { ring, index }) }
    }
}
