//! The one link to Redis: a connection, a budget for every answer, and a breaker. Rate limits, sessions and caches share it.
//! - R1 Starting needs no server. While there is none a command fails at once, without touching the network.
//! - R2 No command takes longer than `REDIS_TIMEOUT_MILLIS` (twice that where a script has to be loaded first).
//! - R3 One task probes. It opens a new connection each time: one that hangs (a cable, a firewall) would never tell by itself.
//! - R4 A probe writes (and changes nothing): a server that answers PING and refuses writes does not count as serving.
//!
//! Not here: what is stored (`limits`, `sessions`, `cache`). Nothing on the way of a purchase waits for this.

mod announcements;
pub mod breaker;
mod channel;
mod condition;
pub mod metrics;

use std::path::PathBuf;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use ::redis::aio::MultiplexedConnection;
use ::redis::io::tcp::TcpSettings;
use ::redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionAddr, FromRedisValue, IntoConnectionInfo, RedisConnectionInfo, RedisError, RedisResult,
    Script, ScriptInvocation, TlsCertificates,
};
use arc_swap::ArcSwapOption;
use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::platform::config;
use announcements::Announcements;
use breaker::{Breaker, Failure};
pub use channel::Channel;
pub use condition::{Condition, reason};
use condition::{Meaning, meaning};

/// An idle link is asked so often, so that readiness is the truth.
const HEARTBEAT: Duration = Duration::from_secs(1);
/// For connecting, with TLS and password: longer than a command may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// So long the refusal of a command outweighs an answered probe, which asks less than all commands do.
const REFUSAL_STANDS: Duration = Duration::from_secs(5);

static PROBE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("probe.lua")));

/// Why Redis did not do it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is away or too slow. Whether a command that was sent is done is not known.
    #[error("redis is not available")]
    Away,
    /// It refused the command itself: repeating it does not help.
    #[error("redis refused a command")]
    Refused(#[source] RedisError),
}

/// Why no link can be made, now or later.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file of authorities.
    #[error("failed to read the certificates {path} (REDIS_TLS_CA_FILE)")]
    Certificates {
        /// Path of the file.
        path: PathBuf,
        /// What went wrong underneath.
        #[source]
        cause: std::io::Error,
    },
    /// The client refuses the settings.
    #[error("redis settings cannot be used")]
    Client(#[from] RedisError),
}

/// The link; cheap to clone.
#[derive(Clone)]
pub struct Link(Arc<Inner>);

struct Inner {
    client: Client,
    timeout: Duration,
    /// There while the breaker is closed.
    connection: ArcSwapOption<MultiplexedConnection>,
    /// Held while connection and condition change, so that they always agree.
    guard: Mutex<Guard>,
    condition: watch::Sender<Condition>,
}

#[derive(Default)]
struct Guard {
    breaker: Breaker,
    /// Until then an answered probe does not count: a command that the probe is no example of was refused.
    refused_until: Option<Instant>,
}

impl Link {
    /// As configured. Does not connect: that is [`Link::start`]'s.
    pub fn of(settings: &config::Redis) -> Result<Self, SettingsError> {
        let client = client(settings)?;
        let inner = Inner {
            client,
            timeout: Duration::from_millis(u64::from(settings.timeout_millis)),
            connection: ArcSwapOption::empty(),
            guard: Mutex::default(),
            condition: watch::Sender::new(Condition::unknown()),
        };
        Ok(Self(Arc::new(inner)))
    }

    /// Connects, watches and connects again until the task is dropped or aborted.
    pub fn start(&self) -> JoinHandle<()> {
        tokio::spawn(self.clone().keep())
    }

    /// Whether it serves: commands are let through, and writes are taken as far as is known.
    pub fn is_up(&self) -> bool {
        *self.0.condition.borrow() == Condition::Serving
    }

    /// What it can be used for, to read and to wait for; a receiver is woken when the kind of it changes.
    pub fn condition(&self) -> watch::Receiver<Condition> {
        self.0.condition.subscribe()
    }

    /// Asks one command.
    pub async fn query<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, Error> {
        let connection = self.0.connection.load_full().ok_or(Error::Away)?;
        let began = Instant::now();
        let answer = command.query_async(&mut MultiplexedConnection::clone(&connection)).await;
        self.judge(&connection, began, answer)
    }

    /// Runs a script, in one round trip once the server knows it.
    pub async fn invoke<T: FromRedisValue>(&self, script: &ScriptInvocation<'_>) -> Result<T, Error> {
        let connection = self.0.connection.load_full().ok_or(Error::Away)?;
        let began = Instant::now();
        let answer = script.invoke_async(&mut MultiplexedConnection::clone(&connection)).await;
        self.judge(&connection, began, answer)
    }

    fn judge<T>(&self, used: &Arc<MultiplexedConnection>, began: Instant, answer: RedisResult<T>) -> Result<T, Error> {
        let failed = match answer {
            Ok(answer) => {
                self.0.guard.lock().breaker.answered();
                metrics::COMMAND_SECONDS.get().record(began.elapsed());
                return Ok(answer);
            }
            Err(failed) => failed,
        };
        let meaning = meaning(&failed);
        let how = match meaning {
            Meaning::Failure(Failure::Slow) => "slow",
            Meaning::Failure(Failure::Broken) => "broken",
            Meaning::Refuses | Meaning::Command => "refused",
        };
        metrics::FAILURES_TOTAL.with(&[(metrics::REASON, how)]).increment(1);
        let mut guard = self.0.guard.lock();
        // What an earlier connection left behind says nothing about this one.
        let is_current = self.0.connection.load().as_ref().is_some_and(|current| Arc::ptr_eq(current, used));
        match meaning {
            Meaning::Failure(failure) => {
                if is_current && guard.breaker.failed(failure) {
                    self.0.connection.store(None);
                    self.enter(Condition::Away(reason(&failed)));
                }
                Err(Error::Away)
            }
            Meaning::Refuses => {
                if is_current {
                    guard.refused_until = Some(Instant::now() + REFUSAL_STANDS);
                    self.enter(Condition::Refusing(reason(&failed)));
                }
                Err(Error::Refused(failed))
            }
            Meaning::Command => Err(Error::Refused(failed)),
        }
    }

    /// To be called with the guard held.
    fn enter(&self, condition: Condition) {
        let (up, refuses) = match condition {
            Condition::Serving => (1.0, 0.0),
            Condition::Refusing(_) => (1.0, 1.0),
            Condition::Away(_) => (0.0, 0.0),
        };
        metrics::UP.get().set(up);
        metrics::WRITES_REFUSED.get().set(refuses);
        self.0.condition.send_if_modified(|before| {
            let turns = !before.is_same_kind(&condition);
            *before = condition;
            turns
        });
    }

    async fn keep(self) {
        let mut condition = self.condition();
        let mut announcements = Announcements::default();
        loop {
            if self.0.connection.load().is_some() {
                if tokio::time::timeout(HEARTBEAT, condition.changed()).await.is_err() {
                    self.refresh().await;
                }
            } else {
                let pause = self.0.guard.lock().breaker.pause();
                tokio::time::sleep(pause).await;
                self.connect().await;
            }
            let now = condition.borrow_and_update().clone();
            announcements.refresh(&now, Instant::now());
        }
    }

    /// Asks whether writes are taken still, or again.
    async fn refresh(&self) {
        let Some(connection) = self.0.connection.load_full() else { return };
        let (began, stood_until) = (Instant::now(), self.0.guard.lock().refused_until);
        let answer = probe(&mut MultiplexedConnection::clone(&connection)).await;
        let judged = self.judge(&connection, began, answer);
        let mut guard = self.0.guard.lock();
        match judged {
            Ok(_) => {
                guard.breaker.proved();
                let is_current = self.0.connection.load().as_ref().is_some_and(|current| Arc::ptr_eq(current, &connection));
                if is_current && guard.refused_until.is_none_or(|until| until <= began) {
                    guard.refused_until = None;
                    self.enter(Condition::Serving);
                }
            }
            Err(Error::Refused(cause)) => {
                guard.breaker.proved();
                // The next probe is as good as this one: its answer alone ends what it found.
                guard.refused_until = stood_until;
                self.enter(Condition::Refusing(reason(&cause)));
            }
            Err(Error::Away) => {}
        }
    }

    async fn connect(&self) {
        let outcome = self.open().await;
        let mut guard = self.0.guard.lock();
        let (connection, condition) = match outcome {
            Ok(opened) => opened,
            Err(error) => {
                guard.breaker.probe_failed();
                return self.enter(Condition::Away(reason(&error)));
            }
        };
        guard.refused_until = None;
        guard.breaker.probe_answered();
        self.0.connection.store(Some(Arc::new(connection)));
        self.enter(condition);
    }

    async fn open(&self) -> RedisResult<(MultiplexedConnection, Condition)> {
        let settings = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT_TIMEOUT.max(self.0.timeout)))
            .set_response_timeout(Some(self.0.timeout));
        let mut connection = self.0.client.get_multiplexed_async_connection_with_config(&settings).await?;
        let condition = match probe(&mut connection).await {
            Ok(_) => Condition::Serving,
            Err(error) if matches!(meaning(&error), Meaning::Failure(_)) => return Err(error),
            Err(error) => Condition::Refusing(reason(&error)),
        };
        Ok((connection, condition))
    }
}

/// Asks the server whether it takes writes to each kind of key that the shop has, and changes none.
pub async fn probe(connection: &mut MultiplexedConnection) -> RedisResult<u32> {
    let mut call = PROBE.prepare_invoke();
    const KEYS: [&str; 13] = [
        "limit:probe",
        "session:probe",
        "admin_session:probe",
        "admin_sessions:probe",
        "admin_permissions:probe",
        "admin_tries:probe",
        "captcha:probe",
        "product:probe",
        "cart:probe",
        "sms:probe",
        "banners:probe",
        "banner_products:probe",
        "banner_clicks:probe",
    ];
    for key in KEYS {
        call.key(key);
    }
    call.invoke_async(connection).await
}

/// A client of the configured server; connects nowhere.
pub fn client(settings: &config::Redis) -> Result<Client, SettingsError> {
    let (host, port) = (settings.host.clone(), settings.port);
    let address = match settings.tls {
        true => ConnectionAddr::TcpTls { host, port, insecure: false, tls_params: None },
        false => ConnectionAddr::Tcp(host, port),
    };
    let mut session = RedisConnectionInfo::default().set_db(i64::from(settings.database));
    if let Some(username) = &settings.username {
        session = session.set_username(username);
    }
    if let Some(password) = &settings.password {
        session = session.set_password(password.expose());
    }
    let info = address.into_connection_info()?.set_redis_settings(session).set_tcp_settings(TcpSettings::default().set_nodelay(true));
    let Some(path) = settings.tls_ca_file.as_ref().filter(|_| settings.tls) else { return Ok(Client::open(info)?) };
    let authorities = std::fs::read(path).map_err(|cause| SettingsError::Certificates { path: path.clone(), cause })?;
    Ok(Client::build_with_tls(info, TlsCertificates { client_tls: None, root_cert: Some(authorities) })?)
}
