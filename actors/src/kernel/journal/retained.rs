//! The segments that are still there: where each record is, which bytes are spent, what may be removed.
//! - T1 Segments lie in order and without a gap; the last one is the writer's.
//! - T2 The newest segment with records stays: without it the next opening would not know where to go on.
//! - T3 Where a reader stopped is remembered, so that one who follows the end reads each record once, not again from the last indexed one.

use std::{collections::VecDeque, sync::Arc};

use super::{
    Sequence,
    disk::DiskFile,
    format::{FrameSeed, SegmentNumber},
};
use crate::time::Timestamp;

/// One segment with durable records, or the writer's.
pub(super) struct Segment {
    pub number: SegmentNumber,
    pub seed: FrameSeed,
    /// Its first record, or the one that will be.
    pub first: Sequence,
    /// The one after its last durable record.
    pub next: Sequence,
    /// Where durable records end.
    pub end: u64,
    /// Length of the file.
    pub file_bytes: u64,
    /// Sequence and offset of some records, in order.
    pub index: Vec<(Sequence, u64)>,
    /// Open while it is the writer's; readers open the others when they need them.
    pub file: Option<Arc<dyn DiskFile>>,
    /// When it was last written, once it is not the writer's any more.
    pub sealed_at: Timestamp,
}

/// Where a reader finds records.
pub(super) struct Span {
    pub number: SegmentNumber,
    pub seed: FrameSeed,
    pub file: Option<Arc<dyn DiskFile>>,
    /// A record at or before the one wanted, and its place.
    pub sequence: Sequence,
    pub offset: u64,
    pub end: u64,
}

/// Readers that follow the end at the same time, about: each takes one place.
const STOPS_MAX: usize = 16;

/// Where a reader stopped.
struct Stop {
    number: SegmentNumber,
    /// The next record.
    next: Sequence,
    /// Its place, or the one that it will have.
    offset: u64,
}

pub(super) struct Retained {
    segments: VecDeque<Segment>,
    /// The newest stops of readers, at most [`STOPS_MAX`].
    stops: VecDeque<Stop>,
    released: Sequence,
    /// Bytes of prepared segments, which hold no records yet.
    spare_bytes: u64,
}

impl Retained {
    pub fn new(segments: VecDeque<Segment>) -> Self {
        let follow = |(one, next): (&Segment, &Segment)| one.next == next.first && one.number < next.number;
        debug_assert!(segments.iter().zip(segments.iter().skip(1)).all(follow), "T1: a gap between the segments that were found");
        Self { segments, stops: VecDeque::with_capacity(STOPS_MAX), released: Sequence::ZERO, spare_bytes: 0 }
    }

    pub fn first(&self) -> Sequence {
        self.segments.front().map_or(Sequence(1), |segment| segment.first)
    }

    /// Bytes that records take: whole files, but of the writer's segment only what is written.
    pub fn used_bytes(&self) -> u64 {
        let files: u64 = self.segments.iter().map(|segment| segment.file_bytes).sum();
        files - self.segments.back().map_or(0, |last| last.file_bytes - last.end)
    }

    /// Bytes of all files.
    pub fn file_bytes(&self) -> u64 {
        self.segments.iter().map(|segment| segment.file_bytes).sum::<u64>() + self.spare_bytes
    }

    pub fn spare_added(&mut self, file_bytes: u64) {
        self.spare_bytes += file_bytes;
    }

    /// The writer moved on to a prepared segment.
    pub fn rolled(&mut self, segment: Segment, now: Timestamp) {
        if let Some(last) = self.segments.back_mut() {
            assert_eq!(last.next, segment.first, "T1: a gap between segments");
            assert!(last.number < segment.number, "T1: segment {} follows {}", segment.number, last.number);
            last.file = None;
            last.sealed_at = now;
        }
        debug_assert!(self.spare_bytes >= segment.file_bytes, "segment {} was not prepared", segment.number);
        self.spare_bytes = self.spare_bytes.saturating_sub(segment.file_bytes);
        self.segments.push_back(segment);
    }

    /// The writer's segment has durable records up to there.
    pub fn advanced(&mut self, next: Sequence, end: u64, index: &mut Vec<(Sequence, u64)>) {
        if let Some(last) = self.segments.back_mut() {
            debug_assert!(
                last.next < next && last.end < end && end <= last.file_bytes,
                "T1: records {} to {next} end at byte {end}",
                last.next
            );
            last.next = next;
            last.end = end;
            last.index.append(index);
        }
    }

    pub fn release(&mut self, through: Sequence) {
        self.released = self.released.max(through);
    }

    /// The oldest segment if nobody needs it any more; `before` is the latest time of its last write that counts as old.
    pub fn removable(&self, before: Timestamp) -> Option<(SegmentNumber, u64)> {
        let newest = self.segments.iter().rposition(|segment| segment.next > segment.first)?;
        let oldest = self.segments.front().filter(|_| newest > 0)?;
        (oldest.next.0 <= self.released.0 + 1 && oldest.sealed_at <= before).then_some((oldest.number, oldest.file_bytes))
    }

    /// The segments that must be on disk: the writer's, the newest with records, and all with records that are not released. One that leaves
    /// this list never comes back to it, and only such a one is removed.
    pub fn needed(&self) -> Vec<SegmentNumber> {
        let newest = self.segments.iter().rposition(|segment| segment.next > segment.first).unwrap_or_default();
        let is_needed = |(at, segment): &(usize, &Segment)| *at >= newest || segment.next.0 > self.released.0 + 1;
        self.segments.iter().enumerate().filter(is_needed).map(|(_, segment)| segment.number).collect()
    }

    /// The writer's file.
    pub fn in_use(&self) -> Option<Arc<dyn DiskFile>> {
        self.segments.back().and_then(|segment| segment.file.clone())
    }

    pub fn removed(&mut self, number: SegmentNumber) {
        if self.segments.front().is_some_and(|oldest| oldest.number == number) {
            self.segments.pop_front();
        }
        debug_assert!(!self.segments.is_empty(), "T2: no segment is left to write to");
    }

    /// A reader stopped before the record `next`, whose place is `offset`.
    pub fn stopped(&mut self, number: SegmentNumber, next: Sequence, offset: u64) {
        if self.stops.iter().any(|stop| (stop.number, stop.next) == (number, next)) {
            return;
        }
        if self.stops.len() >= STOPS_MAX {
            self.stops.pop_front();
        }
        self.stops.push_back(Stop { number, next, offset });
    }

    /// Where `wanted` is; none before the first and after the last durable record.
    pub fn find(&self, wanted: Sequence) -> Option<Span> {
        let at = self.segments.partition_point(|segment| segment.next <= wanted);
        let segment = self.segments.get(at).filter(|segment| segment.first <= wanted)?;
        let entry = segment.index.partition_point(|(sequence, _)| *sequence <= wanted).checked_sub(1)?;
        let indexed = segment.index[entry];
        let stops = self.stops.iter().filter(|stop| stop.number == segment.number && stop.next <= wanted);
        let (sequence, offset) = stops.map(|stop| (stop.next, stop.offset)).chain([indexed]).max_by_key(|(sequence, _)| *sequence)?;
        debug_assert!((indexed.1..=segment.end).contains(&offset), "T3: record {sequence} at byte {offset} of segment {}", segment.number);
        Some(Span { number: segment.number, seed: segment.seed, file: segment.file.clone(), sequence, offset, end: segment.end })
    }
}

#[cfg(test)]
mod tests {
    use super::super::format::SegmentHeader;
    use super::*;

    fn segment(number: u64, records: std::ops::Range<u64>, index: &[(u64, u64)]) -> Segment {
        Segment {
            number: SegmentNumber(number),
            seed: SegmentHeader { uuid: uuid::Uuid::nil(), epoch: 1, number: SegmentNumber(number) }.seed(),
            first: Sequence(records.start),
            next: Sequence(records.end),
            end: 1_000,
            file_bytes: 4_096,
            index: index.iter().map(|(sequence, offset)| (Sequence(*sequence), *offset)).collect(),
            file: None,
            sealed_at: Timestamp::from_millis(1),
        }
    }

    #[test]
    fn a_reader_goes_on_where_it_stopped() {
        let mut retained = Retained::new([segment(1, 1..10, &[(1, 64)]), segment(2, 10..20, &[(10, 64), (15, 500)])].into());
        let place = |retained: &Retained, wanted| retained.find(Sequence(wanted)).map(|span| (span.number.0, span.sequence.0, span.offset));
        assert_eq!(place(&retained, 14), Some((2, 10, 64)));
        retained.stopped(SegmentNumber(2), Sequence(13), 300);
        assert_eq!(place(&retained, 13), Some((2, 13, 300)));
        assert_eq!(place(&retained, 14), Some((2, 13, 300)), "nearer than the indexed one");
        assert_eq!(place(&retained, 12), Some((2, 10, 64)), "a stop leads on, never back");
        assert_eq!(place(&retained, 16), Some((2, 15, 500)), "the index is nearer");
        assert_eq!(place(&retained, 9), Some((1, 1, 64)), "another segment's stop says nothing");
        for next in 14..14 + STOPS_MAX as u64 {
            retained.stopped(SegmentNumber(1), Sequence(next), 900);
        }
        assert_eq!(place(&retained, 13), Some((2, 10, 64)), "old stops are forgotten");
    }
}
