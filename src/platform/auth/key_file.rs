//! The embedded mode's signing key: made once, kept in the data folder, readable by its owner only.
//! `serve` and `token` agree by it without any configuration.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use rand::RngCore;

use super::token::SECRET_BYTES_MIN;
use crate::platform::config::Secret;
use crate::platform::small_file;

/// Its name in the data folder.
pub const KEY_FILE: &str = "jwt_secret";
const KEY_BYTES: usize = 32;

/// The key could not be read or made.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The disk said no.
    #[error("failed to read or create the signing key {path}")]
    Io {
        /// Path of the key file.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
    /// Nobody has made a key here.
    #[error(
        "there is no signing key {path}: set DATA_DIR to the folder of the shop whose tokens are wanted; the first `mallcore serve` makes it"
    )]
    Missing {
        /// Path of the file that was looked for.
        path: PathBuf,
    },
    /// The file is there, but what it holds could be guessed.
    #[error("the signing key {path} is shorter than {SECRET_BYTES_MIN} bytes; remove it to have a new one made")]
    TooShort {
        /// Path of the key file.
        path: PathBuf,
    },
}

/// The key in `data_dir`, made if there is none. Two processes that start at once get the same one.
pub fn load_or_create(data_dir: &Path) -> Result<Secret, KeyFileError> {
    let path = data_dir.join(KEY_FILE);
    let key = read(&path).or_else(|cause| match cause.kind() {
        io::ErrorKind::NotFound => create(&path),
        _ => Err(cause),
    });
    checked(key, path)
}

/// The key in `data_dir`; nothing is made.
pub fn load(data_dir: &Path) -> Result<Secret, KeyFileError> {
    let path = data_dir.join(KEY_FILE);
    match read(&path) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Err(KeyFileError::Missing { path }),
        key => checked(key, path),
    }
}

fn checked(key: io::Result<String>, path: PathBuf) -> Result<Secret, KeyFileError> {
    match key {
        Err(cause) => Err(KeyFileError::Io { path, cause }),
        Ok(key) if key.len() < SECRET_BYTES_MIN => Err(KeyFileError::TooShort { path }),
        Ok(key) => Ok(Secret::new(key)),
    }
}

fn read(path: &Path) -> io::Result<String> {
    let mut key = String::new();
    File::open(path)?.read_to_string(&mut key)?;
    Ok(key.trim_end().to_owned())
}

fn create(path: &Path) -> io::Result<String> {
    let mut bytes = [0; KEY_BYTES];
    rand::rng().fill_bytes(&mut bytes);
    let key: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    small_file::create_private(path, key.as_bytes())?;
    read(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn the_key_is_made_once_and_is_the_owners() {
        let folder = tempfile::tempdir().unwrap();
        let first = load_or_create(folder.path()).unwrap();
        assert_eq!(load_or_create(folder.path()).unwrap(), first);
        let mode = fs::metadata(folder.path().join(KEY_FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn who_only_reads_the_key_makes_none() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(load(folder.path()), Err(KeyFileError::Missing { .. })));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        assert_eq!(load_or_create(folder.path()).unwrap(), load(folder.path()).unwrap());
    }

    #[test]
    fn a_short_key_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(KEY_FILE), "short").unwrap();
        assert!(matches!(load_or_create(folder.path()), Err(KeyFileError::TooShort { .. })));
    }
}
