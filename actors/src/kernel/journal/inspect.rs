//! Operators look at a journal: the same reading code as opening, without the lock and without changing anything, so also beside
//! a running server, whose tail may then be in motion.

use std::{fmt, io};

use uuid::Uuid;

use super::{
    Sequence,
    disk::Disk,
    format::{Decoded, FRAME_BYTES_MAX},
    options::{CutTail, OpenError},
    scan::Scan,
    survey::{SegmentSurvey, Survey, survey},
};

/// Looks at a moving journal so often before it believes in damage.
const LOOKS_MAX: u32 = 5;

/// What a segment is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SegmentState {
    /// Has records and ends where it should.
    Good,
    /// The last one with records, with an unfinished group behind them.
    Unfinished,
    /// Made ready, no record yet.
    Empty,
}

impl fmt::Display for SegmentState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Good => "good",
            Self::Unfinished => "unfinished",
            Self::Empty => "empty",
        })
    }
}

/// One segment's file and the records in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentReport {
    /// Name of the segment's file.
    pub file: String,
    /// Opening that made it.
    pub epoch: u64,
    /// First and last record.
    pub records: Option<(Sequence, Sequence)>,
    /// Length of the file.
    pub file_bytes: u64,
    /// Header and good records.
    pub used_bytes: u64,
    /// What it is used for.
    pub state: SegmentState,
}

/// A journal that would open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// None in an empty folder.
    pub uuid: Option<Uuid>,
    /// Of the last opening; 0 in an empty folder.
    pub epoch: u64,
    /// All segments, in order.
    pub segments: Vec<SegmentReport>,
    /// First and last record.
    pub records: Option<(Sequence, Sequence)>,
    /// What the next opening would cut; beside a running server, the group that is being written.
    pub unfinished: Option<CutTail>,
    /// Files that the next opening would remove.
    pub leftovers: Vec<String>,
}

/// Checks every record and lists the segments; the errors are those that opening would give.
pub fn verify(disk: &dyn Disk) -> Result<Report, OpenError> {
    look(disk).map(report)
}

/// Gives all records from `from` on to `visit` until it says false. The place after the last one given.
pub fn records(disk: &dyn Disk, from: Sequence, visit: &mut dyn FnMut(Sequence, &[u8]) -> bool) -> Result<Sequence, OpenError> {
    let mut next = from.max(Sequence(1));
    for segment in look(disk)?.segments.iter().filter(|segment| segment.last.is_some_and(|last| last >= from)) {
        let name = segment.header.number.file_name();
        let goes_on = segment_records(disk, segment, &name, &mut next, visit).map_err(OpenError::io(format!("read {name}")))?;
        if !goes_on {
            break;
        }
    }
    Ok(next)
}

fn segment_records(
    disk: &dyn Disk,
    segment: &SegmentSurvey,
    name: &str,
    next: &mut Sequence,
    visit: &mut dyn FnMut(Sequence, &[u8]) -> bool,
) -> io::Result<bool> {
    let entry = segment.index.partition_point(|(sequence, _)| *sequence <= *next).saturating_sub(1);
    let Some((_, offset)) = segment.index.get(entry).copied() else { return Ok(true) };
    let mut scan = Scan::new(disk.open_to_read(name)?, segment.header.seed(), offset, segment.end, 4 * FRAME_BYTES_MAX);
    while let Decoded::Frame(frame) = scan.step()? {
        if frame.sequence < *next {
            continue;
        }
        *next = frame.sequence.next();
        if !visit(frame.sequence, frame.payload) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// A survey beside a running server may see one segment before and the next one after a roll, or miss one that is being removed.
/// Damage stays in its place; what moves is not damage.
fn look(disk: &dyn Disk) -> Result<Survey, OpenError> {
    let mut before = None;
    for _ in 1..LOOKS_MAX {
        match survey(disk) {
            Err(OpenError::Damaged(damage)) if before.as_ref() != Some(&damage) => before = Some(damage),
            Err(OpenError::Io { cause, .. }) if cause.kind() == io::ErrorKind::NotFound => {}
            seen => return seen,
        }
    }
    survey(disk)
}

fn report(survey: Survey) -> Report {
    let unfinished = survey.cut;
    let segments = survey.segments.iter().map(|segment| {
        let file = segment.header.number.file_name();
        let state = match &unfinished {
            Some(cut) if cut.segment == file => SegmentState::Unfinished,
            _ if segment.last.is_none() => SegmentState::Empty,
            _ => SegmentState::Good,
        };
        SegmentReport {
            epoch: segment.header.epoch,
            records: segment.first().zip(segment.last),
            file_bytes: segment.file_bytes,
            used_bytes: segment.end,
            state,
            file,
        }
    });
    let segments: Vec<_> = segments.collect();
    let first = segments.iter().find_map(|segment| segment.records).map(|(first, _)| first);
    Report {
        uuid: survey.uuid,
        epoch: survey.epoch,
        records: first.map(|first| (first, survey.last)),
        segments,
        unfinished,
        leftovers: survey.leftovers,
    }
}
