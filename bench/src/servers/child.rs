//! A server program that we start, stop, stop answering and kill.
//! - V2 it ends with the value that stands for it; should this process be killed, the kernel ends it (`setpriv --pdeathsig`).
//!   That signal follows the thread that started it, so servers are started on threads that live as long as they are needed.
//! - V3 each runs in a process group of its own, because some are scripts around the real program.
//!
//! Not here: which program, with which options (`mariadb.rs`, `redis.rs`, `rabbitmq.rs`).

use std::fs::OpenOptions;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::error::{Attempt as _, Error};

const POLL_INTERVAL: Duration = Duration::from_millis(20);
const START_TIMEOUT: Duration = Duration::from_secs(120);
const STOP_TIMEOUT: Duration = Duration::from_secs(60);
const GREETING_TIMEOUT: Duration = Duration::from_secs(2);
/// Where Debian keeps servers, which is not on everybody's PATH.
const FURTHER_FOLDERS: [&str; 2] = ["/usr/sbin", "/usr/local/sbin"];

/// What one says to a server to hear whether it is there.
#[derive(Debug, Clone, Copy)]
pub struct Greeting {
    /// Sent first; may be nothing.
    pub said: &'static [u8],
    /// The answer begins with it; may be nothing, then any byte will do.
    pub heard: &'static [u8],
}

/// A server program of our own, running or stopped.
pub struct Child {
    name: &'static str,
    port: u16,
    greeting: Greeting,
    log: PathBuf,
    program: Vec<String>,
    environment: Vec<(String, String)>,
    process: Option<std::process::Child>,
}

impl Child {
    /// Not started yet. `program` is the path of the program and its arguments.
    pub fn new(name: &'static str, port: u16, greeting: Greeting, log: PathBuf, program: Vec<String>) -> Self {
        Self { name, port, greeting, log, program, environment: Vec::new(), process: None }
    }

    /// With this variable in its environment.
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.push((name.to_owned(), value.into()));
        self
    }

    /// Where it listens on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its process id while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.process.as_ref().map(std::process::Child::id)
    }

    /// Starts it and waits until it answers.
    pub fn start(&mut self) -> Result<(), Error> {
        self.launch()?;
        self.wait_until_it_answers()
    }

    /// Starts the process, without waiting until it answers.
    pub fn launch(&mut self) -> Result<(), Error> {
        let open = || format!("open {}", self.log.display());
        let log = OpenOptions::new().create(true).append(true).open(&self.log).attempt(open)?;
        let errors = log.try_clone().attempt(open)?;
        let mut command = Command::new(found("setpriv", "util-linux")?);
        command.args(["--pdeathsig", "TERM"]).args(&self.program);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.process_group(0).stdin(Stdio::null()).stdout(log).stderr(errors);
        self.process = Some(command.spawn().attempt(|| format!("start {}", self.name))?);
        Ok(())
    }

    /// Waits until a started server answers.
    pub fn wait_until_it_answers(&mut self) -> Result<(), Error> {
        let begin = Instant::now();
        while !self.answers() {
            let process = self.process.as_mut().ok_or_else(|| Error::Unexpected(format!("{} is not running", self.name)))?;
            if let Some(status) = process.try_wait().attempt(|| format!("look after {}", self.name))? {
                self.process = None;
                return Err(Error::Unexpected(format!("{} ended with {status}: {}", self.name, self.last_words())));
            }
            if begin.elapsed() > START_TIMEOUT {
                return Err(Error::Unexpected(format!("{} does not answer after {START_TIMEOUT:?}: {}", self.name, self.last_words())));
            }
            std::thread::sleep(POLL_INTERVAL);
        }
        Ok(())
    }

    fn answers(&self) -> bool {
        let greeted = || {
            let mut stream = TcpStream::connect(SocketAddr::from((Ipv4Addr::LOCALHOST, self.port)))?;
            stream.set_read_timeout(Some(GREETING_TIMEOUT))?;
            stream.write_all(self.greeting.said)?;
            let mut heard = vec![0; self.greeting.heard.len().max(1)];
            stream.read_exact(&mut heard)?;
            Ok::<bool, std::io::Error>(heard.starts_with(self.greeting.heard))
        };
        greeted().unwrap_or(false)
    }

    /// SIGTERM, and waits for the end.
    pub fn stop(&mut self) -> Result<(), Error> {
        let Some(mut process) = self.process.take() else { return Ok(()) };
        // Only the program itself: a script around the real one passes it on and waits.
        let asked = rustix::process::kill_process(Pid::from_child(&process), Signal::TERM);
        let begin = Instant::now();
        while asked.is_ok() && begin.elapsed() < STOP_TIMEOUT {
            if process.try_wait().attempt(|| format!("look after {}", self.name))?.is_some() {
                return Ok(());
            }
            std::thread::sleep(POLL_INTERVAL);
        }
        kill_group(&mut process);
        Err(Error::Unexpected(format!("{} did not stop within {STOP_TIMEOUT:?}", self.name)))
    }

    /// SIGKILL to all of it, at once.
    pub fn kill9(&mut self) {
        if let Some(mut process) = self.process.take() {
            kill_group(&mut process);
        }
    }

    /// It keeps its connections and its port and does nothing any more, until `resume`.
    pub fn pause(&self) -> Result<(), Error> {
        self.signal(Signal::STOP)
    }

    /// Goes on after `pause`.
    pub fn resume(&self) -> Result<(), Error> {
        self.signal(Signal::CONT)
    }

    fn signal(&self, signal: Signal) -> Result<(), Error> {
        let process = self.process.as_ref().ok_or_else(|| Error::Unexpected(format!("{} is not running", self.name)))?;
        let signalled = kill_process_group(Pid::from_child(process), signal);
        signalled.map_err(std::io::Error::from).attempt(|| format!("signal {}", self.name))
    }

    fn last_words(&self) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().rev().take(8).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.kill9();
    }
}

fn kill_group(process: &mut std::process::Child) {
    // Already gone is as good; there is nobody to tell.
    let _ = kill_process_group(Pid::from_child(process), Signal::KILL);
    let _ = process.wait();
}

/// The path of a program; when it is missing, the error says what to install.
pub fn found(program: &str, package: &str) -> Result<String, Error> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(FURTHER_FOLDERS.map(PathBuf::from));
    let present = folders.map(|folder| folder.join(program)).find(|path| path.is_file());
    let present = present.ok_or_else(|| {
        Error::Unexpected(format!("{program} is missing: install the package {package} (Debian: apt-get install {package})"))
    })?;
    Ok(present.display().to_string())
}

/// The program at `path` where a distribution keeps the real one apart from a wrapper, otherwise as `found`.
pub fn found_at(path: &str, program: &str, package: &str) -> Result<String, Error> {
    if Path::new(path).is_file() { Ok(path.to_owned()) } else { found(program, package) }
}

/// Makes a folder.
pub fn make(folder: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(folder).attempt(|| format!("make {}", folder.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_program_is_named_with_its_package() {
        let error = found("no-such-program", "its-package").unwrap_err().to_string();
        assert!(error.contains("no-such-program") && error.contains("apt-get install its-package"), "{error}");
    }

    #[test]
    fn a_program_that_ends_instead_of_answering_is_said_with_its_last_words() {
        let folder = tempfile::tempdir().unwrap();
        let program = ["sh", "-c", "echo the disk is full; exit 3"].map(str::to_owned).to_vec();
        let mut child =
            Child::new("a shell", crate::ports::free().unwrap(), Greeting { said: b"", heard: b"" }, folder.path().join("log"), program);
        let error = child.start().unwrap_err().to_string();
        assert!(error.contains("exit status: 3") && error.contains("the disk is full"), "{error}");
        assert_eq!(child.pid(), None);
    }
}
