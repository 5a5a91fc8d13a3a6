//! X.509 certificates, as far as they are needed: whose key, which serial number, how long.

use mallcore_actors::time::Timestamp;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, SubjectPublicKeyInfoDer};
use x509_parser::oid_registry::OID_PKCS1_RSAENCRYPTION;
use x509_parser::prelude::FromDer;
use x509_parser::x509::SubjectPublicKeyInfo;

/// What a certificate says. Who signed it is not looked at: it comes from the folder of keys, or was encrypted with the APIv3 key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// Serial number in upper-case hexadecimal digits, as headers name it.
    pub serial: String,
    /// DER of its `RSAPublicKey` (PKCS#1).
    pub public_key: Vec<u8>,
    /// Good from here on.
    pub not_before: Timestamp,
    /// Good until here.
    pub not_after: Timestamp,
}

/// It is no certificate, or no public key, of RSA.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadCertificate {
    /// No PEM of what is wanted.
    #[error("it holds no {0} (PEM)")]
    Pem(&'static str),
    /// Not what X.509 says.
    #[error("it is damaged")]
    Der,
    /// Another kind of key.
    #[error("its key is not of RSA")]
    Kind,
}

impl Certificate {
    /// Of a PEM file's bytes.
    ///
    /// # Errors
    /// [`BadCertificate`].
    pub fn of_pem(pem: &[u8]) -> Result<Self, BadCertificate> {
        let der = CertificateDer::from_pem_slice(pem).map_err(|_| BadCertificate::Pem("certificate"))?;
        let (_, certificate) = x509_parser::parse_x509_certificate(&der).map_err(|_| BadCertificate::Der)?;
        let millis = |seconds: i64| Timestamp::from_millis(u64::try_from(seconds).unwrap_or(0).saturating_mul(1_000));
        let validity = certificate.validity();
        // A serial number is a positive integer: a leading zero byte only says so.
        let serial = certificate.raw_serial();
        let serial = serial.strip_prefix(&[0]).filter(|rest| !rest.is_empty()).unwrap_or(serial);
        Ok(Self {
            serial: serial.iter().map(|byte| format!("{byte:02X}")).collect(),
            public_key: pkcs1(certificate.public_key())?,
            not_before: millis(validity.not_before.timestamp()),
            not_after: millis(validity.not_after.timestamp()),
        })
    }
}

/// The `RSAPublicKey` (PKCS#1, DER) of a PEM file with a public key.
///
/// # Errors
/// [`BadCertificate`].
pub fn public_key_of_pem(pem: &[u8]) -> Result<Vec<u8>, BadCertificate> {
    let der = SubjectPublicKeyInfoDer::from_pem_slice(pem).map_err(|_| BadCertificate::Pem("public key"))?;
    let (_, info) = SubjectPublicKeyInfo::from_der(&der).map_err(|_| BadCertificate::Der)?;
    pkcs1(&info)
}

fn pkcs1(info: &SubjectPublicKeyInfo<'_>) -> Result<Vec<u8>, BadCertificate> {
    if info.algorithm.algorithm != OID_PKCS1_RSAENCRYPTION {
        return Err(BadCertificate::Kind);
    }
    Ok(info.subject_public_key.data.to_vec())
}
