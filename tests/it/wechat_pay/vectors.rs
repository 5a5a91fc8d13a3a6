//! The vectors of two SDKs of WeChat Pay and one of other people's; `vectors/README.md` says where they are from.

use mallcore::platform::config::Secret;
use mallcore::platform::wechat::pay::{
    ApiKey, Certificate, Encrypted, Keyring, NotifyHeaders, PlatformKey, SigningKey, Unverified, public_key_of_pem,
};
use mallcore_actors::time::Timestamp;
use serde_json::Value;

const GO_CERTIFICATE: &[u8] = include_bytes!("vectors/go-platform-certificate.pem");
const GO_NOTIFICATION: &[u8] = include_bytes!("vectors/go-notification.json");
/// When the notification was signed, in seconds.
const GO_SIGNED_AT: u64 = 1_624_523_846;

fn signature(name: &str) -> String {
    let all: Value = serde_json::from_str(include_str!("vectors/signatures.json")).unwrap();
    all[name].as_str().unwrap().to_owned()
}

#[test]
fn signatures_are_those_of_the_go_sdk() {
    let key = include_str!("vectors/go-testing-key.pem").replace("TESTING KEY", "PRIVATE KEY");
    let key = SigningKey::of_pem(key.as_bytes()).unwrap();
    assert_eq!(key.sign(b"source").unwrap(), signature("go_source"));
    let public = public_key_of_pem(include_bytes!("vectors/go-public-key.pem")).unwrap();
    assert_eq!(key.public_key(), public);
    let public = PlatformKey::of_public_key(public);
    assert!(public.has_signed(b"source", &signature("go_source")));
    assert!(!public.has_signed(b"wrong source", &signature("go_source")));
}

#[test]
fn the_java_sdks_signature_is_verified_by_its_certificate_only() {
    let certificate = Certificate::of_pem(include_bytes!("vectors/java-merchant-certificate.pem")).unwrap();
    assert_eq!(certificate.serial, "5F1C72E2A8931B72A2E13AF8DEE92471EB397115");
    let key = PlatformKey::of_certificate(&certificate);
    assert!(key.has_signed(b"message", &signature("java_message")));
    assert!(!key.has_signed(b"message", &signature("go_source")));
    let other = PlatformKey::of_certificate(&Certificate::of_pem(GO_CERTIFICATE).unwrap());
    assert!(!other.has_signed(b"message", &signature("java_message")));
}

#[test]
fn the_go_sdks_notification_is_verified() {
    let certificate = Certificate::of_pem(GO_CERTIFICATE).unwrap();
    let keyring = Keyring::new([(certificate.serial.clone(), PlatformKey::of_certificate(&certificate))]);
    let (signature, timestamp) = (signature("go_notification"), GO_SIGNED_AT.to_string());
    let headers = NotifyHeaders {
        timestamp: &timestamp,
        nonce: "EcZ9Cmy4Xyx1i6RlJQzLcCyEqDa26NBz",
        signature: &signature,
        serial: "D7CE59D1F522D701",
        signature_type: "",
    };
    let at = |seconds: u64| Timestamp::from_millis(seconds * 1_000);
    let verify = |headers: &NotifyHeaders<'_>, body: &[u8], now| keyring.verify(headers, body, now);
    for now in [GO_SIGNED_AT - 300, GO_SIGNED_AT, GO_SIGNED_AT + 300] {
        assert_eq!(verify(&headers, GO_NOTIFICATION, at(now)), Ok(()), "{now}");
    }
    for now in [GO_SIGNED_AT - 301, GO_SIGNED_AT + 301] {
        assert_eq!(verify(&headers, GO_NOTIFICATION, at(now)), Err(Unverified::Clock(301)), "{now}");
    }
    let now = at(GO_SIGNED_AT);
    let mut changed = GO_NOTIFICATION.to_vec();
    changed.push(b' ');
    assert_eq!(verify(&headers, &changed, now), Err(Unverified::Signature));
    assert_eq!(verify(&NotifyHeaders { nonce: "other", ..headers }, GO_NOTIFICATION, now), Err(Unverified::Signature));
    let unknown = NotifyHeaders { serial: "D7CE59D1F522D702", ..headers };
    assert_eq!(verify(&unknown, GO_NOTIFICATION, now), Err(Unverified::Serial("D7CE59D1F522D702".to_owned())));
    let probe = format!("WECHATPAY/SIGNTEST/{signature}");
    assert_eq!(verify(&NotifyHeaders { signature: &probe, ..headers }, GO_NOTIFICATION, now), Err(Unverified::Probe));
    let other = NotifyHeaders { signature_type: "WECHATPAY2-SM2-WITH-SM3", ..headers };
    assert_eq!(verify(&other, GO_NOTIFICATION, now), Err(Unverified::Type));
    // What the suites of both SDKs refuse: `core/auth/validators/validator_test.go`, `auth/WechatPay2ValidatorTest.java`.
    for missing in [
        NotifyHeaders { timestamp: "", ..headers },
        NotifyHeaders { timestamp: "invalid timestamp", ..headers },
        NotifyHeaders { timestamp: "+1624523846", ..headers },
        NotifyHeaders { nonce: "", ..headers },
        NotifyHeaders { signature: "", ..headers },
        NotifyHeaders { serial: "", ..headers },
    ] {
        assert!(matches!(verify(&missing, GO_NOTIFICATION, now), Err(Unverified::Header(_))), "{missing:?}");
    }
}

#[test]
fn a_certificate_counts_only_while_it_is_good() {
    let certificate = Certificate::of_pem(GO_CERTIFICATE).unwrap();
    let keyring = Keyring::new([(certificate.serial.clone(), PlatformKey::of_certificate(&certificate))]);
    let after = certificate.not_after.plus_millis(1_000);
    let timestamp = (after.millis() / 1_000).to_string();
    let headers = NotifyHeaders { timestamp: &timestamp, nonce: "n", signature: "cw==", serial: &certificate.serial, signature_type: "" };
    assert_eq!(keyring.verify(&headers, b"", after), Err(Unverified::Serial(certificate.serial.clone())));
    keyring.add([], after);
    assert_eq!(keyring.counts(), (0, 0), "it is forgotten when others come");
}

#[test]
fn the_java_sdks_certificate_is_decrypted() {
    let list: Value = serde_json::from_str(include_str!("vectors/java-certificates.json")).unwrap();
    let entry = &list["data"][0];
    let encrypted: Encrypted = serde_json::from_value(entry["encrypt_certificate"].clone()).unwrap();
    let key = ApiKey::new(&Secret::new("a7cde1ZJB1kG2e7VfTs3jQzaWizur8Gb")).unwrap();
    let certificate = Certificate::of_pem(&key.open(&encrypted).unwrap()).unwrap();
    assert_eq!(certificate.serial, entry["serial_no"].as_str().unwrap());
    let time = |name: &str| mallcore::platform::wechat::pay::parse_time(entry[name].as_str().unwrap()).unwrap();
    assert_eq!((certificate.not_before, certificate.not_after), (time("effective_time"), time("expire_time")));
}

#[test]
fn a_serial_number_has_no_leading_zeros() {
    let certificate = Certificate::of_pem(include_bytes!("vectors/axios-server-certificate.pem")).unwrap();
    assert_eq!(certificate.serial, "BE2A2344B984167B");
}
