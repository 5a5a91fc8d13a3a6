//! The merchant's files: read once at start, and checked against each other, so that a wrong one is found before the first payment.
//! - C1 Every error names the variable that has to be set right.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use mallcore_actors::time::Timestamp;

use super::api_key::ApiKey;
use super::certificate::{BadCertificate, Certificate, public_key_of_pem};
use super::keyring::PlatformKey;
use super::merchant_key::MerchantKey;
use super::signing_key::{BadKey, SigningKey};
use crate::platform::config::WechatPay as Settings;

/// Names of the files in the folder.
pub mod files {
    /// The merchant's private key.
    pub const MERCHANT_KEY: &str = "apiclient_key.pem";
    /// The merchant's certificate: only its serial number is needed.
    pub const MERCHANT_CERTIFICATE: &str = "apiclient_cert.pem";
    /// WeChat Pay's public key.
    pub const PUBLIC_KEY: &str = "pub_key.pem";
    /// Platform certificates that were downloaded by hand begin so; others are fetched when they are needed.
    pub const PLATFORM_CERTIFICATE_PREFIX: &str = "wechatpay_";
}

/// Longest file of keys.
const FILE_BYTES_MAX: u64 = 64 << 10;

/// Why the client cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum BadPayClient {
    /// A file that has to be there cannot be read.
    #[error("the file {} of WECHAT_PAY_CERT_PATH cannot be read", path.display())]
    File {
        /// Path of the file.
        path: PathBuf,
        /// What is wrong with it.
        source: io::Error,
    },
    /// A file without a usable private key.
    #[error("the file {} of WECHAT_PAY_CERT_PATH is not the merchant's private key", path.display())]
    Key {
        /// Path of the file.
        path: PathBuf,
        /// What is wrong with it.
        source: BadKey,
    },
    /// A certificate or public key.
    #[error("the file {} of WECHAT_PAY_CERT_PATH cannot be used", path.display())]
    Certificate {
        /// Path of the file.
        path: PathBuf,
        /// What is wrong with it.
        source: BadCertificate,
    },
    /// Certificate and private key are not a pair.
    #[error(
        "in WECHAT_PAY_CERT_PATH {} and {} do not belong together: download both again",
        files::MERCHANT_CERTIFICATE,
        files::MERCHANT_KEY
    )]
    OtherCertificate,
    /// The variable and the file differ.
    #[error(
        "WECHAT_PAY_SERIAL_NO is {configured}, and {} has the serial number {certified}: set it to that, or unset it",
        files::MERCHANT_CERTIFICATE
    )]
    OtherSerial {
        /// The variable's value.
        configured: String,
        /// The certificate's serial number.
        certified: String,
    },
    /// No serial number at all.
    #[error("WECHAT_PAY_SERIAL_NO is not set, and there is no {} in WECHAT_PAY_CERT_PATH to read it from", files::MERCHANT_CERTIFICATE)]
    NoSerial,
    /// A public key without its id.
    #[error("there is a {} in WECHAT_PAY_CERT_PATH: set WECHAT_PAY_PUBLIC_KEY_ID to its id, or remove it", files::PUBLIC_KEY)]
    NoPublicKeyId,
    /// An APIv3 key of another length.
    #[error("WECHAT_PAY_KEY has not 32 bytes")]
    ApiKey,
    /// A variable that is no URL.
    #[error("{variable} is no URL: {reason}")]
    Url {
        /// Name of the variable.
        variable: &'static str,
        /// What the parser says.
        reason: String,
    },
    /// The HTTP client.
    #[error("failed to make the HTTP client")]
    Http(#[from] reqwest::Error),
}

/// What the folder and the variables hold.
#[derive(Debug)]
pub struct Credentials {
    /// Signs the merchant's requests.
    pub merchant: MerchantKey,
    /// Last moment of the merchant's certificate, if the folder has it.
    pub merchant_until: Option<Timestamp>,
    /// Opens what is encrypted.
    pub api_key: ApiKey,
    /// The keys of WeChat Pay that are known at start, by serial number or id.
    pub platform: Vec<(String, PlatformKey)>,
}

impl Credentials {
    /// Reads and checks the files.
    ///
    /// # Errors
    /// [`BadPayClient`].
    pub fn read(settings: &Settings) -> Result<Self, BadPayClient> {
        let folder = &settings.key_folder;
        let key_path = folder.join(files::MERCHANT_KEY);
        let key = SigningKey::of_pem(&read(&key_path)?).map_err(|source| BadPayClient::Key { path: key_path, source })?;
        let certificate = optional(&folder.join(files::MERCHANT_CERTIFICATE), Certificate::of_pem)?;
        if certificate.as_ref().is_some_and(|certificate| certificate.public_key != key.public_key()) {
            return Err(BadPayClient::OtherCertificate);
        }
        let serial = serial(settings.serial.as_deref(), certificate.as_ref())?;
        let mut platform = platform_certificates(folder)?;
        platform.extend(public_key(settings)?);
        Ok(Self {
            merchant: MerchantKey { mchid: settings.mchid.clone(), serial, key },
            merchant_until: certificate.map(|certificate| certificate.not_after),
            api_key: ApiKey::new(&settings.api_key).ok_or(BadPayClient::ApiKey)?,
            platform,
        })
    }
}

fn serial(configured: Option<&str>, certificate: Option<&Certificate>) -> Result<String, BadPayClient> {
    let configured = configured.map(str::to_ascii_uppercase);
    match (configured, certificate.map(|certificate| certificate.serial.clone())) {
        (Some(configured), Some(certified)) if configured != certified => Err(BadPayClient::OtherSerial { configured, certified }),
        (configured, certified) => certified.or(configured).ok_or(BadPayClient::NoSerial),
    }
}

fn public_key(settings: &Settings) -> Result<Option<(String, PlatformKey)>, BadPayClient> {
    let path = settings.key_folder.join(files::PUBLIC_KEY);
    let Some(id) = &settings.public_key_id else {
        return if path.exists() { Err(BadPayClient::NoPublicKeyId) } else { Ok(None) };
    };
    let key = public_key_of_pem(&read(&path)?).map_err(|source| BadPayClient::Certificate { path, source })?;
    Ok(Some((id.clone(), PlatformKey::of_public_key(key))))
}

fn platform_certificates(folder: &Path) -> Result<Vec<(String, PlatformKey)>, BadPayClient> {
    let unreadable = |source| BadPayClient::File { path: folder.to_owned(), source };
    let mut keys = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.starts_with(files::PLATFORM_CERTIFICATE_PREFIX) && name.ends_with(".pem") {
            let certificate = Certificate::of_pem(&read(&path)?).map_err(|source| BadPayClient::Certificate { path, source })?;
            let key = PlatformKey::of_certificate(&certificate);
            keys.push((certificate.serial, key));
        }
    }
    Ok(keys)
}

fn optional<T>(path: &Path, parse: impl Fn(&[u8]) -> Result<T, BadCertificate>) -> Result<Option<T>, BadPayClient> {
    match read(path) {
        Err(BadPayClient::File { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ok(None),
        read => parse(&read?).map(Some).map_err(|source| BadPayClient::Certificate { path: path.to_owned(), source }),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, BadPayClient> {
    let read = || {
        if fs::metadata(path)?.len() > FILE_BYTES_MAX {
            return Err(io::Error::other(format!("it has more than {FILE_BYTES_MAX} bytes")));
        }
        fs::read(path)
    };
    read().map_err(|source| BadPayClient::File { path: path.to_owned(), source })
}
