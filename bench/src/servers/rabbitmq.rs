//! RabbitMQ in a folder of its own: node name, ports, data, cookie and name server (epmd), no plugins.

use std::path::Path;

use super::child::{self, Child, Greeting};
use crate::error::Error;
use crate::ports;

const PACKAGE: &str = "rabbitmq-server";
/// Debian's wrapper on the PATH would change to the user of the system's own broker.
const DEBIAN: &str = "/usr/lib/rabbitmq/bin/rabbitmq-server";
/// The protocol's header; the answer is the first method frame.
const GREETING: Greeting = Greeting { said: b"AMQP\x00\x00\x09\x01", heard: b"\x01" };
/// epmd answers to a request for its names (one byte, `n`) with its own port in four bytes.
const NAMES: Greeting = Greeting { said: b"\x00\x01n", heard: b"" };

/// A RabbitMQ server of our own.
pub struct RabbitMq {
    child: Child,
    /// Otherwise the node would start one that outlives everybody, or ask that of other nodes.
    _names: Child,
}

impl RabbitMq {
    /// Starts it and does not wait.
    pub fn launch(folder: &Path) -> Result<Self, Error> {
        child::make(folder)?;
        let names_port = ports::free()?;
        let epmd =
            vec![child::found("epmd", "erlang-base")?, "-address".into(), "127.0.0.1".into(), "-port".into(), names_port.to_string()];
        let mut names = Child::new("epmd", names_port, NAMES, folder.join("epmd.log"), epmd);
        names.start()?;
        let port = ports::free()?;
        let path = |name: &str| folder.join(name).display().to_string();
        for (name, text) in [("rabbitmq.conf", ""), ("rabbitmq-env.conf", ""), ("enabled_plugins", "[].\n")] {
            std::fs::write(path(name), text).map_err(|cause| Error::Io { attempt: format!("write {}", path(name)), cause })?;
        }
        let server = child::found_at(DEBIAN, "rabbitmq-server", PACKAGE)?;
        let mut child = Child::new("RabbitMQ", port, GREETING, folder.join("log"), vec![server])
            .with("HOME", path(""))
            .with("ERL_EPMD_PORT", names_port.to_string())
            .with("ERL_EPMD_ADDRESS", "127.0.0.1")
            .with("ERL_FLAGS", "-kernel inet_dist_use_interface {127,0,0,1}")
            .with("RABBITMQ_NODENAME", format!("mall-bench-{port}@localhost"))
            .with("RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1")
            .with("RABBITMQ_NODE_PORT", port.to_string())
            .with("RABBITMQ_DIST_PORT", ports::free()?.to_string())
            .with("RABBITMQ_CONF_ENV_FILE", path("rabbitmq-env.conf"))
            .with("RABBITMQ_CONFIG_FILE", path("rabbitmq"))
            .with("RABBITMQ_ENABLED_PLUGINS_FILE", path("enabled_plugins"))
            .with("RABBITMQ_MNESIA_BASE", path("mnesia"))
            .with("RABBITMQ_LOG_BASE", path("logs"))
            .with("RABBITMQ_PID_FILE", path("pid"));
        child.launch()?;
        Ok(Self { child, _names: names })
    }

    /// The server's process.
    pub fn child(&self) -> &Child {
        &self.child
    }

    /// The process, to be hurt.
    pub fn child_mut(&mut self) -> &mut Child {
        &mut self.child
    }

    /// As AMQP clients want it; directly, not through a proxy.
    pub fn url(&self) -> String {
        url(self.child.port())
    }
}

/// Of a broker, or of a proxy before it.
pub fn url(port: u16) -> String {
    format!("amqp://guest:guest@127.0.0.1:{port}/%2f")
}
