//! WeChat Pay: are the merchant's files what they should be, and does WeChat Pay take our signature and we its.

use mallcore_actors::time::Timestamp;

use super::Finding;
use super::net::told;
use crate::platform::config::{self, Config};
use crate::platform::rfc3339::Rfc3339;
use crate::platform::wechat::pay::{BadPayClient, PayCode, PayError, TradeRef, Unverified, WechatPay, wall_clock};

const PART: &str = "wechat_pay";
/// No shop's order has this number; WeChat Pay says so, with a signature.
const NO_ORDER: &str = "MALLCORE-DOCTOR";
/// A new certificate takes the merchant a few days.
const SOON_DAYS: u64 = 30;
const DAY_MILLIS: u64 = 86_400_000;

pub(super) async fn check(config: &Config) -> Vec<Finding> {
    let Some(settings) = &config.wechat.pay else { return vec![without(config)] };
    let client = match WechatPay::new(settings) {
        Ok(client) => client,
        Err(bad) => return vec![Finding::fail(PART, "files", told(&bad), remedy_of_files(&bad))],
    };
    let mut findings = vec![Finding::pass(PART, "files", format!("merchant {}, {}", client.mchid(), keys(settings)))];
    findings.extend(client.merchant_certificate_until().map(|until| certificate(until, wall_clock())));
    findings.push(answer(client.trade(TradeRef::OutTradeNo(NO_ORDER)).await.map(|_| ())));
    findings
}

fn without(config: &Config) -> Finding {
    if config.wechat.sandbox {
        return Finding::pass(PART, "configured", "none: `mallcore serve` pays at the sandbox (WECHAT_SANDBOX)");
    }
    let remedy = "set WECHAT_PAY_MCHID, WECHAT_PAY_KEY, WECHAT_PAY_CERT_PATH and WECHAT_PAY_NOTIFY_URL";
    Finding::warn(PART, "configured", "none: no order can be paid", remedy)
}

fn keys(settings: &config::WechatPay) -> String {
    let id = settings.public_key_id.as_ref();
    id.map_or_else(|| "answers are verified by platform certificates".to_owned(), |id| format!("answers are verified by {id}"))
}

const fn remedy_of_files(bad: &BadPayClient) -> &'static str {
    match bad {
        BadPayClient::Url { .. } | BadPayClient::ApiKey | BadPayClient::Http(_) => "set that variable right",
        BadPayClient::NoSerial | BadPayClient::OtherSerial { .. } => {
            "put apiclient_cert.pem beside apiclient_key.pem, or set WECHAT_PAY_SERIAL_NO to what the merchant platform shows (账户中心, API安全)"
        }
        BadPayClient::NoPublicKeyId => "set WECHAT_PAY_PUBLIC_KEY_ID to the id that the merchant platform shows beside the public key",
        BadPayClient::File { .. } | BadPayClient::Key { .. } | BadPayClient::Certificate { .. } | BadPayClient::OtherCertificate => {
            "WECHAT_PAY_CERT_PATH is a folder with apiclient_key.pem and apiclient_cert.pem of the merchant and, in public-key mode, \
             pub_key.pem; the server's account has to be able to read them"
        }
    }
}

fn certificate(until: Timestamp, now: Timestamp) -> Finding {
    const CHECK: &str = "certificate";
    let days = until.millis_since(now) / DAY_MILLIS;
    let seen = format!("the merchant's certificate is good until {}", Rfc3339(until));
    let remedy =
        "apply for a new certificate at the merchant platform (账户中心, API安全), put its files into WECHAT_PAY_CERT_PATH and restart";
    match days {
        0 => Finding::fail(PART, CHECK, seen, remedy),
        days if days < SOON_DAYS => Finding::warn(PART, CHECK, format!("{seen}, {days} days from now"), remedy),
        _ => Finding::pass(PART, CHECK, seen),
    }
}

fn answer(outcome: Result<(), PayError>) -> Finding {
    const CHECK: &str = "answer";
    let error = match outcome {
        Ok(()) => return Finding::pass(PART, CHECK, "it takes our signature, and its own is verified"),
        Err(error) if error.refusal() == Some(&PayCode::OrderNotExist) => {
            return Finding::pass(PART, CHECK, "it takes our signature, and its own is verified");
        }
        Err(error) => error,
    };
    let remedy = match &error {
        PayError::Transient(_) => "see whether this machine reaches WECHAT_PAY_API_BASE (https://api.mch.weixin.qq.com); then ask again",
        PayError::Unverified { code: Some(PayCode::SignError), .. } => SIGNATURE,
        PayError::Unverified { cause: Unverified::Clock(_), .. } => "set the machine's clock right (NTP)",
        PayError::Unverified { .. } => {
            "see that WECHAT_PAY_PUBLIC_KEY_ID and pub_key.pem are the pair that the merchant platform shows, and, without them, that \
             WECHAT_PAY_KEY is the APIv3 key, which opens the platform certificates"
        }
        PayError::Refused(refusal) => match refusal.code {
            PayCode::SignError => SIGNATURE,
            PayCode::NoAuth | PayCode::MchNotExists | PayCode::AppidMchidNotMatch => {
                "see WECHAT_PAY_MCHID, and that the merchant platform links it with WECHAT_APPID and has JSAPI payment turned on"
            }
            _ => "see what its words say of WECHAT_PAY_MCHID",
        },
        PayError::Unexpected(_) | PayError::Signing(_) => "see that WECHAT_PAY_API_BASE is WeChat Pay",
    };
    Finding::fail(PART, CHECK, told(&error), remedy)
}

const SIGNATURE: &str = "WECHAT_PAY_MCHID, apiclient_key.pem and the serial number of its certificate have to be of the same merchant, and the machine's clock right";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Outcome;
    use crate::platform::wechat::pay::PayRefusal;

    #[test]
    fn a_certificate_is_told_of_before_it_ends() {
        let now = Timestamp::from_millis(1_000 * DAY_MILLIS);
        let outcome = |days: u64| certificate(now.plus_millis(days * DAY_MILLIS), now).outcome;
        assert_eq!([outcome(0), outcome(29), outcome(30)], [Outcome::Fail, Outcome::Warn, Outcome::Pass]);
    }

    #[test]
    fn an_answer_that_knows_no_such_order_is_what_is_wanted() {
        let refused = |code| Err(PayError::Refused(PayRefusal { status: 404, code, message: String::new() }));
        assert_eq!(answer(refused(PayCode::OrderNotExist)).outcome, Outcome::Pass);
        let finding = answer(refused(PayCode::SignError));
        assert_eq!((finding.outcome, finding.remedy.as_deref()), (Outcome::Fail, Some(SIGNATURE)));
        let forged = PayError::Unverified { status: 404, code: Some(PayCode::OrderNotExist), cause: Unverified::Signature };
        assert_eq!(answer(Err(forged)).outcome, Outcome::Fail, "a refusal without a proof is none");
    }
}
