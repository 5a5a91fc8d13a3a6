//! The keys of both sides, made when they are needed first and kept in files: the merchant's folder is laid out as one of WeChat Pay's.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::RwLock;
use rand::RngCore;
use rcgen::{CertificateParams, DnType, KeyPair, PKCS_RSA_SHA256, SerialNumber, date_time_ymd};
use rsa::PrivateKey;
use rsa::pkcs8::{EncodePrivateKey, EncodePublicKey, LineEnding};

use crate::platform::small_file::create_private;
use crate::platform::wechat::pay::{Certificate, PlatformKey, SigningKey, files};

/// As WeChat Pay's: `SHA256-RSA2048`.
const KEY_BITS: usize = 2_048;
/// Certificates of the sandbox are good for this long: from the first day of the first year to that of the second.
const CERTIFICATE_YEARS: (i32, i32) = (2_020, 2_060);
/// Folder of the merchant in that of the sandbox.
pub const MERCHANT: &str = "merchant";
const PLATFORM: &str = "platform";

/// A key that answers can be signed with, by the name under which it is verified.
#[derive(Debug)]
pub struct PlatformSigner {
    /// Serial number of a certificate, or id of the public key.
    pub serial: String,
    /// The private half.
    pub key: SigningKey,
    /// PEM of the certificate; none for the public key.
    pub certificate: Option<String>,
}

/// The keys of merchant and WeChat Pay.
pub struct Keys {
    folder: PathBuf,
    merchant: PlatformKey,
    merchant_serial: String,
    public: Arc<PlatformSigner>,
    /// The last one is the newest.
    certificates: RwLock<Vec<Arc<PlatformSigner>>>,
}

impl Keys {
    /// Reads them, or makes those that are not there.
    pub fn open(folder: &Path, public_key_id: &str) -> io::Result<Self> {
        let (merchant, platform) = (folder.join(MERCHANT), folder.join(PLATFORM));
        let platform_key = platform.join("public_key_mode.pem");
        // Each takes a moment, on a slow machine seconds.
        std::thread::scope(|scope| {
            let other = scope.spawn(|| key_file(&platform_key));
            let own = key_file(&merchant.join(files::MERCHANT_KEY));
            own.and(other.join().map_err(|_| io::Error::other("a key could not be made"))?)
        })?;
        let certificate = merchant.join(files::MERCHANT_CERTIFICATE);
        if !certificate.exists() {
            create_private(&certificate, certify(&fs::read_to_string(merchant.join(files::MERCHANT_KEY))?, "merchant")?.as_bytes())?;
        }
        let public_key = merchant.join(files::PUBLIC_KEY);
        if !public_key.exists() {
            create_private(&public_key, public_half(&fs::read_to_string(&platform_key)?)?.as_bytes())?;
        }
        let certified = Certificate::of_pem(&fs::read(&certificate)?).map_err(io::Error::other)?;
        let keys = Self {
            folder: folder.to_owned(),
            merchant: PlatformKey::of_public_key(certified.public_key),
            merchant_serial: certified.serial,
            public: signer(public_key_id.to_owned(), &platform_key, None)?.into(),
            certificates: RwLock::default(),
        };
        for number in 1.. {
            let (key, certificate) = keys.certificate_files(number);
            if !certificate.exists() {
                break;
            }
            keys.certificates.write().push(certified_signer(&key, &certificate)?.into());
        }
        Ok(keys)
    }

    /// The folder that a merchant would have.
    pub fn merchant_folder(&self) -> PathBuf {
        self.folder.join(MERCHANT)
    }

    /// Whether the merchant has signed this.
    pub fn merchant_signed(&self, message: &[u8], signature: &str) -> bool {
        self.merchant.has_signed(message, signature)
    }

    /// Serial number of the merchant's certificate.
    pub fn merchant_serial(&self) -> &str {
        &self.merchant_serial
    }

    /// The key of the public-key mode.
    pub fn public(&self) -> Arc<PlatformSigner> {
        Arc::clone(&self.public)
    }

    /// All platform certificates, the newest last; the first is made now if there is none.
    pub fn certificates(&self) -> io::Result<Vec<Arc<PlatformSigner>>> {
        let known = self.certificates.read().clone();
        if known.is_empty() { self.new_certificate() } else { Ok(known) }
    }

    /// A further certificate, which signs from now on, and those before it.
    pub fn new_certificate(&self) -> io::Result<Vec<Arc<PlatformSigner>>> {
        let mut known = self.certificates.write();
        let (key, certificate) = self.certificate_files(known.len() + 1);
        key_file(&key)?;
        create_private(&certificate, certify(&fs::read_to_string(&key)?, "platform")?.as_bytes())?;
        known.push(certified_signer(&key, &certificate)?.into());
        Ok(known.clone())
    }

    fn certificate_files(&self, number: usize) -> (PathBuf, PathBuf) {
        let file = |kind| self.folder.join(PLATFORM).join(format!("certificate-{number}.{kind}.pem"));
        (file("key"), file("cert"))
    }
}

fn signer(serial: String, key: &Path, certificate: Option<String>) -> io::Result<PlatformSigner> {
    Ok(PlatformSigner { serial, key: SigningKey::of_pem(&fs::read(key)?).map_err(io::Error::other)?, certificate })
}

fn certified_signer(key: &Path, certificate: &Path) -> io::Result<PlatformSigner> {
    let pem = fs::read_to_string(certificate)?;
    let serial = Certificate::of_pem(pem.as_bytes()).map_err(io::Error::other)?.serial;
    signer(serial, key, Some(pem))
}

/// Makes a key unless the file is there.
fn key_file(path: &Path) -> io::Result<()> {
    if path.exists() {
        return Ok(());
    }
    let key = PrivateKey::new(&mut getrandom::SysRng, KEY_BITS).map_err(io::Error::other)?;
    create_private(path, key.to_pkcs8_pem(LineEnding::LF).map_err(io::Error::other)?.as_bytes())
}

fn public_half(pem: &str) -> io::Result<String> {
    use rsa::pkcs8::DecodePrivateKey;
    let key = PrivateKey::from_pkcs8_pem(pem).map_err(io::Error::other)?;
    key.to_public_key().to_public_key_pem(LineEnding::LF).map_err(io::Error::other)
}

/// A certificate that is signed with its own key.
fn certify(key_pem: &str, name: &str) -> io::Result<String> {
    let key = KeyPair::from_pkcs8_pem_and_sign_algo(key_pem, &PKCS_RSA_SHA256).map_err(io::Error::other)?;
    let mut params = CertificateParams::new(Vec::new()).map_err(io::Error::other)?;
    let mut serial = [0; 20];
    rand::rng().fill_bytes(&mut serial);
    // Positive, and as long as any other.
    serial[0] = serial[0] & 0x7f | 0x40;
    params.serial_number = Some(SerialNumber::from_slice(&serial));
    params.distinguished_name.push(DnType::CommonName, format!("mallcore wechat-sandbox {name}"));
    (params.not_before, params.not_after) = (date_time_ymd(CERTIFICATE_YEARS.0, 1, 1), date_time_ymd(CERTIFICATE_YEARS.1, 1, 1));
    Ok(params.self_signed(&key).map_err(io::Error::other)?.pem())
}
