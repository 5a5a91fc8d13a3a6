//! Makes a folder fit for appending again: cuts an unfinished tail, makes what is left durable, begins a new epoch in a fresh segment.
//! - R1 Appends never go to a segment of an earlier opening, so bytes of an earlier life are never read as records of this one.
//! - R2 Every record that opening finds is durable before anybody hears of it.

use std::{collections::VecDeque, io, sync::Arc};

use uuid::Uuid;

use super::{
    Identity, Sequence,
    disk::{Disk, DiskFile},
    format::{HEADER_BYTES, SegmentHeader, SegmentNumber},
    options::{CutTail, OpenError, Options},
    retained::Segment,
    survey::{PREPARED_SUFFIX, SegmentSurvey, Survey, survey},
};
use crate::time::Timestamp;

/// What opening found, for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovered {
    /// The journal, and its new epoch.
    pub identity: Identity,
    /// The oldest record, or the first one to come.
    pub first: Sequence,
    /// The last record, 0 if there is none.
    pub last: Sequence,
    /// Segments that hold records.
    pub segments: usize,
    /// What a crash left unfinished, now gone.
    pub cut: Option<CutTail>,
}

/// A segment made ready: zeros behind a header, all on disk.
pub(super) struct Prepared {
    pub header: SegmentHeader,
    pub file: Arc<dyn DiskFile>,
}

pub(super) struct Recovery {
    pub recovered: Recovered,
    /// In order; the last is the fresh one.
    pub segments: VecDeque<Segment>,
    pub fresh: Prepared,
}

pub(super) fn recover(disk: &dyn Disk, options: &Options) -> Result<Recovery, OpenError> {
    let found = survey(disk)?;
    if let Some(cut) = &found.cut {
        assert_eq!(cut.sequence, found.last.next(), "R2: records that were found would be cut away: {cut}");
        cut_tail(disk, cut)?;
    }
    make_durable(disk, &found)?;
    for name in &found.leftovers {
        disk.remove(name).map_err(OpenError::io(format!("remove {name}")))?;
    }
    let uuid = found.uuid.or(options.uuid_of_new).unwrap_or_else(Uuid::new_v4);
    let identity = Identity { uuid, epoch: found.epoch + 1 };
    let header = SegmentHeader { uuid, epoch: identity.epoch, number: SegmentNumber(found.number_max + 1) };
    let fresh = prepare(disk, header, options.segment_bytes).map_err(OpenError::io(format!("prepare {}", header.number.file_name())))?;
    // Only now: the highest epoch has to be on disk in one of them at any time.
    let (used, empty): (Vec<_>, Vec<_>) = found.segments.into_iter().partition(|segment| segment.last.is_some());
    for segment in empty {
        let name = segment.header.number.file_name();
        disk.remove(&name).map_err(OpenError::io(format!("remove {name}")))?;
    }
    let mut segments: VecDeque<_> = used.into_iter().filter_map(sealed).collect();
    let first = segments.front().map_or(found.last.next(), |segment| segment.first);
    let recovered = Recovered { identity, first, last: found.last, segments: segments.len(), cut: found.cut };
    segments.push_back(writers(&fresh, found.last.next(), options.segment_bytes));
    Ok(Recovery { recovered, segments, fresh })
}

fn cut_tail(disk: &dyn Disk, cut: &CutTail) -> Result<(), OpenError> {
    let cutting = || OpenError::io(format!("cut {} at byte {}", cut.segment, cut.offset));
    let file = disk.open(&cut.segment).map_err(cutting())?;
    file.truncate(cut.offset).map_err(cutting())?;
    file.sync().map_err(cutting())
}

/// A killed process leaves records that only the page cache has, and after a failed sync the kernel may even hold them for clean.
/// So whatever the last record did not know to be durable is written once more and synced (R2).
fn make_durable(disk: &dyn Disk, found: &Survey) -> Result<(), OpenError> {
    let Some(tail) = found.segments.iter().rfind(|segment| segment.last.is_some()) else { return Ok(()) };
    let name = tail.header.number.file_name();
    let entry = tail.index.partition_point(|(sequence, _)| *sequence <= tail.committed.next()).saturating_sub(1);
    let from = tail.index.get(entry).map_or(HEADER_BYTES as u64, |(_, offset)| *offset);
    disk.open(&name).and_then(|file| rewrite(file.as_ref(), from, tail.end)).map_err(OpenError::io(format!("sync {name}")))
}

fn rewrite(file: &dyn DiskFile, from: u64, end: u64) -> io::Result<()> {
    let mut buffer = vec![0; 1 << 20];
    let mut offset = from;
    while offset < end {
        let piece = usize::try_from(end - offset).map_or(buffer.len(), |left| left.min(buffer.len()));
        let read = file.read_at(offset, &mut buffer[..piece])?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        file.write_at(offset, &buffer[..read])?;
        offset += read as u64;
    }
    file.sync()
}

/// Makes a segment under another name and moves it into place once it is whole: a segment's file has a valid header from its first moment on.
pub(super) fn prepare(disk: &dyn Disk, header: SegmentHeader, segment_bytes: u64) -> io::Result<Prepared> {
    let name = header.number.file_name();
    let temporary = format!("{name}{PREPARED_SUFFIX}");
    let made = disk.create(&temporary).and_then(|file| {
        file.preallocate(segment_bytes)?;
        file.write_at(0, &header.encode())?;
        file.sync()?;
        Ok(file)
    });
    let moved = made.and_then(|file| disk.rename(&temporary, &name).map(|()| file));
    match moved {
        Ok(file) => disk.sync_folder().map(|()| Prepared { header, file }),
        Err(cause) => {
            // Gives its space back; if that fails too, the next try or opening does it.
            let _ = disk.remove(&temporary);
            Err(cause)
        }
    }
}

fn sealed(found: SegmentSurvey) -> Option<Segment> {
    Some(Segment {
        number: found.header.number,
        seed: found.header.seed(),
        first: found.first()?,
        next: found.last?.next(),
        end: found.end,
        file_bytes: found.file_bytes,
        sealed_at: found.modified,
        index: found.index,
        file: None,
    })
}

/// The writer's segment, before its first record.
pub(super) fn writers(prepared: &Prepared, first: Sequence, segment_bytes: u64) -> Segment {
    Segment {
        number: prepared.header.number,
        seed: prepared.header.seed(),
        first,
        next: first,
        end: HEADER_BYTES as u64,
        file_bytes: segment_bytes,
        index: Vec::new(),
        file: Some(prepared.file.clone()),
        sealed_at: Timestamp::MAX,
    }
}
