//! The merchant's files: each that is wrong is found at start, and the error names the variable.

use std::fs;
use std::path::Path;

use mallcore::platform::config::{Secret, WechatPay as Settings};
use mallcore::platform::wechat::pay::{BadPayClient, WechatPay};
use mallcore::platform::wechat::sandbox::APPID;
use mallcore::platform::wechat::sandbox::pay::{Faults, PaySandbox};

use super::world::folder;

/// What a client says of files and settings that were changed.
fn with(change: impl FnOnce(&mut Settings, &Path)) -> Result<WechatPay, BadPayClient> {
    let folder = folder();
    let sandbox = PaySandbox::open(folder.path(), APPID, Faults::default()).unwrap();
    let mut settings = sandbox.merchant("http://127.0.0.1:9".to_owned(), "http://127.0.0.1:9/v1".to_owned());
    let keys = settings.key_folder.clone();
    change(&mut settings, &keys);
    WechatPay::new(&settings)
}

fn told(change: impl FnOnce(&mut Settings, &Path)) -> String {
    with(change).unwrap_err().to_string()
}

#[test]
fn the_serial_number_is_that_of_the_certificate_or_the_variable() {
    assert!(with(|_, _| {}).is_ok());
    assert!(
        with(|settings, keys| {
            fs::remove_file(keys.join("apiclient_cert.pem")).unwrap();
            settings.serial = Some("5f1c72e2a8931b72a2e13af8dee92471eb397115".to_owned());
        })
        .is_ok()
    );
    assert!(told(|_, keys| fs::remove_file(keys.join("apiclient_cert.pem")).unwrap()).starts_with("WECHAT_PAY_SERIAL_NO is not set"));
    assert!(told(|settings, _| settings.serial = Some("00".to_owned())).starts_with("WECHAT_PAY_SERIAL_NO is 00, and apiclient_cert.pem"));
}

#[test]
fn files_that_are_missing_or_wrong_are_named() {
    let of_folder = |text: &str| text.contains("WECHAT_PAY_CERT_PATH");
    let missing = told(|_, keys| fs::remove_file(keys.join("apiclient_key.pem")).unwrap());
    assert!(of_folder(&missing) && missing.contains("apiclient_key.pem"), "{missing}");
    let no_key = told(|_, keys| fs::write(keys.join("apiclient_key.pem"), "nonsense").unwrap());
    assert!(of_folder(&no_key) && no_key.contains("private key"), "{no_key}");
    let no_certificate = told(|_, keys| fs::write(keys.join("pub_key.pem"), "nonsense").unwrap());
    assert!(of_folder(&no_certificate) && no_certificate.contains("pub_key.pem"), "{no_certificate}");
    let other = told(|_, keys| {
        fs::write(keys.join("apiclient_cert.pem"), include_str!("vectors/java-merchant-certificate.pem")).unwrap();
    });
    assert!(of_folder(&other) && other.contains("do not belong together"), "{other}");
    let too_long = told(|_, keys| fs::write(keys.join("apiclient_key.pem"), "x".repeat(1 << 20)).unwrap());
    assert!(of_folder(&too_long), "{too_long}");
    let platform = told(|_, keys| fs::write(keys.join("wechatpay_1.pem"), "nonsense").unwrap());
    assert!(of_folder(&platform) && platform.contains("wechatpay_1.pem"), "{platform}");
}

#[test]
fn a_public_key_needs_its_id_and_an_id_its_key() {
    assert!(told(|settings, _| settings.public_key_id = None).contains("WECHAT_PAY_PUBLIC_KEY_ID"));
    assert!(told(|_, keys| fs::remove_file(keys.join("pub_key.pem")).unwrap()).contains("pub_key.pem"));
    let certificates_only = |settings: &mut Settings, keys: &Path| {
        settings.public_key_id = None;
        fs::remove_file(keys.join("pub_key.pem")).unwrap();
    };
    assert!(with(certificates_only).is_ok());
}

#[test]
fn other_settings_are_checked_too() {
    assert!(told(|settings, _| settings.api_key = Secret::new("short")).starts_with("WECHAT_PAY_KEY"));
    assert!(told(|settings, _| settings.notify_url = "shop".to_owned()).starts_with("WECHAT_PAY_NOTIFY_URL"));
    assert!(told(|settings, _| settings.api_base = Some("wechat".to_owned())).starts_with("WECHAT_PAY_API_BASE"));
}

#[test]
fn nothing_secret_is_printed() {
    let client = with(|_, _| {}).unwrap();
    let printed = format!("{client:?}");
    assert!(!printed.contains("apiv3-key") && printed.contains("***"), "{printed}");
}
