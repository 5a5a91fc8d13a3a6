//! The disk under the data folder: may we write there, is there room for the journal, and how long does a sync take.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::Finding;
use super::net::millis;
use crate::platform::config::Config;

const PART: &str = "disk";
const SYNCS: usize = 21;
/// A group of purchases waits for a sync: more than this is felt, much more is a disk that is broken or far away.
const SYNC_FAIR: Duration = Duration::from_millis(20);

pub(super) fn check(config: &Config) -> Vec<Finding> {
    let folder = existing(&config.storage.data_dir);
    let mut findings = vec![room(config, &folder)];
    findings.push(match syncs(&folder) {
        Ok(took) => latency(&took),
        Err(cause) => {
            let remedy = format!(
                "let this account write there (chown, or a mount that is not read-only), or set DATA_DIR; looked at {}",
                folder.display()
            );
            Finding::fail(PART, "writable", format!("{}: {cause}", config.storage.data_dir.display()), remedy)
        }
    });
    findings
}

/// The folder itself, or the one in which the first start will make it.
fn existing(folder: &Path) -> PathBuf {
    let there = folder.ancestors().find(|folder| folder.is_dir()).map(Path::to_owned);
    there.filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| PathBuf::from("."))
}

fn room(config: &Config, folder: &Path) -> Finding {
    let free = match rustix::fs::statvfs(folder) {
        Ok(disk) => disk.f_bavail.saturating_mul(disk.f_frsize),
        Err(cause) => return Finding::fail(PART, "room", cause.to_string(), "set DATA_DIR to a folder of a local disk"),
    };
    let budget = config.journal.budget_bytes;
    let used = folder_bytes(&config.storage.data_dir.join("journal"));
    enough(free, used, budget, config.journal.segment_bytes)
}

fn folder_bytes(folder: &Path) -> u64 {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    files.filter_map(|file| file.metadata().ok()).map(|file| file.len()).sum()
}

fn enough(free: u64, used: u64, budget: u64, segment: u64) -> Finding {
    let seen = format!("{} free, the journal has {} of its budget of {}", bytes(free), bytes(used), bytes(budget));
    let wanted = budget.saturating_sub(used);
    if free >= wanted {
        return Finding::pass(PART, "room", seen);
    }
    if free < 2 * segment {
        let remedy = "make room: there is none for the next segment, and purchases will be refused (journal_full)";
        return Finding::fail(PART, "room", seen, remedy);
    }
    let remedy = format!(
        "make {} of room, or set JOURNAL_BUDGET_BYTES to {}: a full disk refuses purchases sooner than planned",
        bytes(wanted - free),
        used + free
    );
    Finding::fail(PART, "room", seen, remedy)
}

/// What the journal does for each group: write a little, sync the file.
fn syncs(folder: &Path) -> io::Result<Vec<Duration>> {
    let path = folder.join(format!(".mallcore-doctor-{}", std::process::id()));
    let measured = measure(&path);
    match std::fs::remove_file(&path) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(cause),
        _ => measured,
    }
}

fn measure(path: &Path) -> io::Result<Vec<Duration>> {
    let mut file = File::options().write(true).create_new(true).open(path)?;
    let mut took = Vec::with_capacity(SYNCS);
    for _ in 0..SYNCS {
        file.write_all(&[0x5a; 4_096])?;
        let began = Instant::now();
        file.sync_data()?;
        took.push(began.elapsed());
    }
    took.sort();
    Ok(took)
}

fn latency(took: &[Duration]) -> Finding {
    let (median, longest) = (took[took.len() / 2], took[took.len() - 1]);
    let seen = format!("writable, a sync takes {} (longest of {} {})", millis(median), took.len(), millis(longest));
    if median <= SYNC_FAIR {
        return Finding::pass(PART, "sync", seen);
    }
    Finding::warn(PART, "sync", seen, "put DATA_DIR on a local SSD: every group of purchases waits for a sync")
}

/// A number of bytes for people.
pub(super) fn bytes(count: u64) -> String {
    match count {
        0..=1_048_575 => format!("{:.1} KiB", count as f64 / 1024.0),
        1_048_576..=1_073_741_823 => format!("{:.1} MiB", count as f64 / 1_048_576.0),
        _ => format!("{:.1} GiB", count as f64 / 1_073_741_824.0),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Outcome;
    use super::*;

    const GIB: u64 = 1 << 30;

    #[test]
    fn room_is_what_the_budget_still_wants() {
        let outcome = |free, used| enough(free, used, 8 * GIB, 64 << 20).outcome;
        assert_eq!([outcome(8 * GIB, 0), outcome(GIB, 7 * GIB), outcome(0, 8 * GIB)], [Outcome::Pass; 3]);
        assert_eq!([outcome(GIB, 6 * GIB), outcome(1, 0)], [Outcome::Fail; 2]);
        let remedy = enough(GIB, 6 * GIB, 8 * GIB, 64 << 20).remedy.unwrap();
        assert!(remedy.contains("1.0 GiB") && remedy.contains(&(7 * GIB).to_string()), "{remedy}");
    }

    #[test]
    fn slow_syncs_are_told() {
        assert_eq!(latency(&[Duration::from_millis(1); 3]).outcome, Outcome::Pass);
        assert_eq!(latency(&[Duration::from_millis(30); 3]).outcome, Outcome::Warn);
    }
}
