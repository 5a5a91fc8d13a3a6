//! The embedded mode's keys: made once, kept in the data folder, readable by their owner only. Two lines, spelt as the variables are:
//! `DATA_KEYS=1:<base64>` and `BLIND_INDEX_KEY=<base64>`. Whoever rotates puts a new key in front.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rand::RngCore;
use zeroize::Zeroizing;

use super::seal::KEY_BYTES;
use super::{BadKeys, BlindIndexKey, KeyRing, Keys};
use crate::platform::small_file;

/// Its name in the data folder.
pub const KEY_FILE: &str = "data_keys";

/// The keys could not be read or made.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The disk said no.
    #[error("failed to read or create the data keys {path}")]
    Io {
        /// Path of the file.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
    /// Nobody has made keys here.
    #[error(
        "there are no data keys {path}: put the file back from a copy of the data folder; the first `mallcore serve` of a new shop makes it"
    )]
    Missing {
        /// Path of the file that was looked for.
        path: PathBuf,
    },
    /// A line is missing or cannot be read.
    #[error("the data keys {path} cannot be used: {variable} {cause}")]
    Bad {
        /// Path of the file.
        path: PathBuf,
        /// Name before the `=` of the line: `DATA_KEYS` or `BLIND_INDEX_KEY`.
        variable: &'static str,
        /// What is wrong with it.
        cause: BadKeys,
    },
}

/// The keys in `data_dir`, made if there are none. Two processes that start at once get the same ones.
pub(super) fn load_or_create(data_dir: &Path) -> Result<Keys, KeyFileError> {
    match load(data_dir) {
        Err(KeyFileError::Missing { path }) => {
            let made = small_file::create_private(&path, fresh().as_bytes());
            made.map_err(|cause| KeyFileError::Io { path, cause })?;
            load(data_dir)
        }
        loaded => loaded,
    }
}

/// The keys in `data_dir`; nothing is made.
pub(super) fn load(data_dir: &Path) -> Result<Keys, KeyFileError> {
    let path = data_dir.join(KEY_FILE);
    let text = match fs::read_to_string(&path) {
        Ok(text) => Zeroizing::new(text),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Err(KeyFileError::Missing { path }),
        Err(cause) => return Err(KeyFileError::Io { path, cause }),
    };
    let value = |variable: &'static str| {
        let found = text.lines().filter_map(|line| line.trim().split_once('=')).find(|(name, _)| name.trim() == variable);
        found.map_or("", |(_, value)| value.trim())
    };
    let bad = |variable| {
        let path = path.clone();
        move |cause| KeyFileError::Bad { path, variable, cause }
    };
    Ok(Keys {
        ring: KeyRing::parse(value("DATA_KEYS")).map_err(bad("DATA_KEYS"))?,
        index: BlindIndexKey::parse(value("BLIND_INDEX_KEY")).map_err(bad("BLIND_INDEX_KEY"))?,
    })
}

fn fresh() -> Zeroizing<String> {
    let key = || {
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        rand::rng().fill_bytes(&mut *bytes);
        Zeroizing::new(STANDARD.encode(*bytes))
    };
    Zeroizing::new(format!("DATA_KEYS=1:{}\nBLIND_INDEX_KEY={}\n", *key(), *key()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::super::Indexed;
    use super::*;

    fn index(keys: &Keys) -> [u8; 32] {
        *keys.index.of(Indexed::Phone(&"13812345678".parse().unwrap())).as_bytes()
    }

    #[test]
    fn keys_are_made_once_and_are_the_owners() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(load(folder.path()), Err(KeyFileError::Missing { .. })));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "who only reads makes none");
        let first = load_or_create(folder.path()).unwrap();
        assert_eq!(index(&load_or_create(folder.path()).unwrap()), index(&first));
        let mode = fs::metadata(folder.path().join(KEY_FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no draft is left");
    }

    #[test]
    fn a_line_that_cannot_be_read_is_named_and_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(KEY_FILE), "DATA_KEYS=1:hunter2\n").unwrap();
        let error = load_or_create(folder.path()).unwrap_err().to_string();
        assert!(error.contains("DATA_KEYS") && !error.contains("hunter2"), "{error}");
    }
}
