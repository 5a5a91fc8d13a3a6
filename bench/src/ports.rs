//! Free ports on 127.0.0.1.
//! Drawn below the ports that Linux hands out by itself: while a server is away, nobody else is given its port.

use std::net::{Ipv4Addr, TcpListener};
use std::ops::Range;

use rand::Rng as _;

use crate::error::Error;

const PORTS: Range<u16> = 20_000..32_000;
const TRIES: usize = 100;

/// A port that was free a moment ago.
pub fn free() -> Result<u16, Error> {
    let draws = std::iter::repeat_with(|| rand::rng().random_range(PORTS)).take(TRIES);
    let free = draws.into_iter().find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok());
    free.ok_or_else(|| Error::Unexpected(format!("no port between {} and {} is free", PORTS.start, PORTS.end)))
}
