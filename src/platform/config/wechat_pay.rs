//! The merchant at WeChat Pay: variables `WECHAT_PAY_*`.

use std::path::PathBuf;

use super::mode::Mode;
use super::reader::Reader;
use super::secret::Secret;
use super::servers::base_url;

/// Bytes of an APIv3 key.
pub const API_KEY_BYTES: usize = 32;
/// Longest number of a merchant that WeChat Pay takes.
const MCHID_BYTES_MAX: usize = 32;

/// A merchant with everything that a request or a notification needs. The files are read by the client, not here.
#[derive(Debug, Clone)]
pub struct WechatPay {
    /// Id of the mini-program that payments are made in.
    pub appid: String,
    /// Number of the merchant.
    pub mchid: String,
    /// The APIv3 key: opens notifications and platform certificates.
    pub api_key: Secret,
    /// Folder of `apiclient_key.pem` and the other files of keys.
    pub key_folder: PathBuf,
    /// Serial number of the merchant's certificate, where `apiclient_cert.pem` is not in the folder.
    pub serial: Option<String>,
    /// Id of WeChat Pay's public key, `PUB_KEY_ID_…`; without it answers are verified by platform certificates.
    pub public_key_id: Option<String>,
    /// Base URL of the shop's API as WeChat Pay reaches it.
    pub notify_url: String,
    /// Where WeChat Pay is, if not at its own address.
    pub api_base: Option<String>,
}

impl WechatPay {
    /// The merchant; none where nothing of one is set. Half of one is a fault.
    pub(super) fn read(reader: &mut Reader, mode: Mode, appid: Option<&str>) -> Option<Self> {
        let mchid = reader.text("WECHAT_PAY_MCHID");
        let api_key = reader.secret("WECHAT_PAY_KEY");
        let key_folder = reader.text("WECHAT_PAY_CERT_PATH").map(PathBuf::from);
        let serial = reader.text("WECHAT_PAY_SERIAL_NO");
        let public_key_id = reader.text("WECHAT_PAY_PUBLIC_KEY_ID");
        let notify_url = reader.text("WECHAT_PAY_NOTIFY_URL");
        let api_base = reader.text("WECHAT_PAY_API_BASE");
        check(reader, mode, mchid.as_deref(), api_key.as_ref(), public_key_id.as_deref());
        for (variable, url) in [("WECHAT_PAY_NOTIFY_URL", &notify_url), ("WECHAT_PAY_API_BASE", &api_base)] {
            if let Some(Err(reason)) = url.as_ref().map(|url| base_url(url, mode)) {
                reader.fault(variable, reason);
            }
        }
        let known = [mchid.is_some(), api_key.is_some(), key_folder.is_some(), notify_url.is_some()];
        if known.contains(&false) {
            if known.contains(&true) {
                let names = ["WECHAT_PAY_MCHID", "WECHAT_PAY_KEY", "WECHAT_PAY_CERT_PATH", "WECHAT_PAY_NOTIFY_URL"];
                for (name, _) in names.into_iter().zip(known).filter(|(_, is_known)| !is_known) {
                    reader.fault(name, format!("has to be set where one of {} is", names.join(", ")));
                }
            }
            return None;
        }
        let Some(appid) = appid else {
            reader.fault("WECHAT_APPID", "has to be set where WECHAT_PAY_MCHID is: payments are made in a mini-program");
            return None;
        };
        let appid = appid.to_owned();
        Some(Self {
            appid,
            mchid: mchid?,
            api_key: api_key?,
            key_folder: key_folder?,
            serial,
            public_key_id,
            notify_url: notify_url?,
            api_base,
        })
    }
}

/// What can be seen of a value without the others.
fn check(reader: &mut Reader, mode: Mode, mchid: Option<&str>, api_key: Option<&Secret>, public_key_id: Option<&str>) {
    let is_number = |text: &str| text.len() <= MCHID_BYTES_MAX && text.bytes().all(|byte| byte.is_ascii_digit());
    if mchid.is_some_and(|mchid| !is_number(mchid)) {
        reader.fault("WECHAT_PAY_MCHID", "has to be the merchant's number: digits only");
    }
    if let Some(key) = api_key {
        if key.expose().len() != API_KEY_BYTES {
            reader.fault("WECHAT_PAY_KEY", format!("has to be the merchant's APIv3 key of {API_KEY_BYTES} bytes"));
        }
        if mode == Mode::Production && key.expose().contains(super::sections::SAMPLE_MARK) {
            reader.fault("WECHAT_PAY_KEY", "is a sample that everybody can read; production needs the merchant's own");
        }
    }
    if public_key_id.is_some_and(|id| !id.starts_with("PUB_KEY_ID_")) {
        reader.fault("WECHAT_PAY_PUBLIC_KEY_ID", "has to begin with PUB_KEY_ID_, as the merchant platform shows it");
    }
}
