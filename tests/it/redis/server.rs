//! A Redis server of a test's own, and a proxy in front of it that can stop passing anything on.

use std::net::TcpListener as Port;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};

use mallcore::platform::config::{self, Secret};
use mallcore::platform::redis::Link;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::api::app::until;

/// Where nothing listens, and no other test is sent. The kernel hands none of these ports to whoever asks for any, or connects: it begins above.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = 12_000 + (std::process::id() % 39) as u16 * 256;
    let mut ports = std::iter::repeat_with(|| first + NEXT.fetch_add(1, Ordering::Relaxed) % 256);
    ports.find(|port| Port::bind(("127.0.0.1", *port)).is_ok()).unwrap()
}

/// Settings of a server at this port.
pub fn settings(port: u16) -> config::Redis {
    config::Redis {
        host: "127.0.0.1".to_owned(),
        port,
        username: None,
        password: None,
        database: 0,
        tls: false,
        tls_ca_file: None,
        timeout_millis: 2_000,
    }
}

/// Connected, with its task.
pub async fn link(settings: &config::Redis) -> Link {
    let link = Link::of(settings).unwrap();
    link.start();
    until("redis answers", async || link.is_up()).await;
    link
}

/// A running server; killed when dropped.
pub struct Server {
    process: Child,
    pub port: u16,
    folder: TempDir,
}

pub const PASSWORD: &str = "a password of the tests";

/// Where the tests' certificates lie.
pub fn certificate(name: &str) -> String {
    format!("{}/tests/it/tls/{name}", env!("CARGO_MANIFEST_DIR"))
}

impl Server {
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// With these settings on its command line.
    pub async fn start_with(arguments: &[&str]) -> Self {
        let port = free_port();
        Self::run(port, &[&["--port", &port.to_string()], arguments].concat()).await
    }

    /// Sends a command over a connection of its own, as an operator with redis-cli would.
    pub async fn told(&self, command: &str) {
        let client = mallcore::platform::redis::client(&self.settings()).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        let mut words = command.split(' ');
        let mut sent = redis::cmd(words.next().unwrap());
        for word in words {
            sent.arg(word);
        }
        let _: redis::Value = sent.query_async(&mut connection).await.unwrap();
    }

    /// Every key with what it holds, as both would lie in a file that is not compressed.
    pub async fn dump(&self) -> Vec<(String, Vec<u8>)> {
        self.told("CONFIG SET rdbcompression no").await;
        let client = mallcore::platform::redis::client(&self.settings()).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        let keys: Vec<String> = redis::cmd("KEYS").arg("*").query_async(&mut connection).await.unwrap();
        let mut found = Vec::new();
        for key in keys {
            let held: Option<Vec<u8>> = redis::cmd("DUMP").arg(&key).query_async(&mut connection).await.unwrap();
            // One whose time is over meanwhile holds nothing.
            let bytes = [key.as_bytes(), &held.unwrap_or_default()].concat();
            found.push((key, bytes));
        }
        found
    }

    /// No file can be written in the server's folder any more, as on a full disk.
    pub fn lose_folder(&self) {
        std::fs::remove_dir_all(self.folder.path()).unwrap();
    }

    /// Speaks TLS only, and wants [`PASSWORD`].
    pub async fn with_tls() -> Self {
        let port = free_port();
        let (certificate, key, authority) = (certificate("server.pem"), certificate("server.key"), certificate("ca.pem"));
        let arguments = [
            "--port",
            "0",
            "--tls-port",
            &port.to_string(),
            "--tls-cert-file",
            &certificate,
            "--tls-key-file",
            &key,
            "--tls-ca-cert-file",
            &authority,
            "--tls-auth-clients",
            "no",
            "--requirepass",
            PASSWORD,
        ];
        Self::run(port, &arguments).await
    }

    async fn run(port: u16, arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = Self { process: spawn(&folder, arguments), port, folder };
        until("redis-server listens", async || TcpStream::connect(("127.0.0.1", port)).await.is_ok()).await;
        server
    }

    /// Gone, as by kill -9; what it held is lost.
    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// There again, empty, at the same port.
    pub async fn start_again(&mut self) {
        self.process = spawn(&self.folder, &["--port", &self.port.to_string()]);
        until("redis-server listens", async || TcpStream::connect(("127.0.0.1", self.port)).await.is_ok()).await;
    }

    pub fn settings(&self) -> config::Redis {
        settings(self.port)
    }

    pub fn settings_with_tls(&self) -> config::Redis {
        config::Redis {
            tls: true,
            tls_ca_file: Some(certificate("ca.pem").into()),
            password: Some(Secret::new(PASSWORD)),
            ..self.settings()
        }
    }
}

fn spawn(folder: &TempDir, arguments: &[&str]) -> Child {
    Command::new("redis-server")
        .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir"])
        .arg(folder.path())
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the tests need redis-server (Debian: apt-get install redis-server)")
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Passes bytes on, unless it is told to hang: then connections stay open and nothing moves, as behind a firewall that forgot them.
pub struct Proxy {
    pub port: u16,
    hangs: watch::Sender<bool>,
}

impl Proxy {
    pub async fn before(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let hangs = watch::Sender::new(false);
        let proxy = Self { port: listener.local_addr().unwrap().port(), hangs: hangs.clone() };
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let hangs = hangs.subscribe();
                tokio::spawn(async move {
                    if let Ok(server) = TcpStream::connect(("127.0.0.1", port)).await {
                        let ((from, back), (answers, to)) = (client.into_split(), server.into_split());
                        tokio::spawn(pass(from, to, hangs.clone()));
                        tokio::spawn(pass(answers, back, hangs));
                    }
                });
            }
        });
        proxy
    }

    pub fn hang(&self, hangs: bool) {
        self.hangs.send_replace(hangs);
    }
}

async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut hangs: watch::Receiver<bool>) {
    let mut buffer = vec![0; 16 << 10];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        if hangs.wait_for(|hangs| !hangs).await.is_err() || to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}
