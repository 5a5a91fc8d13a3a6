//! Looks at all segments and says what is there; changes nothing. Opening and operators' tools stand on it.
//! - V1 One journal: the same uuid everywhere, epochs that never go back, dense sequences.
//! - V2 What lies after the last good record is an unfinished group (to be cut) unless something proves that a lost record was
//!   durable: a valid frame further on that knew it committed, or a later segment in use. Then it is damage.

use std::{io, sync::Arc};

use uuid::Uuid;

use super::{
    Sequence,
    disk::{Disk, DiskFile},
    format::{self, Decoded, FRAME_BYTES_MAX, FrameSeed, HEADER_BYTES, HeaderFault, SegmentHeader, SegmentNumber},
    options::{CutTail, Damage, OpenError},
    scan::{SCAN_BUFFER_BYTES, Scan},
};
use crate::time::Timestamp;

/// Distance of the places that are remembered in a segment, so that a reader starts near the record it wants.
pub(super) const INDEX_STRIDE_BYTES: u64 = 32 * 1024;

/// One segment as found.
pub(super) struct SegmentSurvey {
    pub header: SegmentHeader,
    pub file_bytes: u64,
    pub modified: Timestamp,
    /// Sequence and offset of some records, in order; the first record is the first entry.
    pub index: Vec<(Sequence, u64)>,
    /// Last good record, if there is one.
    pub last: Option<Sequence>,
    /// What the last good record knew to be durable: later ones may not be on disk yet.
    pub committed: Sequence,
    /// Where good records end.
    pub end: u64,
}

impl SegmentSurvey {
    pub fn first(&self) -> Option<Sequence> {
        self.index.first().map(|(sequence, _)| *sequence)
    }
}

/// All segments of the folder, and what they add up to.
pub(super) struct Survey {
    pub uuid: Option<Uuid>,
    /// Highest epoch, 0 in an empty folder.
    pub epoch: u64,
    pub segments: Vec<SegmentSurvey>,
    /// The last record, 0 if there is none.
    pub last: Sequence,
    pub cut: Option<CutTail>,
    /// Files that a crash left half made, without any record.
    pub leftovers: Vec<String>,
    /// Highest number of a file.
    pub number_max: u64,
}

/// The place where records end, in the last segment that was written to.
struct OpenEnd {
    segment: SegmentNumber,
    offset: u64,
    is_bad: bool,
}

/// What lies behind the good records of a segment.
struct Rest {
    /// End of the last word that is not zero.
    nonzero_end: u64,
    /// A record further on whose group knew the missing one to be durable.
    proof: Option<(u64, Sequence)>,
}

pub(super) fn survey(disk: &dyn Disk) -> Result<Survey, OpenError> {
    let names = disk.list().map_err(OpenError::io(format!("list {}", disk.place())))?;
    let mut numbers: Vec<_> = names.iter().filter_map(|name| SegmentNumber::of_file(name)).collect();
    numbers.sort_unstable();
    let mut walk = Walk {
        survey: Survey {
            uuid: None,
            epoch: 0,
            segments: Vec::with_capacity(numbers.len()),
            last: Sequence::ZERO,
            cut: None,
            leftovers: names.into_iter().filter(|name| name.ends_with(PREPARED_SUFFIX)).collect(),
            number_max: numbers.last().map_or(0, |number| number.0),
        },
        end: None,
        cut: None,
    };
    for number in numbers {
        walk.segment(disk, number)?;
    }
    let Walk { mut survey, cut, .. } = walk;
    survey.cut = cut;
    Ok(survey)
}

/// Ending of files that are being prepared.
pub(super) const PREPARED_SUFFIX: &str = ".preparing";

struct Walk {
    survey: Survey,
    end: Option<OpenEnd>,
    cut: Option<CutTail>,
}

impl Walk {
    fn expected(&self) -> Sequence {
        self.survey.last.next()
    }

    fn segment(&mut self, disk: &dyn Disk, number: SegmentNumber) -> Result<(), OpenError> {
        let name = number.file_name();
        let reading = || OpenError::io(format!("read {name}"));
        let file = disk.open_to_read(&name).map_err(reading())?;
        let file_bytes = file.bytes().map_err(reading())?;
        let modified = file.modified().map_err(reading())?;
        let Some(header) = self.header(&file, number, file_bytes)? else {
            self.survey.leftovers.push(name);
            return Ok(());
        };
        let mut scan = Scan::new(file, header.seed(), HEADER_BYTES as u64, file_bytes, SCAN_BUFFER_BYTES);
        let mut found = SegmentSurvey {
            header,
            file_bytes,
            modified,
            index: Vec::new(),
            last: None,
            committed: Sequence::ZERO,
            end: HEADER_BYTES as u64,
        };
        let stopped_at_bad = self.frames(&mut scan, &mut found).map_err(reading())?;
        let expected = found.last.unwrap_or(self.survey.last).next();
        let rest = rest_of(&mut scan, expected).map_err(reading())?;
        if found.last.is_some() || rest.nonzero_end > found.end {
            self.in_use(&found, &rest, stopped_at_bad)?;
        }
        self.survey.segments.push(found);
        Ok(())
    }

    /// Reads and checks a header; none if the file was left without one and without content.
    fn header(&mut self, file: &Arc<dyn DiskFile>, number: SegmentNumber, file_bytes: u64) -> Result<Option<SegmentHeader>, OpenError> {
        let name = number.file_name();
        let reading = || OpenError::io(format!("read {name}"));
        let mut bytes = [0; HEADER_BYTES];
        let read = file.read_at(0, &mut bytes).map_err(reading())?;
        let sequence = self.expected();
        let damaged =
            |evidence: &str| OpenError::Damaged(Damage { segment: name.clone(), offset: 0, sequence, evidence: evidence.to_owned() });
        let header = match SegmentHeader::decode(&bytes[..read]) {
            Ok(header) => header,
            Err(HeaderFault::Version(version)) => return Err(OpenError::Version { segment: name, version }),
            Err(HeaderFault::Damaged) => {
                let no_seed = SegmentHeader { uuid: Uuid::nil(), epoch: 0, number }.seed();
                let mut scan = Scan::new(file.clone(), no_seed, HEADER_BYTES as u64, file_bytes, SCAN_BUFFER_BYTES);
                let rest = rest_of(&mut scan, Sequence(u64::MAX)).map_err(reading())?;
                if rest.nonzero_end > HEADER_BYTES as u64 {
                    return Err(damaged("the header is damaged"));
                }
                return Ok(None);
            }
        };
        if header.number != number {
            return Err(damaged("the header has another segment's number"));
        }
        let expected = *self.survey.uuid.get_or_insert(header.uuid);
        if header.uuid != expected {
            return Err(OpenError::Foreign { segment: name, found: header.uuid, expected });
        }
        if header.epoch < self.survey.epoch {
            return Err(damaged("the epoch goes back"));
        }
        self.survey.epoch = header.epoch;
        Ok(Some(header))
    }

    /// Passes the good frames; whether something other than an end follows them.
    fn frames(&mut self, scan: &mut Scan, found: &mut SegmentSurvey) -> io::Result<bool> {
        let mut expected = self.survey.last.next();
        loop {
            let offset = scan.offset();
            match scan.step()? {
                Decoded::Frame(frame) => {
                    // The first frame of a segment says where it goes on: a gap is judged by `in_use`.
                    if frame.sequence != expected && found.last.is_some() {
                        return Ok(true);
                    }
                    if found.index.last().is_none_or(|(_, at)| offset - at >= INDEX_STRIDE_BYTES) {
                        found.index.push((frame.sequence, offset));
                    }
                    found.last = Some(frame.sequence);
                    found.committed = frame.committed;
                    found.end = offset + frame.bytes as u64;
                    expected = frame.sequence.next();
                }
                Decoded::End => return Ok(false),
                Decoded::Bad => return Ok(true),
            }
        }
    }

    /// Judges a segment that has content against what came before it, and its tail.
    fn in_use(&mut self, found: &SegmentSurvey, rest: &Rest, stopped_at_bad: bool) -> Result<(), OpenError> {
        let expected = self.expected();
        let here = found.header.number;
        if let Some(end) = &self.end {
            let damage = |evidence: String| {
                OpenError::Damaged(Damage { segment: end.segment.file_name(), offset: end.offset, sequence: expected, evidence })
            };
            if end.is_bad {
                return Err(damage(format!("segment {here} was written after it")));
            }
            if let Some(first) = found.first().filter(|first| *first != expected) {
                return Err(damage(format!("segment {here} goes on with record {first}")));
            }
        }
        if let Some(last) = found.last {
            self.survey.last = last;
        }
        let expected = self.expected();
        if let Some((offset, sequence)) = rest.proof.filter(|_| rest.nonzero_end > found.end) {
            let evidence = format!("record {sequence} at byte {offset} knew it to be durable");
            return Err(OpenError::Damaged(Damage { segment: here.file_name(), offset: found.end, sequence: expected, evidence }));
        }
        self.end = Some(OpenEnd { segment: here, offset: found.end, is_bad: stopped_at_bad });
        self.cut = (rest.nonzero_end > found.end).then(|| CutTail {
            segment: here.file_name(),
            offset: found.end,
            sequence: expected,
            bytes: rest.nonzero_end - found.end,
        });
        Ok(())
    }
}

/// Looks through what follows the good records, at every place where a frame could begin.
fn rest_of(scan: &mut Scan, expected: Sequence) -> io::Result<Rest> {
    let seed = scan.seed();
    let mut rest = Rest { nonzero_end: scan.offset(), proof: None };
    loop {
        let offset = scan.offset();
        let bytes = scan.peek(FRAME_BYTES_MAX)?;
        if bytes.is_empty() {
            return Ok(rest);
        }
        // Up to here a longest frame is in sight, or the file ends.
        let usable = if bytes.len() < FRAME_BYTES_MAX { bytes.len() } else { (bytes.len() - FRAME_BYTES_MAX + 8) & !7 };
        look_through(bytes, usable, offset, seed, expected, &mut rest);
        scan.pass(usable);
    }
}

fn look_through(bytes: &[u8], usable: usize, offset: u64, seed: FrameSeed, expected: Sequence, rest: &mut Rest) {
    for (index, word) in bytes[..usable].chunks(8).enumerate() {
        if word == &[0; 8][..word.len()] {
            continue;
        }
        let at = index * 8;
        rest.nonzero_end = offset + (at + word.len()) as u64;
        let Some((sequence, committed)) = format::claimed(&bytes[at..]) else { continue };
        let would_prove = rest.proof.is_none() && committed >= expected && sequence > committed;
        if would_prove && matches!(format::decode(&bytes[at..], seed.at(offset + at as u64)), Decoded::Frame(_)) {
            rest.proof = Some((offset + at as u64, sequence));
        }
    }
}
