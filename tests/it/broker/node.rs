//! A RabbitMQ node of a test's own: its alarms, accounts and virtual hosts are nobody else's.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::api::app::until;
use crate::redis::server::free_port;

/// Debian's wrappers on the PATH would change to the user of the machine's own broker.
const DEBIAN: &str = "/usr/lib/rabbitmq/bin";

/// A running node; killed when dropped.
pub struct Node {
    pub port: u16,
    names_port: u16,
    /// The node, and the name server of Erlang (epmd), which would otherwise outlive it.
    processes: Vec<Child>,
    folder: TempDir,
}

impl Node {
    pub async fn start() -> Self {
        let mut node = Self { port: free_port(), names_port: free_port(), processes: Vec::new(), folder: tempfile::tempdir().unwrap() };
        let names_port = node.names_port.to_string();
        let mut names = Command::new("epmd");
        node.run(names.args(["-address", "127.0.0.1", "-port", &names_port]));
        until("epmd listens", async || TcpStream::connect(("127.0.0.1", node.names_port)).await.is_ok()).await;
        for (name, text) in [("rabbitmq.conf", ""), ("rabbitmq-env.conf", ""), ("enabled_plugins", "[].\n")] {
            std::fs::write(node.folder.path().join(name), text).unwrap();
        }
        let mut server = node.command("rabbitmq-server");
        node.run(&mut server);
        until("RabbitMQ greets", async || node.greets().await).await;
        node
    }

    /// AMQP with this account (as in a URL) and virtual host.
    pub fn url(&self, account: &str, vhost: &str) -> String {
        format!("amqp://{account}@127.0.0.1:{}/{vhost}", self.port)
    }

    /// Runs `rabbitmqctl` with these arguments.
    pub async fn control(&self, arguments: &[&str]) {
        let mut command = self.command("rabbitmqctl");
        command.args(arguments);
        let done = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        assert!(done.status.success(), "{arguments:?}: {done:?}");
    }

    fn run(&mut self, command: &mut Command) {
        let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        self.processes
            .push(quiet.process_group(0).spawn().expect("the tests need rabbitmq-server (Debian: apt-get install rabbitmq-server)"));
    }

    fn command(&self, program: &str) -> Command {
        let path = |name: &str| self.folder.path().join(name);
        let debian = Path::new(DEBIAN).join(program);
        let mut command = Command::new(if debian.exists() { debian } else { program.into() });
        command
            .env("HOME", path(""))
            .env("ERL_EPMD_PORT", self.names_port.to_string())
            .env("ERL_EPMD_ADDRESS", "127.0.0.1")
            .env("ERL_FLAGS", "-kernel inet_dist_use_interface {127,0,0,1}")
            .env("RABBITMQ_NODENAME", format!("mallcore-test-{}@localhost", self.port))
            .env("RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1")
            .env("RABBITMQ_NODE_PORT", self.port.to_string())
            .env("RABBITMQ_CONF_ENV_FILE", path("rabbitmq-env.conf"))
            .env("RABBITMQ_CONFIG_FILE", path("rabbitmq"))
            .env("RABBITMQ_ENABLED_PLUGINS_FILE", path("enabled_plugins"))
            .env("RABBITMQ_MNESIA_BASE", path("mnesia"))
            .env("RABBITMQ_LOG_BASE", path("logs"))
            .env("RABBITMQ_PID_FILE", path("pid"));
        if program == "rabbitmq-server" {
            command.env("RABBITMQ_DIST_PORT", free_port().to_string());
        }
        command
    }

    async fn greets(&self) -> bool {
        let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)).await else { return false };
        let mut first = [0];
        stream.write_all(b"AMQP\0\0\x09\x01").await.is_ok() && stream.read_exact(&mut first).await.is_ok() && first == [1]
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        for process in self.processes.iter_mut().rev() {
            // The program is a child of the script that was started: the whole group ends.
            let _ = Command::new("kill").args(["-KILL", "--", &format!("-{}", process.id())]).status();
            let _ = process.wait();
        }
    }
}
