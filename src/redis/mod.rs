//! The one link to Redis: a connection, a budget for every answer, and a breaker. Rate limits, sessions and caches share it.
//! - R1 Starting needs no server. While there is none a command fails at once, without touching the network.
//! - R2 No command takes longer than `REDIS_TIMEOUT_MILLIS` (twice that where a script has to be loaded first).
//! - R3 One task probes. It opens a new connection each time: one that hangs (a cable, a firewall) would never tell by itself.
//!
//! Not here: what is stored (`limits`, `sessions`, `cache`). Nothing on the way of a purchase waits for this.

pub mod breaker;
pub mod metrics;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ::redis::aio::MultiplexedConnection;
use ::redis::io::tcp::TcpSettings;
use ::redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionAddr, FromRedisValue, IntoConnectionInfo, RedisConnectionInfo, RedisError, RedisResult,
    ScriptInvocation, TlsCertificates,
};
use arc_swap::ArcSwapOption;
use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::config;
use breaker::{Breaker, Failure};

/// An idle link is asked so often, so that readiness is the truth.
const HEARTBEAT: Duration = Duration::from_secs(1);
/// For connecting, with TLS and password: longer than a command may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

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
        /// Which file.
        path: PathBuf,
        /// Why.
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
    /// Held while connection and `up` change, so that the three always agree.
    breaker: Mutex<Breaker>,
    up: watch::Sender<bool>,
}

impl Link {
    /// As configured. Does not connect: that is [`Link::start`]'s.
    pub fn of(settings: &config::Redis) -> Result<Self, SettingsError> {
        let client = client(settings)?;
        let inner = Inner {
            client,
            timeout: Duration::from_millis(u64::from(settings.timeout_millis)),
            connection: ArcSwapOption::empty(),
            breaker: Mutex::new(Breaker::new()),
            up: watch::Sender::new(false),
        };
        Ok(Self(Arc::new(inner)))
    }

    /// Connects, watches and connects again until the task is dropped or aborted.
    pub fn start(&self) -> JoinHandle<()> {
        tokio::spawn(self.clone().keep())
    }

    /// Whether commands are let through.
    pub fn is_up(&self) -> bool {
        *self.0.up.borrow()
    }

    /// The same, to wait for.
    pub fn up(&self) -> watch::Receiver<bool> {
        self.0.up.subscribe()
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
                self.0.breaker.lock().answered();
                metrics::COMMAND_SECONDS.get().record(began.elapsed());
                return Ok(answer);
            }
            Err(failed) => failed,
        };
        let Some(failure) = failure(&failed) else {
            metrics::FAILURES_TOTAL.with(&[(metrics::REASON, "refused")]).increment(1);
            return Err(Error::Refused(failed));
        };
        let reason = if failure == Failure::Slow { "slow" } else { "broken" };
        metrics::FAILURES_TOTAL.with(&[(metrics::REASON, reason)]).increment(1);
        let mut breaker = self.0.breaker.lock();
        // What an earlier connection left behind says nothing about this one.
        let is_current = self.0.connection.load().as_ref().is_some_and(|current| Arc::ptr_eq(current, used));
        if is_current && breaker.failed(failure) {
            self.0.connection.store(None);
            metrics::UP.get().set(0.0);
            tracing::warn!(error = %failed, "redis is away: rate limits are this process's own and caches are not written; sales go on");
            self.0.up.send_replace(false);
        }
        Err(Error::Away)
    }

    async fn keep(self) {
        let mut up = self.up();
        let mut told = false;
        loop {
            if *up.borrow_and_update() {
                if tokio::time::timeout(HEARTBEAT, up.changed()).await.is_err() {
                    // What it says is seen by `judge`.
                    let _: Result<String, Error> = self.query(&::redis::cmd("PING")).await;
                }
                continue;
            }
            match self.connect().await {
                Ok(connection) => {
                    let mut breaker = self.0.breaker.lock();
                    self.0.connection.store(Some(Arc::new(connection)));
                    breaker.probe_answered();
                    metrics::UP.get().set(1.0);
                    tracing::info!("redis answers");
                    self.0.up.send_replace(true);
                    told = true;
                }
                Err(error) => {
                    metrics::UP.get().set(0.0);
                    if !std::mem::replace(&mut told, true) {
                        tracing::warn!(%error, "redis cannot be reached and is tried again: rate limits are this process's own; sales go on");
                    }
                    let pause = self.0.breaker.lock().probe_failed();
                    tokio::time::sleep(pause).await;
                }
            }
        }
    }

    async fn connect(&self) -> RedisResult<MultiplexedConnection> {
        let settings = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT_TIMEOUT.max(self.0.timeout)))
            .set_response_timeout(Some(self.0.timeout));
        let mut connection = self.0.client.get_multiplexed_async_connection_with_config(&settings).await?;
        ::redis::cmd("PING").query_async::<String>(&mut connection).await?;
        Ok(connection)
    }
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

/// Whether an error is about the server rather than about the command.
fn failure(error: &RedisError) -> Option<Failure> {
    if error.is_timeout() || error.code() == Some("BUSY") {
        return Some(Failure::Slow);
    }
    let cannot_serve = matches!(error.code(), Some("LOADING" | "READONLY" | "MASTERDOWN" | "CLUSTERDOWN" | "TRYAGAIN" | "NOAUTH"));
    (cannot_serve || error.is_io_error() || error.is_unrecoverable_error()).then_some(Failure::Broken)
}
