//! The servers that the full modes lean on. The embedded mode has none of them.

use std::path::PathBuf;

use super::broker_url::BrokerUrl;
use super::host;
use super::mode::Mode;
use super::reader::Reader;
use super::secret::Secret;
use super::wechat_pay::WechatPay;
use crate::platform::wechat::sandbox;

/// `DB_*`: MySQL 8 or MariaDB.
#[derive(Debug, Clone)]
pub struct Database {
    /// Host name or address.
    pub host: String,
    /// TCP port that the server listens on.
    pub port: u16,
    /// Name of the account.
    pub username: String,
    /// Password of the account, if it has one.
    pub password: Option<Secret>,
    /// Name of the schema.
    pub name: String,
    /// Whether the connection is encrypted.
    pub tls: bool,
    /// Certificates (PEM) that may sign the server's; without it those of the public authorities.
    pub tls_ca_file: Option<PathBuf>,
}

/// The Redis server: variables `REDIS_*`.
#[derive(Debug, Clone)]
pub struct Redis {
    /// Host name or address.
    pub host: String,
    /// TCP port that the server listens on.
    pub port: u16,
    /// Account, where the server knows several.
    pub username: Option<String>,
    /// Password, if the server wants one.
    pub password: Option<Secret>,
    /// Number of the database, 0 to 15.
    pub database: u8,
    /// Whether the connection is encrypted.
    pub tls: bool,
    /// Certificates (PEM) that may sign the server's; without it those that this machine trusts.
    pub tls_ca_file: Option<PathBuf>,
    /// Milliseconds within which an answer has to be there; later than that Redis counts as away.
    pub timeout_millis: u32,
}

/// The broker: variables `RABBITMQ_URL`, `RABBITMQ_EXCHANGE`.
#[derive(Debug, Clone)]
pub struct Broker {
    /// `amqp://` or `amqps://`, with user and password; readable as a [`BrokerUrl`].
    pub url: Secret,
    /// The topic exchange that events go to: `mall.events`.
    pub exchange: String,
}

/// WeChat: variables `WECHAT_*`.
#[derive(Debug, Clone)]
pub struct Wechat {
    /// Id of the mini-program.
    pub appid: Option<String>,
    /// Secret of the mini-program.
    pub secret: Option<Secret>,
    /// Where its server API is, if not at WeChat; in the embedded mode, unless it is set, the sandbox.
    pub api_base: Option<String>,
    /// Port of the sandbox on 127.0.0.1; 0 takes any free one.
    pub sandbox_port: u16,
    /// Whether somebody has chosen that port. One that nobody has chosen may be another one.
    pub is_sandbox_port_set: bool,
    /// The merchant at WeChat Pay; without one nothing can be paid.
    pub pay: Option<WechatPay>,
    /// Whether WeChat and WeChat Pay are the sandbox where nothing else is set.
    pub sandbox: bool,
}

/// `STORAGE_TYPE`, `OSS_BUCKET`, `CDN_DOMAIN`.
#[derive(Debug, Clone)]
pub struct Objects {
    /// Where pictures are kept.
    pub kind: ObjectsKind,
    /// The bucket, when they are not on the local disk.
    pub bucket: Option<String>,
    /// Where shoppers fetch them from.
    pub cdn_domain: Option<String>,
}

/// Kinds of object storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObjectsKind {
    /// The data folder.
    Local,
    /// Object storage of Alibaba Cloud.
    Oss,
    /// Object storage of Tencent Cloud.
    Cos,
    /// Whatever speaks S3.
    S3,
}

impl Database {
    pub(super) fn read(reader: &mut Reader, mode: Mode) -> Option<Self> {
        if mode.is_embedded() {
            if reader.text("DB_HOST").is_some() {
                reader.fault("DB_HOST", "is set, but without APP_ENV the embedded mode runs on SQLite: set APP_ENV, or unset DB_HOST");
            }
            return None;
        }
        let database = Self {
            host: needed_host(reader),
            port: reader.number("DB_PORT", 3306, 1..=u16::MAX),
            username: needed(reader, "DB_USERNAME"),
            password: reader.secret("DB_PASSWORD"),
            name: needed(reader, "DB_DATABASE"),
            tls: reader.flag("DB_TLS", false),
            tls_ca_file: reader.text("DB_TLS_CA_FILE").map(PathBuf::from),
        };
        if mode == Mode::Production {
            if database.password.is_none() {
                reader.fault("DB_PASSWORD", "has to be set in production");
            }
            encrypted(reader, "DB_TLS", &database.host, database.tls);
        }
        Some(database)
    }
}

impl Redis {
    pub(super) fn read(reader: &mut Reader, mode: Mode) -> Option<Self> {
        // The embedded mode has no Redis: what a shell says of one is not looked at.
        if mode.is_embedded() {
            return None;
        }
        let host = reader.parsed("REDIS_HOST", |text| host::parse(text, "REDIS_PORT"));
        if mode == Mode::Production && host.is_none() {
            reader.fault("REDIS_HOST", "has to be set in production");
        }
        let redis = Self {
            host: host?,
            port: reader.number("REDIS_PORT", 6379, 1..=u16::MAX),
            username: reader.text("REDIS_USERNAME"),
            password: reader.secret("REDIS_PASSWORD"),
            database: reader.number("REDIS_DB", 0, 0..=15),
            tls: reader.flag("REDIS_TLS", false),
            tls_ca_file: reader.text("REDIS_TLS_CA_FILE").map(PathBuf::from),
            timeout_millis: reader.number("REDIS_TIMEOUT_MILLIS", 50, 1..=10_000),
        };
        if redis.username.is_some() && redis.password.is_none() {
            reader.fault("REDIS_PASSWORD", "has to be set where REDIS_USERNAME is");
        }
        if mode == Mode::Production {
            encrypted(reader, "REDIS_TLS", &redis.host, redis.tls);
        }
        Some(redis)
    }
}

impl Broker {
    pub(super) fn read(reader: &mut Reader, mode: Mode) -> Option<Self> {
        let url = reader.secret("RABBITMQ_URL").filter(|_| !mode.is_embedded());
        if mode == Mode::Production && url.is_none() {
            reader.fault("RABBITMQ_URL", "has to be set in production");
        }
        let url = url?;
        match BrokerUrl::parse(&url) {
            Err(fault) => {
                reader.fault("RABBITMQ_URL", fault);
                return None;
            }
            Ok(read) if mode == Mode::Production => encrypted(reader, "RABBITMQ_URL", &read.host, read.tls),
            Ok(_) => {}
        }
        let exchange = reader.text_or("RABBITMQ_EXCHANGE", "mall.events");
        if exchange.len() > 127 || !exchange.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte)) {
            reader.fault("RABBITMQ_EXCHANGE", "has to be 1 to 127 of the characters a-z, A-Z, 0-9, '.', '_', ':' and '-'");
        }
        Some(Self { url, exchange })
    }
}

impl Wechat {
    pub(super) fn read(reader: &mut Reader, mode: Mode) -> Self {
        let api_base = reader.text("WECHAT_API_BASE");
        if let Some(Err(reason)) = api_base.as_ref().map(|base| base_url(base, mode)) {
            reader.fault("WECHAT_API_BASE", reason);
        }
        let (appid, secret) = (reader.text("WECHAT_APPID"), reader.secret("WECHAT_SECRET"));
        // The embedded mode has a mini-program of the sandbox.
        let embedded = |text: &str| mode.is_embedded().then(|| text.to_owned());
        let appid = appid.or_else(|| embedded(sandbox::APPID));
        let wechat = Self {
            pay: WechatPay::read(reader, mode, appid.as_deref()),
            appid,
            secret: secret.or_else(|| embedded(sandbox::SECRET).map(Secret::new)),
            api_base,
            sandbox_port: reader.number("WECHAT_SANDBOX_PORT", 3100, 0..=u16::MAX),
            is_sandbox_port_set: reader.is_set("WECHAT_SANDBOX_PORT"),
            sandbox: reader.flag("WECHAT_SANDBOX", mode != Mode::Production),
        };
        if wechat.sandbox && mode == Mode::Production {
            reader.fault("WECHAT_SANDBOX", "has to be false in production");
        }
        wechat
    }
}

/// Whether a text is the base of an HTTP API; production wants it encrypted.
pub(super) fn base_url(text: &str, mode: Mode) -> Result<(), String> {
    let wanted = || format!("has to be a URL such as https://api.example.com, not {text:?}");
    let url = reqwest::Url::parse(text).map_err(|_| wanted())?;
    let is_plain = url.scheme() == "http";
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() || !url.username().is_empty() || url.query().is_some() {
        return Err(wanted());
    }
    if is_plain && mode == Mode::Production { Err("has to begin with https:// in production".to_owned()) } else { Ok(()) }
}

impl Objects {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let words = [("local", ObjectsKind::Local), ("oss", ObjectsKind::Oss), ("cos", ObjectsKind::Cos), ("s3", ObjectsKind::S3)];
        let objects = Self {
            kind: reader.choice("STORAGE_TYPE", ObjectsKind::Local, &words),
            bucket: reader.text("OSS_BUCKET"),
            cdn_domain: reader.text("CDN_DOMAIN"),
        };
        if objects.kind != ObjectsKind::Local && objects.bucket.is_none() {
            reader.fault("OSS_BUCKET", "has to be set when STORAGE_TYPE is not local");
        }
        objects
    }
}

fn needed_host(reader: &mut Reader) -> String {
    let host = needed(reader, "DB_HOST");
    if host.is_empty() {
        return host;
    }
    host::parse(&host, "DB_PORT").unwrap_or_else(|reason| {
        reader.fault("DB_HOST", reason);
        host
    })
}

fn needed(reader: &mut Reader, variable: &'static str) -> String {
    reader.text(variable).unwrap_or_else(|| {
        reader.fault(variable, "has to be set when APP_ENV is");
        String::new()
    })
}

/// Passwords and orders do not cross a network in the clear.
fn encrypted(reader: &mut Reader, variable: &'static str, host: &str, tls: bool) {
    let local = host.is_empty() || host == "localhost" || host.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback());
    if !tls && !local {
        reader.fault(variable, format!("has to ask for TLS: production does not talk to the remote host {host} in the clear"));
    }
}
