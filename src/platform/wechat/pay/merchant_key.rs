//! The merchant towards WeChat Pay: the header `Authorization` of its requests.

use rand::Rng;
use rand::distr::Alphanumeric;

use super::signing_key::{SigningFailed, SigningKey};

/// The name of the signature, in the header `Authorization` and in notifications.
pub const SCHEME: &str = "WECHATPAY2-SHA256-RSA2048";
/// Letters and digits of a nonce.
const NONCE_CHARACTERS: usize = 32;

/// A merchant's number, the serial number of its certificate, and its key.
#[derive(Debug)]
pub struct MerchantKey {
    /// Number of the merchant.
    pub mchid: String,
    /// Serial number of the merchant's certificate, in upper-case hexadecimal digits.
    pub serial: String,
    /// What it signs with.
    pub key: SigningKey,
}

impl MerchantKey {
    /// The header `Authorization` of a request. The target is path and query as they are sent.
    ///
    /// # Errors
    /// [`SigningFailed`].
    pub fn authorization(&self, method: &str, target: &str, seconds: u64, nonce: &str, body: &[u8]) -> Result<String, SigningFailed> {
        let signature = self.key.sign(&request_message(method, target, seconds, nonce, body))?;
        let Self { mchid, serial, .. } = self;
        Ok(format!(r#"{SCHEME} mchid="{mchid}",nonce_str="{nonce}",timestamp="{seconds}",serial_no="{serial}",signature="{signature}""#))
    }
}

/// What a request's signature covers.
pub fn request_message(method: &str, target: &str, seconds: u64, nonce: &str, body: &[u8]) -> Vec<u8> {
    let mut message = format!("{method}\n{target}\n{seconds}\n{nonce}\n").into_bytes();
    message.extend_from_slice(body);
    message.push(b'\n');
    message
}

/// A text that is used once: 32 random letters and digits.
pub fn nonce() -> String {
    rand::rng().sample_iter(Alphanumeric).take(NONCE_CHARACTERS).map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The messages of wechatpay-apiv3/wechatpay-go, `core/auth/credentials/wechat_pay_credential_test.go`, and of
    /// wechatpay-apiv3/wechatpay-java, `core/src/test/java/com/wechat/pay/java/core/auth/WechatPay2CredentialTest.java`.
    #[test]
    fn a_signature_covers_what_the_sdks_say() {
        let covered = |target, seconds, nonce, body: &str| {
            String::from_utf8(request_message(if body.is_empty() { "GET" } else { "POST" }, target, seconds, nonce, body.as_bytes()))
                .unwrap()
        };
        assert_eq!(
            covered("/v3/certificates", 1_624_523_846, "A1B2C3D4E5F6G7", ""),
            "GET\n/v3/certificates\n1624523846\nA1B2C3D4E5F6G7\n\n"
        );
        assert_eq!(
            covered("/v3/certificates", 1_624_523_846, "A1B2C3D4E5F6G7", "Hello World!\n"),
            "POST\n/v3/certificates\n1624523846\nA1B2C3D4E5F6G7\nHello World!\n\n"
        );
        assert_eq!(
            covered(
                "/v3/pay/transactions/id/1217752501201407033233368018?mchid=1230000109",
                1_652_750_623,
                "eBYqCOxa0QudMnPvVilkTzOg3gHh5Z3u",
                ""
            ),
            "GET\n/v3/pay/transactions/id/1217752501201407033233368018?mchid=1230000109\n1652750623\neBYqCOxa0QudMnPvVilkTzOg3gHh5Z3u\n\n"
        );
    }

    #[test]
    fn a_nonce_is_another_one_each_time() {
        let nonces: std::collections::HashSet<String> = (0..1_000).map(|_| nonce()).collect();
        assert!(
            nonces.len() == 1_000 && nonces.iter().all(|nonce| nonce.len() == 32 && nonce.bytes().all(|byte| byte.is_ascii_alphanumeric()))
        );
    }
}
