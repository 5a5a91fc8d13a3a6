//! Free ports on 127.0.0.1.
//! - P1 Drawn below the ports that Linux hands out by itself: while a server is away, no client's connection is given its port.
//! - P2 Nor does another of our processes draw it: each port has a file, locked by whoever drew it for as long as the process lives.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use rand::Rng as _;

use crate::error::{Attempt as _, Error};

const PORTS: Range<u16> = 20_000..32_000;
const TRIES: usize = 100;

/// P2: the kernel lets go of a lock when its file is closed, which the end of the process does.
static DRAWN: Mutex<Vec<File>> = Mutex::new(Vec::new());

/// A port that was free a moment ago, and that no process of ours draws any more.
pub fn free() -> Result<u16, Error> {
    for _ in 0..TRIES {
        let port = rand::rng().random_range(PORTS);
        let claimed = claim(port).attempt(|| format!("claim port {port} in {}", std::env::temp_dir().display()))?;
        if let Some(claimed) = claimed
            && TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
        {
            DRAWN.lock().unwrap_or_else(PoisonError::into_inner).push(claimed);
            return Ok(port);
        }
    }
    Err(Error::Unexpected(format!("no port between {} and {} is free", PORTS.start, PORTS.end)))
}

/// The port's file, locked; none if somebody has it.
fn claim(port: u16) -> io::Result<Option<File>> {
    let folder = std::env::temp_dir().join("mall-bench-ports");
    std::fs::create_dir_all(&folder)?;
    let file = OpenOptions::new().write(true).create(true).truncate(false).open(folder.join(port.to_string()))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(cause)) => Err(cause),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_drawn_is_not_drawn_again() {
        let port = free().unwrap();
        assert!(claim(port).unwrap().is_none());
    }
}
