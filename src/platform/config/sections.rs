//! The smaller concerns, a struct each.

use std::path::PathBuf;

use super::mode::Mode;
use super::reader::Reader;
use super::secret::Secret;
use crate::platform::auth::SECRET_BYTES_MIN;

/// Token buckets of one kind: `*_PER_SECOND` refills, `*_BURST` holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bucket {
    /// Requests a second in the long run, at least 1.
    pub per_second: u32,
    /// Requests at once after a pause, at least 1.
    pub burst: u32,
}

/// `RATE_LIMIT_ENABLED`, `RATE_LIMIT_USER_*`, `RATE_LIMIT_IP_*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimits {
    /// Off for trials only.
    pub enabled: bool,
    /// Of one shopper: 10 a second, 20 at once.
    pub user: Bucket,
    /// Of one client address: 1,000 a second, 2,000 at once, because a telephone company puts thousands of shoppers behind one.
    pub ip: Bucket,
}

impl RateLimits {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let range = 1..=10_000_000;
        Self {
            enabled: reader.flag("RATE_LIMIT_ENABLED", true),
            user: Bucket {
                per_second: reader.number("RATE_LIMIT_USER_PER_SECOND", 10, range.clone()),
                burst: reader.number("RATE_LIMIT_USER_BURST", 20, range.clone()),
            },
            ip: Bucket {
                per_second: reader.number("RATE_LIMIT_IP_PER_SECOND", 1_000, range.clone()),
                burst: reader.number("RATE_LIMIT_IP_BURST", 2_000, range),
            },
        }
    }
}

/// Limits and windows of orders: `ORDER_*`, `FLASH_PAY_WINDOW_SECONDS`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Orders {
    /// Open unpaid orders that a user may have.
    pub unpaid_max_per_user: u32,
    /// Seconds in which an order has to be paid.
    pub pay_window_seconds: u32,
    /// The same for an order of a flash sale.
    pub flash_pay_window_seconds: u32,
    /// Seconds after which an order that was sent completes by itself.
    pub auto_complete_seconds: u32,
}

impl Orders {
    pub(super) fn read(reader: &mut Reader) -> Self {
        Self {
            unpaid_max_per_user: reader.number("ORDER_UNPAID_MAX_PER_USER", 5, 1..=1_000),
            pay_window_seconds: reader.number("ORDER_PAY_WINDOW_SECONDS", 900, 1..=2_592_000),
            flash_pay_window_seconds: reader.number("FLASH_PAY_WINDOW_SECONDS", 300, 1..=2_592_000),
            auto_complete_seconds: reader.number("ORDER_AUTO_COMPLETE_SECONDS", 604_800, 1..=31_536_000),
        }
    }
}

/// `REVIEW_*`: what shoppers say about what they have received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reviews {
    /// Whether somebody of the shop has to look at a review before others see it.
    pub moderation: bool,
    /// Days after the receipt of an order in which it can be reviewed.
    pub window_days: u32,
}

impl Reviews {
    pub(super) fn read(reader: &mut Reader) -> Self {
        Self { moderation: reader.flag("REVIEW_MODERATION", false), window_days: reader.number("REVIEW_WINDOW_DAYS", 90, 1..=3_650) }
    }
}

/// `RECONCILE_HOUR`: when the day before is compared with WeChat Pay's bills.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reconciliation {
    /// The hour in Asia/Shanghai, 0 to 23.
    pub hour: u8,
}

impl Reconciliation {
    pub(super) fn read(reader: &mut Reader) -> Self {
        Self { hour: reader.number("RECONCILE_HOUR", 10, 0..=23) }
    }
}

/// `JOURNAL_*`. The journal lies in `DATA_DIR/journal`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Journal {
    /// Under load, how long a group waits for company before its sync, in microseconds; 0 never waits, and a lone record never does.
    pub group_window_micros: u32,
    /// Bytes of a segment.
    pub segment_bytes: u64,
    /// Bytes that all segments may take before buys are refused.
    pub budget_bytes: u64,
    /// Seconds that a segment is kept after everything in it was projected.
    pub retain_seconds: u64,
}

impl Journal {
    pub(super) fn read(reader: &mut Reader) -> Self {
        const MIB: u64 = 1 << 20;
        let journal = Self {
            group_window_micros: reader.number("JOURNAL_GROUP_WINDOW_MICROS", 2_000, 0..=100_000),
            segment_bytes: reader.number("JOURNAL_SEGMENT_BYTES", 64 * MIB, MIB..=4096 * MIB),
            budget_bytes: reader.number("JOURNAL_BUDGET_BYTES", 8192 * MIB, 2 * MIB..=1 << 50),
            retain_seconds: reader.number("JOURNAL_RETAIN_SECONDS", 86_400, 0..=31_536_000),
        };
        if journal.budget_bytes < 4 * journal.segment_bytes {
            reader.fault("JOURNAL_BUDGET_BYTES", "has to hold at least four segments of JOURNAL_SEGMENT_BYTES");
        }
        journal
    }
}

/// `OUTBOX_*`: what cold writes ask of the rest of the shop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outbox {
    /// Seconds that processed rows are kept for whoever asks what became of them: a week.
    pub retain_seconds: u64,
}

impl Outbox {
    pub(super) fn read(reader: &mut Reader) -> Self {
        Self { retain_seconds: reader.number("OUTBOX_RETAIN_SECONDS", 604_800, 60..=31_536_000) }
    }
}

/// Where the data lies and whether the database follows the journal: `DATA_DIR`, `PROJECTION_PAUSED`, `DATABASE_WAIT_SECONDS`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Storage {
    /// Folder of the journal, the embedded database and the embedded signing key.
    pub data_dir: PathBuf,
    /// Holds the projection back: for maintenance of the database, and for drills.
    pub projection_paused: bool,
    /// Seconds that a start waits for the database before it goes on without it, if there is a snapshot of the running sales.
    pub database_wait_seconds: u64,
}

impl Storage {
    pub(super) fn read(reader: &mut Reader) -> Self {
        Self {
            data_dir: PathBuf::from(reader.text_or("DATA_DIR", "./data")),
            projection_paused: reader.flag("PROJECTION_PAUSED", false),
            database_wait_seconds: reader.number("DATABASE_WAIT_SECONDS", 10, 0..=3_600),
        }
    }
}

/// Some 300 bytes each.
const TOKENS_REMEMBERED: usize = 131_072;

/// `JWT_SECRET`, `SESSION_SECRET` and the ones before them, and how many tokens are remembered.
#[derive(Debug, Clone)]
pub struct Auth {
    /// Signs shoppers' tokens; none in the embedded mode, which keeps a key in the data folder.
    pub jwt_secret: Option<Secret>,
    /// Still accepted: `JWT_SECRET_PREVIOUS`.
    pub jwt_secret_previous: Option<Secret>,
    /// Hashes captchas, and the names and addresses of wrong log-ins of administrators; none: a key of this process alone.
    pub session_secret: Option<Secret>,
    /// Good tokens that are remembered, so that their signature is checked once: `TOKENS_REMEMBERED`.
    pub tokens_remembered: usize,
    /// Seconds that an access token is good for.
    pub access_token_seconds: u64,
    /// Seconds after its last refresh that a session ends.
    pub session_seconds: u64,
}

impl Auth {
    pub(super) fn read(reader: &mut Reader, mode: Mode) -> Self {
        let auth = Self {
            jwt_secret: strong(reader, mode, "JWT_SECRET"),
            jwt_secret_previous: strong(reader, mode, "JWT_SECRET_PREVIOUS"),
            session_secret: strong(reader, mode, "SESSION_SECRET"),
            tokens_remembered: reader.number("TOKENS_REMEMBERED", TOKENS_REMEMBERED, 0..=10_000_000),
            access_token_seconds: reader.number("ACCESS_TOKEN_SECONDS", 900, 1..=86_400),
            session_seconds: reader.number("SESSION_SECONDS", 2_592_000, 60..=31_536_000),
        };
        if auth.jwt_secret.is_none() && !mode.is_embedded() {
            reader.fault("JWT_SECRET", format!("has to be set, to at least {SECRET_BYTES_MIN} bytes"));
        }
        if auth.session_secret.is_none() && mode == Mode::Production {
            reader.fault("SESSION_SECRET", format!("has to be set, to at least {SECRET_BYTES_MIN} bytes"));
        }
        auth
    }
}

/// Marks the secrets of files that everybody can read.
pub(super) const SAMPLE_MARK: &str = "not-a-secret";

fn strong(reader: &mut Reader, mode: Mode, variable: &'static str) -> Option<Secret> {
    let secret = reader.secret(variable)?;
    if secret.expose().len() < SECRET_BYTES_MIN {
        reader.fault(variable, format!("has to have at least {SECRET_BYTES_MIN} bytes"));
    }
    if mode == Mode::Production && secret.expose().contains(SAMPLE_MARK) {
        reader.fault(variable, "is a sample that everybody can read; production needs one of its own");
    }
    Some(secret)
}

/// What is written to the log and who is told of errors: `LOG_LEVEL`, `SENTRY_*`.
#[derive(Debug, Clone)]
pub struct Telemetry {
    /// The least severe lines that are written.
    pub log_level: tracing::Level,
    /// One JSON object a line, for machines.
    pub log_json: bool,
    /// Where errors are reported to, if anywhere.
    pub sentry_dsn: Option<Secret>,
    /// Under which name.
    pub sentry_environment: String,
}

impl Telemetry {
    pub(super) fn read(reader: &mut Reader, mode: Mode) -> Self {
        use tracing::Level;
        let levels =
            [("error", Level::ERROR), ("warn", Level::WARN), ("info", Level::INFO), ("debug", Level::DEBUG), ("trace", Level::TRACE)];
        let telemetry = Self {
            log_level: reader.choice("LOG_LEVEL", Level::INFO, &levels),
            log_json: mode == Mode::Production,
            sentry_dsn: reader.secret("SENTRY_DSN"),
            sentry_environment: reader.text_or("SENTRY_ENVIRONMENT", mode.name()),
        };
        reader.describe_default("SENTRY_ENVIRONMENT", "the mode's name");
        telemetry
    }
}
