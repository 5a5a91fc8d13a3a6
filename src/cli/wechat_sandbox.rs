//! WeChat's sandbox: as a process of its own, and beside the shop of the embedded mode.

use std::net::SocketAddr;
use std::sync::Arc;

use actix_web::dev::Server;
use actix_web::rt::System;
use clap::Args;

use super::out::Out;
use super::{CliError, only_for_trying_out};
use crate::platform::config::{self, Config};
use crate::platform::telemetry;
use crate::platform::wechat::sandbox::{self, APPID, SECRET, Sandbox};

/// Where the sandbox listens.
#[derive(Debug, Args)]
pub struct WechatSandbox {
    /// Port; WECHAT_SANDBOX_PORT unless it is given, 0 for any free one
    #[arg(long)]
    pub port: Option<u16>,
}

/// A sandbox that runs in this process.
pub struct Running {
    /// Hands out codes.
    pub sandbox: Arc<Sandbox>,
    /// Where it listens.
    pub address: SocketAddr,
    /// How it is asked.
    pub settings: config::Wechat,
}

/// Serves until a signal ends the process.
pub fn run(config: &Config, args: &WechatSandbox, out: &mut Out) -> Result<(), CliError> {
    only_for_trying_out(config, "wechat-sandbox")?;
    telemetry::install(&config.telemetry).map_err(|cause| CliError::failed("the log cannot be set up", cause))?;
    let port = args.port.unwrap_or(config.wechat.sandbox_port);
    System::new().block_on(async {
        let listening = sandbox::start(port, of(&config.wechat));
        let (address, server) =
            listening.map_err(|cause| CliError::failed(format!("cannot listen on 127.0.0.1 with port {port}"), cause))?;
        out.line(format_args!("WeChat sandbox on http://{address}/ (WECHAT_API_BASE)"));
        out.flush();
        tokio::select! {
            served = server => served.map_err(|cause| CliError::failed("the sandbox failed", cause)),
            _ = tokio::signal::ctrl_c() => Ok(()),
        }
    })
}

/// Starts the sandbox of the embedded mode, unless another WeChat is configured.
pub fn beside(config: &Config) -> Result<Option<Running>, CliError> {
    if !config.mode.is_embedded() || !config.wechat.sandbox || config.wechat.api_base.is_some() {
        return Ok(None);
    }
    let sandbox = of(&config.wechat);
    let (address, server) = listen(config, &sandbox)?;
    actix_web::rt::spawn(server);
    let settings = config::Wechat { api_base: Some(format!("http://{address}")), ..config.wechat.clone() };
    Ok(Some(Running { sandbox, address, settings }))
}

/// A second shop on the same machine must not fail because of a port that only trials need: it takes any free one.
fn listen(config: &Config, sandbox: &Arc<Sandbox>) -> Result<(SocketAddr, Server), CliError> {
    // Whoever wants any port for the shop wants any for this, too.
    let port = if config.http.port == 0 { 0 } else { config.wechat.sandbox_port };
    let listening = sandbox::start(port, Arc::clone(sandbox)).or_else(|cause| {
        tracing::warn!("the WeChat sandbox cannot listen on 127.0.0.1 with WECHAT_SANDBOX_PORT {port} ({cause}) and takes a free port");
        sandbox::start(0, Arc::clone(sandbox))
    });
    listening.map_err(|cause| CliError::failed("the WeChat sandbox cannot listen on 127.0.0.1", cause))
}

fn of(settings: &config::Wechat) -> Arc<Sandbox> {
    let appid = settings.appid.as_deref().unwrap_or(APPID);
    let secret = settings.secret.as_ref().map_or(SECRET, config::Secret::expose);
    Arc::new(Sandbox::new(appid, secret))
}
