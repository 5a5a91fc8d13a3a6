//! WeChat's sandbox: as a process of its own, and beside the shop of the embedded mode.
//! - W1 Both keep keys and ledger of WeChat Pay in `DATA_DIR/wechat-sandbox`: a shop with the same data folder finds its merchant's keys there.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use actix_web::dev::Server;
use actix_web::rt::System;
use clap::Args;

use super::out::Out;
use super::{CliError, only_for_trying_out};
use crate::platform::config::{self, Config};
use crate::platform::telemetry;
use crate::platform::wechat::sandbox::pay::{Faults, MERCHANT, PaySandbox};
use crate::platform::wechat::sandbox::{self, APPID, SECRET, Sandbox};

/// Where the sandbox listens, and what goes wrong with its payments.
#[derive(Debug, Args)]
pub struct WechatSandbox {
    /// Port; WECHAT_SANDBOX_PORT unless it is given, 0 for any free one
    #[arg(long)]
    pub port: Option<u16>,
    /// Pay every order by itself, so many milliseconds after it was made
    #[arg(long)]
    pub pay_after_millis: Option<u64>,
    /// Percent of notifications that are sent twice
    #[arg(long, default_value_t = 0, value_parser = percent())]
    pub repeat_percent: u8,
    /// Percent of notifications that are late
    #[arg(long, default_value_t = 0, value_parser = percent())]
    pub delay_percent: u8,
    /// How late those are, in milliseconds
    #[arg(long, default_value_t = 10_000)]
    pub delay_millis: u64,
    /// Percent of notifications that are never sent
    #[arg(long, default_value_t = 0, value_parser = percent())]
    pub drop_percent: u8,
    /// Percent of notifications that change places with the next one
    #[arg(long, default_value_t = 0, value_parser = percent())]
    pub reorder_percent: u8,
    /// Percent of notifications that are corrupted at first
    #[arg(long, default_value_t = 0, value_parser = percent())]
    pub corrupt_percent: u8,
    /// Percent of shoppers' payments that arrive only after the merchant has closed the order
    #[arg(long, default_value_t = 0, value_parser = percent())]
    pub pay_after_close_percent: u8,
    /// How long after the closing those arrive, in milliseconds
    #[arg(long, default_value_t = 1_000)]
    pub pay_after_close_millis: u64,
    /// Milliseconds that a refund takes
    #[arg(long, default_value_t = 0)]
    pub refund_millis: u64,
    /// Where the draws begin: the same seed gives the same faults
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
}

fn percent() -> clap::builder::RangedI64ValueParser<u8> {
    clap::value_parser!(u8).range(0..=100)
}

impl WechatSandbox {
    fn faults(&self) -> Faults {
        Faults {
            pay_after_millis: self.pay_after_millis,
            repeat_percent: self.repeat_percent,
            delay_percent: self.delay_percent,
            delay_millis: self.delay_millis,
            drop_percent: self.drop_percent,
            reorder_percent: self.reorder_percent,
            corrupt_percent: self.corrupt_percent,
            pay_after_close_percent: self.pay_after_close_percent,
            pay_after_close_millis: self.pay_after_close_millis,
            refund_millis: self.refund_millis,
            seed: self.seed,
            ..Faults::default()
        }
    }
}

/// A sandbox that runs in this process.
pub struct Running {
    /// Hands out codes, and is paid at.
    pub sandbox: Arc<Sandbox>,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Running {
    /// Tells the sandbox where the shop listens that it notifies.
    pub fn shop_listens(&self, address: SocketAddr) {
        if let Some(pay) = self.sandbox.pay() {
            pay.shop_listens(address);
        }
    }
}

/// Serves until a signal ends the process.
pub fn run(config: &Config, args: &WechatSandbox, out: &mut Out) -> Result<(), CliError> {
    only_for_trying_out(config, "wechat-sandbox")?;
    telemetry::install(&config.telemetry).map_err(|cause| CliError::failed("the log cannot be set up", cause))?;
    let port = args.port.unwrap_or(config.wechat.sandbox_port);
    let sandbox = of(config, args.faults())?;
    System::new().block_on(async {
        let listening = sandbox::start(port, sandbox);
        let (address, server) =
            listening.map_err(|cause| CliError::failed(format!("cannot listen on 127.0.0.1 with port {port}"), cause))?;
        out.line(format_args!("WeChat sandbox on http://{address}/ (WECHAT_API_BASE); keys and ledger in {}", folder(config).display()));
        out.flush();
        tokio::select! {
            served = server => served.map_err(|cause| CliError::failed("the sandbox failed", cause)),
            _ = tokio::signal::ctrl_c() => Ok(()),
        }
    })
}

/// Starts the sandbox of the embedded mode, unless another WeChat is configured, and says with which settings the shop asks it. A shop of
/// another mode whose WECHAT_API_BASE is a sandbox on this machine gets the merchant of that one.
pub fn beside(config: &Config) -> Result<(Option<Running>, config::Wechat), CliError> {
    let mut settings = config.wechat.clone();
    if !settings.sandbox {
        return Ok((None, settings));
    }
    if let Some(base) = settings.api_base.clone() {
        if settings.pay.is_none() && !config.mode.is_embedded() && is_here(&base) {
            settings.pay = Some(pay(config, Faults::default())?.merchant(base, notify_url(config)));
        }
        return Ok((None, settings));
    }
    if !config.mode.is_embedded() {
        return Ok((None, settings));
    }
    let sandbox = of(config, Faults::default())?;
    let (address, server) = listen(config, &sandbox)?;
    actix_web::rt::spawn(server);
    let base = format!("http://{address}");
    settings.pay = settings.pay.or_else(|| Some(sandbox.pay()?.merchant(base.clone(), notify_url(config))));
    settings.api_base = Some(base);
    Ok((Some(Running { sandbox, address }), settings))
}

/// The merchant for commands: the configured one, or that of the sandbox which a shop in this data folder has started.
pub fn merchant(config: &Config) -> Option<config::WechatPay> {
    let settings = &config.wechat;
    let keys = folder(config).join(MERCHANT);
    let of_sandbox = || {
        let base = settings.api_base.clone().unwrap_or_else(|| format!("http://127.0.0.1:{}", settings.sandbox_port));
        let is_sandbox = settings.sandbox && is_here(&base) && keys.is_dir();
        is_sandbox.then(|| PaySandbox::merchant_of(keys.clone(), appid(config).to_owned(), base, notify_url(config)))
    };
    settings.pay.clone().or_else(of_sandbox)
}

/// A second shop on the same machine must not fail because of a port that nobody has chosen: it takes any free one. One that was chosen is
/// where somebody will ask.
fn listen(config: &Config, sandbox: &Arc<Sandbox>) -> Result<(SocketAddr, Server), CliError> {
    let settings = &config.wechat;
    // Whoever wants any port for the shop wants any for this, too.
    let port = if config.http.port == 0 && !settings.is_sandbox_port_set { 0 } else { settings.sandbox_port };
    let listening = sandbox::start(port, Arc::clone(sandbox)).or_else(|cause| {
        if settings.is_sandbox_port_set {
            return Err(cause);
        }
        let (address, server) = sandbox::start(0, Arc::clone(sandbox))?;
        tracing::warn!(
            "the WeChat sandbox cannot listen on 127.0.0.1:{port} ({cause}) and takes {address}; WECHAT_SANDBOX_PORT chooses a port"
        );
        Ok((address, server))
    });
    let what =
        || format!("the WeChat sandbox cannot listen on 127.0.0.1:{port}: free the port or choose another one by WECHAT_SANDBOX_PORT");
    listening.map_err(|cause| CliError::failed(what(), cause))
}

fn of(config: &Config, faults: Faults) -> Result<Arc<Sandbox>, CliError> {
    let secret = config.wechat.secret.as_ref().map_or(SECRET, config::Secret::expose);
    Ok(Arc::new(Sandbox::new(appid(config), secret).with_pay(Arc::new(pay(config, faults)?))))
}

fn pay(config: &Config, faults: Faults) -> Result<PaySandbox, CliError> {
    let folder = folder(config);
    let opened = PaySandbox::open(&folder, appid(config), faults);
    opened.map_err(|cause| CliError::failed(format!("keys and ledger of the WeChat sandbox in {} cannot be used", folder.display()), cause))
}

fn appid(config: &Config) -> &str {
    config.wechat.appid.as_deref().unwrap_or(APPID)
}

fn folder(config: &Config) -> PathBuf {
    config.storage.data_dir.join("wechat-sandbox")
}

/// Where the sandbox reaches this shop. The port 0 stands for the one that it really gets.
fn notify_url(config: &Config) -> String {
    let host = config.http.host.parse().ok().filter(|host: &IpAddr| !host.is_unspecified()).unwrap_or(Ipv4Addr::LOCALHOST.into());
    format!("http://{}{}", SocketAddr::new(host, config.http.port), config.http.api_prefix)
}

fn is_here(base: &str) -> bool {
    let host = reqwest::Url::parse(base).ok().and_then(|url| url.host_str().map(str::to_owned));
    host.is_some_and(|host| host == "localhost" || host.parse().is_ok_and(|host: IpAddr| host.is_loopback()))
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[actix_web::test]
    async fn a_port_that_is_taken_is_another_one_unless_somebody_has_chosen_it() {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::embedded(folder.path()).unwrap();
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        config.wechat.sandbox_port = taken.local_addr().unwrap().port();
        let sandbox = Arc::new(Sandbox::new(APPID, SECRET));

        assert!(config.http.port != 0 && !config.wechat.is_sandbox_port_set, "the default");
        let (address, _server) = listen(&config, &sandbox).unwrap_or_else(|error| panic!("{error}"));
        assert_ne!(address.port(), config.wechat.sandbox_port);

        config.wechat.is_sandbox_port_set = true;
        let error = listen(&config, &sandbox).err().unwrap().to_string();
        assert!(error.contains("WECHAT_SANDBOX_PORT") && error.contains(&config.wechat.sandbox_port.to_string()), "{error}");
    }
}
