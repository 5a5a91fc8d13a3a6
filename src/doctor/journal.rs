//! The journal: whole, ours, and in whose hands. Read beside a running server; its lock is looked at where the kernel lists it, never taken.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use mallcore_actors::journal::inspect::{self, Report};
use mallcore_actors::journal::os_disk::OsDisk;

use super::Finding;
use super::database::Attached;
use super::net::told;
use crate::platform::config::Config;
use crate::platform::database::Settings;

const PART: &str = "journal";

/// What is in the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Found {
    /// Bytes of its records.
    pub bytes: u64,
    /// Its records that are still there.
    pub records: u64,
    /// Its last record; 0 for none.
    pub last: u64,
    /// A server has it open.
    pub is_held: bool,
}

pub(super) fn check(config: &Config, attached: Option<&Attached>) -> (Vec<Finding>, Found) {
    let folder = config.storage.data_dir.join("journal");
    if !folder.exists() {
        let none = format!("{} does not exist; the first start makes it", folder.display());
        return (vec![missing(&none, attached)], Found::default());
    }
    let (owner, is_held) = owner(&folder);
    let mut findings = vec![owner];
    let database = match crate::shop::database(config) {
        Settings::Sqlite(file) if !file.exists() => Some(file),
        _ => None,
    };
    let report = OsDisk::existing(&folder).map_err(|cause| cause.to_string());
    let report = report.and_then(|disk| inspect::verify(&disk).map_err(|damage| told(&damage)));
    match report {
        Err(seen) => {
            let remedy =
                "do not start over it: run `mallcore journal verify`, keep a copy of the folder, and put back the newest whole one";
            findings.push(Finding::fail(PART, "records", seen, remedy));
            (findings, Found { is_held, ..Found::default() })
        }
        Ok(report) => {
            let (first, last) = report.records.map_or((0, 0), |(first, last)| (first.0, last.0));
            let found = Found {
                bytes: report.segments.iter().filter(|segment| segment.records.is_some()).map(|segment| segment.used_bytes).sum(),
                records: if last == 0 { 0 } else { last - first + 1 },
                last,
                is_held,
            };
            let uuid = report.uuid.map_or_else(|| "none yet".to_owned(), |uuid| uuid.to_string());
            let seen = format!("{uuid}, epoch {}, {} segments, records {first} to {last}, all whole", report.epoch, report.segments.len());
            findings.push(Finding::pass(PART, "records", seen));
            findings.extend(attached.map(|attached| belongs(&report, attached)));
            findings.extend(database.filter(|_| last > 0).map(|file| without_database(&file, last)));
            (findings, found)
        }
    }
}

/// What the start will refuse: the journal's database is not there.
fn without_database(file: &Path, last: u64) -> Finding {
    let seen = format!("{} does not exist, but the journal has records up to {last}", file.display());
    let remedy = "put the database back from a copy; it catches up from the journal. To give up everything that was sold, move DATA_DIR away as a whole";
    Finding::fail(PART, "belongs", seen, remedy)
}

fn missing(none: &str, attached: Option<&Attached>) -> Finding {
    match attached {
        Some(attached) if attached.sequence > 0 => {
            let seen = format!("{none}, but the database follows journal {} to record {}", attached.journal_uuid, attached.sequence);
            Finding::fail(PART, "belongs", seen, "point DATA_DIR at the folder of that journal, or start with an empty database")
        }
        _ => Finding::pass(PART, "folder", none),
    }
}

/// Whether the database can follow this journal: what `projection::attach` will say at the start.
fn belongs(report: &Report, attached: &Attached) -> Finding {
    let Some(uuid) = report.uuid.map(|uuid| uuid.to_string()) else {
        return missing("there is no journal yet", Some(attached));
    };
    let (first, last) = report.records.map_or((1, 0), |(first, last)| (first.0, last.0));
    let Attached { journal_uuid, epoch, sequence } = attached;
    if *journal_uuid != uuid {
        let remedy = format!("point DATA_DIR at the folder of {journal_uuid}, or start with an empty database");
        return Finding::fail(PART, "belongs", format!("foreign: the database follows journal {journal_uuid}"), remedy);
    }
    if *sequence > last || *epoch > report.epoch {
        let seen = format!("ends at record {last} (epoch {}), but the database is at {sequence} (epoch {epoch})", report.epoch);
        return Finding::fail(
            PART,
            "belongs",
            seen,
            "the folder is an older copy: put the newest one back, or restore the database to a moment that is not after it",
        );
    }
    if sequence + 1 < first {
        let seen = format!("begins at record {first}, but the database is at {sequence}");
        return Finding::fail(PART, "belongs", seen, "restore a newer copy of the database, or the segments that were removed");
    }
    Finding::pass(PART, "belongs", format!("the database follows it and is {} records behind", last - sequence))
}

/// Who has the journal open, and whether anybody has, as far as that can be told: releases since this one lock the folder, older ones the file
/// in it.
fn owner(folder: &Path) -> (Finding, bool) {
    let inodes: Vec<u64> =
        [folder.to_owned(), folder.join("lock")].iter().filter_map(|path| std::fs::metadata(path).ok()).map(|found| found.ino()).collect();
    let Ok(locks) = std::fs::read_to_string("/proc/locks") else {
        let remedy = "see by hand that only one server is started on this folder";
        return (Finding::warn(PART, "lock", "cannot be told here", remedy), false);
    };
    match inodes.into_iter().find_map(|inode| holder(&locks, inode)) {
        None => (Finding::pass(PART, "lock", "free: no server runs on it"), false),
        Some(pid) => {
            let seen = format!("held by process {pid}: a server runs on it, and a second one on the same folder is refused");
            (Finding::pass(PART, "lock", seen), true)
        }
    }
}

/// The process that holds a lock on a file, of the kernel's list: `1: FLOCK  ADVISORY  WRITE 123 fe:01:4567 0 EOF`.
fn holder(locks: &str, inode: u64) -> Option<&str> {
    locks.lines().find_map(|line| {
        let mut words = line.split_whitespace();
        let pid = words.nth(4)?;
        let place = words.next()?;
        // A waiting one has an arrow before its kind, which moves the words by one: its place is no place.
        (place.rsplit(':').next()? == inode.to_string()).then_some(pid)
    })
}

#[cfg(test)]
mod tests {
    use super::super::Outcome;
    use super::*;
    use mallcore_actors::journal::Sequence;

    #[test]
    fn the_holder_is_the_one_of_this_file() {
        let locks = "1: POSIX  ADVISORY  WRITE 7 fe:01:41 0 EOF\n2: FLOCK  ADVISORY  WRITE 812 fe:01:4567 0 EOF\n2: -> FLOCK ADVISORY WRITE 9 fe:01:4567 0 EOF\n";
        assert_eq!([holder(locks, 4567), holder(locks, 41), holder(locks, 567)], [Some("812"), Some("7"), None]);
    }

    #[test]
    fn what_start_would_refuse_is_told_before() {
        let uuid = uuid::Uuid::from_u128(7);
        let report = Report {
            uuid: Some(uuid),
            epoch: 3,
            segments: Vec::new(),
            records: Some((Sequence(10), Sequence(20))),
            unfinished: None,
            leftovers: Vec::new(),
        };
        let at = |sequence, epoch| belongs(&report, &Attached { journal_uuid: uuid.to_string(), epoch, sequence }).outcome;
        assert_eq!([at(9, 1), at(20, 3)], [Outcome::Pass; 2]);
        assert_eq!([at(8, 1), at(21, 1), at(15, 4)], [Outcome::Fail; 3]);
        let foreign = Attached { journal_uuid: uuid::Uuid::from_u128(8).to_string(), epoch: 1, sequence: 15 };
        assert!(belongs(&report, &foreign).seen.contains("foreign"));
    }
}
