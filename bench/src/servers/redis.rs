//! Redis in a folder of its own, with its append-only file.

use std::path::Path;

use super::child::{self, Child, Greeting};
use crate::error::Error;
use crate::ports;

const GREETING: Greeting = Greeting { said: b"PING\r\n", heard: b"+PONG" };

/// When an append is synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appends {
    /// Once a second: what a cache needs.
    EverySecond,
    /// Before its answer: what a promise needs.
    Always,
}

/// A Redis server of our own.
pub struct Redis {
    child: Child,
}

impl Redis {
    /// Starts a server with its data in this folder.
    pub fn start(folder: &Path, appends: Appends) -> Result<Self, Error> {
        child::make(folder)?;
        let port = ports::free()?;
        let sync = match appends {
            Appends::EverySecond => "everysec",
            Appends::Always => "always",
        };
        let port_text = port.to_string();
        let folder_text = folder.display().to_string();
        let options = ["--port", &port_text, "--bind", "127.0.0.1", "--dir", &folder_text, "--save", "", "--appendonly", "yes"];
        let more = ["--appendfsync", sync, "--auto-aof-rewrite-percentage", "0", "--daemonize", "no"];
        let mut program = vec![child::found("redis-server", "redis-server")?];
        program.extend(options.into_iter().chain(more).map(str::to_owned));
        let mut child = Child::new("Redis", port, GREETING, folder.join("log"), program);
        child.start()?;
        Ok(Self { child })
    }

    /// The server's process.
    pub fn child(&self) -> &Child {
        &self.child
    }

    /// The process, to be hurt.
    pub fn child_mut(&mut self) -> &mut Child {
        &mut self.child
    }
}
