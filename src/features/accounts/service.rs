//! The service: what it is made of. What it does is in `login`, `sessions`, `profile`, `agreements` and `cancellation`.

use std::sync::Arc;
use std::time::Duration;

use mallcore_actors::engine::Engine;
use mallcore_actors::time::Timestamp;

use crate::features::carts::Carts;
use crate::platform::auth::Verifier;
use crate::platform::config::{self, Config};
use crate::platform::database;
use crate::platform::feature::{FeatureError, Opening};
use crate::platform::reads::Reads;
use crate::platform::redis::{Channel, Link};
use crate::platform::sessions::{MemorySessions, RedisSessions, SessionStore};
use crate::platform::sms::codes::{CodeMaker, CodeRules, Codes, MemoryCodes, RedisCodes};
use crate::platform::sms::{self, SmsSender};
use crate::platform::vault::Vault;
use crate::platform::wechat::WechatClient;
use crate::platform::wechat::sandbox::Sandbox;
use crate::platform::writes::Writes;

/// What accounts are made of. Whoever serves adds the verifier, and Redis and the sandbox if there are any.
#[derive(Clone)]
pub struct Settings {
    /// The mini-program's account at WeChat.
    pub wechat: config::Wechat,
    /// Who sends codes to phones.
    pub sms: config::Sms,
    /// How long an access token is good.
    pub access_token: Duration,
    /// How long a session lives after it was refreshed last.
    pub session: Duration,
    /// Signs and checks tokens, and knows which are revoked; none where nobody is served.
    pub verifier: Option<Arc<Verifier>>,
    /// Where sessions and codes are kept, and other processes hear of revoked tokens; without it all of that is this process's own.
    pub redis: Option<Link>,
    /// The sandbox of WeChat that runs in this process.
    pub sandbox: Option<Arc<Sandbox>>,
}

impl Settings {
    /// As configured, without verifier, Redis and sandbox.
    pub fn of(config: &Config) -> Self {
        Self {
            wechat: config.wechat.clone(),
            sms: config.sms.clone(),
            access_token: Duration::from_secs(config.auth.access_token_seconds),
            session: Duration::from_secs(config.auth.session_seconds),
            verifier: None,
            redis: None,
            sandbox: None,
        }
    }
}

/// Where revoked tokens are told of.
const REVOCATIONS: &str = "token_revocations";
/// What hashes phones, addresses and codes.
const CODES_PURPOSE: &str = "mallcore sms codes";

/// The accounts of all shoppers.
pub struct Accounts {
    pub(super) engine: Arc<Engine>,
    pub(super) reads: Arc<Reads>,
    pub(super) writes: Arc<Writes>,
    pub(super) vault: Vault,
    pub(super) verifier: Arc<Verifier>,
    pub(super) wechat: WechatClient,
    pub(super) sms: Option<Arc<dyn SmsSender>>,
    pub(super) codes: Arc<dyn Codes>,
    pub(super) maker: CodeMaker,
    pub(super) code_rules: CodeRules,
    pub(super) sessions: Arc<dyn SessionStore>,
    pub(super) channel: Option<Channel>,
    pub(super) carts: Option<Arc<Carts>>,
    /// What all features delete of a shopper who cancels the account.
    pub(super) forgets: Vec<&'static str>,
    pub(super) access_token: Duration,
    pub(super) session: Duration,
    /// Other processes may write to the database.
    pub(super) is_shared: bool,
}

impl Accounts {
    pub(super) fn open(
        settings: &Settings,
        opening: &Opening<'_>,
        verifier: Arc<Verifier>,
        carts: Option<Arc<Carts>>,
    ) -> Result<Self, FeatureError> {
        let code_rules = CodeRules { per_address_max: settings.sms.per_address_per_hour, ..CodeRules::default() };
        let sessions: Arc<dyn SessionStore> = match &settings.redis {
            Some(link) => Arc::new(RedisSessions::new(link.clone(), settings.session)),
            None => Arc::new(MemorySessions::new(settings.session)),
        };
        let codes: Arc<dyn Codes> = match &settings.redis {
            Some(link) => Arc::new(RedisCodes::new(link.clone(), code_rules)),
            None => Arc::new(MemoryCodes::new(code_rules)),
        };
        Ok(Self {
            engine: Arc::clone(opening.engine),
            reads: Arc::clone(opening.reads),
            writes: Arc::clone(opening.writes),
            vault: opening.vault.clone(),
            wechat: WechatClient::new(&settings.wechat).map_err(|cause| FeatureError::Outgoing(Box::new(cause)))?,
            sms: sms::sender(&settings.sms).map_err(|cause| FeatureError::Outgoing(Box::new(cause)))?,
            codes,
            maker: CodeMaker::new(verifier.key(CODES_PURPOSE)),
            code_rules,
            sessions,
            channel: settings.redis.clone().map(|link| Channel::new(link, REVOCATIONS)),
            carts,
            forgets: opening.features.iter().flat_map(|feature| feature.forgets).copied().collect(),
            access_token: settings.access_token,
            session: settings.session,
            is_shared: matches!(opening.runners.database, database::Settings::MySql(_)),
            verifier,
        })
    }

    /// The shop's time.
    pub(super) fn now(&self) -> Timestamp {
        self.engine.clock().now()
    }
}
