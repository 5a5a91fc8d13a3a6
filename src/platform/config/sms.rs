//! Who sends codes to phones.

use super::mode::Mode;
use super::reader::Reader;
use super::secret::Secret;
use super::servers::base_url;

/// Kinds of senders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmsKind {
    /// Nobody: one logs in by WeChat only.
    None,
    /// The log shows them; never in production.
    Log,
    /// Tencent Cloud SMS, with the account in [`Sms::tencent`].
    Tencent,
}

/// How codes reach phones: `SMS_PROVIDER` and `TENCENT_SMS_*`.
#[derive(Debug, Clone)]
pub struct Sms {
    /// The provider that sends; the default is `log`, in production `none`.
    pub kind: SmsKind,
    /// Codes that one client address may ask for in an hour: telephone companies put thousands of shoppers behind one.
    pub per_address_per_hour: u32,
    /// The account, where Tencent Cloud sends.
    pub tencent: Option<TencentSms>,
}

/// `TENCENT_SMS_*`: an account of Tencent Cloud SMS, with a signature and a template that were approved there.
#[derive(Debug, Clone)]
pub struct TencentSms {
    /// Where its API is.
    pub api_base: String,
    /// Such as `ap-guangzhou`.
    pub region: String,
    /// The API key's id.
    pub secret_id: String,
    /// The API key.
    pub secret_key: Secret,
    /// Id of the SMS application, `SmsSdkAppId` in the API.
    pub app_id: String,
    /// The signature's text.
    pub sign_name: String,
    /// The template, whose parameters are the code and the minutes for which it is good.
    pub template_id: String,
}

impl Sms {
    pub(super) fn read(reader: &mut Reader, mode: Mode) -> Self {
        let words = [("none", SmsKind::None), ("log", SmsKind::Log), ("tencent", SmsKind::Tencent)];
        let kind = reader.choice("SMS_PROVIDER", if mode == Mode::Production { SmsKind::None } else { SmsKind::Log }, &words);
        if kind == SmsKind::Log && mode == Mode::Production {
            reader.fault("SMS_PROVIDER", "has to be `tencent` or `none` in production: `log` writes codes into the log");
        }
        let per_address_per_hour = reader.number("SMS_PER_ADDRESS_PER_HOUR", 200, 1..=1_000_000);
        let api_base = reader.text_or("TENCENT_SMS_API_BASE", "https://sms.tencentcloudapi.com");
        if let Err(reason) = base_url(&api_base, mode) {
            reader.fault("TENCENT_SMS_API_BASE", reason);
        }
        let region = reader.text_or("TENCENT_SMS_REGION", "ap-guangzhou");
        let secret_key = reader.secret("TENCENT_SMS_SECRET_KEY");
        let names = ["TENCENT_SMS_SECRET_ID", "TENCENT_SMS_APP_ID", "TENCENT_SMS_SIGN_NAME", "TENCENT_SMS_TEMPLATE_ID"];
        let mut texts = names.map(|name| (name, reader.text(name)));
        if kind == SmsKind::Tencent {
            let missing = texts.iter().filter(|(_, text)| text.is_none()).map(|(name, _)| *name);
            for name in missing.chain(secret_key.is_none().then_some("TENCENT_SMS_SECRET_KEY")) {
                reader.fault(name, "has to be set when SMS_PROVIDER is tencent");
            }
        }
        let [secret_id, app_id, sign_name, template_id] = [0, 1, 2, 3].map(|place: usize| texts[place].1.take().unwrap_or_default());
        let account = secret_key.filter(|_| kind == SmsKind::Tencent);
        let tencent = account.map(|secret_key| TencentSms { api_base, region, secret_id, secret_key, app_id, sign_name, template_id });
        Self { kind, per_address_per_hour, tencent }
    }
}
