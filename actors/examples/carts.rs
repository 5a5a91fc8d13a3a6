//! What a million carts take in memory: `cargo run --release -p mallcore-actors --example carts -- [carts]`. Two lines each, ten in every
//! hundredth, laid in by commands through the kernel's host; wanted is at most 1 KiB a cart.

use std::error::Error;
use std::sync::Arc;
use std::time::Instant;

use mallcore_actors::carts::{AddLine, Cart, CartShared};
use mallcore_actors::idempotency::{BodyFingerprint, KeyHash};
use mallcore_actors::ids::{SkuId, UserId};
use mallcore_actors::journal::Sequence;
use mallcore_actors::journal::memory::MemoryJournal;
use mallcore_actors::kernel::host::{Host, Keeping, Loaded, Next};
use mallcore_actors::kernel::{Provenance, Recorder};
use mallcore_actors::quantity::Quantity;
use mallcore_actors::time::{Clock, Timestamp};

/// Bytes that a cart may take.
const WANTED: u64 = 1_024;
/// Carts whose records are kept at a time: the journal in memory must not be counted.
const AT_A_TIME: u64 = 10_000;

struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_795_451_405_000)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let carts: u64 = std::env::args().nth(1).map_or(Ok(1_000_000), |text| text.parse())?;
    let (shared, begin, before) = (CartShared::default(), Instant::now(), resident_bytes()?);
    let mut host = Host::<Cart>::new(Keeping { waiting_max: 8, waiting_total_max: 8, idle_millis: u64::MAX, reload_millis: 0 });
    let mut lines = 0;
    for first in (1..=carts).step_by(AT_A_TIME as usize) {
        let recorder = Recorder::new(Arc::new(MemoryJournal::durable_at_once()), Arc::new(Still));
        for user in first..carts.min(first + AT_A_TIME - 1) + 1 {
            let count = if user % 100 == 0 { 10 } else { 2 };
            for number in 1..=count {
                let key = KeyHash::of("cart", &format!("{user}-{number}"));
                let (sku, body) = (SkuId::new(user % 5_000 + number)?, BodyFingerprint::from_u64(number));
                let add = AddLine { sku, quantity: Quantity::new(1)?, key, body };
                let next = host.ask(UserId::new(user)?, add, Provenance::SHOPPER, (&shared, &recorder), drop);
                if next == Next::Load {
                    host.loaded(UserId::new(user)?, Loaded::Read(None, Sequence::ZERO), (&shared, &recorder));
                }
            }
            lines += count;
        }
    }
    let taken = resident_bytes()?.saturating_sub(before);
    let own = (1..=carts).filter_map(|user| Some(host.get(UserId::new(user).ok()?)?.bytes() as u64)).sum::<u64>();
    let a_cart = taken / carts.max(1);
    println!("{} carts, {lines} lines in {:?}", host.resident(), begin.elapsed());
    println!("{a_cart} bytes a cart resident, {} of them the cart's own (wanted: at most {WANTED})", own / carts.max(1));
    if a_cart > WANTED { Err(format!("{a_cart} bytes a cart").into()) } else { Ok(()) }
}

/// The process's resident memory, as Linux says it.
fn resident_bytes() -> Result<u64, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    let kilobytes: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kilobytes * 1_024)
}
